"""The partitions of a sink task, from ``open`` to ``close`` (spec 4.6)."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from penstock.api.batch import SinkBatch
from penstock.api.record import TopicPartition
from penstock.api.task import SinkTask
from penstock.clock import Clock
from penstock.tasks.contexts import RunningSinkTaskContext
from penstock.tasks.control import Control
from penstock.tasks.sink_commit import SinkOffsetCommitter

LAST_COMMIT_S = 0.5
"""What the last commit of partitions gets at least: the task has made their records durable, however long that took."""


class Phase(enum.Enum):
    """Whether the task may still be called."""

    RUNNING = enum.auto()
    ENDED = enum.auto()


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A batch that ``put`` has not taken yet, with the offsets that it will reach."""

    batch: SinkBatch
    reached: Mapping[TopicPartition, int]


class SinkPartitions:
    """A RebalanceListener, called from within ``poll`` and ``close`` of the consumer, on the task's thread.

    Whatever the task raises when partitions go, they are forgotten: nobody commits for them or closes them twice. After
    :meth:`end` the task is not called any more: ``stop`` is next, and the consumer's ``close`` revokes everything.
    """

    def __init__(
        self,
        task: SinkTask,
        context: RunningSinkTaskContext,
        committer: SinkOffsetCommitter,
        control: Control,
        clock: Clock,
    ) -> None:
        self._task = task
        self._context = context
        self._committer = committer
        self._control = control
        self._clock = clock
        self._phase = Phase.RUNNING
        self.undelivered: Undelivered | None = None
        self.held: frozenset[TopicPartition] = frozenset()

    @property
    def assigned(self) -> frozenset[TopicPartition]:
        """What the task reads now."""
        return frozenset(self._committer.offsets.delivered)

    def on_assigned(self, positions: Mapping[TopicPartition, int]) -> Mapping[TopicPartition, int]:
        if not positions or self._phase is Phase.ENDED:
            return {}
        self._committer.start(positions)
        self._task.open(list(positions))
        rewinds = {p: o for p, o in self._context.take_rewinds().items() if p in positions}
        for partition, offset in rewinds.items():
            self._committer.moved(partition, offset)
        return rewinds

    def on_revoked(self, partitions: Collection[TopicPartition]) -> None:
        tracked = self.assigned.intersection(partitions)
        if tracked:
            self._give_back(tracked, self._committer.timeout_s)

    def on_lost(self, partitions: Collection[TopicPartition]) -> None:
        tracked = self.assigned.intersection(partitions)
        if tracked:
            self._forget(tracked)
            self._task.close(tracked)

    def end(self, timeout_s: float) -> None:
        """Give everything back; the task is not called any more, whatever is raised. Idempotent."""
        partitions = self.assigned
        self.leave()
        if partitions:
            self._give_back(partitions, timeout_s)

    def leave(self) -> None:
        """No partition is taken any more."""
        self._phase = Phase.ENDED

    def _give_back(self, partitions: frozenset[TopicPartition], timeout_s: float) -> None:
        """``pre_commit``, ``close``, commit, in this order: what ``close`` raises prevents the commit (spec 4.6). Without a
        lease nothing is committed."""
        deadline = self._clock.monotonic() + timeout_s
        vouched: dict[TopicPartition, int] = {}
        try:
            if not self._control.lease_expired:
                vouched = self._committer.vouched(partitions, timeout_s)
        finally:
            self._forget(partitions)
            self._task.close(partitions)
        self._committer.store(vouched, max(LAST_COMMIT_S, deadline - self._clock.monotonic()))

    def _forget(self, gone: frozenset[TopicPartition]) -> None:
        self._committer.forget(gone)
        self._context.paused.difference_update(gone)
        self.held -= gone
        waiting = self.undelivered
        if waiting is not None and gone.intersection(waiting.reached):
            # The new owner reads these records from the last committed offset; ours would be a second copy.
            kept = [r for r in waiting.batch if (r.original_topic, r.original_kafka_partition) not in gone]
            reached = {p: o for p, o in waiting.reached.items() if p not in gone}
            self.undelivered = Undelivered(SinkBatch.of(kept), reached) if reached else None
