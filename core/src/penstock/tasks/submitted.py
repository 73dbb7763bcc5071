"""What was sent, in order, and up to where the log acknowledged it (spec 8.1; design decision 10).

A class with one worry: source offsets become committable only when everything sent before them is durable.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from penstock.api.batch import Offset
from penstock.api.record import SourceRecord

PartitionKey = frozenset[tuple[str, object]] | None
"""A hashable identity of a source partition."""


class SourcePosition(NamedTuple):
    """A source partition with the offset to be stored for it; either may be None (spec 8.1: null offsets are legal)."""

    partition: Offset | None
    offset: Offset | None


Positions = dict[PartitionKey, SourcePosition]
"""One position a source partition, the newest."""


def partition_key(partition: Offset | None) -> PartitionKey:
    """The identity of a source partition; the order of its keys does not matter; 1, 1.0 and True differ.

    Values that may not be in one, such as lists, go by their text: storing them fails, sending does not (spec 8.1).
    """
    if partition is None:
        return None
    try:
        return frozenset((name, (type(value), value)) for name, value in partition.items())
    except TypeError:  # a value is not hashable
        return frozenset((name, (type(value), repr(value))) for name, value in partition.items())


def position_of(partition: Offset | None, offset: Offset | None) -> Positions:
    """One position, copied: a source may go on using its mappings."""
    return {
        partition_key(partition): SourcePosition(
            None if partition is None else dict(partition), None if offset is None else dict(offset)
        )
    }


def positions_of(records: Iterable[SourceRecord]) -> Positions:
    """The newest position of each source partition among ``records``."""
    newest: dict[int, SourceRecord] = {}
    for record in records:  # by identity first: sources reuse one mapping for a partition
        newest[id(record.source_partition)] = record
    positions: Positions = {}
    for record in newest.values() if len(newest) == 1 else records:
        positions.update(position_of(record.source_partition, record.source_offset))
    return positions


class SubmittedBatches:
    """The queue between sending and committing. One thread."""

    def __init__(self) -> None:
        self._queue: deque[tuple[int, Positions]] = deque()
        self._committable: Positions = {}
        self._frozen = False

    def submit(self, ticket: int, positions: Positions) -> None:
        """Remember that these positions are reached once batch ``ticket`` and all before it are durable."""
        self._queue.append((ticket, positions))

    def acknowledge(self, head: int) -> None:
        """Everything up to ticket ``head`` is durable: its positions become committable, newer over older."""
        queue = self._queue
        if self._frozen:
            return
        while queue and queue[0][0] <= head:  # invariant: never past a batch that is not acknowledged
            self._committable.update(queue.popleft()[1])

    def freeze(self) -> None:
        """A record was lost: whatever is acknowledged from now on, no further position becomes committable."""
        self._frozen = True

    def take_committable(self) -> Positions:
        """What may be stored now; give it back with :meth:`restore` if storing fails."""
        taken, self._committable = self._committable, {}
        return taken

    def restore(self, positions: Mapping[PartitionKey, SourcePosition]) -> None:
        """Merge positions that could not be stored back under newer ones (spec 8.1)."""
        self._committable = {**positions, **self._committable}

    @property
    def in_flight(self) -> int:
        """Batches that are not acknowledged."""
        return len(self._queue)
