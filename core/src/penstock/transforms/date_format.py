"""Dates as text in the patterns of Java's ``SimpleDateFormat``, in UTC and English (spec 6.1)."""

from __future__ import annotations

import time

from penstock.api.javatime import MS_PER_DAY, civil_of, days_of
from penstock.transforms.date_parse import parse_date
from penstock.transforms.date_pattern import parse_pattern
from penstock.transforms.date_quick import GREGORIAN_SINCE, UNTIL, quick_reader, quick_writer
from penstock.transforms.date_write import Moment, piece
from penstock.transforms.date_zones import UTC, Zone

_CENTURY_BEGAN_YEARS_AGO = 80


class DateFormat:
    """One pattern, ready for use. Raises ValueError, with Java's text, for a pattern that Java refuses."""

    __slots__ = ("_century", "_century_year", "_elements", "_pieces", "_quick_read", "_quick_write", "pattern")

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self._elements = parse_pattern(pattern)
        self._pieces = [piece(element) for element in self._elements]
        self._quick_read = quick_reader(self._elements)
        self._quick_write = quick_writer(self._elements)
        now = int(time.time() * 1000)
        today = civil_of(now)
        self._century_year = today.year - _CENTURY_BEGAN_YEARS_AGO
        self._century = days_of(self._century_year, today.month, today.day) * MS_PER_DAY + now % MS_PER_DAY

    def format(self, ms: int, zone: Zone = UTC) -> str:
        """The text of a point in time, in milliseconds since the epoch, as clocks of ``zone`` show it."""
        if self._quick_write is not None and zone is UTC and GREGORIAN_SINCE <= ms < UNTIL:
            return self._quick_write(ms)
        moment = Moment.of(ms, zone)
        return "".join([write(moment) for write in self._pieces])

    def parse(self, text: str) -> tuple[int, Zone]:
        """Milliseconds since the epoch, and the zone that the text names, UTC where it names none.

        Raises ValueError when the text does not match the pattern.
        """
        if self._quick_read is not None:
            ms = self._quick_read(text)
            if ms is not None:
                return ms, UTC
        return parse_date(self._elements, text, self._century, self._century_year)
