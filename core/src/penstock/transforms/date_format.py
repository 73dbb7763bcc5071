"""Dates as text in the patterns of Java's ``SimpleDateFormat``, in UTC and English (spec 6.1)."""

from __future__ import annotations

import time
from collections.abc import Sequence

from penstock.api.javatime import MS_PER_DAY, civil_of, days_of
from penstock.transforms.date_parse import parse_date
from penstock.transforms.date_parts import parts_writer
from penstock.transforms.date_pattern import parse_pattern
from penstock.transforms.date_quick import quick_reader
from penstock.transforms.date_write import Moment, piece
from penstock.transforms.date_zones import UTC, Zone

_CENTURY_BEGAN_YEARS_AGO = 80


class DateFormat:
    """One pattern, ready for use. Raises ValueError, with Java's text, for a pattern that Java refuses."""

    __slots__ = ("_century", "_century_year", "_elements", "_parts", "_pieces", "_quick_read", "pattern")

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self._elements = parse_pattern(pattern)
        self._pieces = [piece(element) for element in self._elements]
        self._quick_read = quick_reader(self._elements)
        self._parts = parts_writer(self._elements)
        now = int(time.time() * 1000)
        today = civil_of(now)
        self._century_year = today.year - _CENTURY_BEGAN_YEARS_AGO
        self._century = days_of(self._century_year, today.month, today.day) * MS_PER_DAY + now % MS_PER_DAY

    def format(self, ms: int, zone: Zone = UTC) -> str:
        """The text of a point in time, in milliseconds since the epoch, as clocks of ``zone`` show it."""
        if zone is UTC and self._parts is not None:
            return self._parts.write((ms,))[0]
        moment = Moment.of(ms, zone)
        return "".join([write(moment) for write in self._pieces])

    def format_column(self, column: Sequence[int]) -> list[str]:
        """The texts of points in time, in UTC."""
        return [self.format(ms) for ms in column] if self._parts is None else self._parts.write(column)

    def parse(self, text: str) -> tuple[int, Zone]:
        """Milliseconds since the epoch, and the zone that the text names, UTC where it names none.

        Raises ValueError when the text does not match the pattern.
        """
        if self._quick_read is not None:
            ms = self._quick_read(text)
            if ms is not None:
                return ms, UTC
        return parse_date(self._elements, text, self._century, self._century_year)
