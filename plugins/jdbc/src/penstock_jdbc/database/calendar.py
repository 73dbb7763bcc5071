"""The hybrid calendar of Java's ``GregorianCalendar``: Julian before 15 October 1582, Gregorian from there (spec jdbc 10.3).

``date.calendar.system=LEGACY`` counts days so; ``PROLEPTIC_GREGORIAN`` as Python's :mod:`datetime` does. Days are counted
from 1970-01-01. Fields are (year, month, day), years are those of the common era: the Julian calendar has days, such as
29 February 1500, that Python's ``date`` hasn't.
"""

from __future__ import annotations

import datetime as dt
import enum

CUTOVER_DAYS = -141427
"""1582-10-15, the first day of the Gregorian calendar. The day before it is called 4 October."""

_EPOCH_ORDINAL = 719163
_CUTOVER_FIELDS = (1582, 10, 15)
_JULIAN_EPOCH = -719164
"""1 January of the year 1 in the Julian calendar."""


class CalendarSystem(enum.Enum):
    """``date.calendar.system``."""

    LEGACY = "LEGACY"
    PROLEPTIC_GREGORIAN = "PROLEPTIC_GREGORIAN"


def days_of_fields(year: int, month: int, day: int) -> int:
    """The day that a date's digits mean in the hybrid calendar."""
    if (year, month, day) >= _CUTOVER_FIELDS:
        return dt.date(year, month, day).toordinal() - _EPOCH_ORDINAL
    return _julian_days(year, month, day)


def fields_of_days(days: int) -> tuple[int, int, int]:
    """The digits of a day in the hybrid calendar."""
    if days >= CUTOVER_DAYS:
        found = dt.date.fromordinal(days + _EPOCH_ORDINAL)
        return found.year, found.month, found.day
    return _julian_fields(days)


def _julian_days(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 of a Julian date. Years begin in March here, so that the leap day is the last."""
    shifted = (month + 9) % 12
    since = year - (month <= 2)
    return since * 365 + since // 4 + (153 * shifted + 2) // 5 + day - 1 + (_JULIAN_EPOCH - 306)


def _julian_fields(days: int) -> tuple[int, int, int]:
    count = days - (_JULIAN_EPOCH - 306)
    year = (4 * count + 3) // 1461
    left = count - (year * 365 + year // 4)
    shifted = (5 * left + 2) // 153
    day = left - (153 * shifted + 2) // 5 + 1
    month = shifted + 3 if shifted < 10 else shifted - 9
    return year + (month <= 2), month, day
