"""The producer of the embedded logs.

``send_batch`` writes at once and returns when the records are durable; what is reported of them is kept and told by the
next ``send_batch``, ``poll``, ``flush`` or ``commit_transaction``, as a producer with a network behind it would.
In a transaction records are kept (large ones are put aside in the store) and written by ``commit_transaction``, because
only then their offsets are known; so they are acknowledged by it, not by ``flush``.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from penstock.api.record import TopicPartition
from penstock.api.task import RecordMetadata
from penstock.clock import Clock
from penstock.log.base import DeliveryCallback, Interrupted, OutgoingBatch, Reports, never
from penstock.log.embedded_config import ProducerSettings
from penstock.log.embedded_store import Fence, Patience, Store, TopicInfo, Write
from penstock.log.errors import (
    FencedError,
    InvalidTopicError,
    LogError,
    LogInterruptedError,
    TopicExistsError,
    UnknownTopicError,
)
from penstock.log.routing import Route, Routed, Router
from penstock.log.topics import check_topic_names

_SPOOL_BYTES = 8 * 1024 * 1024
"""A transaction keeps so much in memory before it puts records aside."""

_NO_OFFSET = -1
"""What Kafka's client gives as the offset of a record that has none."""


class Transaction(enum.Enum):
    """Where a producer stands with transactions."""

    NONE = "none"
    UNINITIALISED = "uninitialised"
    READY = "ready"
    OPEN = "open"
    FENCED = "fenced"


@dataclass(slots=True)
class _Submission:
    """What is told of one batch: per route the offset of its first record, and the records that failed."""

    ticket: int
    topic: str
    on_delivery: DeliveryCallback | None
    routes: list[Route] = field(default_factory=list)
    bases: list[int] = field(default_factory=list)
    failures: list[tuple[int, LogError]] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    owners: list[int] = field(default_factory=list)
    """Which route each write belongs to: a large one takes several."""

    def place(self, bases: Sequence[int]) -> None:
        """The writes were stored from these offsets on; a route begins where its first write does."""
        first: dict[int, int] = {}
        for owner, base in zip(self.owners, bases, strict=True):
            first.setdefault(owner, base)
        self.bases = [first[number] for number in range(len(self.routes))]
        self.writes = []


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
        self._ticket = 0
        self._served = 0
        self._blocked: int | None = None
        self._failure: LogError | None = None
        self._unserved: list[_Submission] = []
        self._state = Transaction.NONE if settings.transactional_id is None else Transaction.UNINITIALISED
        self._fence: Fence | None = None
        self._staged: list[_Submission] = []
        self._staged_bytes = 0
        self._transaction_failure: LogError | None = None
        self._closed = False

    def send_batch(
        self, batch: OutgoingBatch, *, on_delivery: DeliveryCallback | None = None, interrupted: Interrupted = never
    ) -> int:
        self._check_sendable()
        self.poll()
        if self._failure is not None:
            raise self._failure
        self._ticket += 1
        submission = _Submission(self._ticket, batch.topic, on_delivery)
        (self._staged if self._state is Transaction.OPEN else self._unserved).append(submission)
        try:
            check_topic_names([batch.topic])
            routed = self._write(batch, submission, self._patience(interrupted))
        except LogInterruptedError as error:
            self._give_up(submission, error)
            raise
        except InvalidTopicError as error:
            routed = Routed(refusal=error)
        except LogError as error:
            routed = Routed(failures=[(index, error) for index in range(len(batch))])
        submission.failures = routed.failures
        self._note_failures(submission)
        if routed.refusal is not None:
            self._block(submission.ticket)  # the record and those after it are not in the log
            raise routed.refusal
        return submission.ticket

    @property
    def acknowledged(self) -> int:
        return self._served if self._blocked is None else min(self._served, self._blocked - 1)

    @property
    def failure(self) -> LogError | None:
        return self._failure

    def poll(self) -> None:
        unserved, self._unserved = self._unserved, []
        for submission in unserved:
            self._serve(submission)
            self._served = submission.ticket

    def flush(self, timeout_s: float, *, interrupted: Interrupted = never) -> bool:  # noqa: ARG002  # nothing to wait for
        self._check_open()
        self.poll()
        return True

    def init_transactions(self, timeout_s: float) -> None:
        self._check_open()
        if self._settings.transactional_id is None:
            raise LogError(
                "Cannot use transactional methods without enabling transactions by setting the transactional.id "
                "configuration property"
            )
        if self._state is not Transaction.UNINITIALISED:
            raise self._out_of_turn("init_transactions")
        self._fence = self._store.claim(self._settings.transactional_id, self._deadline(timeout_s))
        self._state = Transaction.READY

    def begin_transaction(self) -> None:
        self._check_open()
        if self._state is not Transaction.READY:
            raise self._out_of_turn("begin_transaction")
        self._state = Transaction.OPEN

    def commit_transaction(self, timeout_s: float) -> None:
        self._check_open()
        fence = self._open_transaction("commit_transaction")
        self.poll()
        if self._transaction_failure is not None:
            raise self._transaction_failure
        writes = [write for submission in self._staged for write in submission.writes]
        bases = iter(self._fenced_append(writes, fence, self._deadline(timeout_s)))
        for submission in self._staged:
            submission.place([next(bases) for _ in submission.writes])
        self._end_transaction()

    def abort_transaction(self, timeout_s: float) -> None:
        self._check_open()
        fence = self._open_transaction("abort_transaction")
        self.poll()
        try:
            self._store.discard(fence, self._deadline(timeout_s))
        except FencedError:
            self._state = Transaction.FENCED
            raise
        for submission in self._staged:
            submission.place([_NO_OFFSET] * len(submission.writes))
        self._failure = None
        self._blocked = None
        self._end_transaction()

    def close(self, timeout_s: float) -> None:
        if self._closed:
            return
        try:
            if self._state is Transaction.OPEN:
                with suppress(FencedError):  # its successor dropped what was put aside
                    self.abort_transaction(timeout_s)
            self.poll()
        finally:
            self._closed = True
            self._store.close()

    def _write(self, batch: OutgoingBatch, submission: _Submission, patience: Patience) -> Routed:
        while True:
            topic = self._topic(batch.topic)
            routed = self._router.route(batch, topic)
            submission.routes = routed.routes
            self._prepare(submission)
            if self._state is Transaction.OPEN:
                self._stage(submission, patience)
                return routed
            try:
                submission.place(self._store.append(submission.writes, None, patience) if submission.writes else [])
            except UnknownTopicError:
                if self._store.topics().get(batch.topic) is topic:
                    raise
                continue  # the topic was deleted, and perhaps made anew, since it was looked up
            return routed

    def _prepare(self, submission: _Submission) -> None:
        submission.writes, submission.owners = [], []
        for number, route in enumerate(submission.routes):
            partition = TopicPartition(submission.topic, route.partition)
            for prepared in self._store.prepare(route.columns):
                submission.writes.append(Write(partition, prepared))
                submission.owners.append(number)

    def _stage(self, submission: _Submission, patience: Patience) -> None:
        self._staged_bytes += sum(write.prepared.size for write in submission.writes)
        if self._staged_bytes < _SPOOL_BYTES or self._fence is None:
            return
        prepared = [write.prepared for staged in self._staged for write in staged.writes]
        spooled = iter(self._store.spool(prepared, self._fence, patience))
        for staged in self._staged:
            staged.writes = [Write(write.partition, next(spooled)) for write in staged.writes]
        self._staged_bytes = 0

    def _give_up(self, submission: _Submission, error: LogError) -> None:
        """The wait was interrupted: the batch is never acknowledged, and a transaction without it must not be committed."""
        self._block(submission.ticket)
        submission.routes, submission.writes, submission.owners = [], [], []
        if self._state is Transaction.OPEN:
            self._transaction_failure = self._transaction_failure or error

    def _topic(self, name: str) -> TopicInfo:
        topic = self._store.topics().get(name)
        if topic is None:
            if not self._auto_create:
                raise UnknownTopicError(
                    f"Topic {name} is not there, and the log does not create topics by itself; create it"
                )
            with suppress(TopicExistsError):  # another client was faster
                self._store.create_topic(name, 1, {})
            topic = self._store.topics()[name]
        return topic

    def _note_failures(self, submission: _Submission) -> None:
        if not submission.failures:
            return
        first = submission.failures[0][1]
        if self._state is Transaction.OPEN:
            self._transaction_failure = self._transaction_failure or first
        if submission.on_delivery is None:
            self._failure = self._failure or first
            self._block(submission.ticket)

    def _block(self, ticket: int) -> None:
        """From this ticket on nothing counts as acknowledged: a record of it is lost, and nobody was told of it."""
        if self._blocked is None:
            self._blocked = ticket

    def _serve(self, submission: _Submission) -> None:
        tell = submission.on_delivery
        if tell is None:
            return
        for index, error in submission.failures:
            tell(index, None, error)
        if self._reports is Reports.ERRORS:
            return
        for route, base in zip(submission.routes, submission.bases, strict=True):
            stamps = route.columns.timestamp_list()
            for place, index in enumerate(route.indices):
                offset = base + place if base != _NO_OFFSET else _NO_OFFSET
                tell(index, RecordMetadata(submission.topic, route.partition, offset, stamps[place]), None)

    def _fenced_append(self, writes: Sequence[Write], fence: Fence, patience: Patience) -> list[int]:
        try:
            return self._store.append(writes, fence, patience)
        except FencedError:
            self._state = Transaction.FENCED
            raise

    def _end_transaction(self) -> None:
        self._unserved.extend(self._staged)
        self._staged = []
        self._staged_bytes = 0
        self._transaction_failure = None
        self._state = Transaction.READY
        self.poll()

    def _open_transaction(self, call: str) -> Fence:
        if self._state is Transaction.FENCED:
            raise FencedError(_FENCED)
        if self._state is not Transaction.OPEN or self._fence is None:
            raise self._out_of_turn(call)
        return self._fence

    def _check_sendable(self) -> None:
        self._check_open()
        if self._state is Transaction.FENCED:
            raise FencedError(_FENCED)
        if self._state in {Transaction.UNINITIALISED, Transaction.READY}:
            raise self._out_of_turn("send_batch")

    def _check_open(self) -> None:
        if self._closed:
            raise LogError("Cannot perform operation after producer has been closed")

    def _out_of_turn(self, call: str) -> LogError:
        return LogError(
            f"TransactionalId {self._settings.transactional_id}: {call} is not possible in state {self._state.value}; call "
            "init_transactions once, then begin_transaction, send_batch and commit_transaction or abort_transaction"
        )

    def _patience(self, interrupted: Interrupted) -> Patience:
        return Patience(self._clock.monotonic() + self._settings.delivery_timeout_s, interrupted)

    def _deadline(self, timeout_s: float) -> Patience:
        return Patience(self._clock.monotonic() + timeout_s)


_FENCED = (
    "There is a newer producer with the same transactionalId which fences the current one; this producer cannot be used "
    "any more"
)
