"""Where a consumer of an embedded log stands in each partition, and the records that come next."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Collection, Hashable, Mapping

from penstock.api.record import TopicPartition
from penstock.clock import Clock
from penstock.log.base import ReceivedBatch
from penstock.log.columns import RunSlice, StoredRun
from penstock.log.embedded_config import ResetPolicy
from penstock.log.embedded_store import Bounds, Store
from penstock.log.errors import LogError

logger = logging.getLogger(__name__)


class Fetcher:
    """Positions, holds and the rest of what was read. On the consumer's thread."""

    def __init__(self, store: Store, reset: ResetPolicy, clock: Clock) -> None:
        self._store = store
        self._reset = reset
        self._clock = clock
        self._positions: dict[TopicPartition, int | None] = {}
        self._circle: deque[TopicPartition] = deque()
        self._held: set[TopicPartition] = set()
        self._pending: dict[TopicPartition, StoredRun] = {}
        self._bounds: dict[TopicPartition, Bounds] = {}
        self._bounds_version: Hashable = None

    @property
    def assignment(self) -> frozenset[TopicPartition]:
        return frozenset(self._positions)

    def replace(self, positions: Mapping[TopicPartition, int | None]) -> None:
        """Read these instead of all before; None: its start is not known and nobody tells it before ``seek``."""
        self._positions = dict(positions)
        self._circle = deque(self._positions)
        self._held.clear()
        self._pending.clear()
        self._bounds_version = None

    def start(
        self, partitions: Collection[TopicPartition], committed: Mapping[TopicPartition, int]
    ) -> dict[TopicPartition, int]:
        """Take over partitions at their committed offsets, else where the reset policy says; the positions are returned."""
        bounds = self._store.bounds([partition for partition in partitions if partition not in committed])
        positions: dict[TopicPartition, int | None] = {}
        for partition in partitions:
            if partition in committed:
                positions[partition] = committed[partition]
            else:
                positions[partition] = self._reset_position(partition, bounds.get(partition, Bounds(0, 0)))
        self.replace(positions)
        return {partition: position for partition, position in positions.items() if position is not None}

    def position(self, partition: TopicPartition) -> int:
        if partition not in self._positions:
            raise LogError(
                f"You can only check the position for partitions assigned to this consumer: {partition} is not."
            )
        position = self._positions[partition]
        if position is None:
            raise _undefined([partition])
        return position

    def seek(self, positions: Mapping[TopicPartition, int]) -> None:
        self._check_assigned(positions)
        for partition, position in positions.items():
            self._positions[partition] = position
            self._pending.pop(partition, None)

    def hold(self, partitions: Collection[TopicPartition]) -> None:
        self._check_assigned(partitions)
        self._held.update(partitions)

    def release(self, partitions: Collection[TopicPartition]) -> None:
        self._held.difference_update(partitions)

    def collect(self, version: Hashable, max_records: int) -> list[ReceivedBatch]:
        """What is there now, partition by partition, each time beginning with another one so that none starves."""
        if version != self._bounds_version and self._positions:
            self._bounds = self._store.bounds(self._positions)
            self._bounds_version = version
        undefined = [partition for partition, position in self._positions.items() if position is None]
        if undefined:
            raise _undefined(undefined)
        batches: list[ReceivedBatch] = []
        left = max_records
        self._circle.rotate(-1)
        for partition in tuple(self._circle):
            while left > 0 and partition not in self._held:
                batch = self._next(partition, left)
                if batch is None:
                    break
                batches.append(batch)
                left -= len(batch)
        return batches

    def _next(self, partition: TopicPartition, max_records: int) -> RunSlice | None:
        while True:
            run = self._pending.get(partition) or self._read(partition, max_records)
            if run is None:
                return None
            start = run.index_of(self.position(partition))
            stop = min(start + max_records, len(run.columns))
            if start < stop:
                batch = RunSlice(partition.topic, partition.partition, run, start, stop)
                self._positions[partition] = batch.next_offset
                if stop < len(run.columns):
                    self._pending[partition] = run
                else:
                    self._pending.pop(partition, None)
                return batch
            self._positions[partition] = run.next_offset  # only a gap was left of this run
            self._pending.pop(partition, None)

    def _read(self, partition: TopicPartition, max_records: int) -> StoredRun | None:
        bounds = self._bounds.get(partition)
        if bounds is None:
            return None
        position = self.position(partition)
        if not bounds.start <= position <= bounds.end:
            position = self._out_of_range(partition, position, bounds)
        if position >= bounds.end:
            return None
        run = self._store.read(partition, position, max_records)
        if run is None:  # what was there is compacted or deleted; anything newer begins at the end or later
            self._positions[partition] = bounds.end
        return run

    def _out_of_range(self, partition: TopicPartition, position: int, bounds: Bounds) -> int:
        bounds = self._store.bounds([partition]).get(partition, bounds)
        if bounds.start <= position <= bounds.end:
            return position  # the partition moved on since the bounds were read
        start = self._reset_position(partition, bounds)
        if start is None:
            raise LogError(
                f"Fetch position {position} is out of range for partition {partition}, which holds {bounds.start} to "
                f"{bounds.end}, and auto.offset.reset is none"
            )
        logger.info(
            "Fetch position %d is out of range for partition %s, which holds %d to %d; resetting offset to %d",
            position,
            partition,
            bounds.start,
            bounds.end,
            start,
        )
        self._positions[partition] = start
        return start

    def _reset_position(self, partition: TopicPartition, bounds: Bounds) -> int | None:
        if self._reset.name == "earliest":
            return bounds.start
        if self._reset.name == "latest":
            return bounds.end
        if self._reset.name == "none":
            return None
        found = self._store.offset_at(partition, self._clock.time_ms() - self._reset.back_ms)
        return bounds.end if found is None else found

    def _check_assigned(self, partitions: Collection[TopicPartition]) -> None:
        for partition in partitions:
            if partition not in self._positions:
                raise LogError(f"No current assignment for partition {partition}")


def _undefined(partitions: Collection[TopicPartition]) -> LogError:
    names = ", ".join(str(partition) for partition in partitions)
    return LogError(f"Undefined offset with no reset policy for partitions: [{names}]")
