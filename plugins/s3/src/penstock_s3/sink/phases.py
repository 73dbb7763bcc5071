"""What a partition writer is doing (spec 5.1)."""

from __future__ import annotations

import enum


class Phase(enum.Enum):
    """The states of the original, and two of our own. Its names are kept: they stand in its logs."""

    WRITE_STARTED = enum.auto()
    """Nothing is waiting to be written."""
    PARTITION_PAUSED = enum.auto()
    """Records are being written."""
    SHOULD_ROTATE = enum.auto()
    """All open files are to be finished before anything else is written."""
    FILE_COMMITTED = enum.auto()
    """They were."""
    BACKING_OFF = enum.auto()
    """The store could not be reached while records were written; nothing is lost."""
    ROTATION_BACKING_OFF = enum.auto()
    """The same, while files were finished: those that are finished stay so."""
    CLOSED = enum.auto()


NEXT: dict[Phase, frozenset[Phase]] = {
    Phase.WRITE_STARTED: frozenset({Phase.PARTITION_PAUSED, Phase.SHOULD_ROTATE, Phase.BACKING_OFF, Phase.CLOSED}),
    Phase.PARTITION_PAUSED: frozenset({Phase.SHOULD_ROTATE, Phase.WRITE_STARTED, Phase.BACKING_OFF, Phase.CLOSED}),
    Phase.SHOULD_ROTATE: frozenset(
        {Phase.FILE_COMMITTED, Phase.ROTATION_BACKING_OFF, Phase.WRITE_STARTED, Phase.CLOSED}
    ),
    Phase.FILE_COMMITTED: frozenset({Phase.PARTITION_PAUSED, Phase.WRITE_STARTED, Phase.CLOSED}),
    Phase.BACKING_OFF: frozenset({Phase.PARTITION_PAUSED, Phase.WRITE_STARTED, Phase.CLOSED}),
    Phase.ROTATION_BACKING_OFF: frozenset({Phase.SHOULD_ROTATE, Phase.WRITE_STARTED, Phase.CLOSED}),
    Phase.CLOSED: frozenset(),
}
"""Which states may follow. From a rotation or a pause to WRITE_STARTED: files were given up, their records are read again."""

BACKING_OFF_FROM = {
    Phase.WRITE_STARTED: Phase.BACKING_OFF,
    Phase.PARTITION_PAUSED: Phase.BACKING_OFF,
    Phase.SHOULD_ROTATE: Phase.ROTATION_BACKING_OFF,
}
RESUMED = {
    Phase.BACKING_OFF: Phase.PARTITION_PAUSED,
    Phase.ROTATION_BACKING_OFF: Phase.SHOULD_ROTATE,
}
