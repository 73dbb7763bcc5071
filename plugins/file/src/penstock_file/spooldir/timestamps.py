"""Points in time as milliseconds."""

from __future__ import annotations

import datetime as dt
from typing import Final

from penstock.api import Instant

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MS: Final = dt.timedelta(milliseconds=1)


def epoch_ms(value: object) -> int:
    """Milliseconds since the epoch of what a Timestamp field holds."""
    if isinstance(value, Instant):
        return value.epoch_ms
    assert isinstance(value, dt.datetime)
    return (value - _EPOCH) // _MS


def moment_of(ms: int) -> dt.datetime | Instant:
    """What a Timestamp field holds for milliseconds since the epoch."""
    try:
        return _EPOCH + dt.timedelta(milliseconds=ms)
    except OverflowError:
        return Instant(ms)
