"""``mode``: which rows a pass over a table reads (spec jdbc 6)."""

from __future__ import annotations

import enum


class Mode(enum.Enum):
    """How a table or a query is read. The value is what ``mode`` takes."""

    BULK = "bulk"
    TIMESTAMP = "timestamp"
    INCREMENTING = "incrementing"
    TIMESTAMP_INCREMENTING = "timestamp+incrementing"

    @property
    def uses_timestamp(self) -> bool:
        """Whether rows are found by when they were last changed."""
        return self in (Mode.TIMESTAMP, Mode.TIMESTAMP_INCREMENTING)

    @property
    def uses_incrementing(self) -> bool:
        """Whether rows are found by an ascending number."""
        return self in (Mode.INCREMENTING, Mode.TIMESTAMP_INCREMENTING)
