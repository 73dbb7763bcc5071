"""A LogProducer on librdkafka (:mod:`penstock.log.base` is its contract).

The common case, values without keys, headers or callbacks with errors-only reports, is one bare loop over ``produce``:
anything more per record shows (design decision 10). Order is kept by the configuration: :mod:`kafka_producer_config` says
why idempotence stays as configured, with figures.
"""

from __future__ import annotations

import contextlib
import logging
import math
import warnings
from collections.abc import Callable
from functools import partial
from typing import Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from penstock.api.task import RecordMetadata
from penstock.log.base import DeliveryCallback, Interrupted, OutgoingBatch, Reports, never
from penstock.log.errors import (
    InvalidTopicError,
    LogError,
    LogInterruptedError,
    LogTimeoutError,
    RecordTooLargeError,
    RetriableLogError,
    UnknownTopicError,
)
from penstock.log.kafka_client import Deadline, Health, client_settings, refused_settings
from penstock.log.kafka_config import ClientConfig
from penstock.log.kafka_errors import class_of, translate
from penstock.log.kafka_rows import ANY, NOW, Row, encodable, java_size, rows
from penstock.log.kafka_tickets import AllReports, Answered, ErrorReports, Tickets, Unsent
from penstock.log.topics import check_topic_names

_SLICE_S: Final = 0.1
"""How long a wait goes on before ``interrupted`` is asked again."""
_FOREVER_MS: Final = 2**63 - 1
logger = logging.getLogger(__name__)

_NOT_TAKEN: Final = (BufferError, KafkaException, UnicodeEncodeError)
"""What ``produce`` raises for a record that it does not take (now)."""


class KafkaProducer:
    """One librdkafka producer. Belongs to one thread."""

    def __init__(self, config: ClientConfig, reports: Reports) -> None:
        """Raises ConfigException when librdkafka refuses the configuration."""
        self._health = Health(f"Producer {config.native.get('client.id', '')}".strip())
        self._tickets: Tickets = ErrorReports(self._lost) if reports is Reports.ERRORS else AllReports(self._lost)
        self._max_request_size = int(config.native["message.max.bytes"])
        block_ms = config.number("max.block.ms", 60_000)
        self._max_block_s = math.inf if block_ms == _FOREVER_MS else block_ms / 1000
        self._checked_topics: set[str] = set()
        self._in_transaction = False
        self._failure: LogError | None = None
        settings = client_settings(config.native, self._health)
        settings["delivery.report.only.error"] = reports is Reports.ERRORS
        try:
            self._client: Producer | None = Producer(settings)
        except (KafkaException, TypeError, ValueError) as error:
            raise refused_settings(error) from error

    def send_batch(
        self, batch: OutgoingBatch, *, on_delivery: DeliveryCallback | None = None, interrupted: Interrupted = never
    ) -> int:
        client = self._open_client()
        self._raise_failure()
        ticket = self._tickets.begin(len(batch))
        try:
            if batch.topic not in self._checked_topics:
                if on_delivery is not None and self._tell_invalid_topic(batch, on_delivery):
                    return ticket
                check_topic_names([batch.topic])
                self._checked_topics.add(batch.topic)
            if on_delivery is not None:
                self._send_told(client, batch, on_delivery, interrupted)
            elif batch.keys is None and batch.partitions is None and batch.timestamps is None and batch.headers is None:
                self._send_values(client, batch, interrupted)
            else:
                self._sendrows(client, batch, interrupted)
        except BaseException:
            self._tickets.give_up()
            raise
        self._serve(client, 0)
        return ticket

    def _send_values(self, client: Producer, batch: OutgoingBatch, interrupted: Interrupted) -> None:
        produce, topic, counted = client.produce, batch.topic, self._tickets.counted()
        for value in batch.values:
            try:
                produce(topic, value, None, ANY, counted)
            except _NOT_TAKEN as error:
                self._again(error, topic, (value, None, ANY, NOW, None), counted, interrupted)

    def _sendrows(self, client: Producer, batch: OutgoingBatch, interrupted: Interrupted) -> None:
        produce, topic, counted = client.produce, batch.topic, self._tickets.counted()
        for value, key, partition, timestamp, headers in rows(batch):
            try:
                produce(topic, value, key, partition, counted, None, timestamp, headers)
            except _NOT_TAKEN as error:
                self._again(error, topic, (value, key, partition, timestamp, headers), counted, interrupted)

    def _send_told(
        self, client: Producer, batch: OutgoingBatch, on_delivery: DeliveryCallback, interrupted: Interrupted
    ) -> None:
        topic, dealt_with = batch.topic, self._tickets.told()
        for index, row in enumerate(rows(batch)):
            value, key, partition, timestamp, headers = row
            told = partial(_tell, on_delivery, index, dealt_with)
            try:
                client.produce(topic, value, key, partition, told, None, timestamp, headers)
            except _NOT_TAKEN as error:
                try:
                    self._again(error, topic, row, told, interrupted)
                except RecordTooLargeError as refused:
                    dealt_with()
                    on_delivery(index, None, refused)  # its sender is told, and the records behind it go on

    def _tell_invalid_topic(self, batch: OutgoingBatch, on_delivery: DeliveryCallback) -> bool:
        """Whether the topic's name breaks the rules; then the sender is told so of each record."""
        try:
            check_topic_names([batch.topic])
        except InvalidTopicError as error:
            dealt_with = self._tickets.told()
            for index in range(len(batch)):
                dealt_with()
                on_delivery(index, None, error)
            return True
        return False

    def _again(self, error: Exception, topic: str, row: Row, callback: Answered, interrupted: Interrupted) -> None:
        """Submit one record that ``produce`` did not take at first; raises what cannot be helped. The rest of its batch waits
        behind it, so order is kept. That its topic or partition does not exist is answered like any other failure to write."""
        client = self._open_client()
        deadline = Deadline(self._max_block_s)
        value, key, partition, timestamp, headers = row
        while True:
            if isinstance(error, BufferError):
                self._wait_for_room(client, topic, deadline, interrupted)
            elif isinstance(error, UnicodeEncodeError):  # lone surrogates: Java writes a question mark, too
                value, key = encodable(value), encodable(key)
            elif isinstance(error, KafkaException):
                if class_of(error.args[0]) is UnknownTopicError:
                    callback(error.args[0], Unsent(topic))
                    return
                raise self._refused(error, topic, row) from error
            try:
                client.produce(topic, value, key, partition, callback, None, timestamp, headers)
            except _NOT_TAKEN as next_error:
                error = next_error
            else:
                return

    def _wait_for_room(self, client: Producer, topic: str, deadline: Deadline, interrupted: Interrupted) -> None:
        if interrupted():
            raise LogInterruptedError(
                f"Gave up waiting to send to topic {topic}: {len(client)} records wait to be written, and the caller is"
                " stopping"
            )
        if deadline.over:
            raise LogTimeoutError(
                f"Failed to allocate memory within the configured max blocking time {self._max_block_s * 1000:.0f} ms."
            )
        self._serve(client, deadline.slice(_SLICE_S))
        self._raise_failure()

    def _refused(self, error: KafkaException, topic: str, row: Row) -> LogError:
        if error.args[0].code() == KafkaError.MSG_SIZE_TOO_LARGE:
            return RecordTooLargeError(
                f"The message is {java_size(row)} bytes when serialized which is larger than {self._max_request_size},"
                " which is the value of the max.request.size configuration."
            )
        return self._health.fail(error, f"send a record to topic {topic}")

    def _lost(self, error: KafkaError, message: Message | Unsent) -> None:
        if self._failure is None:
            self._failure = _delivery_error(error, message)

    @property
    def acknowledged(self) -> int:
        return self._tickets.acknowledged

    @property
    def failure(self) -> LogError | None:
        return self._failure

    def poll(self) -> None:
        self._serve(self._open_client(), 0)

    def flush(self, timeout_s: float, *, interrupted: Interrupted = never) -> bool:
        client = self._open_client()
        deadline = Deadline(timeout_s)
        while True:
            try:
                left = client.flush(deadline.slice(_SLICE_S))
            except KafkaException as error:
                raise self._health.fail(error, "write records") from error
            self._health.check()
            if not left:
                self._tickets.flushed()
                return True
            if deadline.over or interrupted():
                return False

    def _serve(self, client: Producer, timeout_s: float) -> None:
        try:
            client.poll(timeout_s)
        except KafkaException as error:
            raise self._health.fail(error, "write records") from error

    def _raise_failure(self) -> None:
        self._health.check()
        if isinstance(self._failure, RetriableLogError):
            raise LogError(
                str(self._failure)
            ) from self._failure  # the record is lost: another call does not bring it back
        if self._failure is not None:
            raise self._failure

    def _open_client(self) -> Producer:
        if self._client is None:
            raise LogError("Cannot perform operation after producer has been closed")
        return self._client

    def init_transactions(self, timeout_s: float) -> None:
        try:
            self._open_client().init_transactions(timeout_s)
        except KafkaException as error:
            raise self._health.fail(error, "take over the transactional.id") from error

    def begin_transaction(self) -> None:
        self._raise_failure()
        try:
            self._open_client().begin_transaction()
        except KafkaException as error:
            raise self._health.fail(error, "begin a transaction") from error
        self._in_transaction = True

    def commit_transaction(self, timeout_s: float) -> None:
        deadline = Deadline(timeout_s)
        if not self.flush(timeout_s):
            raise LogTimeoutError(f"The records of the transaction were not all written within {timeout_s:g} s")
        self._raise_failure()
        try:
            self._open_client().commit_transaction(max(deadline.left, _SLICE_S))
        except KafkaException as error:
            raise self._health.fail(error, "commit the transaction") from error
        self._in_transaction = False

    def abort_transaction(self, timeout_s: float) -> None:
        deadline = Deadline(timeout_s)
        # Always flush first: an abort with records in flight ends librdkafka's producer now and then (design decision 7). After
        # a failure nothing is sent any more, so there is nothing to wait for.
        if self._failure is None:
            self.flush(timeout_s)
        try:
            self._open_client().abort_transaction(max(deadline.left, _SLICE_S))
        except KafkaException as error:
            raise self._health.fail(error, "abort the transaction") from error
        self._in_transaction = False
        self._failure = None
        self._tickets.settle()

    def close(self, timeout_s: float) -> None:
        client = self._client
        if client is None:
            return
        try:
            if self._in_transaction:
                self.abort_transaction(timeout_s)
            else:
                self.flush(timeout_s)
        except LogError as error:
            logger.warning("%s did not end in order: %s", self._health.client, error)
        finally:
            self._client = None
            _release(client)


def _release(client: Producer) -> None:
    """End a client, whatever its state. What could not be written in time is purged: ``close`` would wait for it."""
    client.purge()
    with warnings.catch_warnings(), contextlib.suppress(KafkaException):
        warnings.simplefilter("ignore")  # it warns of, and raises, what ended the client; its owner knows by now
        client.close()


def _tell(
    on_delivery: DeliveryCallback,
    index: int,
    dealt_with: Callable[[], None],
    error: KafkaError | None,
    message: Message | Unsent,
) -> None:
    """The answer for a record whose sender asked for it. Told, a failure counts as dealt with."""
    dealt_with()
    if error is not None:
        on_delivery(index, None, _delivery_error(error, message))
    elif isinstance(message, Message):
        on_delivery(index, _metadata(message), None)


def _metadata(message: Message) -> RecordMetadata:
    kind, timestamp = message.timestamp()
    return RecordMetadata(
        message.topic() or "", message.partition() or 0, message.offset() or 0, timestamp if kind else None
    )


def _delivery_error(error: KafkaError, message: Message | Unsent) -> LogError:
    if error.code() == KafkaError.MSG_SIZE_TOO_LARGE:
        return RecordTooLargeError(
            "The request included a message larger than the max message size the server will accept."
        )
    return translate(error, f"write a record to topic {message.topic()}")
