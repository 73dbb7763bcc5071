"""The source runner: poll, chain, send, commit, at least once (spec 4.4)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from penstock.api.batch import SourceBatch
from penstock.api.exceptions import ConnectException, RetriableException
from penstock.api.record import SourceRecord
from penstock.api.task import RecordMetadata, SourceTask
from penstock.errors.operator import RetryWithTolerance, Subject
from penstock.errors.stage import Stage
from penstock.errors.stopping import Stopping
from penstock.log.base import DeliveryCallback, LogProducer
from penstock.log.errors import LogError, LogInterruptedError, RetriableLogError
from penstock.states import TargetState
from penstock.tasks.closing import close_all
from penstock.tasks.control import Control
from penstock.tasks.link import WorkerLink
from penstock.tasks.source_chain import Dropped, EncodedRun, SourceChain
from penstock.tasks.source_commit import SourceOffsetCommitter
from penstock.tasks.submitted import Positions, position_of, positions_of
from penstock.tasks.topic_creation import TopicCreator

logger = logging.getLogger(__name__)

RETRY_PAUSE_S = 0.1
"""Between tries of a send that may succeed later (spec 14.9)."""

PRODUCER_CLOSE_S = 30.0

WORKER_SOURCE_TASK = "org.apache.kafka.connect.runtime.WorkerSourceTask"
"""The class that reports name for a record which the log does not take (spec 7.1)."""

SEND_FAILED = "Unrecoverable exception from producer send callback"
"""Connect's words for a record that the log does not take, whether it says so at once or later."""


@dataclass(frozen=True, slots=True)
class SourceParts:
    """What a source runner is made of; made by ``build.py``."""

    task: SourceTask
    chain: SourceChain
    producer: LogProducer
    operator: RetryWithTolerance
    committer: SourceOffsetCommitter
    topics: TopicCreator | None


class SourceRunner:
    """Runs one source task on the child's main thread; the only caller of the task."""

    def __init__(self, parts: SourceParts, control: Control, link: WorkerLink) -> None:
        self._parts = parts
        self._control = control
        self._link = link
        task_class = type(parts.task)
        self._wants_records = task_class.commit_record is not SourceTask.commit_record
        self._per_record = (
            self._wants_records or parts.operator.tolerates
        )  # only then does each record need a callback (design decision 10)
        self._failure: LogError | None = None
        self._round = 0

    def iterate(self) -> None:
        """One round: commit if due, poll, send. Raises what ends the task."""
        self._round += 1
        self._link.beat(self._round)
        self._parts.committer.tick()
        self._raise_failure()
        polled = self._poll()
        if polled is None or self._control.lease_expired:
            return
        if isinstance(polled, SourceBatch):
            self._send(polled)
        elif len(polled) and isinstance(polled[0], SourceBatch):
            for batch in polled:
                self._send(batch)  # type: ignore[arg-type]  # a list of batches, by its first item
        elif len(polled):
            self._send(polled)  # type: ignore[arg-type]  # a list of records

    def pause(self) -> None:
        """Wait out a pause; offsets of what was sent before are still committed."""
        while self._control.target is TargetState.PAUSED and not self._control.stopping:
            self._parts.committer.tick()
            self._control.wait_while(TargetState.PAUSED, 0.2)

    def finish(self, timeout_s: float) -> None:
        """The final commit; also after a failure (spec 4.4), but never without a lease."""
        if not self._control.lease_expired:
            self._parts.committer.finish(timeout_s)

    def close(self) -> None:
        """Release producer, chain and topic creation; errors are logged, the rest goes on."""
        closes: list[tuple[str, Callable[[], None]]] = [
            ("producer", lambda: self._parts.producer.close(self._close_budget())),
            ("chain", self._parts.chain.close),
            ("reporters", self._parts.operator.close),
        ]
        if self._parts.topics is not None:
            closes.append(("topic creation", self._parts.topics.close))
        close_all(closes)

    def _close_budget(self) -> float:
        remaining = self._control.remaining_s
        return PRODUCER_CLOSE_S if remaining is None else remaining

    def _poll(self) -> Sequence[SourceRecord] | SourceBatch | Sequence[SourceBatch] | None:
        try:
            return self._parts.task.poll()
        except RetriableException as error:
            logger.warning("%s failed to poll records from SourceTask. Will retry operation.", error, exc_info=error)
            return None

    def _send(self, polled: SourceBatch | Sequence[SourceRecord]) -> None:
        last_ticket = 0
        for item in self._parts.chain.encode(polled):
            if isinstance(item, Dropped):
                self._commit_record(item.origin, None)
                self._record_dropped(item.origin)
                continue
            last_ticket = self._send_run(item, polled)
            positions = _run_positions(item, polled)
            if positions:
                self._parts.committer.submitted.submit(last_ticket, positions)
        if last_ticket and isinstance(polled, SourceBatch) and polled.source_offset is not None:
            # The batch's one offset counts once its last record is durable, so it hangs on the last ticket.
            self._parts.committer.submitted.submit(
                last_ticket, position_of(polled.source_partition, polled.source_offset)
            )

    def _send_run(self, run: EncodedRun, polled: SourceBatch | Sequence[SourceRecord]) -> int:
        callback = self._callback(run, polled) if self._per_record else None
        while True:
            try:
                if self._parts.topics is not None:
                    self._parts.topics.ensure(run.outgoing.topic)
                ticket = self._parts.producer.send_batch(
                    run.outgoing, on_delivery=callback, interrupted=lambda: self._control.stopping
                )
            except (RetriableLogError, RetriableException) as error:
                logger.warning("Failed to send %d records, will try again: %s", len(run.outgoing), error)
                if self._control.wait(RETRY_PAUSE_S):
                    raise Stopping from error
            except LogInterruptedError as error:
                raise Stopping from error
            except LogError as error:
                raise ConnectException(SEND_FAILED) from error
            else:
                self._parts.committer.topics.sent(run.outgoing.topic, ticket)
                return ticket

    def _raise_failure(self) -> None:
        failure = self._failure or self._parts.producer.failure
        if failure is not None:
            raise ConnectException(SEND_FAILED) from failure

    def _callback(self, run: EncodedRun, polled: SourceBatch | Sequence[SourceRecord]) -> DeliveryCallback:
        def record_at(index: int) -> SourceRecord:
            if run.origins is not None:
                return run.origins[index]
            assert isinstance(polled, SourceBatch)
            return polled.record(run.places[index])

        tolerates, wanted = self._parts.operator.tolerates, self._wants_records

        def delivered(index: int, metadata: RecordMetadata | None, error: LogError | None) -> None:
            if error is None and not wanted:
                return  # no record is made for a call that does nothing
            record = record_at(index)
            if error is not None and tolerates:
                subject = Subject(record, Stage.KAFKA_PRODUCE, WORKER_SOURCE_TASK)
                self._parts.operator.report(subject, error)
            elif error is not None:
                # The producer takes a failure that it told of as dealt with; here it is not, so nothing more may move.
                self._parts.committer.submitted.freeze()
                self._failure = self._failure or error
                return
            self._commit_record(record, metadata)

        return delivered

    def _commit_record(self, record: SourceRecord, metadata: RecordMetadata | None) -> None:
        try:
            self._parts.task.commit_record(record, metadata)
        except Exception:
            logger.exception("Exception thrown while calling task.commit_record()")

    def _record_dropped(self, record: SourceRecord) -> None:
        try:
            self._parts.task.record_dropped(record)
        except Exception:
            logger.exception("Exception thrown while calling task.record_dropped()")


def _run_positions(run: EncodedRun, polled: SourceBatch | Sequence[SourceRecord]) -> Positions:
    """What a run reached. Of a column batch only offsets a record count here, also where its records were made into objects:
    without them a record carries no offset, which is not the same as one that is None (a tombstone)."""
    if not isinstance(polled, SourceBatch):
        assert run.origins is not None
        return positions_of(run.origins)
    if polled.source_offsets is None:
        return {}
    if run.origins is not None:
        return positions_of(run.origins)
    return position_of(polled.source_partition, polled.source_offsets[run.places[-1]])
