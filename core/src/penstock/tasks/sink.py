"""The sink runner: consume, chain, put, commit (spec 4.5-4.7, 8.4)."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from re import Pattern

from penstock.api.exceptions import ConnectException, RetriableException
from penstock.api.record import TopicPartition
from penstock.api.task import SinkTask
from penstock.clock import Clock
from penstock.errors.errant import WorkerErrantRecordReporter
from penstock.errors.operator import RetryWithTolerance
from penstock.log.base import LogConsumer, ReceivedBatch
from penstock.states import TargetState
from penstock.tasks.closing import close_all
from penstock.tasks.contexts import RunningSinkTaskContext
from penstock.tasks.control import Control
from penstock.tasks.link import WorkerLink
from penstock.tasks.sink_chain import SinkChain
from penstock.tasks.sink_commit import SinkOffsetCommitter
from penstock.tasks.sink_partitions import SinkPartitions, Undelivered

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


class SinkRunner:
    """Runs one sink task on the child's main thread; the only caller of the task."""

    def __init__(self, parts: SinkParts, control: Control, link: WorkerLink, clock: Clock) -> None:
        self._parts = parts
        self._control = control
        self._link = link
        self._clock = clock
        self._partitions = SinkPartitions(parts.task, parts.context, parts.committer, control, clock)
        self._next_commit = clock.monotonic() + parts.commit_interval_s
        self._seen_topics: set[str] = set()
        self._round = 0

    def subscribe(self) -> None:
        """Join the consumer group; ``open`` is called from within the first poll. Raises LogError."""
        self._parts.consumer.subscribe(self._parts.topics, self._partitions)

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
        if self._partitions.undelivered is not None:
            self._put_back(received)
            self._deliver(self._partitions.undelivered)
        elif received is not None:
            self._note_topics(received)
            batch = self._parts.chain.decode(received)
            reached = {TopicPartition(r.topic, r.partition): r.next_offset for r in received}
            self._deliver(Undelivered(batch, reached))

    def pause(self) -> None:
        """Wait out a pause: partitions are held, membership is kept by polling, ``put`` is not called."""
        self._commit(self._partitions.assigned)
        while self._control.target is TargetState.PAUSED and not self._control.stopping:
            self._commit_if_due()
            self._parts.consumer.hold(self._partitions.assigned)
            self._partitions.held = self._partitions.assigned
            self._put_back(self._parts.consumer.poll(POLL_SLICE_S, self._parts.max_records))
        self._hold()

    def finish(self, timeout_s: float) -> None:
        """The final commit and ``close`` of all partitions, also after a failure (spec 4.5); no commit without a lease."""
        self._partitions.end(timeout_s)

    def close(self) -> None:
        """Release consumer and chain; errors are logged, the rest goes on. The task has stopped and is not called."""
        self._partitions.leave()
        close_all(
            [
                ("consumer", self._parts.consumer.close),
                ("chain", self._parts.chain.close),
                ("reporters", self._parts.operator.close),
            ]
        )

    def _commit_if_due(self) -> None:
        requested = self._parts.context.take_commit_request()
        if requested or self._clock.monotonic() >= self._next_commit:
            self._commit(self._partitions.assigned)

    def _commit(self, partitions: Collection[TopicPartition]) -> None:
        self._next_commit = self._clock.monotonic() + self._parts.commit_interval_s
        rewind = self._parts.committer.commit(partitions)
        if rewind:
            self._partitions.undelivered = None  # its records come again with those before it
            self._parts.consumer.seek(rewind)

    def _rewind(self) -> None:
        rewinds = self._parts.context.take_rewinds()
        assigned = self._partitions.assigned
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
        assigned = self._partitions.assigned
        wanted = (
            assigned if self._partitions.undelivered is not None else frozenset(self._parts.context.paused) & assigned
        )
        if wanted - self._partitions.held:
            self._parts.consumer.hold(wanted - self._partitions.held)
        if self._partitions.held - wanted:
            self._parts.consumer.release((self._partitions.held - wanted) & assigned)
        self._partitions.held = wanted

    def _put_back(self, received: Sequence[ReceivedBatch] | None) -> None:
        """Records of partitions that were assigned while everything is held: read them again later, never drop them."""
        partitions = {TopicPartition(batch.topic, batch.partition) for batch in received or ()}
        if partitions:
            self._parts.consumer.seek({p: self._parts.committer.offsets.delivered[p] for p in partitions})

    def _poll(self) -> Sequence[ReceivedBatch] | None:
        """Records, an empty list when the wait is over without any, or None when something else comes first."""
        asked = self._parts.context.take_timeout_s()
        if asked is None and self._partitions.undelivered is not None:
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

    def _deliver(self, delivery: Undelivered) -> None:
        try:
            self._parts.task.put(delivery.batch)
        except RetriableException:
            logger.exception("RetriableException from SinkTask; the batch is put again")
            self._partitions.undelivered = delivery
            return
        except Exception as error:
            raise ConnectException("Exiting WorkerSinkTask due to unrecoverable exception.") from error
        if self._parts.errant is not None:
            self._parts.errant.check()  # a report that was not tolerated, should the task have swallowed it
        self._partitions.undelivered = None
        # Delivered, not durable: these move to the log only after pre_commit vouched for them.
        self._parts.committer.offsets.delivered.update(delivery.reached)

    def _note_topics(self, received: Sequence[ReceivedBatch]) -> None:
        for batch in received:
            if batch.topic not in self._seen_topics:
                self._seen_topics.add(batch.topic)
                self._link.topic_active(batch.topic)
