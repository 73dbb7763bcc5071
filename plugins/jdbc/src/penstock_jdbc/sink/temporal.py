"""Dates, times and timestamps on their way into a database: the digits that clocks show (spec jdbc 10.3, 13.7).

A Connect value is a point in time; a column without a zone holds digits. Java's calendar makes them in ``db.timezone``, dates
in ``date.timezone``, before 1582-10-15 by the Julian calendar unless ``date.calendar.system`` says otherwise.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from penstock.api import DataException, Instant
from penstock_jdbc.database.calendar import CUTOVER_DAYS, CalendarSystem, fields_of_days
from penstock_jdbc.database.zones import legacy_zone
from penstock_jdbc.sink.settings import EpochUnit, SinkSettings

MS_PER_DAY = 86_400_000
NS_PER_DAY = MS_PER_DAY * 1_000_000
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_EPOCH_ORDINAL = 719_163
_FIRST_DAY = 1 - _EPOCH_ORDINAL
_LAST_DAY = dt.date.max.toordinal() - _EPOCH_ORDINAL
_CUTOVER = dt.date(1582, 10, 15)
_SKIPPED_DAYS = range(CUTOVER_DAYS - 10, CUTOVER_DAYS)
"""5 to 14 October 1582 of the proleptic calendar, digits that Java's calendar doesn't have."""
_MILLISECOND = dt.timedelta(milliseconds=1)
_MICROSECOND = dt.timedelta(microseconds=1)
_LONG = range(-(1 << 63), 1 << 63)

Temporal = dt.date | dt.time | dt.datetime | Instant


class Wall(NamedTuple):
    """What a clock and a calendar on the wall show. ``year`` counts through 0, which is 1 BC; ``ns`` is since midnight."""

    year: int
    month: int
    day: int
    ns: int

    @property
    def date_text(self) -> str:
        """``YYYY-MM-DD``; years before 1 with `` BC`` at the end, as PostgreSQL reads them."""
        if self.year < 1:
            return f"{1 - self.year:04}-{self.month:02}-{self.day:02} BC"
        return f"{self.year:04}-{self.month:02}-{self.day:02}"

    def time_text(self, digits: int) -> str:
        """``HH:MM:SS`` and so many digits of its fraction; what is finer is cut off."""
        seconds, ns = divmod(self.ns, 1_000_000_000)
        minutes, second = divmod(seconds, 60)
        hour, minute = divmod(minutes, 60)
        whole = f"{hour:02}:{minute:02}:{second:02}"
        return f"{whole}.{ns:09}"[: len(whole) + 1 + digits] if digits else whole

    def text(self, digits: int) -> str:
        """Date and time with a space between; the BC of early years stays last."""
        date, _, era = self.date_text.partition(" ")
        return f"{date} {self.time_text(digits)}{' ' + era if era else ''}"

    def datetime(self) -> dt.datetime:
        """The same digits as a naive datetime. Raises DataException for a year that it can't hold."""
        micros = self.ns // 1000
        try:
            midnight = dt.datetime(self.year, self.month, self.day)  # noqa: DTZ001  # digits without a zone
        except ValueError as error:
            raise DataException(f"The driver of this database cannot take the date {self.date_text}") from error
        return midnight + dt.timedelta(microseconds=micros)


def epoch_ms(value: Temporal) -> int:
    """Milliseconds since the epoch of a date, a time of 1970-01-01, an aware datetime or an Instant."""
    if isinstance(value, dt.datetime):
        return (value - _EPOCH) // _MILLISECOND
    if isinstance(value, dt.date):
        return (value.toordinal() - _EPOCH_ORDINAL) * MS_PER_DAY
    if isinstance(value, dt.time):
        return ((value.hour * 60 + value.minute) * 60 + value.second) * 1000 + value.microsecond // 1000
    return value.epoch_ms


def epoch_ns(value: Temporal) -> int:
    """Nanoseconds since the epoch; a datetime's microseconds are kept."""
    if isinstance(value, dt.datetime):
        return (value - _EPOCH) // _MICROSECOND * 1000
    return epoch_ms(value) * 1_000_000


@dataclass(frozen=True, slots=True)
class Clocks:
    """The zones and the calendar of a sink. All methods raise DataException for what has no digits."""

    db_zone: dt.tzinfo = dt.UTC
    date_zone: dt.tzinfo = dt.UTC
    calendar: CalendarSystem = CalendarSystem.LEGACY
    epoch_unit: EpochUnit = EpochUnit.MICROSECONDS

    @classmethod
    def of(cls, settings: SinkSettings) -> Clocks:
        """Those of a sink."""
        return cls(settings.db_zone, settings.date_zone, settings.calendar, settings.epoch_unit)

    def date(self, value: Temporal) -> Wall:
        """A Date in the zone for dates."""
        return self._wall(epoch_ms(value) * 1_000_000, self.date_zone)

    def timestamp(self, value: Temporal) -> Wall:
        """A Time (of 1970-01-01) or a Timestamp in the zone of the database."""
        return self._wall(epoch_ns(value), self.db_zone)

    def default_date(self, value: Temporal) -> Wall:
        """A Date as the default of a column. Java writes those with java.time, whatever calendar values go by."""
        return _java_time(epoch_ns(value), self.date_zone)

    def default_timestamp(self, value: Temporal) -> Wall:
        """A Time or a Timestamp as the default of a column, by java.time as well."""
        return _java_time(epoch_ns(value), self.db_zone)

    def zoned_text(self, wall: Wall, ns: int, digits: int, *, with_date: bool) -> str:
        """Digits with the offset of the database's zone at ``ns`` since the epoch behind them, as pgjdbc writes them."""
        text = wall.text(digits) if with_date else wall.time_text(digits)
        offset = self._offset_text(ns, self.db_zone)
        return f"{text[:-3]}{offset} BC" if text.endswith(" BC") else f"{text}{offset}"

    def zoned_date_text(self, value: Temporal) -> str:
        """A Date, a space, and the offset of the zone for dates, as pgjdbc writes it."""
        return f"{self.date(value).date_text} {self._offset_text(epoch_ns(value), self.date_zone)}"

    def _offset_text(self, ns: int, zone: dt.tzinfo) -> str:
        seconds = 0 if zone is dt.UTC else self._offset_ns(ns, zone) // 1_000_000_000
        minutes, second = divmod(abs(seconds), 60)
        hour, minute = divmod(minutes, 60)
        offset = f"{'-' if seconds < 0 else '+'}{hour:02}{f':{minute:02}' if minute or second else ''}"
        return f"{offset}:{second:02}" if second else offset

    def at_ns(self, ns: int) -> Wall:
        """A point in time, nanoseconds since the epoch, in the zone of the database."""
        return self._wall(ns, self.db_zone)

    def at_ms(self, ms: int) -> Wall:
        """A point in time in the zone of the database."""
        return self._wall(ms * 1_000_000, self.db_zone)

    def counted(self, value: object) -> Wall:
        """A value of ``timestamp.fields.list`` in the zone of the database."""
        return self._wall(self.counted_ns(value), self.db_zone)

    def counted_ns(self, value: object) -> int:
        """Nanoseconds since the epoch of a value of ``timestamp.fields.list``, an integer or the text of one."""
        if isinstance(value, str):
            try:
                value = _long(value)
            except ValueError as error:
                raise DataException(
                    f"A field of timestamp.fields.list must hold {self.epoch_unit.name.lower()} since 1970, as a number or as "
                    f"its text, but holds '{value}'"
                ) from error
        assert isinstance(value, int)
        return value * self.epoch_unit.value

    def plain_dates(self, column: Sequence[object]) -> bool:
        """Whether all items are dates whose digits are those of Python, so that ``isoformat`` tells them."""
        return self.date_zone is dt.UTC and all(
            value.__class__ is dt.date and value >= _CUTOVER for value in column if value is not None
        )

    def _wall(self, ns: int, zone: dt.tzinfo) -> Wall:
        days, rest = divmod(ns, NS_PER_DAY)
        if zone is not dt.UTC:
            days, rest = divmod(ns + self._offset_ns(ns, zone), NS_PER_DAY)
        return Wall(*self._fields(days), rest)

    def _offset_ns(self, ns: int, zone: dt.tzinfo) -> int:
        """What clocks in the zone are ahead of UTC. Java's older calendar has today's standard time until 1900."""
        if self.calendar is CalendarSystem.LEGACY:
            zone = legacy_zone(_instant(ns), zone)
        return _zone_offset_ns(ns, zone)

    def _fields(self, days: int) -> tuple[int, int, int]:
        if self.calendar is CalendarSystem.LEGACY and days <= _LAST_DAY:
            return fields_of_days(days)
        if days in _SKIPPED_DAYS:
            # Java's calendar refuses these digits, and its sink fails on them (spec jdbc 21.9)
            raise DataException("the specified date doesn't exist")
        return _proleptic_fields(days)


def _java_time(ns: int, zone: dt.tzinfo) -> Wall:
    """What java.time shows, which knows the Gregorian calendar alone and local mean time."""
    days, rest = divmod(ns + _zone_offset_ns(ns, zone), NS_PER_DAY)
    return Wall(*_proleptic_fields(days), rest)


def _instant(ns: int) -> dt.datetime:
    """The instant, or the nearest that Python can take to every zone."""
    days, rest = divmod(ns, NS_PER_DAY)
    nearest = min(max(days, _FIRST_DAY + 1), _LAST_DAY - 1)
    return _EPOCH + dt.timedelta(days=nearest, microseconds=rest // 1000)


def _zone_offset_ns(ns: int, zone: dt.tzinfo) -> int:
    offset = _instant(ns).astimezone(zone).utcoffset() or dt.timedelta()
    return offset // _MICROSECOND * 1000


def _proleptic_fields(days: int) -> tuple[int, int, int]:
    if not _FIRST_DAY <= days <= _LAST_DAY:
        era, within = divmod(days - _FIRST_DAY, 146_097)  # the calendar repeats every 400 years
        year, month, day = _proleptic_fields(within + _FIRST_DAY)
        return year + era * 400, month, day
    found = dt.date.fromordinal(days + _EPOCH_ORDINAL)
    return found.year, found.month, found.day


def _long(text: str) -> int:
    """What Java's ``Long.parseLong`` reads, or its complaint. Raises ValueError."""
    digits = text[1:] if text[:1] in {"-", "+"} else text
    if not digits.isdecimal() or int(text) not in _LONG:
        raise ValueError(f'For input string: "{text}"')
    return int(text)
