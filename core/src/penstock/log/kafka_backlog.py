"""What was fetched but not delivered yet, partition by partition, and where each partition stands. No client in here."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from penstock.api.record import TopicPartition
from penstock.log.errors import LogError
from penstock.log.kafka_received import MessageRun

HELD_RECORDS: Final = 2000
"""So many records of a held partition are kept; if more come, the hold is a long one and the partition is to be paused. A pause
throws the prefetch away, so a short hold, such as a sink's second try, does without (design section 5). While everything is
held a poll takes one record each 50 ms along, so that this many are a matter of minutes."""


class Backlog:
    """Positions are exact: the offset of the next record that is delivered. Invariant: what is in the backlog of a partition
    comes before everything that its client still has."""

    def __init__(self) -> None:
        self._positions: dict[TopicPartition, int] = {}
        self._ends: dict[TopicPartition, int] = {}
        self._runs: deque[MessageRun] = deque()
        self._held: set[TopicPartition] = set()
        self.paused: set[TopicPartition] = set()
        """Held partitions that the client was told to pause; whoever removes one resumes it."""

    @property
    def partitions(self) -> frozenset[TopicPartition]:
        """Those that are read."""
        return frozenset(self._positions)

    @property
    def only(self) -> TopicPartition | None:
        """The one partition there is, if there is one."""
        return next(iter(self._positions)) if len(self._positions) == 1 else None

    @property
    def all_held(self) -> bool:
        """Whether there are partitions, and nothing of them may be delivered."""
        return bool(self._positions) and self._held.issuperset(self._positions)

    def start(self, positions: Mapping[TopicPartition, int]) -> None:
        """Read these, too, from there."""
        for partition, offset in positions.items():
            self.move(partition, offset)

    def move(self, partition: TopicPartition, offset: int) -> None:
        """Go on at ``offset``; what was fetched of the partition is dropped."""
        self._drop([partition])
        self._positions[partition] = offset

    def remove(self, partitions: Collection[TopicPartition]) -> None:
        """These are read no longer."""
        self._drop(partitions)
        self._held.difference_update(partitions)
        self.paused.difference_update(partitions)
        for partition in partitions:
            self._positions.pop(partition, None)

    def _drop(self, partitions: Collection[TopicPartition]) -> None:
        if self._runs:
            self._runs = deque(run for run in self._runs if run.key not in partitions)
        for partition in partitions:
            self._ends.pop(partition, None)

    def position(self, partition: TopicPartition) -> int:
        """Raises LogError for a partition that is not read."""
        if partition not in self._positions:
            raise LogError(
                f"You can only check the position for partitions assigned to this consumer: {partition} is not."
            )
        position = self._positions[partition]
        end = self._ends.get(partition, 0)
        if end <= position or any(run.key == partition for run in self._runs):
            return position
        return end  # only transaction markers or compacted records lay before it

    def fetch_position(self, partition: TopicPartition) -> int:
        """Where the client has to go on so that nothing in the backlog comes twice."""
        return max([self._positions[partition], *(run.next_offset for run in self._runs if run.key == partition)])

    def check_assigned(self, partitions: Iterable[TopicPartition]) -> None:
        """Raises LogError for one that is not read."""
        for partition in partitions:
            if partition not in self._positions:
                raise LogError(f"No current assignment for partition {partition}")

    def at_end(self, partition: TopicPartition, offset: int) -> None:
        """The client reached the end of a partition; there is no record before ``offset`` that it has not handed over."""
        if partition in self._positions:
            self._ends[partition] = offset

    def hold(self, partitions: Collection[TopicPartition]) -> None:
        """Deliver nothing of these."""
        self._held.update(partitions)

    def release(self, partitions: Collection[TopicPartition]) -> set[TopicPartition]:
        """End of a hold. Returns those that were paused and are to be resumed."""
        self._held.difference_update(partitions)
        resumed = self.paused.intersection(partitions)
        self.paused -= resumed
        return resumed

    def add(self, runs: Iterable[MessageRun]) -> None:
        """Keep what the client handed over, if it is still wanted. What lies before its partition's position was on its way
        when the position was moved."""
        self._runs.extend(run for run in runs if run.next_offset > self._positions.get(run.key, run.next_offset))

    def overfull(self) -> set[TopicPartition]:
        """Held partitions of which more is kept than a short hold needs, and that are not paused yet."""
        if not self._held:
            return set()
        counts: dict[TopicPartition, int] = {}
        for run in self._runs:
            counts[run.key] = counts.get(run.key, 0) + len(run)
        return {each for each in self._held - self.paused if counts.get(each, 0) >= HELD_RECORDS}

    def take(self, most: int) -> list[MessageRun]:
        """Deliver up to ``most`` records that are not held; positions move past them."""
        if not self._runs:
            return []
        taken: list[MessageRun] = []
        kept: deque[MessageRun] = deque()
        for run in self._runs:
            if run.key in self._held or most <= 0:
                kept.append(run)
                continue
            now, later = (run, None) if len(run) <= most else run.split(most)
            taken.append(now)
            most -= len(now)
            self._positions[now.key] = now.next_offset
            if later is not None:
                kept.append(later)
        self._runs = kept
        return taken
