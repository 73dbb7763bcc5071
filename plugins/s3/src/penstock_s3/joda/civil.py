"""The proleptic Gregorian calendar for any year; ``datetime`` knows only the years from 1 to 9999."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

DAY_MS: Final = 86_400_000
CYCLE_DAYS: Final = 146_097
"""The days of 400 years, after which the calendar, weekdays too, repeats."""

CYCLE_YEARS: Final = 400
_EPOCH: Final = dt.date(1970, 1, 1).toordinal() - 1


@dataclass(frozen=True, slots=True)
class Civil:
    """A day. ``weekday`` is 1 for Monday; ``week`` and ``week_year`` are those of ISO 8601."""

    year: int
    month: int
    day: int
    weekday: int
    day_of_year: int
    week_year: int
    week: int


def civil_of(days: int) -> Civil:
    """The day that is ``days`` after 1970-01-01."""
    cycles, rest = divmod(days + _EPOCH, CYCLE_DAYS)
    date = dt.date.fromordinal(rest + 1)
    week_year, week, weekday = date.isocalendar()
    years = cycles * CYCLE_YEARS
    day_of_year = date.timetuple().tm_yday
    return Civil(date.year + years, date.month, date.day, weekday, day_of_year, week_year + years, week)


def days_of(year: int, month: int, day: int) -> int:
    """The days from 1970-01-01 to a day. Raises ``ValueError`` when there is no such day."""
    cycles, rest = divmod(year - 1, CYCLE_YEARS)
    return dt.date(rest + 1, month, day).toordinal() - 1 - _EPOCH + cycles * CYCLE_DAYS


def days_of_week(week_year: int, week: int, weekday: int) -> int:
    """The same for a day of a week. Raises ``ValueError`` when there is no such week."""
    cycles, rest = divmod(week_year - 1, CYCLE_YEARS)
    ordinal = dt.date.fromisocalendar(rest + 1, week, weekday).toordinal()
    return ordinal - 1 - _EPOCH + cycles * CYCLE_DAYS
