"""Between points in time and what the clocks of a zone show, as Java's calendar has it.

Before 1900 Java knows no local time of towns: standard time holds. Behind the year 9999, where Python's time ends, the zone's
rules go on.
"""

from __future__ import annotations

import datetime as dt
from typing import Final, TypeGuard

from penstock.api import Instant
from penstock_file.spooldir.timestamps import epoch_ms, moment_of

Moment = dt.datetime | Instant

_FOUR_CENTURIES_MS: Final = 146_097 * 86_400_000
"""The calendar repeats so, and with it the rules of a zone."""
_HALF_A_YEAR_MS: Final = 182 * 86_400_000


def at_clock(shown: Moment, zone: dt.tzinfo) -> Moment:
    """The point in time at which clocks of the zone show what those of UTC show at ``shown``."""
    if zone is dt.UTC:
        return shown
    if _is_usual(shown):
        return shown.replace(tzinfo=zone).astimezone(dt.UTC)
    ms = epoch_ms(shown)
    return moment_of(ms - _unusual_offset_ms(ms, zone))


def clock_at(moment: Moment, zone: dt.tzinfo) -> Moment:
    """What clocks of the zone show at a point in time, as UTC."""
    if zone is dt.UTC:
        return moment
    if _is_usual(moment):
        return moment.astimezone(zone).replace(tzinfo=dt.UTC)
    ms = epoch_ms(moment)
    return moment_of(ms + _unusual_offset_ms(ms, zone))


def _is_usual(moment: Moment) -> TypeGuard[dt.datetime]:
    return isinstance(moment, dt.datetime) and 1900 <= moment.year < 9999


def _unusual_offset_ms(ms: int, zone: dt.tzinfo) -> int:
    """The offset from UTC before 1900, and behind 9998 that of four or more centuries earlier."""
    if ms >= 0:
        return _offset_ms(_FOUR_CENTURIES_MS + ms % _FOUR_CENTURIES_MS, zone)
    return min(_offset_ms(_FOUR_CENTURIES_MS, zone), _offset_ms(_FOUR_CENTURIES_MS + _HALF_A_YEAR_MS, zone))


def _offset_ms(ms: int, zone: dt.tzinfo) -> int:
    moment = moment_of(ms)
    assert isinstance(moment, dt.datetime)
    offset = moment.astimezone(zone).utcoffset()
    assert offset is not None
    return offset // dt.timedelta(milliseconds=1)
