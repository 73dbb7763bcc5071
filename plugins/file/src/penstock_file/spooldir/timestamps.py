"""Points in time as milliseconds."""

from __future__ import annotations

import datetime as dt

from penstock.api import Instant, Timestamp


def epoch_ms(value: object) -> int:
    """Milliseconds since the epoch of what a Timestamp field holds."""
    assert isinstance(value, dt.datetime | Instant)
    return Timestamp.from_logical(Timestamp.SCHEMA, value)


def moment_of(ms: int) -> dt.datetime | Instant:
    """What a Timestamp field holds for milliseconds since the epoch."""
    return Timestamp.to_logical(Timestamp.SCHEMA, ms)
