"""Dates, times and timestamps: from whole numbers to what records hold (spec jdbc 10.2, 10.3).

Drivers give days since 1970-01-01, microseconds since midnight and microseconds since the epoch, all of them counted in the
proleptic Gregorian calendar. A *wall* time is what stands in a column without a zone, counted as if it were UTC; an *instant*
is a point in time.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from typing import Any

from penstock.api import Instant, SchemaBuilder, Timestamp
from penstock_jdbc.database.calendar import CUTOVER_DAYS, CalendarSystem, days_of_fields
from penstock_jdbc.database.infinity import NEGATIVE_INFINITY_MS, POSITIVE_INFINITY_MS
from penstock_jdbc.database.zones import CHANGES_FROM, legacy_zone, standard_offset, wall_to_utc
from penstock_jdbc.source.civil import US_PER_DAY, US_PER_S, civil_of_days, iso_text
from penstock_jdbc.source.columns import Column, Convert

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_NAIVE_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001  # digits of a column without a zone
_EPOCH_ORDINAL = _NAIVE_EPOCH.toordinal()
_US = dt.timedelta(microseconds=1)
_MS_PER_DAY = 86_400_000
_LONG_MIN, _LONG_MAX = -(1 << 63), (1 << 63) - 1
_FIRST_DAY, _LAST_DAY = 1 - _EPOCH_ORDINAL, dt.date.max.toordinal() - _EPOCH_ORDINAL
_FIRST_US, _LAST_US = (_FIRST_DAY + 1) * US_PER_DAY, _LAST_DAY * US_PER_DAY
"""Instants that datetime can hold in every zone."""
_CHANGES_FROM_US = (CHANGES_FROM - EPOCH) // _US

POSITIVE_INFINITY_US = POSITIVE_INFINITY_MS * 1000
NEGATIVE_INFINITY_US = NEGATIVE_INFINITY_MS * 1000
"""What Java's PostgreSQL driver makes of infinite timestamps, in any zone."""


@dataclass(frozen=True, slots=True)
class WallClock:
    """How digits without a zone are read: ``db.timezone`` and ``date.calendar.system``."""

    zone: dt.tzinfo = dt.UTC
    calendar: CalendarSystem = CalendarSystem.LEGACY

    @property
    def is_plain(self) -> bool:
        """Whether digits since 1582 are instants as they are."""
        return self.zone is dt.UTC

    def instants(self, walls: Column) -> Column:
        """The instants of wall times."""
        if self.is_plain and (self.calendar is not CalendarSystem.LEGACY or min(walls) >= CUTOVER_DAYS * US_PER_DAY):
            return walls
        return [self.instant(wall) for wall in walls]

    def instant(self, wall_us: int) -> int:
        """The instant of one wall time."""
        if wall_us in (POSITIVE_INFINITY_US, NEGATIVE_INFINITY_US):
            return wall_us
        if self.calendar is CalendarSystem.LEGACY:
            wall_us += self._legacy_shift(wall_us // US_PER_DAY) * US_PER_DAY
        return wall_us if self.zone is dt.UTC else wall_us - self._offset_us(wall_us)

    def days(self, days: int) -> int:
        """The day of a date's digits."""
        return days + self._legacy_shift(days) if self.calendar is CalendarSystem.LEGACY else days

    def wall(self, instant_us: int) -> int:
        """What clocks in the zone show at an instant, as java.time has it: without the older calendar's ways."""
        if self.zone is dt.UTC or instant_us in (POSITIVE_INFINITY_US, NEGATIVE_INFINITY_US):
            return instant_us
        moment = EPOCH + min(max(instant_us, _FIRST_US), _LAST_US) * _US
        return instant_us + (moment.astimezone(self.zone).utcoffset() or dt.timedelta()) // _US

    def moment(self, instant_us: int) -> dt.datetime:
        """A point in time with the digits, and the offset, from which :meth:`instant` takes it again; at the years 1 and 9999
        none beyond. Before 1582 the older calendar's digits are not looked for."""
        moment = EPOCH + min(max(instant_us, _FIRST_US), _LAST_US) * _US
        legacy = self.calendar is CalendarSystem.LEGACY
        return moment.astimezone(legacy_zone(moment, self.zone) if legacy else self.zone)

    def time_offset_us(self) -> int:
        """What is added to a time of day: it is read on the first day of 1970."""
        return -self._offset_us(0)

    def _legacy_shift(self, days: int) -> int:
        if days >= CUTOVER_DAYS:
            return 0
        return days_of_fields(*civil_of_days(days)) - days

    def _offset_us(self, wall_us: int) -> int:
        """The zone's offset from UTC at a wall time.

        Java's older calendar has today's standard time until 1900. java.time, which the proleptic calendar goes with, knows
        local mean time, and of an hour that a clock change repeats it takes the first.
        """
        if self.calendar is CalendarSystem.PROLEPTIC_GREGORIAN:
            return (_naive(wall_us).replace(tzinfo=self.zone).utcoffset() or dt.timedelta()) // _US
        standard_us = standard_offset(self.zone) // _US
        if wall_us - standard_us < _CHANGES_FROM_US:
            return standard_us
        return _zone_offset_us(self.zone, wall_us)


def _zone_offset_us(zone: dt.tzinfo, wall_us: int) -> int:
    wall = _naive(wall_us)
    return (wall - wall_to_utc(wall, zone).replace(tzinfo=None)) // _US


def _naive(wall_us: int) -> dt.datetime:
    return _NAIVE_EPOCH + min(max(wall_us, _FIRST_US), _LAST_US) * _US


class Granularity(enum.Enum):
    """``timestamp.granularity``: what a timestamp becomes in a record."""

    CONNECT_LOGICAL = "connect_logical"
    MICROS_LONG = "micros_long"
    MICROS_STRING = "micros_string"
    MICROS_ISO = "micros_iso_datetime_string"
    NANOS_LONG = "nanos_long"
    NANOS_STRING = "nanos_string"
    NANOS_ISO = "nanos_iso_datetime_string"

    @property
    def builder(self) -> Callable[[], SchemaBuilder]:
        """A new builder of the schema."""
        if self is Granularity.CONNECT_LOGICAL:
            return Timestamp.builder
        return (
            SchemaBuilder.int64 if self in (Granularity.MICROS_LONG, Granularity.NANOS_LONG) else SchemaBuilder.string
        )

    def convert(self, clock: WallClock) -> Convert:
        """From a column of instants to what records hold; ISO texts show the time in the zone of ``clock``."""
        match self:
            case Granularity.CONNECT_LOGICAL:
                return _datetimes
            case Granularity.MICROS_LONG:
                return _saturated
            case Granularity.MICROS_STRING:
                return lambda column: list(map(str, _saturated(column)))
            case Granularity.NANOS_LONG:
                return lambda column: _saturated([item * 1000 for item in column])
            case Granularity.NANOS_STRING:
                return lambda column: [str(item * 1000) for item in column]
        digits = 6 if self is Granularity.MICROS_ISO else 9
        return lambda column: [iso_text(clock.wall(item), digits) for item in column]


_EXACT_BELOW = 1_000_000 << 32
"""Microseconds. A double of fewer seconds is off by less than half a microsecond."""


def _datetimes(column: Column) -> Column:
    if min(column, default=0) >= 0 and max(column, default=0) < _EXACT_BELOW:
        return list(map(dt.datetime.fromtimestamp, [item / 1e6 for item in column], repeat(dt.UTC)))
    epoch, delta = EPOCH, dt.timedelta
    try:
        return [epoch + delta(0, 0, item) for item in column]
    except OverflowError:
        return [_moment(item // 1000) for item in column]


def _moment(ms: int) -> dt.datetime | Instant:
    try:
        return EPOCH + dt.timedelta(milliseconds=ms)
    except OverflowError:
        return Instant(ms)


def _saturated(column: Column) -> Column:
    """64 bits: what lies beyond is the largest or smallest of them, as Java's unit conversions have it."""
    if min(column) >= _LONG_MIN and max(column) <= _LONG_MAX:
        return column
    return [min(max(item, _LONG_MIN), _LONG_MAX) for item in column]


def dates(clock: WallClock) -> Convert:
    """From days to dates. Days that no date has are Instants."""

    def convert(column: Column) -> Column:
        if clock.calendar is CalendarSystem.LEGACY and min(column) < CUTOVER_DAYS:
            column = [clock.days(day) for day in column]
        from_ordinal, epoch = dt.date.fromordinal, _EPOCH_ORDINAL
        try:
            return [from_ordinal(day + epoch) for day in column]
        except (ValueError, OverflowError):
            return [_date(day) for day in column]

    return convert


def _date(days: int) -> dt.date | Instant:
    return (
        dt.date.fromordinal(days + _EPOCH_ORDINAL) if _FIRST_DAY <= days <= _LAST_DAY else Instant(days * _MS_PER_DAY)
    )


def times(clock: WallClock, *, zoned: bool = False) -> Convert:
    """From microseconds since midnight to times of day, to the millisecond, seen in UTC; ``zoned`` ones are that already.

    What leaves the day on the way is a datetime, which converters refuse with Connect's words.
    """
    offset = 0 if zoned else clock.time_offset_us()
    return lambda column: [_time((item + offset) // 1000) for item in column]


@lru_cache(maxsize=4096)
def _time(ms: int) -> dt.time | dt.datetime:
    moment = EPOCH + dt.timedelta(milliseconds=ms)
    return moment.time() if 0 <= ms < _MS_PER_DAY else moment


def microseconds(moments: Column) -> Column:
    """Microseconds since the epoch of datetimes: instants of aware ones, wall times of naive ones."""
    return [_microseconds(moment) for moment in moments]


def _microseconds(moment: dt.datetime) -> int:
    return (moment - (_NAIVE_EPOCH if moment.tzinfo is None else EPOCH)) // _US


def days_since_epoch(days: Column) -> Column:
    """Days since 1970-01-01 of dates."""
    return [day.toordinal() - _EPOCH_ORDINAL for day in days]


def microseconds_of_day(moments: Column) -> Column:
    """Microseconds since midnight of times and timedeltas."""
    return [_of_day(moment) for moment in moments]


def _of_day(moment: Any) -> int:
    if isinstance(moment, dt.timedelta):
        return moment // _US
    whole: int = ((moment.hour * 60 + moment.minute) * 60 + moment.second) * US_PER_S + moment.microsecond
    return whole
