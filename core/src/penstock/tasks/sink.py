"""The sink runner: consume, chain, put, commit (spec 4.5-4.7, 8.4)."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from re import Pattern

from penstock.api.batch import SinkBatch
from penstock.api.exceptions import ConnectException, RetriableException
from penstock.api.record import TopicPartition
from penstock.api.task import SinkTask
from penstock.clock import Clock
from penstock.errors.errant import WorkerErrantRecordReporter
from penstock.errors.operator import RetryWithTolerance
from penstock.log.base import LogConsumer, ReceivedBatch
from penstock.tasks.closing import close_all
from penstock.tasks.contexts import RunningSinkTaskContext
from penstock.tasks.control import Control
from penstock.tasks.link import WorkerLink
from penstock.tasks.sink_chain import SinkChain
from penstock.tasks.sink_commit import SinkOffsetCommitter
from penstock.tasks.state import TargetState

logger = logging.getLogger(__name__)

POLL_SLICE_S = 0.2
"""A log's consumer has no wake-up, so no poll is longer than a stop may be overlooked (design section 5)."""

REDELIVERY_PAUSE_S = 0.1
"""Before a batch is put again, unless the task asked for another time with ``context.timeout``."""


@dataclass(frozen=True, slots=True)
class SinkParts:
    """What a sink runner is made of; made by ``build.py``."""

    task: SinkTask
    chain: SinkChain
    consumer: LogConsumer
    operator: RetryWithTolerance
    committer: SinkOffsetCommitter
    context: RunningSinkTaskContext
    errant: WorkerErrantRecordReporter | None
    topics: Sequence[str] | Pattern[str]
    max_records: int
    commit_interval_s: float


@dataclass(frozen=True, slots=True)
class _Undelivered:
    """A batch whose ``put`` asked for another try, with the offsets that it will reach."""

    batch: SinkBatch
    reached: Mapping[TopicPartition, int]


class SinkRunner:
    """Runs one sink task on the child's main thread; the only caller of the task."""

    def __init__(self, parts: SinkParts, control: Control, link: WorkerLink, clock: Clock) -> None:
        self._parts = parts
        self._control = control
        self._link = link
        self._clock = clock
        self._undelivered: _Undelivered | None = None
        self._held: frozenset[TopicPartition] = frozenset()
        self._next_commit = clock.monotonic() + parts.commit_interval_s
        self._seen_topics: set[str] = set()
        self._round = 0

    def subscribe(self) -> None:
        """Join the consumer group; ``open`` is called from within the first poll. Raises LogError."""
        self._parts.consumer.subscribe(self._parts.topics, self)

    def iterate(self) -> None:
        """One round: commit, rewind, poll, put. Raises what ends the task."""
        self._round += 1
        self._link.beat(self._round)
        self._commit_if_due()
        self._rewind()
        self._hold()
        received = self._poll()
        if self._control.lease_expired:
            return
        if self._undelivered is not None:
            self._put_back(received)
            self._deliver(self._undelivered)
        elif received is not None:
            self._note_topics(received)
            batch = self._parts.chain.decode(received)
            reached = {TopicPartition(r.topic, r.partition): r.next_offset for r in received}
            self._deliver(_Undelivered(batch, reached))

    def pause(self) -> None:
        """Wait out a pause: partitions are held, membership is kept by polling, ``put`` is not called."""
        self._commit(self._assigned())
        while self._control.target is TargetState.PAUSED and not self._control.stopping:
            self._commit_if_due()
            self._parts.consumer.hold(self._assigned())
            self._held = self._assigned()
            self._put_back(self._parts.consumer.poll(POLL_SLICE_S, self._parts.max_records))
        self._hold()

    def finish(self, timeout_s: float) -> None:
        """The final commit and ``close`` of all partitions, also after a failure (spec 4.5), never without a lease."""
        del timeout_s  # commits have their own deadline
        if self._control.lease_expired:
            return
        partitions = self._assigned()
        self._parts.committer.commit(partitions, closing=True)
        if partitions:
            self._parts.task.close(partitions)
            self._parts.committer.forget(partitions)

    def close(self) -> None:
        """Release consumer and chain; errors are logged, the rest goes on."""
        close_all(
            [
                ("consumer", self._parts.consumer.close),
                ("chain", self._parts.chain.close),
                ("reporters", self._parts.operator.close),
            ]
        )

    # RebalanceListener, called from within poll and close

    def on_assigned(self, positions: Mapping[TopicPartition, int]) -> Mapping[TopicPartition, int]:
        self._parts.committer.start(positions)
        if not positions:
            return {}
        self._parts.task.open(list(positions))
        rewinds = {p: o for p, o in self._parts.context.take_rewinds().items() if p in positions}
        for partition, offset in rewinds.items():
            self._parts.committer.moved(partition, offset)
        return rewinds

    def on_revoked(self, partitions: Collection[TopicPartition]) -> None:
        tracked = [p for p in partitions if p in self._parts.committer.offsets.delivered]
        if not tracked:
            return
        if not self._control.lease_expired:
            self._parts.committer.commit(tracked, closing=True)
        self._let_go(tracked)

    def on_lost(self, partitions: Collection[TopicPartition]) -> None:
        self._let_go([p for p in partitions if p in self._parts.committer.offsets.delivered])

    def _let_go(self, partitions: Collection[TopicPartition]) -> None:
        gone = frozenset(partitions)
        self._parts.committer.forget(gone)
        self._parts.context.paused.difference_update(gone)
        self._held -= gone
        if self._undelivered is not None and gone.intersection(self._undelivered.reached):
            # The new owner reads these records from the last committed offset; ours would be a second copy.
            kept = [r for r in self._undelivered.batch if (r.original_topic, r.original_kafka_partition) not in gone]
            reached = {p: o for p, o in self._undelivered.reached.items() if p not in gone}
            self._undelivered = _Undelivered(SinkBatch.of(kept), reached) if reached else None
        self._parts.task.close(gone)

    def _assigned(self) -> frozenset[TopicPartition]:
        return frozenset(self._parts.committer.offsets.delivered)

    def _commit_if_due(self) -> None:
        requested = self._parts.context.take_commit_request()
        if requested or self._clock.monotonic() >= self._next_commit:
            self._commit(self._assigned())

    def _commit(self, partitions: Collection[TopicPartition]) -> None:
        self._next_commit = self._clock.monotonic() + self._parts.commit_interval_s
        rewind = self._parts.committer.commit(partitions, closing=False)
        if rewind:
            self._undelivered = None  # its records come again with those before it
            self._parts.consumer.seek(rewind)

    def _rewind(self) -> None:
        rewinds = self._parts.context.take_rewinds()
        assigned = self._assigned()
        for partition in [p for p in rewinds if p not in assigned]:
            logger.warning("Ignoring the rewind of %s, which is not assigned to this task", partition)
            del rewinds[partition]
        if not rewinds:
            return
        self._parts.consumer.seek(rewinds)
        for partition, offset in rewinds.items():
            self._parts.committer.moved(partition, offset)

    def _hold(self) -> None:
        """Hold what the task paused, and everything while a batch waits for another try."""
        assigned = self._assigned()
        wanted = assigned if self._undelivered is not None else frozenset(self._parts.context.paused) & assigned
        if wanted - self._held:
            self._parts.consumer.hold(wanted - self._held)
        if self._held - wanted:
            self._parts.consumer.release((self._held - wanted) & assigned)
        self._held = wanted

    def _put_back(self, received: Sequence[ReceivedBatch] | None) -> None:
        """Records of partitions that were assigned while everything is held: read them again later, never drop them."""
        partitions = {TopicPartition(batch.topic, batch.partition) for batch in received or ()}
        if partitions:
            self._parts.consumer.seek({p: self._parts.committer.offsets.delivered[p] for p in partitions})

    def _poll(self) -> Sequence[ReceivedBatch] | None:
        """Records, an empty list when the wait is over without any, or None when something else comes first."""
        asked = self._parts.context.take_timeout_s()
        if asked is None and self._undelivered is not None:
            asked = REDELIVERY_PAUSE_S
        until = self._next_commit if asked is None else min(self._next_commit, self._clock.monotonic() + asked)
        consumer, limit = self._parts.consumer, self._parts.max_records
        while True:
            remaining = until - self._clock.monotonic()
            received = consumer.poll(max(0.0, min(POLL_SLICE_S, remaining)), limit)
            if received or remaining <= POLL_SLICE_S:
                return received
            if self._control.stopping or self._control.target is not TargetState.STARTED:
                return None
            self._link.beat(self._round)

    def _deliver(self, delivery: _Undelivered) -> None:
        try:
            self._parts.task.put(delivery.batch)
        except RetriableException:
            logger.exception("RetriableException from SinkTask; the batch is put again")
            self._undelivered = delivery
            return
        except Exception as error:
            raise ConnectException("Exiting WorkerSinkTask due to unrecoverable exception.") from error
        if self._parts.errant is not None:
            self._parts.errant.check()  # a report that was not tolerated, should the task have swallowed it
        self._undelivered = None
        # Delivered, not durable: these move to the log only after pre_commit vouched for them.
        self._parts.committer.offsets.delivered.update(delivery.reached)

    def _note_topics(self, received: Sequence[ReceivedBatch]) -> None:
        for batch in received:
            if batch.topic not in self._seen_topics:
                self._seen_topics.add(batch.topic)
                self._link.topic_active(batch.topic)
