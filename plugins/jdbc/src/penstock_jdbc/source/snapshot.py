"""Rows that are there at the first start, in chunks by primary key: ``snapshot.mode=initial``.

Before the first chunk the place is noted at which the mode will go on: the database's time, or the highest number. Every record
of the snapshot carries that place and its own primary key, so that a restart goes on behind the last stored one. Each chunk is
a transaction of its own.
"""

from __future__ import annotations

import contextlib
import decimal
import json
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, overload

from sqlalchemy.engine import Connection

from penstock.api import ConfigException, ConnectException, Offset, SourceBatch
from penstock_jdbc.database.jdbc_type import JdbcType
from penstock_jdbc.database.kind import DatabaseKind
from penstock_jdbc.source.bounds import BoundsPlan
from penstock_jdbc.source.columns import Column
from penstock_jdbc.source.criteria import Statement
from penstock_jdbc.source.keys import KeyPlan
from penstock_jdbc.source.offsets import Cursor, Position
from penstock_jdbc.source.querier import ProcessingError, Querier, QuerierParts
from penstock_jdbc.source.reader import ResultSet
from penstock_jdbc.source.rows import RowPlan
from penstock_jdbc.source.settings import SourceSettings
from penstock_jdbc.source.target import Target

_LIMITS: Mapping[DatabaseKind, str] = dict.fromkeys(
    (DatabaseKind.POSTGRESQL, DatabaseKind.MYSQL, DatabaseKind.SQLITE), "LIMIT {rows}"
)
_TEMPORAL = frozenset(
    {
        JdbcType.DATE,
        JdbcType.TIME,
        JdbcType.TIME_WITH_TIMEZONE,
        JdbcType.TIMESTAMP,
        JdbcType.TIMESTAMP_WITH_TIMEZONE,
    }
)
"""What records hold of them, also where it is a number or a text, is nothing that a column is compared with."""
_ELSE_LIMIT = "OFFSET 0 ROWS FETCH NEXT {rows} ROWS ONLY"


def chunk_statement(select: str, keys: Sequence[str], rows: int, kind: DatabaseKind, *, first: bool) -> Statement:
    """The query for the next ``rows`` rows by ``keys``, which are SQL expressions; binds are places in the cursor."""
    order = f" ORDER BY {','.join(keys)} {_LIMITS.get(kind, _ELSE_LIMIT).format(rows=rows)}"
    if first:
        return Statement(select, (select + order,))
    opened, closed = ("(", ")") if len(keys) > 1 else ("", "")
    texts, binds = [f"{select} WHERE {opened}"], []
    for place, key in enumerate(keys):
        for before in range(place):
            texts[-1] += f"{keys[before]} = "
            binds.append(before)
            texts.append(" AND ")
        texts[-1] += f"{key} > "
        binds.append(place)
        texts.append(" OR " if place + 1 < len(keys) else closed + order)
    return Statement(select, tuple(texts), tuple(binds))


def encoded(value: Any) -> object:
    """A key's value as JSON has it. Raises ConnectException for a type that has no such form."""
    if isinstance(value, (int, str)) and not isinstance(value, bool):
        return value
    if isinstance(value, decimal.Decimal):
        return {"decimal": str(value)}
    raise _unfit(type(value).__name__)


def _unfit(kind: str) -> ConnectException:
    return ConnectException(
        f"A snapshot needs a primary key of whole numbers, decimals or texts, not {kind}: set 'snapshot.mode' to none"
    )


def decoded(cursor: Cursor) -> list[object]:
    """The values of a stored cursor, as a driver takes them. Raises ConnectException for one that is none."""
    try:
        values = json.loads(cursor.text)
        return [decimal.Decimal(value["decimal"]) if isinstance(value, dict) else value for value in values]
    except (ValueError, TypeError, KeyError, decimal.InvalidOperation) as error:
        raise ConnectException(
            f"The snapshot's place in the stored offset cannot be read: {cursor.text}. Reset the offsets, and it begins anew"
        ) from error


def _check_key(plan: RowPlan, places: Sequence[int]) -> None:
    for facts in (plan.columns[plan.fields[place].place] for place in places):
        if facts.code in _TEMPORAL:
            raise _unfit(f"{facts.code.name} (column {facts.name})")


class _ChunkOffsets(Sequence[Offset]):
    """The offsets of a chunk's records, made when asked for."""

    def __init__(self, place: Position, keys: Sequence[Column], count: int) -> None:
        self._place = place
        self._keys = keys
        self._count = count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Offset: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Offset]: ...
    def __getitem__(self, index: int | slice) -> Offset | Sequence[Offset]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(self._count))]
        return self.position(range(self._count)[index]).as_offset()

    def position(self, index: int) -> Position:
        """The place of the mode, with the cursor behind record ``index``."""
        text = json.dumps([encoded(column[index]) for column in self._keys], ensure_ascii=False)
        return replace(self._place, cursor=Cursor(text))


@dataclass(slots=True)
class _Chunk:
    result: ResultSet
    plan: RowPlan
    keys: KeyPlan | None
    places: list[int]
    rows: int = 0


class SnapshotQuerier:
    """Reads a table by primary key, chunk after chunk; then :meth:`successor` is the querier of the mode."""

    def __init__(
        self,
        target: Target,
        settings: SourceSettings,
        parts: QuerierParts,
        position: Position,
        expression: Callable[[str], str],
        kind: DatabaseKind,
    ) -> None:
        """Raises ConfigException for a table without a primary key."""
        if target.table is None or not target.table.primary_key:
            raise ConfigException(
                f"Table {target.shown} has no primary key, by which 'snapshot.mode=initial' reads it: set 'snapshot.mode' to none"
            )
        self.target = target
        self.failures = 0
        self._settings = settings
        self._parts = parts
        self._position = position
        self._names = target.table.primary_key
        self._expressions = [expression(name) for name in self._names]
        self._kind = kind
        self._bounds = BoundsPlan(settings, parts.reader, parts.transactions, target)
        self._started = position.cursor is not None
        self._done = False
        self._chunk: _Chunk | None = None

    def begin(self, connection: Connection) -> None:
        """Read the next chunk. Raises what the driver raises, and :class:`ProcessingError`."""
        if not self._started:
            place = self._bounds.place(connection, self.target.statement)
            if place is None:
                return
            self._position, self._started = place, True
        cursor = self._position.cursor
        statement = chunk_statement(
            self.target.statement.select, self._expressions, self._settings.chunk_rows, self._kind, first=cursor is None
        )
        values: dict[Hashable, object] = dict(enumerate([] if cursor is None else decoded(cursor)))
        result = self._parts.reader.query(connection, statement, values, self.target.table)
        try:
            plan = RowPlan(self.target.schema_name, result.columns, self._settings.rules)
            places = [next(at for at, field in enumerate(plan.fields) if field.name == name) for name in self._names]
            _check_key(plan, places)
            keys = KeyPlan(plan, self.target.key_columns) if self.target.key_columns else None
        except StopIteration:
            result.close()
            raise ProcessingError("A column of the primary key is of a type that records have no place for") from None
        except ConnectException as error:
            result.close()
            raise ProcessingError("Error while processing table querier") from error
        self._chunk = _Chunk(result, plan, keys, places)

    def fetch(self, count: int) -> SourceBatch | None:
        """See :class:`penstock_jdbc.source.querier.Querier`."""
        chunk = self._chunk
        if chunk is None:
            return None  # transactions are waited for
        rows = chunk.result.fetch(count)
        if not rows:
            self._done = chunk.rows < self._settings.chunk_rows
            return None
        chunk.rows += len(rows)
        try:
            columns: list[Column] = list(zip(*rows, strict=True))
            fields = chunk.plan.values(columns, len(rows))
            values = chunk.plan.structs(fields, len(rows))
            keys = None if chunk.keys is None else chunk.keys.structs(fields, len(rows))
            offsets = _ChunkOffsets(self._position, [fields[place] for place in chunk.places], len(rows))
            self._position = offsets.position(len(rows) - 1)
        except ConnectException as error:
            raise ProcessingError("Error while processing table querier") from error
        return SourceBatch(
            topic=self.target.topic,
            values=values,
            value_schema=chunk.plan.schema,
            keys=keys,
            key_schema=None if chunk.keys is None else chunk.keys.schema,
            source_partition=self.target.partition,
            source_offsets=offsets,
        )

    def end(self) -> None:
        """See :class:`penstock_jdbc.source.querier.Querier`."""
        chunk, self._chunk = self._chunk, None
        self.failures = 0
        if chunk is not None:
            chunk.result.close()

    def abandon(self) -> None:
        """See :class:`penstock_jdbc.source.querier.Querier`."""
        chunk, self._chunk = self._chunk, None
        if chunk is not None:
            with contextlib.suppress(Exception):  # the driver may say again what went wrong
                chunk.result.close()

    @property
    def immediate(self) -> bool:
        """Whether the next chunk follows at once: unless transactions are waited for."""
        return self._started

    @property
    def position(self) -> Position:
        """How far rows were handed out."""
        return self._position

    def successor(self) -> Querier | SnapshotQuerier:
        """Who reads next: itself until the last chunk is read."""
        if not self._done:
            return self
        return Querier(self.target, self._settings, self._parts, replace(self._position, cursor=None))
