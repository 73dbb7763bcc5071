"""Reading one table or query, pass by pass (spec jdbc 6, 7, 8.3)."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.engine import Connection

from penstock.api import ConnectException, SourceBatch
from penstock_jdbc.source.columns import Column
from penstock_jdbc.source.criteria import Bind
from penstock_jdbc.source.keys import KeyPlan
from penstock_jdbc.source.mode import Mode
from penstock_jdbc.source.offsets import Position
from penstock_jdbc.source.reader import Reader, ResultSet
from penstock_jdbc.source.rows import Row, RowPlan
from penstock_jdbc.source.settings import SourceSettings
from penstock_jdbc.source.target import Target
from penstock_jdbc.source.watermarks import RowOffsets, WatermarkPlan

_NS_PER_MS, _US_PER_MS, _NS_PER_US = 1_000_000, 1000, 1000
NOW = -1
"""``timestamp.initial``: from now on."""


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

    def __init__(self, target: Target, settings: SourceSettings, reader: Reader, position: Position) -> None:
        self.target = target
        self.failures = 0
        """How often in a row a pass ended with an error that counts."""
        self._settings = settings
        self._reader = reader
        self._position = position
        self._pass: _Pass | None = None

    @property
    def position(self) -> Position:
        """How far rows were handed out."""
        return self._position

    def begin(self, connection: Connection) -> None:
        """Run the statement. Raises what the driver raises, and :class:`ProcessingError`."""
        target = self.target
        result = self._reader.query(connection, target.statement, self._values(connection), target.table)
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
                    return self._batch(current, rows)
                except ConnectException as error:
                    raise ProcessingError("Error while processing table querier") from error
            if ended:
                return None

    def end(self) -> None:
        """The pass went well: let go of the result. Raises what the driver raises."""
        current, self._pass = self._pass, None
        self.failures = 0
        if current is not None:
            current.result.close()

    def abandon(self) -> None:
        """The pass failed, and its connection with it: what was handed out stays so, the rest is read again."""
        current, self._pass = self._pass, None
        if current is not None:
            with contextlib.suppress(Exception):  # the driver may say again what went wrong
                current.result.close()

    def _values(self, connection: Connection) -> dict[Bind, object]:
        binds = set(self.target.statement.binds)
        values: dict[Bind, object] = {}
        now_us = self._reader.now_us(connection) if Bind.END in binds else 0
        if Bind.END in binds:
            end_us = now_us - self._settings.delay_ms * _US_PER_MS
            values[Bind.END] = self._reader.timestamp(end_us * _NS_PER_US)
        if Bind.BEGIN in binds:
            values[Bind.BEGIN] = self._reader.timestamp(self._begin_ns(now_us))
        if Bind.LAST_ID in binds:
            last = self._position.incrementing
            values[Bind.LAST_ID] = self._settings.initial.incrementing if last is None else last
        return values

    def _begin_ns(self, now_us: int) -> int:
        if self._position.timestamp_ns is None:
            initial = self._settings.initial.timestamp_ms
            begin = now_us * _NS_PER_US if initial == NOW else (initial or 0) * _NS_PER_MS
            # Kept, so that "now" is the time of the first pass for all of them.
            self._position = replace(self._position, timestamp_ns=begin)
            return begin
        return self._position.timestamp_ns

    def _batch(self, current: _Pass, rows: Sequence[Row]) -> SourceBatch:
        columns: list[Column] = list(zip(*rows, strict=True))
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

    def _offsets(self, current: _Pass, columns: Sequence[Column], count: int) -> RowOffsets | None:
        if self._settings.mode is Mode.BULK:
            return None
        if current.watermarks is None:  # made with the first rows: without any, no column is looked at
            current.watermarks = WatermarkPlan(
                current.plan,
                self._settings.mode,
                self.target.timestamps,
                self.target.incrementing,
                self._settings.rules.clock,
            )
        after: tuple[Any, ...] | None = None
        if current.held is not None:
            held = current.watermarks.moments([[value] for value in current.held])
            after = None if held is None else held[0]
        return RowOffsets(current.watermarks, columns, count, self._position, after)
