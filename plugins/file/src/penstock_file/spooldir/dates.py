"""Dates as text, read by patterns of Java's ``SimpleDateFormat`` in a time zone.

What is behind a date is not looked at, as in Java: ``2015-09-30T15:29:03Z`` matches ``yyyy-MM-dd'T'HH:mm:ss``. Dates of the
usual form take a short way. For all others the transformation TimestampConverter reads them: it knows these patterns, and that
Java's calendar is the Julian one before 1582.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
import zoneinfo
from collections.abc import Callable, Sequence

from penstock.api import ConfigException, ConnectException, Instant, SourceRecord
from penstock.transforms import TimestampConverterValue
from penstock_file.spooldir.zones import Moment, at_clock

_REMEMBERED = 4096
_CUSTOM_ZONE = re.compile(r"GMT(?:([+-])(\d{1,2})(?::?(\d{2}))?)?")
_ZONE_LETTERS = re.compile(r"'[^']*'|[zZX]")
_GREGORIAN_YEAR = "1583"
"""The first whole year in which Java's calendar is the same as Python's."""
_ISO_DIGITS = re.compile(r"\d{4}-\d\d-\d\d")


def zone_of(name: str) -> dt.tzinfo:
    """A time zone by its id, ``GMT+2`` and the like included. Raises ValueError with a whole sentence."""
    if name in {"UTC", "Z", ""}:
        return dt.UTC
    custom = _CUSTOM_ZONE.fullmatch(name)
    if custom is not None:
        sign, hours, minutes = custom.groups()
        offset = dt.timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        if offset >= dt.timedelta(hours=24):
            raise ValueError(f"The time zone '{name}' is more than a day from GMT")
        return dt.timezone(-offset if sign == "-" else offset)
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f"The time zone '{name}' is not known; use a name such as Europe/Vienna, UTC or GMT+2"
        ) from None


def check_pattern(pattern: str) -> None:
    """Raises ValueError, with what Java says, for a pattern that it refuses."""
    _careful_reader(pattern)


class DateReader:
    """Reads texts by the first of several patterns that matches. Raises ValueError for a text that matches none."""

    def __init__(self, patterns: Sequence[str], zone: dt.tzinfo) -> None:
        self._readers = [_reader(pattern, zone) for pattern in patterns]
        self._plain: re.Pattern[str] | None = None
        separators = [_iso_separator(pattern) for pattern in patterns]
        if zone is dt.UTC and separators and separators[0] is not None:
            moment = rf"(?:1[6-9]|[2-9]\d)\d\d-\d\d-\d\d{separators[0]}\d\d:\d\d:\d\d(?:[^\dE\n][^\n]*)?\n"
            self._plain = re.compile(f"(?:{moment})*+", re.ASCII)
        self.read: Callable[[str], Moment] = functools.lru_cache(_REMEMBERED)(self._read)

    def column(self, texts: Sequence[str]) -> list[Moment]:
        """Reads many; quickly where all of them look like the first pattern and that is a usual one."""
        if self._plain is None or not self._plain.fullmatch("\n".join([*texts, ""])):
            return list(map(self.read, texts))
        try:
            return list(map(dt.datetime.fromisoformat, [f"{text[:19]}+00:00" for text in texts]))
        except ValueError:  # one of them is no date of the calendar, or has a line end in it
            return list(map(self.read, texts))

    def _read(self, text: str) -> Moment:
        for read in self._readers:
            found = read(text)
            if found is not None:
                return found
        raise ValueError(f"Could not parse '{text}' to java.util.Date")


def _reader(pattern: str, zone: dt.tzinfo) -> Callable[[str], Moment | None]:
    """Reads by one pattern; None for a text that doesn't match it."""
    convert = _careful_reader(pattern)
    names_zone = any(not token.startswith("'") for token in _ZONE_LETTERS.findall(pattern))
    between = _iso_separator(pattern)

    def read(text: str) -> Moment | None:
        moment: Moment | None = None
        if between is not None and len(text) >= 19 and text[4] == text[7] == "-" and text[13] == text[16] == ":":
            if text[10] != between and _ISO_DIGITS.match(text):
                return None
            if text[10] == between and (len(text) == 19 or not (text[19].isdigit() or text[19] == "E")):
                moment = _usual(text[:19])
        if moment is None:
            moment = convert(text)
        return moment if moment is None or names_zone else at_clock(moment, zone)

    return read


def _usual(text: str) -> dt.datetime | None:
    """A date and time of the usual form, in UTC; None where it is to be read carefully: in a Julian year, at a 25th hour."""
    if text < _GREGORIAN_YEAR:
        return None
    try:
        return dt.datetime.fromisoformat(f"{text}+00:00")
    except ValueError:
        return None


def _iso_separator(pattern: str) -> str | None:
    """What stands between date and time in a pattern of the usual form."""
    for separator, spellings in (("T", ("'T'",)), (" ", (" ", "' '"))):
        if pattern in {f"yyyy-MM-dd{spelling}HH:mm:ss" for spelling in spellings}:
            return separator
    return None


def _careful_reader(pattern: str) -> Callable[[str], Moment | None]:
    converter = TimestampConverterValue()
    props = {"target.type": "Timestamp", "format": pattern}
    try:
        converter.use_config(props)
        converter.configure(props)
    except ConfigException as error:
        raise ValueError(f"'{pattern}' is no pattern of Java's SimpleDateFormat: {error}") from error

    def read(text: str) -> Moment | None:
        try:
            found = converter.apply(SourceRecord("", text))
        except ConnectException:
            return None
        assert found is not None
        assert isinstance(found.value, dt.datetime | Instant)
        return found.value

    return read
