"""Points in time that ``datetime`` cannot hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, order=True)
class Instant:
    """A point in time outside the years 1 to 9999, in milliseconds since 1970-01-01T00:00:00Z.

    Connect's Date and Timestamp reach further than Python's; what lies beyond comes as an Instant, so that no record is
    lost or changed for it. Within the years 1 to 9999 you are given ``date`` and ``datetime``.
    """

    epoch_ms: int

    connect_name: ClassVar[str] = "java.util.Date"
