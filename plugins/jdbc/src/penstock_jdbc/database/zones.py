"""Time zones by Java's names, and wall times in them as Java's lenient calendar reads them (spec jdbc 10.3)."""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from functools import cache

_REGION = re.compile(r"[A-Za-z][A-Za-z0-9~/._+-]+", re.ASCII)
_OFFSETS = tuple(
    re.compile(rf"([+-]){digits}", re.ASCII)
    for digits in (
        r"(\d{1,2})()()",
        r"(\d{2})(\d{2})()",
        r"(\d{2})(\d{2})(\d{2})",
        r"(\d{2}):(\d{2})()",
        r"(\d{2}):(\d{2}):(\d{2})",
    )
)
"""What Java reads: ``+h``, ``+hh``, ``+hhmm``, ``+hhmmss``, ``+hh:mm`` and ``+hh:mm:ss``."""
_PREFIXES = ("UTC", "GMT", "UT")
_NO_REGIONS = ("posix/", "right/")
_NO_NAMES = frozenset({"localtime", "posixrules", "Factory"})
CHANGES_FROM = dt.datetime(1900, 1, 1, tzinfo=dt.UTC)
"""Java's older calendar knows neither local mean time nor changes of a zone before."""
_LONGEST_OFFSET = 18 * 3600

SHORT_IDS = {
    "ACT": "Australia/Darwin",
    "AET": "Australia/Sydney",
    "AGT": "America/Argentina/Buenos_Aires",
    "ART": "Africa/Cairo",
    "AST": "America/Anchorage",
    "BET": "America/Sao_Paulo",
    "BST": "Asia/Dhaka",
    "CAT": "Africa/Harare",
    "CNT": "America/St_Johns",
    "CST": "America/Chicago",
    "CTT": "Asia/Shanghai",
    "EAT": "Africa/Addis_Ababa",
    "ECT": "Europe/Paris",
    "IET": "America/Indiana/Indianapolis",
    "IST": "Asia/Kolkata",
    "JST": "Asia/Tokyo",
    "MIT": "Pacific/Apia",
    "NET": "Asia/Yerevan",
    "NST": "Pacific/Auckland",
    "PLT": "Asia/Karachi",
    "PNT": "America/Phoenix",
    "PRT": "America/Puerto_Rico",
    "PST": "America/Los_Angeles",
    "SST": "Pacific/Guadalcanal",
    "VST": "Asia/Ho_Chi_Minh",
    "EST": "-05:00",
    "MST": "-07:00",
    "HST": "-10:00",
}
"""Java's legacy ids of three letters (``ZoneId.SHORT_IDS``)."""


@cache
def parse_zone(text: str) -> dt.tzinfo:
    """The zone of a region (``Europe/Paris``), an offset (``+02:00``, ``GMT+2``), ``UTC``, ``Z`` or a legacy id.

    Raises ValueError for a text that names no zone. Letters must have the case that Java's names have.
    """
    name = SHORT_IDS.get(text, text)
    if name in {"Z", "UTC", "GMT", "UT"}:
        return dt.UTC
    prefix = next((prefix for prefix in _PREFIXES if name.startswith(prefix)), "")
    offset = next((found for form in _OFFSETS if (found := form.fullmatch(name[len(prefix) :]))), None)
    if offset is not None:
        return _fixed(text, offset)
    if not _REGION.fullmatch(name) or name in _NO_NAMES or name.startswith(_NO_REGIONS):
        raise _unknown(text)
    try:
        return zoneinfo.ZoneInfo(name)
    except (OSError, ValueError, zoneinfo.ZoneInfoNotFoundError) as error:
        raise _unknown(text) from error


def wall_to_utc(wall: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """The instant, aware in UTC, of digits without a zone. An hour that a clock change skips is shifted forward, of one that
    it repeats the second is taken: standard time, as Java's calendar does.

    Raises OverflowError where the instant lies outside the years 1–9999.
    """
    if zone is dt.UTC:
        return wall.replace(tzinfo=dt.UTC)
    first = _offset(wall, zone)
    second = _offset(wall.replace(fold=1), zone)
    return (wall.replace(fold=0) - min(first, second)).replace(tzinfo=dt.UTC)


@cache
def standard_offset(zone: dt.tzinfo) -> dt.timedelta:
    """The offset of today's standard time, which Java's older calendar takes for all times before 1900."""
    today = dt.datetime(2024, 1, 1, tzinfo=zone)
    return (today.utcoffset() or dt.timedelta(0)) - (today.dst() or dt.timedelta(0))


def legacy_zone(instant: dt.datetime, zone: dt.tzinfo) -> dt.tzinfo:
    """The zone as Java's older calendar has it at an aware ``instant``: today's standard time until 1900."""
    return zone if zone is dt.UTC or instant >= CHANGES_FROM else dt.timezone(standard_offset(zone))


def _offset(wall: dt.datetime, zone: dt.tzinfo) -> dt.timedelta:
    return zone.utcoffset(wall.replace(tzinfo=zone)) or dt.timedelta(0)


def _fixed(text: str, offset: re.Match[str]) -> dt.tzinfo:
    sign = offset[1]
    hours, minutes, seconds = (int(part or 0) for part in offset.groups()[1:])
    total = hours * 3600 + minutes * 60 + seconds
    if minutes > 59 or seconds > 59 or total > _LONGEST_OFFSET:
        raise _unknown(text)
    return dt.UTC if total == 0 else dt.timezone(dt.timedelta(seconds=-total if sign == "-" else total))


def _unknown(text: str) -> ValueError:
    return ValueError(
        f"Unknown time zone '{text}': name a region such as Europe/Paris, an offset such as +02:00, or UTC"
    )
