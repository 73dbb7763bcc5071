"""Time zones by Joda-Time's ids: those of the tz database, ``UTC``, and offsets such as ``+05:30``."""

from __future__ import annotations

import bisect
import datetime as dt
import functools
import operator
import re
import zoneinfo
from typing import Final

from penstock_s3.joda.civil import CYCLE_DAYS, DAY_MS
from penstock_s3.joda.names import canonical_id, standard_offsets

HOUR_MS: Final = 3_600_000
MINUTE_MS: Final = 60_000

_FIRST: Final = -62_104_060_800_000  # 0002-01-01: before that, nothing changes
_LAST: Final = 221_845_392_000_000  # 9000-01-01: after that, rules repeat with the calendar
_CYCLE_MS: Final = CYCLE_DAYS * DAY_MS
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_PREFIX = re.compile(r"UTC|GMT|UT")
_LIMITS: Final = (23, 59, 59)
_FIXED = {"EST": -5, "MST": -7, "HST": -10}
"""Zones that Joda-Time keeps as they always were; newer tz databases make cities of them."""


class Zone:
    """A zone, by its canonical ``id``. Offsets are in ms east of UTC. Thread-safe."""

    __slots__ = ("_fixed", "_info", "id")

    def __init__(self, name: str, fixed: int | None, info: zoneinfo.ZoneInfo | None) -> None:
        self.id = name
        self._fixed = fixed
        self._info = info

    @property
    def numeric(self) -> bool:
        """Whether the id is an offset."""
        return self.id[0] in "+-"

    def offset(self, ms: int) -> int:
        """The offset in force at an instant (ms since the epoch)."""
        if self._fixed is not None:
            return self._fixed
        return _ms(self._at(ms).utcoffset())

    def is_standard(self, ms: int) -> bool:
        """Whether standard time is in force, as Joda-Time has it: Dublin's is that of winter, Casablanca's that of Ramadan."""
        if self._fixed is not None:
            return True
        known = standard_offsets(self.id)
        if not known:
            return not self._at(ms).dst()
        place = bisect.bisect_right(known, ms, key=operator.itemgetter(0))
        return self.offset(ms) == known[max(place - 1, 0)][1]

    def to_utc(self, local: int) -> int:
        """The instant at which clocks show ``local``, leniently: a skipped time is taken by the offset before the gap in the
        western hemisphere and after it in the eastern, as Joda-Time's ``convertLocalToUTC`` without ``strict`` does."""
        first = self.offset(local)
        second = self.offset(local - first)
        if first != second and first < 0 and self.offset(local - first) != self.offset(local - second):
            second = first
        return local - second

    def steady(self, ms: int) -> tuple[int, int, int]:
        """``(from, to, offset)``: a range of instants around ``ms``, half open and at most a day of UTC, in which the offset
        does not change."""
        start = ms // DAY_MS * DAY_MS
        end = start + DAY_MS
        offset = self.offset(ms)
        if self._fixed is not None or self.offset(start) == offset == self.offset(end - 1):
            return start, end, offset
        return self._change(ms, start, offset), self._change(ms, end - 1, offset) + 1, offset

    def _change(self, inside: int, outside: int, offset: int) -> int:
        """The instant nearest to ``outside`` from which on, towards ``inside``, the offset is in force."""
        if self.offset(outside) == offset:
            return outside
        while abs(outside - inside) > 1:
            middle = (inside + outside) // 2
            if self.offset(middle) == offset:
                inside = middle
            else:
                outside = middle
        return inside

    def _at(self, ms: int) -> dt.datetime:
        if ms > _LAST:
            ms -= ((ms - _LAST) // _CYCLE_MS + 1) * _CYCLE_MS
        return (_EPOCH + dt.timedelta(milliseconds=max(ms, _FIRST))).astimezone(self._info)


UTC = Zone("UTC", 0, None)


@functools.lru_cache(maxsize=64)
def zone(name: str) -> Zone:
    """The zone of an id. Raises ``ValueError`` with Joda-Time's text, which clients of validation see."""
    if name == "UTC":
        return UTC
    if name in _FIXED:
        return Zone(name, _FIXED[name] * HOUR_MS, None)
    known = canonical_id(name)
    if known is not None:
        return UTC if known == "UTC" else Zone(known, None, zoneinfo.ZoneInfo(name))
    prefix = _PREFIX.match(name)
    rest = name[prefix.end() :] if prefix is not None else name
    if rest[:1] in ("+", "-"):
        return _of_offset(rest)
    raise ValueError(f"The datetime zone id '{name}' is not recognised")


def offset_text(ms: int) -> str:
    """``+05:30``, and seconds and milliseconds where there are some."""
    sign, rest = "-" if ms < 0 else "+", abs(ms)
    hours, rest = divmod(rest, HOUR_MS)
    minutes, rest = divmod(rest, MINUTE_MS)
    seconds, millis = divmod(rest, 1000)
    text = f"{sign}{hours:02}:{minutes:02}"
    if seconds or millis:
        text += f":{seconds:02}"
    return f"{text}.{millis:03}" if millis else text


def _of_offset(text: str) -> Zone:
    """The zone of ``+hh``, ``+hh:mm``, ``+hh:mm:ss`` or ``+hh:mm:ss.SSS``, the colons in all places or in none."""
    if len(text) == 1:
        raise ValueError(f'Invalid format: "{text}"')
    numbers = [0, 0, 0]
    place, between = 1, ""
    for index, limit in enumerate(_LIMITS):
        if index == 1:
            between = ":" if text.startswith(":", place) else ""
        if index and place < len(text):
            if between and not text.startswith(between, place):
                raise _malformed(text, place)
            place += len(between)
        if index and place == len(text) and not text.endswith(":"):
            break
        numbers[index] = _two_digits(text, place, limit)
        place += 2
    fraction, place = _fraction(text, place)
    if place < len(text):
        raise _malformed(text, place)
    hours, minutes, seconds = numbers
    ms = hours * HOUR_MS + minutes * MINUTE_MS + seconds * 1000 + fraction
    ms = -ms if text[0] == "-" else ms
    return UTC if ms == 0 else Zone(offset_text(ms), ms, None)


def _two_digits(text: str, place: int, limit: int) -> int:
    digits = text[place : place + 2]
    if len(digits) != 2 or not (digits.isascii() and digits.isdigit()) or int(digits) > limit:
        raise _malformed(text, place)
    return int(digits)


_FULL: Final = re.compile(r"[+-]\d\d:\d\d:\d\d[.,]|[+-]\d{6}(?=\d)", re.ASCII)
_MILLIS: Final = re.compile(r"\d{1,3}", re.ASCII)


def _fraction(text: str, place: int) -> tuple[int, int]:
    """The milliseconds after the seconds, and where they end. A sign stands before them where colons stand elsewhere."""
    sign = _FULL.match(text)
    if sign is None:
        return 0, place
    digits = _MILLIS.match(text, sign.end())
    if digits is None:
        raise _malformed(text, sign.end())
    return int(digits[0].ljust(3, "0")), digits.end()


def _malformed(text: str, place: int) -> ValueError:
    if place >= len(text):
        return ValueError(f'Invalid format: "{text}" is too short')
    return ValueError(f'Invalid format: "{text}" is malformed at "{text[place:]}"')


def _ms(delta: dt.timedelta | None) -> int:
    assert delta is not None
    return delta // dt.timedelta(milliseconds=1)
