"""The dead letter queue: what could not be processed goes to a topic of its own, as it was consumed (spec 7.4)."""

from __future__ import annotations

import logging
import threading
from collections import deque
from concurrent.futures import Future
from typing import Final

from penstock.api.exceptions import ConnectException
from penstock.api.task import RecordMetadata
from penstock.clock import SYSTEM_CLOCK
from penstock.errors.context import ConsumedRecord, Failure
from penstock.errors.trace import class_name, format_trace
from penstock.log.base import LogAdmin, LogHeader, LogProducer, NewTopic, OutgoingBatch
from penstock.log.errors import LogError, TopicExistsError

logger = logging.getLogger(__name__)

PREFIX: Final = "__connect.errors."
CREATE_TIMEOUT_S: Final = 30.0

CLOSE_TIMEOUT_S: Final = 1.0
"""The last commit has waited for the dead letters already; the records of those that are still open come again."""

FLUSH_SLICE_S: Final = 0.05
"""How long a flush may keep the producer to itself while others want to report."""

FIRST_SERVE_S: Final = 0.002
LAST_SERVE_S: Final = 0.1
"""Between looks for answers, doubling while none comes: as brief as a broker's answer, as rare as a broker that is down."""


def create_dead_letter_topic(admin: LogAdmin, topic: str, replication_factor: int) -> None:
    """Make sure that the topic exists; called once at the task's start. Raises ConnectException."""
    try:
        if topic in admin.list_topics(CREATE_TIMEOUT_S):
            return
        logger.error("Topic %s doesn't exist. Will attempt to create topic.", topic)
        new = NewTopic(topic, partitions=1, replication_factor=replication_factor)
        outcome = admin.create_topics([new], CREATE_TIMEOUT_S)[topic]
    except LogError as error:
        raise ConnectException(f"Could not initialize dead letter queue with topic={topic}") from error
    if outcome is not None and not isinstance(outcome, TopicExistsError):
        raise ConnectException(f"Could not initialize dead letter queue with topic={topic}") from outcome


class DeadLetterQueue:
    """An ErrorReporter for sinks. Usable from any thread: a lock guards the producer, and no future is completed under it,
    so whoever waits for one or hangs a callback on it may report again from there.

    A report's future completes when the dead letter is durable and fails when it cannot be written; offsets wait for it,
    so a record is in the queue or comes again, never neither. Futures complete without anybody's help: a task may wait for
    one inside ``put`` (KIP-610), so a thread of this queue looks for answers while one is awaited.
    """

    def __init__(self, producer: LogProducer, topic: str, *, context_headers: bool) -> None:
        self._producer = producer
        self._topic = topic
        self._context_headers = context_headers
        self._changed = threading.Condition(threading.Lock())
        self._open: set[Future[None]] = set()
        self._answered: deque[tuple[Future[None], LogError | None]] = deque()
        self._closing = threading.Event()
        self._server: threading.Thread | None = None

    def report(self, failure: Failure) -> Future[None] | None:
        record = failure.record
        if not isinstance(record, ConsumedRecord):
            return None  # sources have no dead letter queue
        headers = list(record.headers)
        if self._context_headers:
            headers.extend(context_headers(failure, record))
        batch = OutgoingBatch(
            topic=self._topic,
            values=[record.value],
            keys=[record.key],
            timestamps=[record.timestamp],
            headers=[headers],
        )
        written: Future[None] = Future()
        self._send(batch, written)
        self._complete()
        self._serve_open()
        return written

    def flush(self, timeout_s: float) -> None:
        """Wait until what is on its way is answered, so that futures complete. Raises LogError."""
        deadline = SYSTEM_CLOCK.monotonic() + timeout_s
        while True:
            remaining = max(0.0, deadline - SYSTEM_CLOCK.monotonic())
            with self._changed:
                done = self._producer.flush(min(FLUSH_SLICE_S, remaining))
            self._complete()
            if done or not remaining:
                return

    def close(self) -> None:
        self._closing.set()
        with self._changed:
            self._producer.close(CLOSE_TIMEOUT_S)
            self._fail_open(LogError("The dead letter queue was closed before the record was written"))
            self._changed.notify_all()
        self._complete()
        if self._server is not None:
            self._server.join(LAST_SERVE_S * 10)

    def _send(self, batch: OutgoingBatch, written: Future[None]) -> None:
        def delivered(_index: int, _metadata: RecordMetadata | None, error: LogError | None) -> None:
            self._answered.append((written, error))

        with self._changed:
            self._open.add(written)
            try:
                self._producer.send_batch(batch, on_delivery=delivered)
                self._producer.poll()
            except LogError as error:
                self._answered.append((written, error))

    def _complete(self) -> None:
        """Tell what was answered. Never under the lock: callbacks are other people's code."""
        while self._answered:
            try:
                written, error = self._answered.popleft()
            except IndexError:  # another thread was faster
                return
            with self._changed:
                if written not in self._open:
                    continue  # told already: its send had failed, and then it was answered too
                self._open.remove(written)
            if error is None:
                written.set_result(None)
            else:
                logger.error("Could not produce message to dead letter queue. topic=%s", self._topic, exc_info=error)
                written.set_exception(error)

    def _serve_open(self) -> None:
        """Have answers looked for while some are open."""
        with self._changed:
            if not self._open or self._closing.is_set():
                return
            if self._server is None:
                self._server = threading.Thread(target=self._serve, name="dead-letters", daemon=True)
                self._server.start()
            self._changed.notify_all()

    def _serve(self) -> None:
        pause = FIRST_SERVE_S
        while not self._closing.wait(pause):
            pause = min(LAST_SERVE_S, pause * 2)
            with self._changed:
                self._changed.wait_for(lambda: self._open or self._closing.is_set())
                if self._closing.is_set():
                    return
                try:
                    self._producer.poll()
                except LogError as error:  # the producer is done for: nothing of it will be answered any more
                    self._fail_open(error)
            self._complete()
            if not self._open:
                pause = FIRST_SERVE_S

    def _fail_open(self, error: LogError) -> None:
        self._answered.extend((written, error) for written in self._open)


def context_headers(failure: Failure, record: ConsumedRecord) -> list[LogHeader]:
    """The ``__connect.errors.*`` headers, in Connect's order; all UTF-8 text, the message null when there is none."""
    message = str(failure.error)
    values = (
        ("topic", record.topic),
        ("partition", str(record.partition)),
        ("offset", str(record.offset)),
        ("connector.name", failure.task.connector),
        ("task.id", str(failure.task.task)),
        ("stage", failure.stage.value),
        ("class.name", failure.executing_class),
        ("exception.class.name", class_name(failure.error)),
        ("exception.message", message or None),
        ("exception.stacktrace", format_trace(failure.error)),
    )
    return [(PREFIX + name, None if value is None else value.encode()) for name, value in values]
