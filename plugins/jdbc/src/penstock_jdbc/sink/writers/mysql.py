"""MySQL and MariaDB: long INSERT statements of many rows, their values written as literals.

The drivers' ``executemany`` takes a value at a time through Python; text made column by column costs a fraction of it.
"""

# ruff: noqa: S608  # names are quoted, and values are parameters or escaped literals

from __future__ import annotations

import binascii
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from penstock.api import ConnectException, DataException, Decimal, Type
from penstock_jdbc.database.table import Table
from penstock_jdbc.sink.abilities import Abilities
from penstock_jdbc.sink.dialects.base import MARK
from penstock_jdbc.sink.dialects.mysql import MySqlSinkDialect
from penstock_jdbc.sink.fields import SinkField
from penstock_jdbc.sink.shape import Column, Shape, mapped
from penstock_jdbc.sink.temporal import Clocks
from penstock_jdbc.sink.writers.base import NO_KEY, Encoder, Op, exact_field, in_order_of_marks, key_facts
from penstock_jdbc.sink.writers.shown import mariadb_texts
from penstock_jdbc.sink.writers.texts import all_escaped, float_texts, is_temporal, temporal_texts

LONGEST_STATEMENT = 1_000_000
"""Characters, where the server takes as many in one packet; beyond that longer statements gain nothing."""
_BYTES_OF_CHARACTER = 4

_SAFE_ENCODINGS = ("utf8", "utf-8", "latin1", "ascii", "cp1252", "iso8859")
"""Where no character of several bytes can hold a quote or a backslash."""
_WITH_BACKSLASH = {"\\": "\\\\", "'": "''"}
_WITHOUT_BACKSLASH = {"'": "''"}
_DELETED_AT_ONCE = 1000
_LONG_BYTES = 1 << 20
_TEMPORAL_COLUMNS = ("date", "time")
_ALL = Abilities()


class MySqlWriter:
    """Rows as text. ``abilities`` tell how to escape, and how long a statement may be; ``ambiguous`` of other unique keys."""

    def __init__(
        self,
        dialect: MySqlSinkDialect,
        shape: Shape,
        table: Table,
        *,
        abilities: Abilities = _ALL,
        ambiguous: bool = False,
    ) -> None:
        self._dialect = dialect
        self._shape = shape
        self._special = _WITH_BACKSLASH if abilities.backslashes else _WITHOUT_BACKSLASH
        self._packet = abilities.packet
        self._longest = min(LONGEST_STATEMENT, self._packet // (2 * _BYTES_OF_CHARACTER))
        fields = shape.fields
        self._encoders = [self._encoder(field, table, dialect.clocks) for field in fields.all]
        self._key_encoders = [encode for field, encode in zip(fields.all, self._encoders, strict=True) if field.is_key]
        self._before_rows = dialect.insert(shape.table, fields, {}).partition("(" + MARK)[0]
        facts = key_facts(shape, table, _is_exact)
        self.key = NO_KEY if ambiguous else facts

    def encode(self, op: Op, columns: Sequence[Column]) -> list[Column]:
        encoders = self._key_encoders if op is Op.DELETE else self._encoders
        return [encode(column) for encode, column in zip(encoders, columns, strict=True)]

    def write(self, cursor: Any, op: Op, columns: Sequence[Column]) -> None:  # every driver has its own class
        match op:
            case Op.INSERT:
                self._insert(cursor, columns, "")
            case Op.UPSERT:
                self._insert(cursor, columns, self._dialect.on_duplicate(self._shape.fields))
            case Op.DELETE:
                self._delete(cursor, columns)
            case Op.UPDATE:
                self.write_in_order(cursor, op, columns)

    def write_in_order(self, cursor: Any, op: Op, columns: Sequence[Column]) -> None:
        """Rows of one statement are taken in order here, so only changes and deletes need one each."""
        if op in (Op.INSERT, Op.UPSERT):
            self.write(cursor, op, columns)
            return
        shape = self._shape
        if op is Op.UPDATE:
            pieces = self._dialect.update(shape.table, shape.fields, {}).split(MARK)
        else:
            pieces = self._dialect.delete(shape.table, shape.fields.keys, {}).split(MARK)
        for row in zip(*in_order_of_marks(shape.fields, op, columns), strict=True):
            self._run(cursor, "".join(part for pair in zip(pieces, [*row, ""], strict=True) for part in pair))

    def _insert(self, cursor: Any, columns: Sequence[Column], end: str) -> None:
        for rows in _portions(_rows(columns), self._longest):
            self._run(cursor, f"{self._before_rows}({'),('.join(rows)}){end}")

    def _run(self, cursor: Any, sql: str) -> None:
        """Raises DataException for a statement, of one row then, on which the server would hang up."""
        if len(sql) * _BYTES_OF_CHARACTER >= self._packet:
            size = len(sql.encode())
            if size >= self._packet:
                raise DataException(
                    f"A row takes a statement of {size} bytes, more than the server's max_allowed_packet of {self._packet}. "
                    "Raise that on the server, or leave such rows out"
                )
        cursor.execute(sql)

    def _delete(self, cursor: Any, columns: Sequence[Column]) -> None:
        keys = self._shape.fields.keys
        names = self._dialect.names(keys)
        single = len(keys) == 1
        rows = columns[0] if single else [f"({row})" for row in _rows(columns)]
        head = f"DELETE FROM {self._dialect.rules.quoted(self._shape.table)} WHERE {names if single else f'({names})'} IN ("
        for start in range(0, len(rows), _DELETED_AT_ONCE):
            for some in _portions(rows[start : start + _DELETED_AT_ONCE], self._longest):
                self._run(cursor, f"{head}{','.join(some)})")

    def _encoder(self, field: SinkField, table: Table, clocks: Clocks) -> Encoder:
        found = table.column_ignoring_case(field.name)
        if is_temporal(field) and found is not None and not found.type_name.lower().startswith(_TEMPORAL_COLUMNS):
            return lambda column: _nulls_named(mapped(_quoted, mariadb_texts(field, clocks, column)))
        text = self._plain_encoder(field, clocks)
        return lambda column: _nulls_named(text(column))

    def _plain_encoder(self, field: SinkField, clocks: Clocks) -> Encoder:
        if is_temporal(field):
            return lambda column: mapped(_quoted, temporal_texts(field, clocks, column))
        name, kind = field.schema.name, field.schema.type
        if name == Decimal.LOGICAL_NAME:
            return lambda column: mapped(_decimal, column)
        if kind is Type.STRING:
            return lambda column: mapped(_quoted, all_escaped(column, self._special))
        if kind in (Type.FLOAT32, Type.FLOAT64):
            return _doubles
        found = _LITERALS.get(kind)
        if found is None:
            raise ConnectException(f"Unsupported source data type: {kind.name}")
        return lambda column: mapped(found, column)


def check_encoding(encoding: str) -> None:
    """Raise ConnectException for a connection's encoding in which literals can't be written safely."""
    if not encoding.lower().startswith(_SAFE_ENCODINGS):
        raise ConnectException(
            f"The connection's character encoding is {encoding}; set charset=utf8mb4 in 'connection.url'"
        )


def _rows(columns: Sequence[Column]) -> list[str]:
    return list(map(",".join, zip(*columns, strict=True)))


def _portions(rows: Sequence[object], longest: int) -> Iterator[list[str]]:
    """Rows in groups whose text has at most ``longest`` characters; one that is longer stands alone."""
    start, size = 0, 0
    for at, row in enumerate(rows):
        assert isinstance(row, str)
        size += len(row) + 3
        if size > longest and at > start:
            yield list(rows[start:at])  # type: ignore[arg-type]
            start, size = at, len(row) + 3
    if start < len(rows):
        yield list(rows[start:])  # type: ignore[arg-type]


def _nulls_named(texts: Column) -> Column:
    return ["NULL" if text is None else text for text in texts] if None in texts else texts


def _is_exact(field: SinkField, type_name: str) -> bool:
    """Bytes in a column of text are compared by its collation."""
    return exact_field(field) and (
        field.schema.type is not Type.BYTES or any(kind in type_name.upper() for kind in ("BINARY", "BLOB"))
    )


def _quoted(text: str) -> str:
    return f"'{text}'"


def _decimal(value: object) -> str:
    text = f"{value:f}"
    if not text[-1:].isdigit():
        raise DataException(f"MySQL has no number {value}")
    return text


def _doubles(column: Column) -> Column:
    for value in column:
        if value is not None and not math.isfinite(value):  # type: ignore[arg-type]  # a column of floats
            raise DataException(f"MySQL has no number {value}")
    return float_texts(column)


def _bytes(value: bytes | bytearray | memoryview) -> str:
    if (
        len(value) > _LONG_BYTES
    ):  # packets are limited: a third more, where the digits of a literal would be twice as much
        return f"FROM_BASE64('{binascii.b2a_base64(value, newline=False).decode()}')"
    return f"x'{value.hex()}'"


def _boolean(value: object) -> str:
    return "1" if value else "0"


_LITERALS: dict[Type, Callable[[Any], str]] = {
    Type.INT8: int.__repr__,
    Type.INT16: int.__repr__,
    Type.INT32: int.__repr__,
    Type.INT64: int.__repr__,
    Type.BOOLEAN: _boolean,
    Type.BYTES: _bytes,
}
