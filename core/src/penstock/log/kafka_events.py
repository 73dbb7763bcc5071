"""What librdkafka's consumer tells among the records: ends of partitions and errors."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Final

from confluent_kafka import KafkaError, Message

from penstock.api.record import TopicPartition
from penstock.log.errors import LogError, LogTimeoutError, RetriableLogError, UnknownTopicError
from penstock.log.kafka_backlog import Backlog
from penstock.log.kafka_errors import class_of

logger = logging.getLogger(__name__)

_GROUP_CODES: Final = frozenset({
    KafkaError.GROUP_AUTHORIZATION_FAILED, KafkaError.INVALID_GROUP_ID, KafkaError.COORDINATOR_NOT_AVAILABLE,
})  # fmt: skip


class Events:
    """On the consumer's thread. ``grouped``: it is in a group, so errors of the group concern it."""

    def __init__(self, backlog: Backlog, *, grouped: bool) -> None:
        self._backlog = backlog
        self._grouped = grouped
        self._invalid: list[TopicPartition] = []
        self._raised: LogError | None = None
        self._told: set[str] = set()

    def sort(self, messages: list[Message]) -> list[Message]:
        """Take in events, return the records."""
        records: list[Message] = []
        for message in messages:
            error = message.error()
            if error is None:
                records.append(message)
            else:
                self._take(error, message)
        return records

    def take_invalid(self) -> list[TopicPartition]:
        """Partitions that were read at an offset which they do not have."""
        invalid, self._invalid = self._invalid, []
        return [partition for partition in invalid if partition in self._backlog.partitions]

    def put_back(self, partitions: Iterable[TopicPartition]) -> None:
        """These could not be moved yet; ``take_invalid`` gives them again."""
        self._invalid.extend(partitions)

    def raise_kept(self) -> None:
        """Raise the first error that ends the consumer's work, if any; once."""
        error, self._raised = self._raised, None
        if error is not None:
            raise error

    def _take(self, error: KafkaError, message: Message) -> None:
        partition = TopicPartition(message.topic() or "", message.partition() or 0)
        code = error.code()
        if code == KafkaError._PARTITION_EOF:  # noqa: SLF001  # a public constant of the library, as below
            self._backlog.at_end(partition, message.offset() or 0)
        elif code == KafkaError._AUTO_OFFSET_RESET:  # noqa: SLF001
            self._invalid.append(partition)
        elif code == KafkaError._MAX_POLL_EXCEEDED:  # noqa: SLF001
            logger.warning(
                "consumer poll timeout has expired. This means the time between subsequent calls to poll() was longer than the"
                " configured max.poll.interval.ms, which typically implies that the poll loop is spending too much time"
                " processing messages. You can address this either by increasing max.poll.interval.ms or by reducing the"
                " maximum size of batches returned in poll() with max.poll.records."
            )
        elif code not in _GROUP_CODES or self._grouped:
            self._other(error, partition)

    def _other(self, error: KafkaError, partition: TopicPartition) -> None:
        place = class_of(error)
        text = f"Could not read from {partition.topic or 'the cluster'}: {error.str()} ({error.name()})"
        if issubclass(place, (RetriableLogError, LogTimeoutError, UnknownTopicError)):
            # librdkafka goes on by itself, as Java does: a topic may be created yet, a broker may come back.
            if text not in self._told:
                self._told.add(text)
                logger.warning("%s. Will try again", text)
        elif self._raised is None:
            self._raised = place(text)
