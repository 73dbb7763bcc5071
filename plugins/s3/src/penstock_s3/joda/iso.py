"""ISO 8601 texts as Joda-Time's ``dateTimeParser`` reads them: a date, a time after ``T``, or both, with or without an offset."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

from penstock_s3.joda.civil import DAY_MS, days_of, days_of_week
from penstock_s3.joda.zones import HOUR_MS, MINUTE_MS

_FRACTION = r"[.,](?P<{0}>\d{{1,9}})"
_TEXT: Final = re.compile(
    r"(?P<date>(?P<year>[+-]?\d{1,9})"
    r"(?:-(?P<ordinal>\d{3})|-W(?P<week>\d{1,2})(?:-(?P<weekday>\d))?|-(?P<month>\d{1,2})(?:-(?P<day>\d{1,2}))?)?)?"
    r"(?P<time>T(?:(?P<hour>\d{1,2})(?:"
    + _FRACTION.format("of_hour")
    + r"|:(?P<minute>\d{1,2})(?:"
    + _FRACTION.format("of_minute")
    + r"|:(?P<second>\d{1,2})(?:"
    + _FRACTION.format("of_second")
    + r")?)?)?)?"
    r"(?P<offset>Z|[+-]\d\d(?::\d\d(?::\d\d(?:[.,]\d{1,3})?)?|\d{4}(?:\d{1,3})?|\d\d)?)?)?",
    re.ASCII | re.IGNORECASE,
)
_FIRST_YEAR: Final = -292_275_055
_LAST_YEAR: Final = 292_278_994
_FIRST_TOLD: Final = -62_104_060_800_000
_LAST_TOLD: Final = 221_845_392_000_000
_MOST_HOURS: Final = 23
_MOST_SIXTIETH: Final = 59


def parse(text: str) -> int:
    """The instant in ms. A text without an offset is meant in the time zone of this process, as in that of the JVM. Raises
    ``ValueError`` for anything else."""
    found = _TEXT.fullmatch(text)
    if found is None or not (found["date"] or found["hour"]):
        raise ValueError(f'Invalid format: "{text}"')
    try:
        local = _days(found) * DAY_MS + _of_day(found)
        offset = _offset(found["offset"]) if found["offset"] else _process_offset(local)
    except ValueError as error:
        raise ValueError(f'Cannot parse "{text}": {error}') from error
    return local - offset


def _days(found: re.Match[str]) -> int:
    if found["date"] is None:
        return 0
    year = int(found["year"])
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise ValueError("year is out of range")
    if found["week"] is not None:
        return days_of_week(year, int(found["week"]), int(found["weekday"] or 1))
    if found["ordinal"] is not None:
        day = int(found["ordinal"])
        first = days_of(year, 1, 1)
        if not 0 < day <= days_of(year + 1, 1, 1) - first:
            raise ValueError("day of year is out of range")
        return first + day - 1
    return days_of(year, int(found["month"] or 1), int(found["day"] or 1))


def _of_day(found: re.Match[str]) -> int:
    hour, minute, second = (int(found[part] or 0) for part in ("hour", "minute", "second"))
    if hour > _MOST_HOURS or minute > _MOST_SIXTIETH or second > _MOST_SIXTIETH:
        raise ValueError("hour, minute or second is out of range")
    ms = hour * HOUR_MS + minute * MINUTE_MS + second * 1000
    for part, unit in (("of_hour", HOUR_MS), ("of_minute", MINUTE_MS), ("of_second", 1000)):
        if found[part] is not None:
            ms += _fraction(found[part], unit)
    return ms


def _fraction(digits: str, unit_ms: int) -> int:
    """A part of a unit in ms; each digit's weight is cut to tenths of a millisecond, as Joda-Time does."""
    weight = unit_ms * 10
    tenths = 0
    for digit in digits:
        weight //= 10
        tenths += int(digit) * weight
    return tenths // 10


def _offset(text: str) -> int:
    if text in "Zz":
        return 0
    digits = re.sub(r"\D", "", text)
    hours, minutes, seconds = (int(digits[place : place + 2] or 0) for place in (0, 2, 4))
    if hours > _MOST_HOURS or minutes > _MOST_SIXTIETH or seconds > _MOST_SIXTIETH:
        raise ValueError("the offset is out of range")
    ms = hours * HOUR_MS + minutes * MINUTE_MS + seconds * 1000 + int(digits[6:].ljust(3, "0"))
    return -ms if text[0] == "-" else ms


def _process_offset(local: int) -> int:
    """The offset of the process's zone when its clocks show a time; years that ``datetime`` cannot tell have that of the
    nearest one that it can."""
    told = dt.timedelta(milliseconds=min(max(local, _FIRST_TOLD), _LAST_TOLD))
    shown = dt.datetime(1970, 1, 1) + told  # noqa: DTZ001  # what clocks show
    offset = shown.astimezone().utcoffset()
    assert offset is not None
    return offset // dt.timedelta(milliseconds=1)
