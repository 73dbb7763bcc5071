"""Writing dates as Java's ``SimpleDateFormat`` does in English (spec 6.1).

Weeks begin on Sunday, and the first week of a year or month is the one with its first day, as in Java's ``en_US``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from penstock.api.javatime import MS_PER_DAY, Civil, civil_of, days_of
from penstock.transforms.date_pattern import ERAS, HALVES, MONTHS, WEEKDAYS, Element, Literal
from penstock.transforms.date_zones import Zone

_FIRST_SUNDAY = 3  # 1970-01-04, in days since the epoch


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time as clocks and calendars of a zone show it; ``days`` are those since the epoch."""

    at: Civil
    days: int
    zone: Zone

    @classmethod
    def of(cls, ms: int, zone: Zone) -> Moment:
        """The moment ``ms`` milliseconds since the epoch."""
        return cls(civil_of(ms, zone.offset_ms), (ms + zone.offset_ms) // MS_PER_DAY, zone)

    @property
    def is_next_week_year(self) -> bool:
        """Whether the week is the one with the first day of the next year."""
        return self.days >= _sunday_on_or_before(days_of(self.at.year + 1, 1, 1))

    @property
    def week_of_year(self) -> int:
        """The week, from 1."""
        return 1 if self.is_next_week_year else _week(days_of(self.at.year, 1, 1), self.days)

    @property
    def week_of_month(self) -> int:
        """The week, from 1."""
        return _week(days_of(self.at.year, self.at.month, 1), self.days)


Piece = Callable[[Moment], str]
"""Writes one element of a pattern."""


def piece(element: Element) -> Piece:
    """The writer of an element."""
    if isinstance(element, Literal):
        text = element.text
        return lambda _moment: text
    count = element.count
    if not element.is_number:
        worded = _WORDS[element.letter]
        return lambda moment: worded(moment, count)
    number = _NUMBERS[element.letter]
    if element.letter in "yY" and count == 2:
        return lambda moment: _padded(number(moment), 2, 2)
    return lambda moment: _padded(number(moment), count)


def _padded(number: int, digits: int, last: int = 0) -> str:
    """At least so many digits; ``last`` (unless 0) is how many of them are shown."""
    return f"{'-' if number < 0 else ''}{str(abs(number)).zfill(digits)[-last:]}"


def _sunday_on_or_before(day: int) -> int:
    return day - (day - _FIRST_SUNDAY) % 7


def _week(first: int, day: int) -> int:
    return (day - _sunday_on_or_before(first)) // 7 + 1


_NUMBERS: Mapping[str, Callable[[Moment], int]] = {
    "y": lambda moment: moment.at.year_of_era,
    "Y": lambda moment: moment.at.year + (1 if moment.is_next_week_year else 0),
    "M": lambda moment: moment.at.month,
    "L": lambda moment: moment.at.month,
    "d": lambda moment: moment.at.day,
    "H": lambda moment: moment.at.hour,
    "k": lambda moment: moment.at.hour or 24,
    "K": lambda moment: moment.at.hour % 12,
    "h": lambda moment: moment.at.hour % 12 or 12,
    "m": lambda moment: moment.at.minute,
    "s": lambda moment: moment.at.second,
    "S": lambda moment: moment.at.millis,
    "D": lambda moment: moment.days - days_of(moment.at.year, 1, 1) + 1,
    "F": lambda moment: (moment.days - days_of(moment.at.year, moment.at.month, 1)) // 7 + 1,
    "w": lambda moment: moment.week_of_year,
    "W": lambda moment: moment.week_of_month,
    "u": lambda moment: moment.at.weekday + 1,
}


def _era(moment: Moment, _count: int) -> str:
    return ERAS[moment.at.year > 0]  # also where the pattern asks for the long name


def _month(moment: Moment, count: int) -> str:
    name = MONTHS[moment.at.month - 1]
    return name if count >= 4 else name[:3]


def _weekday(moment: Moment, count: int) -> str:
    name = WEEKDAYS[moment.at.weekday]
    return name if count >= 4 else name[:3]


def _half(moment: Moment, _count: int) -> str:
    return HALVES[moment.at.hour >= 12]


def _zone_name(moment: Moment, count: int) -> str:
    return moment.zone.long if count >= 4 else moment.zone.short


def _zone_offset(moment: Moment, _count: int) -> str:
    return _offset(moment, "")


def _iso_zone(moment: Moment, count: int) -> str:
    if moment.zone.offset_ms == 0:
        return "Z"
    return _offset(moment, ":" if count == 3 else "")[: 3 if count == 1 else None]


def _offset(moment: Moment, colon: str) -> str:
    minutes = abs(moment.zone.offset_ms) // 60_000
    return f"{'-' if moment.zone.offset_ms < 0 else '+'}{minutes // 60:02}{colon}{minutes % 60:02}"


_WORDS: Mapping[str, Callable[[Moment, int], str]] = {
    "G": _era,
    "M": _month,
    "L": _month,
    "E": _weekday,
    "a": _half,
    "z": _zone_name,
    "Z": _zone_offset,
    "X": _iso_zone,
}
