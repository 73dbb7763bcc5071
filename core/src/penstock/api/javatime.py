"""Time as Java's Date and calendar see it: milliseconds since the epoch, in the process's default time zone.

Connect's Date, Time and Timestamp values are ``date``, ``time`` and aware ``datetime`` here, or an :class:`Instant` beyond
them. Texts come from Java's calendar, which is Julian before 15 October 1582 and takes the zone of the process.
"""

from __future__ import annotations

import datetime as dt
import time
from typing import NamedTuple

from penstock.api.exceptions import DataException
from penstock.api.instant import Instant

MS_PER_DAY = 86_400_000
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

Temporal = dt.date | dt.time | dt.datetime | Instant
"""What stands for a ``java.util.Date``."""

_EPOCH_ORDINAL = dt.date(1970, 1, 1).toordinal()
_MAX_ORDINAL = dt.date.max.toordinal()
_GREGORIAN_FIRST_DAY = -141_427  # 1582-10-15, in days since the epoch
_YEAR_1900 = -2_208_988_800
_YEAR_9999 = 253_402_300_799
_FOUR_CENTURIES = 146_097 * 86_400


def epoch_ms(value: Temporal) -> int:
    """Milliseconds since the epoch; what is finer is dropped. Raises DataException for a datetime without a zone."""
    if isinstance(value, dt.datetime):
        if value.tzinfo is None:
            raise without_zone(value)
        delta = value - EPOCH
        return (delta.days * 86_400 + delta.seconds) * 1000 + delta.microseconds // 1000
    if isinstance(value, dt.date):
        return (value.toordinal() - _EPOCH_ORDINAL) * MS_PER_DAY
    if isinstance(value, dt.time):
        return ((value.hour * 60 + value.minute) * 60 + value.second) * 1000 + value.microsecond // 1000
    return value.epoch_ms


def without_zone(value: dt.datetime) -> DataException:
    """What is raised for a naive datetime wherever a point in time is asked for."""
    return DataException(
        f"The datetime {value.isoformat()} has no time zone, so it is no point in time; give it one, "
        "such as tzinfo=datetime.timezone.utc"
    )


def datetime_of(ms: int) -> dt.datetime | Instant:
    """The point in time, in UTC."""
    try:
        return EPOCH + dt.timedelta(milliseconds=ms)
    except OverflowError:
        return Instant(ms)


def date_of(days: int) -> dt.date | Instant:
    """The day that is so many days after 1970-01-01."""
    ordinal = days + _EPOCH_ORDINAL
    return dt.date.fromordinal(ordinal) if 1 <= ordinal <= _MAX_ORDINAL else Instant(days * MS_PER_DAY)


def time_of(ms: int) -> dt.time | dt.datetime | Instant:
    """The time of day so many milliseconds after midnight; a datetime for what is no time of day."""
    if 0 <= ms < MS_PER_DAY:
        seconds, millis = divmod(ms, 1000)
        minutes, second = divmod(seconds, 60)
        hour, minute = divmod(minutes, 60)
        return dt.time(hour, minute, second, millis * 1000)
    return datetime_of(ms)


class Civil(NamedTuple):
    """A point in time as a calendar shows it. ``year`` may be zero or negative (1 BC is 0)."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int
    millis: int
    weekday: int
    """0 is Monday."""

    @property
    def year_of_era(self) -> int:
        """The year as Java prints it, counted from 1 also before Christ."""
        return self.year if self.year > 0 else 1 - self.year


def civil_of(ms: int, offset_ms: int = 0) -> Civil:
    """The calendar's fields of a point in time, seen at an offset from UTC."""
    days, rest = divmod(ms + offset_ms, MS_PER_DAY)
    year, month, day = _date_of_days(days)
    seconds, millis = divmod(rest, 1000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return Civil(year, month, day, hour, minute, second, millis, (days + 3) % 7)


def days_of(year: int, month: int, day: int) -> int:
    """Days since the epoch of a date that may have a month or day out of range, as Java's lenient calendar counts."""
    years, month_index = divmod(month - 1, 12)
    year += years
    days = _days_from_civil(year, month_index + 1, 1, gregorian=True) + day - 1
    if days >= _GREGORIAN_FIRST_DAY:
        return days
    return _days_from_civil(year, month_index + 1, 1, gregorian=False) + day - 1


def local_offset_ms(ms: int) -> int:
    """The process's offset from UTC at a point in time, in milliseconds."""
    return local_zone(ms)[0]


def local_zone(ms: int) -> tuple[int, str]:
    """The process's offset from UTC, in milliseconds, and the zone's short name at a point in time."""
    seconds = ms // 1000
    if seconds < _YEAR_1900:  # Java knows no zones of the time before: standard time holds
        return -time.timezone * 1000, time.tzname[0]
    if seconds > _YEAR_9999:  # the calendar repeats every 400 years, so the rules do
        seconds = _YEAR_9999 - (_YEAR_9999 - seconds) % _FOUR_CENTURIES
    local = time.localtime(seconds)
    return local.tm_gmtoff * 1000, local.tm_zone


def ms_of_wall_clock(wall_ms: int) -> int:
    """The point in time at which the process's clocks show ``wall_ms`` (counted as if it were UTC).

    Where clocks show it twice or never, standard time decides, as in Java.
    """
    around = sorted({local_offset_ms(wall_ms - MS_PER_DAY), local_offset_ms(wall_ms + MS_PER_DAY)})
    for offset in around:
        if local_offset_ms(wall_ms - offset) == offset:
            return wall_ms - offset
    return wall_ms - around[0]


def _date_of_days(days: int) -> tuple[int, int, int]:
    if days >= _GREGORIAN_FIRST_DAY:
        era, day_of_era = divmod(days + 719_468, 146_097)
        year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
        year = year_of_era + era * 400
        day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    else:
        era, day_of_era = divmod(days + 719_470, 1461)
        year_of_era = (day_of_era - day_of_era // 1460) // 365
        year = year_of_era + era * 4
        day_of_year = day_of_era - 365 * year_of_era
    month_from_march = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * month_from_march + 2) // 5 + 1
    month = month_from_march + 3 if month_from_march < 10 else month_from_march - 9
    return (year + 1 if month <= 2 else year), month, day


def _days_from_civil(year: int, month: int, day: int, *, gregorian: bool) -> int:
    if month <= 2:
        year -= 1
    day_of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    if gregorian:
        era, year_of_era = divmod(year, 400)
        return era * 146_097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719_468
    era, year_of_era = divmod(year, 4)
    return era * 1461 + year_of_era * 365 + day_of_year - 719_470
