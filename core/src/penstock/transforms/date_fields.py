"""From calendar fields to a point in time, as Java's lenient ``GregorianCalendar`` resolves them.

Fields may be out of range, contradict one another or be missing: of those that tell the day, the ones that were set last
decide. The calendar is Julian before 15 October 1582; weeks begin on Sunday, and the first week of a year or month is the one
with its first day, as in Java's ``en_US``.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping

from penstock.api.javacast import to_integer
from penstock.api.javatime import MS_PER_DAY, civil_of

_EPOCH = 719_163  # 1970-01-01, where day 1 is 1 January of the year 1; day 7 is a Sunday
_CUTOVER = 577_736  # 1582-10-15
_CUTOVER_YEAR = 1582
_DAYS_BEFORE_MONTH = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)
_FIRST_DAY = -1  # 1 January of the year 1 in the Julian calendar
_SUNDAY = 1


class CalendarField(enum.Enum):
    """What a text may tell. Values as in Java: months from 0, weekdays from 1 (Sunday), offsets in milliseconds."""

    ERA = enum.auto()
    YEAR = enum.auto()
    WEEK_YEAR = enum.auto()
    MONTH = enum.auto()
    WEEK_OF_YEAR = enum.auto()
    WEEK_OF_MONTH = enum.auto()
    DAY_OF_MONTH = enum.auto()
    DAY_OF_YEAR = enum.auto()
    DAY_OF_WEEK = enum.auto()
    WEEKDAY_IN_MONTH = enum.auto()
    HALF = enum.auto()
    HOUR = enum.auto()
    HOUR_OF_DAY = enum.auto()
    MINUTE = enum.auto()
    SECOND = enum.auto()
    MILLISECOND = enum.auto()
    ZONE_OFFSET = enum.auto()
    DAYLIGHT_OFFSET = enum.auto()

    __hash__ = object.__hash__


F = CalendarField


class CalendarFields:
    """Fields in the order in which they were set; setting one again makes it the latest."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        self._values: dict[CalendarField, int] = {}

    def set(self, field: CalendarField, value: int) -> None:
        """Set a field."""
        self._values.pop(field, None)
        self._values[field] = value

    def unset(self, field: CalendarField) -> None:
        """Forget a field."""
        self._values.pop(field, None)

    def add_years(self, years: int) -> None:
        """Move the year and the week year, as far as they are set."""
        for field in (F.YEAR, F.WEEK_YEAR):
            if field in self._values:
                self._values[field] += years

    def epoch_ms(self, zone_offset_ms: int) -> int:
        """Milliseconds since the epoch; ``zone_offset_ms`` counts where the text told no offset. What Java's long cannot
        hold wraps around."""
        values = self._values
        stamps = {field: stamp for stamp, field in enumerate(values, 1)}
        more_days, time = divmod(_time_of_day(values, stamps), MS_PER_DAY)
        days = _day(values, stamps, more_days)
        offset = values.get(F.ZONE_OFFSET, zone_offset_ms) + values.get(F.DAYLIGHT_OFFSET, 0)
        return to_integer((days - _EPOCH) * MS_PER_DAY + time - offset, 64)


Values = Mapping[CalendarField, int]
Stamps = Mapping[CalendarField, int]


def _time_of_day(values: Values, stamps: Stamps) -> int:
    hour = values.get(F.HOUR, 0) + 12 * values.get(F.HALF, 0)
    of_day = stamps.get(F.HOUR_OF_DAY, 0)
    # An hour of the half day counts only with the half, or when there is nothing else.
    if of_day and of_day >= _both(stamps, F.HOUR, F.HALF):
        hour = values[F.HOUR_OF_DAY]
    minutes = hour * 60 + values.get(F.MINUTE, 0)
    return (minutes * 60 + values.get(F.SECOND, 0)) * 1000 + values.get(F.MILLISECOND, 0)


def _both(stamps: Stamps, one: CalendarField, other: CalendarField) -> int:
    """When the later of two fields was set; 0 unless both were."""
    return max(stamps[one], stamps[other]) if one in stamps and other in stamps else 0


class _Way(enum.Enum):
    """Which fields tell the day."""

    DAY_OF_MONTH = enum.auto()
    WEEK_OF_MONTH = enum.auto()
    WEEKDAY_IN_MONTH = enum.auto()
    DAY_OF_YEAR = enum.auto()
    WEEK_OF_YEAR = enum.auto()


def _way(stamps: Stamps) -> _Way:
    day, weekday = stamps.get(F.DAY_OF_MONTH, 0), stamps.get(F.DAY_OF_WEEK, 0)
    week, turn, week_of_year = (
        _both(stamps, field, F.DAY_OF_WEEK) for field in (F.WEEK_OF_MONTH, F.WEEKDAY_IN_MONTH, F.WEEK_OF_YEAR)
    )
    day_of_year = stamps.get(F.DAY_OF_YEAR, 0)
    best = max(day, week, turn, day_of_year, week_of_year)
    if not best:
        week, week_of_year = stamps.get(F.WEEK_OF_MONTH, 0), stamps.get(F.WEEK_OF_YEAR, 0)
        turn = max(stamps.get(F.WEEKDAY_IN_MONTH, 0), weekday)
        best = max(week, turn, week_of_year)
        if not best:
            return _Way.DAY_OF_MONTH
    if best == day:
        return _Way.DAY_OF_MONTH
    own_week, own_turn, own_week_of_year = (
        stamps.get(field, 0) for field in (F.WEEK_OF_MONTH, F.WEEKDAY_IN_MONTH, F.WEEK_OF_YEAR)
    )
    if (best == week and own_week >= own_week_of_year) or (best == turn and own_turn >= own_week_of_year):
        if week == turn:
            return _Way.WEEK_OF_MONTH if own_week >= own_turn else _Way.WEEKDAY_IN_MONTH
        return _Way.WEEK_OF_MONTH if best == week else _Way.WEEKDAY_IN_MONTH
    return _Way.DAY_OF_YEAR if best == day_of_year else _Way.WEEK_OF_YEAR


def _day(values: Values, stamps: Stamps, more: int) -> int:
    """The day, counted on by the days that the time of day has too much."""
    year = values.get(F.YEAR, 1970)
    if values.get(F.ERA) == 0:
        year = 1 - year
    day = _counted_on(values, year, _way(stamps), more)
    if F.WEEK_YEAR not in stamps or stamps[F.WEEK_YEAR] < stamps.get(F.YEAR, 0):
        return day
    # The week year is of the era of the day that the other fields tell.
    week_year = values[F.WEEK_YEAR] if day >= _FIRST_DAY else 1 - values[F.WEEK_YEAR]
    at = civil_of((_day_of_week_date(values, week_year) - _EPOCH) * MS_PER_DAY)
    return _counted_on({F.MONTH: at.month - 1, F.DAY_OF_MONTH: at.day}, at.year, _Way.DAY_OF_MONTH, more)


def _counted_on(values: Values, year: int, way: _Way, more: int) -> int:
    julian = _day_in(values, year, way, gregorian=False) + more
    gregorian = _day_in(values, year, way, gregorian=True) + more
    if year < _CUTOVER_YEAR or (year == _CUTOVER_YEAR and way in (_Way.DAY_OF_YEAR, _Way.WEEK_OF_YEAR)):
        return julian
    # Days that both calendars have are Gregorian; days that neither has are counted on from the Julian ones.
    return gregorian if gregorian >= _CUTOVER else julian


def _day_of_week_date(values: Values, year: int) -> int:
    """The day of a week year, a week (or the first) and a weekday (or the first)."""
    week, weekday = values.get(F.WEEK_OF_YEAR, 1), values.get(F.DAY_OF_WEEK, _SUNDAY)
    if not _SUNDAY <= weekday <= 7:
        # What is out of range was told as an ISO weekday, from 1 (Monday), and leads into other weeks.
        weeks, rest = divmod(weekday - 1, 7)
        week, weekday = week + weeks, (rest + 1) % 7 + 1
    first = _first_of_month(year, 0, gregorian=year > _CUTOVER_YEAR)
    return _first_week(first, None) + to_integer(weekday - _SUNDAY + 7 * (week - 1), 32)


def _day_in(values: Values, year: int, way: _Way, *, gregorian: bool) -> int:
    """The day in one of the two calendars."""
    if way in (_Way.DAY_OF_YEAR, _Way.WEEK_OF_YEAR):
        first = _first_of_month(year, 0, gregorian=gregorian)
        if way is _Way.DAY_OF_YEAR:
            return first + values[F.DAY_OF_YEAR] - 1
        return _first_week(first, values.get(F.DAY_OF_WEEK)) + 7 * (values[F.WEEK_OF_YEAR] - 1)
    month = values.get(F.MONTH, 0)
    first = _first_of_month(year, month, gregorian=gregorian)
    if way is _Way.DAY_OF_MONTH:
        return first + values.get(F.DAY_OF_MONTH, 1) - 1
    if way is _Way.WEEK_OF_MONTH:
        return _first_week(first, values.get(F.DAY_OF_WEEK)) + _days(values[F.WEEK_OF_MONTH] - 1)
    weekday, turn = values.get(F.DAY_OF_WEEK, _SUNDAY), values.get(F.WEEKDAY_IN_MONTH, 1)
    if turn >= 0:
        return _weekday_on_or_before(first + _days(turn) - 1, weekday)
    hybrid = year > _CUTOVER_YEAR
    length = _first_of_month(year, month + 1, gregorian=hybrid) - _first_of_month(year, month, gregorian=hybrid)
    return _weekday_on_or_before(first + length + _days(turn + 1) - 1, weekday)


def _days(weeks: int) -> int:
    return to_integer(7 * weeks, 32)  # Java counts these in an int


def _first_week(first: int, weekday: int | None) -> int:
    """The Sunday that begins the week with the day ``first``, or another weekday of that week."""
    sunday = _weekday_on_or_before(first, _SUNDAY)
    return sunday if weekday is None else _weekday_on_or_before(sunday + 6, weekday)


def _weekday_on_or_before(day: int, weekday: int) -> int:
    return day - (day - (weekday - 1)) % 7


def _first_of_month(year: int, month: int, *, gregorian: bool) -> int:
    years, month = divmod(month, 12)
    year = to_integer(year + years, 32)
    before = year - 1
    days = 365 * before + before // 4 + _DAYS_BEFORE_MONTH[month] + 1
    leap = year % 4 == 0
    if gregorian:
        days += before // 400 - before // 100
        leap = leap and (year % 100 != 0 or year % 400 == 0)
    else:
        days -= 2
    return days + 1 if leap and month > 1 else days
