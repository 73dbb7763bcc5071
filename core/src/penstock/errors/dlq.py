"""The dead letter queue: what could not be processed goes to a topic of its own, as it was consumed (spec 7.4)."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future
from typing import Final

from penstock.api.exceptions import ConnectException
from penstock.api.task import RecordMetadata
from penstock.errors.context import ConsumedRecord, Failure
from penstock.errors.trace import class_name, format_trace
from penstock.log.base import LogAdmin, LogHeader, LogProducer, NewTopic, OutgoingBatch
from penstock.log.errors import LogError, TopicExistsError

logger = logging.getLogger(__name__)

PREFIX: Final = "__connect.errors."
CREATE_TIMEOUT_S: Final = 30.0


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
    """An ErrorReporter for sinks. The producer is guarded by a lock: errant records may come from any thread.

    A report's future completes when the dead letter is durable and fails when it cannot be written; offsets wait for it,
    so a record is in the queue or comes again, never neither.
    """

    def __init__(self, producer: LogProducer, topic: str, *, context_headers: bool) -> None:
        self._producer = producer
        self._topic = topic
        self._context_headers = context_headers
        self._lock = threading.Lock()

    def report(self, failure: Failure) -> Future[None] | None:
        record = failure.record
        if not isinstance(record, ConsumedRecord):
            return None  # sources have no dead letter queue
        headers = list(record.headers)
        if self._context_headers:
            headers.extend(context_headers(failure, record))
        written: Future[None] = Future()

        def delivered(_index: int, _metadata: RecordMetadata | None, error: LogError | None) -> None:
            if error is None:
                written.set_result(None)
            else:
                logger.error("Could not produce message to dead letter queue. topic=%s", self._topic, exc_info=error)
                written.set_exception(error)

        batch = OutgoingBatch(
            topic=self._topic,
            values=[record.value],
            keys=[record.key],
            timestamps=[record.timestamp],
            headers=[headers],
        )
        with self._lock:
            try:
                self._producer.send_batch(batch, on_delivery=delivered)
            except LogError as error:
                written.set_exception(error)
        return written

    def flush(self, timeout_s: float) -> None:
        """Serve what is on its way, so that futures complete."""
        with self._lock:
            self._producer.flush(timeout_s)

    def close(self) -> None:
        with self._lock:
            self._producer.close(CREATE_TIMEOUT_S)


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
