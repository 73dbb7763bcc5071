"""Reading one table or query, pass by pass (spec jdbc 6, 7, 8.3)."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

from sqlalchemy.engine import Connection

from penstock.api import ConnectException, SourceBatch
from penstock_jdbc.source.bounds import BoundsPlan, seen_rows
from penstock_jdbc.source.columns import Column
from penstock_jdbc.source.keys import KeyPlan
from penstock_jdbc.source.late import Transactions
from penstock_jdbc.source.mode import Mode
from penstock_jdbc.source.offsets import Position
from penstock_jdbc.source.overlap import SeenRows
from penstock_jdbc.source.reader import Reader, ResultSet
from penstock_jdbc.source.rows import Row, RowPlan
from penstock_jdbc.source.settings import SourceSettings
from penstock_jdbc.source.target import Target
from penstock_jdbc.source.watermarks import RowOffsets, WatermarkPlan


@dataclass(frozen=True, slots=True)
class QuerierParts:
    """What the queriers of one task share. ``transactions`` are given with ``late.commits=wait``."""

    reader: Reader
    transactions: Transactions | None = None


class ProcessingError(ConnectException):
    """Rows could not be made into records: trying again would bring the same."""


@dataclass(slots=True)
class _Pass:
    """One run of the statement."""

    result: ResultSet
    plan: RowPlan
    watermarks: WatermarkPlan | None
    keys: KeyPlan | None
    held: Row | None = None
    """The row behind those that were handed out: its time decides how far they go."""


class Querier:
    """One table or query. On the reading thread, one pass at a time; a pass has a connection to itself."""

    immediate = False
    """Whether the next pass follows at once."""

    def __init__(self, target: Target, settings: SourceSettings, parts: QuerierParts, position: Position) -> None:
        self.target = target
        self.failures = 0
        """How often in a row a pass ended with an error that counts."""
        self._settings = settings
        self._reader = parts.reader
        self._bounds = BoundsPlan(settings, parts.reader, parts.transactions, target)
        self._seen = seen_rows(settings, target.shown)
        self._position = position
        self._pass: _Pass | None = None

    @property
    def position(self) -> Position:
        """How far rows were handed out."""
        return self._position

    def begin(self, connection: Connection) -> None:
        """Run the statement. Raises what the driver raises, and :class:`ProcessingError`."""
        target = self.target
        bounds = self._bounds.of(connection, target.statement, self._position, self._seen)
        self._position = bounds.position
        if self._seen is not None:
            self._seen.begin()
        result = self._reader.query(connection, target.statement, bounds.values, target.table)
        try:
            plan = RowPlan(target.schema_name, result.columns, self._settings.rules)
            keys = KeyPlan(plan, target.key_columns) if target.key_columns else None
        except ConnectException as error:
            result.close()
            raise ProcessingError("Error while processing table querier") from error
        self._pass = _Pass(result, plan, None, keys)

    def fetch(self, count: int) -> SourceBatch | None:
        """The next records, about ``count`` of them; None when the pass is over. Raises as :meth:`begin`."""
        current = self._pass
        assert current is not None
        while True:
            rows = current.result.fetch(count)
            ended = len(rows) < count
            if current.held is not None:
                rows = [current.held, *rows]
                current.held = None
            if not ended and self._settings.mode is Mode.TIMESTAMP:
                *rows, current.held = rows
            if rows:
                try:
                    batch = self._batch(current, rows)
                except ConnectException as error:
                    raise ProcessingError("Error while processing table querier") from error
                if batch is not None:
                    return batch
            if ended:
                return None

    def end(self) -> None:
        """The pass went well: let go of the result. Raises what the driver raises."""
        current, self._pass = self._pass, None
        self.failures = 0
        if self._seen is not None:
            self._seen.end()
        if current is not None:
            current.result.close()

    def abandon(self) -> None:
        """The pass failed, and its connection with it: what was handed out stays so, the rest is read again."""
        current, self._pass = self._pass, None
        if self._seen is not None:
            self._seen.abandon()
        if current is not None:
            with contextlib.suppress(Exception):  # the driver may say again what went wrong
                current.result.close()

    def successor(self) -> Querier:
        """Who reads next."""
        return self

    def _batch(self, current: _Pass, rows: Sequence[Row]) -> SourceBatch | None:
        """The records of ``rows``; None when all of them were sent before."""
        columns: list[Column] = list(zip(*rows, strict=True))
        if self._seen is not None:
            rows = self._unseen(self._seen, current, rows, columns)
            if not rows:
                return None
            columns = list(zip(*rows, strict=True))
        fields = current.plan.values(columns, len(rows))
        values = current.plan.structs(fields, len(rows))
        keys = None if current.keys is None else current.keys.structs(fields, len(rows))
        offsets = self._offsets(current, columns, len(rows))
        target = self.target
        if offsets is not None:
            self._position = offsets.position(len(rows) - 1)
        return SourceBatch(
            topic=target.topic,
            values=values,
            value_schema=current.plan.schema,
            keys=keys,
            key_schema=None if current.keys is None else current.keys.schema,
            source_partition=target.bulk_partition if offsets is None else target.partition,
            source_offsets=offsets,
        )

    def _unseen(self, seen: SeenRows, current: _Pass, rows: Sequence[Row], columns: Sequence[Column]) -> Sequence[Row]:
        marks = self._watermarks(current).marks(columns, len(rows))
        return list(compress(rows, seen.unseen(rows, marks)))

    def _offsets(self, current: _Pass, columns: Sequence[Column], count: int) -> RowOffsets | None:
        if self._settings.mode is Mode.BULK:
            return None
        watermarks = self._watermarks(current)
        after: tuple[Any, ...] | None = None
        if current.held is not None:
            held = watermarks.moments([[value] for value in current.held])
            after = None if held is None else held[0]
        return RowOffsets(watermarks, columns, count, self._position, after)

    def _watermarks(self, current: _Pass) -> WatermarkPlan:
        """Made with the first rows: without any, no column is looked at."""
        if current.watermarks is None:
            current.watermarks = WatermarkPlan(
                current.plan,
                self._settings.mode,
                self.target.timestamps,
                self.target.incrementing,
                self._settings.rules.clock,
            )
        return current.watermarks
