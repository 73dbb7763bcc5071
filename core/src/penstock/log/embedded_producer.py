"""The producer of the embedded logs.

``send_batch`` writes at once and returns when the records are durable; what is reported of them is kept and told by the
next ``send_batch``, ``poll``, ``flush`` or ``commit_transaction``, as a producer with a network behind it would.
In a transaction records are written, and so acknowledged, by ``commit_transaction``, not by ``flush``.
"""

from __future__ import annotations

from contextlib import suppress

from penstock.clock import Clock
from penstock.log.base import DeliveryCallback, Interrupted, OutgoingBatch, Reports, never
from penstock.log.embedded_config import ProducerSettings
from penstock.log.embedded_store import Patience, Store, TopicInfo
from penstock.log.embedded_transaction import Transactions
from penstock.log.errors import (
    FencedError,
    InvalidTopicError,
    LogError,
    LogInterruptedError,
    TopicExistsError,
    UnknownTopicError,
)
from penstock.log.routing import Routed, Router
from penstock.log.submission import Submission, Tickets
from penstock.log.topics import check_topic_names


class EmbeddedProducer:
    """A :class:`~penstock.log.base.LogProducer` over a store. One thread."""

    def __init__(
        self, store: Store, settings: ProducerSettings, reports: Reports, clock: Clock, *, auto_create: bool
    ) -> None:
        self._store = store
        self._settings = settings
        self._reports = reports
        self._clock = clock
        self._auto_create = auto_create
        self._router = Router(settings, clock)
        self._tickets = Tickets()
        self._transactions = Transactions(store, settings.transactional_id)
        self._failure: LogError | None = None
        self._unserved: list[Submission] = []
        self._closed = False

    def send_batch(
        self, batch: OutgoingBatch, *, on_delivery: DeliveryCallback | None = None, interrupted: Interrupted = never
    ) -> int:
        self._check_open()
        self._transactions.check_sendable()
        self.poll()
        if self._failure is not None:
            raise self._failure
        submission = Submission(self._tickets.draw(), batch.topic, on_delivery, self._reports)
        if self._transactions.is_open:
            self._transactions.add(submission)
        else:
            self._unserved.append(submission)
        try:
            check_topic_names([batch.topic])
            routed = self._write(batch, submission, self._patience(interrupted))
        except InvalidTopicError as error:
            routed = Routed(refusal=error) if on_delivery is None else _none_taken(batch, submission, error)
        except LogError as error:
            if isinstance(error, LogInterruptedError):
                self._give_up(submission, error)
                raise
            routed = _none_taken(batch, submission, error)
        except BaseException as error:  # such as TypeError for what is no batch
            self._give_up(submission, LogError(f"A batch of the transaction was not sent: {error!r}"))
            raise
        submission.failures = routed.failures
        self._note_failures(submission)
        if routed.refusal is not None:
            self._tickets.block(submission.ticket)  # the record and those after it are not in the log
            raise routed.refusal
        return submission.ticket

    @property
    def acknowledged(self) -> int:
        return self._tickets.acknowledged

    @property
    def failure(self) -> LogError | None:
        return self._failure

    def poll(self) -> None:
        unserved, self._unserved = self._unserved, []
        for submission in unserved:
            submission.tell()
            self._tickets.served(submission.ticket)

    def flush(self, timeout_s: float, *, interrupted: Interrupted = never) -> bool:  # noqa: ARG002  # nothing to wait for
        self._check_open()
        self.poll()
        return True

    def init_transactions(self, timeout_s: float) -> None:
        self._check_open()
        self._transactions.initialise(self._deadline(timeout_s))

    def begin_transaction(self) -> None:
        self._check_open()
        self._transactions.begin()

    def commit_transaction(self, timeout_s: float) -> None:
        self._check_open()
        self.poll()
        self._unserved.extend(self._transactions.commit(self._deadline(timeout_s)))
        self.poll()

    def abort_transaction(self, timeout_s: float) -> None:
        self._check_open()
        self.poll()
        aborted = self._transactions.abort(self._deadline(timeout_s))
        self._failure = None
        self._tickets.unblock()
        self._unserved.extend(aborted)
        self.poll()

    def close(self, timeout_s: float) -> None:
        if self._closed:
            return
        try:
            if self._transactions.is_open:
                with suppress(FencedError):  # its successor dropped what was put aside
                    self.abort_transaction(timeout_s)
            self.poll()
        finally:
            self._closed = True
            self._store.close()

    def _write(self, batch: OutgoingBatch, submission: Submission, patience: Patience) -> Routed:
        while True:
            topic = self._topic(batch.topic)
            routed = self._router.route(batch, topic, told=submission.on_delivery is not None)
            submission.prepare(routed.routes, self._store.prepare)
            if self._transactions.is_open:
                self._transactions.spool_if_large(submission, patience)
                return routed
            try:
                # Acknowledged only after it is durable: append returns when the log would give the records back.
                submission.stored(self._store.append(submission.writes, None, patience) if submission.writes else [])
            except UnknownTopicError:
                if self._store.topics().get(batch.topic) is topic:
                    raise
                continue  # the topic was deleted, and perhaps made anew, since it was looked up
            return routed

    def _topic(self, name: str) -> TopicInfo:
        topic = self._store.topics().get(name)
        if topic is None:
            if not self._auto_create:
                raise UnknownTopicError(
                    f"Topic {name} does not exist, and this log creates none by itself (auto_create); create it first"
                )
            with suppress(TopicExistsError):  # another client was faster
                self._store.create_topic(name, 1, {})
            topic = self._store.topics()[name]
        return topic

    def _give_up(self, submission: Submission, error: LogError) -> None:
        """The batch was not sent: it is never acknowledged, and a transaction without it must not be committed."""
        self._tickets.block(submission.ticket)
        submission.drop()
        self._transactions.fail(error)

    def _note_failures(self, submission: Submission) -> None:
        if not submission.failures:
            return
        first = submission.failures[0][1]
        self._transactions.fail(first)
        if submission.on_delivery is None:
            self._failure = self._failure or first
            self._tickets.block(submission.ticket)

    def _check_open(self) -> None:
        if self._closed:
            raise LogError("Cannot perform operation after producer has been closed")

    def _patience(self, interrupted: Interrupted) -> Patience:
        return Patience(self._clock.monotonic() + self._settings.delivery_timeout_s, interrupted)

    def _deadline(self, timeout_s: float) -> Patience:
        return Patience(self._clock.monotonic() + timeout_s)


def _none_taken(batch: OutgoingBatch, submission: Submission, error: LogError) -> Routed:
    """The log takes no record of the batch, all for the same reason."""
    submission.drop()
    return Routed(failures=[(index, error) for index in range(len(batch))])
