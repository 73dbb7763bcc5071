"""Between which values a pass reads, for every way to treat late commits (spec jdbc 6, 18)."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import Connection

from penstock_jdbc.source.criteria import Bind, Statement
from penstock_jdbc.source.late import MARGIN_US, HeldUp, NumberFence, Transactions
from penstock_jdbc.source.offsets import Position
from penstock_jdbc.source.options import LateCommits
from penstock_jdbc.source.overlap import SeenRows
from penstock_jdbc.source.reader import Reader
from penstock_jdbc.source.settings import SourceSettings
from penstock_jdbc.source.target import Target

_NS_PER_MS, _US_PER_MS, _NS_PER_US, _US_PER_S = 1_000_000, 1000, 1000, 1_000_000
_LONG_MIN = -(1 << 63)
NOW = -1
"""``timestamp.initial``: from now on."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The values that a statement is given, and the position from which it reads."""

    values: dict[Hashable, object]
    position: Position


class BoundsPlan:
    """Works out the bounds of each pass of one querier."""

    def __init__(
        self, settings: SourceSettings, reader: Reader, transactions: Transactions | None, target: Target
    ) -> None:
        """``transactions`` are given with ``late.commits=wait``."""
        self._settings = settings
        self._reader = reader
        self._transactions = transactions
        self._highest = target.highest
        self._fence = NumberFence()
        self._held_up = HeldUp(target.shown)

    def of(self, connection: Connection, statement: Statement, position: Position, seen: SeenRows | None) -> Bounds:
        """The bounds of a pass that begins now at ``position``. Raises what the driver raises."""
        binds = set(statement.binds)
        values: dict[Hashable, object] = {}
        if Bind.END in binds:
            now_us = self._reader.now_us(connection)
            values[Bind.END] = self._reader.timestamp(self._end_us(connection, now_us) * _NS_PER_US)
            position = self._begun(position, now_us)
            assert position.timestamp_ns is not None
            begin_ns = self._window_begin(position.timestamp_ns, seen)
            values[Bind.BEGIN] = self._reader.timestamp(begin_ns)
        last = self._settings.initial.incrementing if position.incrementing is None else position.incrementing
        if seen is not None and Bind.BEGIN in values:
            last = _LONG_MIN  # all rows of the instant at which the window begins
        elif seen is not None and position.incrementing is not None:
            last = self._first_number(last, seen)
        values[Bind.LAST_ID] = last
        if Bind.HIGHEST_ID in binds:
            safe = self._safe_number(connection)
            values[Bind.HIGHEST_ID] = last if safe is None else safe
        if self._transactions is not None:
            _commit(connection)  # what is read is as of after the bounds
        return Bounds(values, position)

    def place(self, connection: Connection, statement: Statement) -> Position | None:
        """Where the mode goes on after a snapshot that begins now: right before the time up to which it would read, or the
        highest number.

        With ``late.commits=wait`` rows that are not visible yet come behind it; None while there is no such number.
        """
        timestamp_ns = number = None
        if Bind.END in statement.binds:
            timestamp_ns = (self._end_us(connection, self._reader.now_us(connection)) - 1) * _NS_PER_US
        elif self._transactions is None:
            number = self._highest_number(connection)
        else:
            number = self._safe_number(connection)
            if number is None and self._highest_number(connection) is not None:
                return None
        _commit(connection)
        return Position(timestamp_ns, number)

    def _end_us(self, connection: Connection, now_us: int) -> int:
        end_us = now_us
        if self._transactions is not None:
            oldest_us = self._transactions.oldest_us(connection, now_us)
            self._held_up.note((now_us - oldest_us) / _US_PER_S)
            end_us = oldest_us - MARGIN_US
        return end_us - self._settings.delay_ms * _US_PER_MS

    def _begun(self, position: Position, now_us: int) -> Position:
        """With the initial time where none is known, kept so that "now" is the time of the first pass for all of them."""
        if position.timestamp_ns is not None:
            return position
        initial = self._settings.initial.timestamp_ms
        begin = now_us * _NS_PER_US if initial == NOW else (initial or 0) * _NS_PER_MS
        return Position(begin, position.incrementing)

    def _window_begin(self, newest_ns: int, seen: SeenRows | None) -> int:
        if seen is None:
            return newest_ns
        begin: int = seen.window_from(newest_ns - self._settings.late.window_ms * _NS_PER_MS)
        return begin

    def _first_number(self, last: int, seen: SeenRows) -> int:
        begin: int = seen.window_from(last - self._settings.late.window_ids)
        return begin

    def _safe_number(self, connection: Connection) -> int | None:
        assert self._transactions is not None
        highest = self._highest_number(connection)
        running = self._transactions.running(connection)  # asked after the number: who has a lower one is among them
        safe = self._fence.safe(highest, running)
        self._held_up.note(self._fence.held_s)
        return safe

    def _highest_number(self, connection: Connection) -> int | None:
        cursor: Any = connection.connection.driver_connection.cursor()  # type: ignore[union-attr]  # PEP 249
        try:
            cursor.execute(self._highest)
            (highest,) = cursor.fetchone()
        finally:
            cursor.close()
        return None if highest is None else int(highest)


def _commit(connection: Connection) -> None:
    connection.connection.driver_connection.commit()  # type: ignore[union-attr]  # PEP 249


def seen_rows(settings: SourceSettings, shown: str) -> SeenRows | None:
    """What remembers the rows of a window, where one is read again."""
    return SeenRows(settings.late.most_rows, shown) if settings.late.how is LateCommits.OVERLAP else None
