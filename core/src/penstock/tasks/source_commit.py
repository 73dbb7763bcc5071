"""Committing source offsets: acknowledged upstream only after downstream is durable (spec 8.1)."""

from __future__ import annotations

import logging
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final

from penstock.api.exceptions import DataException
from penstock.api.task import SourceTask
from penstock.clock import Clock
from penstock.log.base import Interrupted, LogProducer, never
from penstock.storage.offsets import encode_offset, encode_partition
from penstock.tasks.active_topics import ActiveTopics
from penstock.tasks.link import OffsetEntry, WorkerLink
from penstock.tasks.submitted import Positions, SubmittedBatches

logger = logging.getLogger(__name__)

MAX_IN_FLIGHT: Final = 5000
"""Sent batches whose positions are kept at most before the producer is flushed to learn which are durable: a source that
polls one record at a time would keep a minute's worth otherwise."""

EARLY_FLUSH_S: Final = 0.2
EARLY_PAUSE_S: Final = 1.0
"""Such a flush takes at most so long, and is tried again after so long: a log that is away does not hold up the loop."""


@dataclass(frozen=True, slots=True)
class CommitPolicy:
    """``offset.flush.interval.ms`` and ``offset.flush.timeout.ms``, in seconds."""

    interval_s: float
    timeout_s: float

    def due(self, now: float, last: float) -> bool:
        """Whether a commit should begin; both are monotonic seconds."""
        return now - last >= self.interval_s


@dataclass(slots=True)
class _Storing:
    """Positions on their way into the offset store, until ``deadline`` (monotonic seconds)."""

    positions: Positions
    stored: Future[None]
    deadline: float


class SourceOffsetCommitter:
    """Moves positions from "sent" over "acknowledged" to "stored". On the task's thread only.

    A commit never stops the loop for longer than the producer needs to be flushed; the store answers later.
    """

    def __init__(
        self,
        task: SourceTask,
        producer: LogProducer,
        link: WorkerLink,
        policy: CommitPolicy,
        clock: Clock,
        interrupted: Interrupted = never,
    ) -> None:
        self._task = task
        self._producer = producer
        self._link = link
        self._policy = policy
        self._clock = clock
        self._interrupted = interrupted
        self._storing: _Storing | None = None
        self._last = self._next_early = clock.monotonic()
        self.submitted = SubmittedBatches()
        self.topics = ActiveTopics(link)

    def tick(self) -> None:
        """Called once a round: take in acknowledgements and answers, begin a commit when one is due.

        ``interrupted`` ends its flushes: a stop has better use for the time, since :meth:`finish` flushes again.
        """
        self._producer.poll()
        self.acknowledge()
        now = self._clock.monotonic()
        if self._storing is not None:
            self._settle(now)
        if self._storing is None and self._policy.due(now, self._last):
            self.begin(self._policy.timeout_s, self._interrupted)
        elif now >= self._next_early and (self.submitted.in_flight > MAX_IN_FLIGHT or self.topics.overdue(now)):
            self._next_early = now + EARLY_PAUSE_S
            self._producer.flush(EARLY_FLUSH_S, interrupted=self._interrupted)
            self.acknowledge()

    def begin(self, timeout_s: float, interrupted: Interrupted = never) -> None:
        """Flush what was sent and hand what is acknowledged to the store."""
        self._last = self._clock.monotonic()
        deadline = self._last + timeout_s
        if not self._producer.flush(timeout_s, interrupted=interrupted) and not interrupted():
            logger.warning(
                "Failed to flush %d batches within %.0f ms; their offsets will be committed later",
                self.submitted.in_flight,
                timeout_s * 1000,
            )
        self.acknowledge()
        positions = self.submitted.take_committable()
        try:
            entries = [OffsetEntry(encode_partition(p.partition), encode_offset(p.offset)) for p in positions.values()]
        except DataException:
            self.submitted.restore(positions)
            logger.exception("Failed to serialize source offsets; nothing was committed this time")
            return
        if not entries:
            self._committed()
            return
        self._storing = _Storing(positions, self._link.offsets(entries), deadline)
        self._settle(self._clock.monotonic())

    def acknowledge(self) -> None:
        """Move the head to what the log acknowledged."""
        head = self._producer.acknowledged
        self.submitted.acknowledge(head)
        self.topics.acknowledged(head)

    def finish(self, timeout_s: float) -> None:
        """The final commit of a task that ends, whatever the reason (spec 4.4): waits for the store's answer."""
        deadline = self._clock.monotonic() + timeout_s
        self._await_store(deadline)
        if self._storing is None:
            self.begin(max(0.0, deadline - self._clock.monotonic()))
            self._await_store(deadline)

    def _await_store(self, deadline: float) -> None:
        storing = self._storing
        if storing is None:
            return
        try:
            storing.stored.exception(max(0.0, deadline - self._clock.monotonic()))
        except TimeoutError:
            storing.deadline = 0.0
        self._settle(self._clock.monotonic())

    def _settle(self, now: float) -> None:
        """Look whether the store answered, without waiting."""
        storing = self._storing
        assert storing is not None
        if not storing.stored.done():
            if now >= storing.deadline:
                # A late answer is ignored: storing the same or older positions again is harmless.
                self._give_back(storing, TimeoutError("the offset store did not answer in time"))
            return
        error = storing.stored.exception()
        if error is None:
            self._storing = None
            self._committed()  # invariant: ``commit`` runs only after its offsets are stored
        else:
            self._give_back(storing, error)

    def _give_back(self, storing: _Storing, error: BaseException) -> None:
        self._storing = None
        self.submitted.restore(storing.positions)
        logger.error("Failed to commit source offsets, will try again: %s", error)

    def _committed(self) -> None:
        try:
            self._task.commit()
        except Exception:
            logger.exception("Exception thrown while calling task.commit()")
