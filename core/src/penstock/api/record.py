"""Records: the unit that connectors, transformations and converters speak of (spec 5.1).

A record is a small slotted object. Batches (:mod:`penstock.api.batch`) carry the same data as columns and make records
only for who asks. Records are not frozen, but nobody changes one in place: ``replace`` makes a changed copy.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import NamedTuple, Self

from penstock.api.equality import same_sequence
from penstock.api.header import Headers
from penstock.api.javatext import java_str
from penstock.api.schema import Schema


class TopicPartition(NamedTuple):
    """A topic's name and the number of one of its partitions."""

    topic: str
    partition: int

    def __str__(self) -> str:
        return f"{self.topic}-{self.partition}"


class TimestampType(enum.Enum):
    """What the timestamp of a consumed record means; the values are Kafka's names."""

    NO_TIMESTAMP_TYPE = "NoTimestampType"
    CREATE_TIME = "CreateTime"
    LOG_APPEND_TIME = "LogAppendTime"


class _Unchanged(enum.Enum):
    UNCHANGED = enum.auto()


UNCHANGED = _Unchanged.UNCHANGED
"""Stands for "as it is" in ``replace``, where None is a value of its own."""


class ConnectRecord:
    """What source and sink records have in common.

    ``timestamp`` is in milliseconds since the epoch, or None. ``kafka_partition`` is None when the log is to choose.
    ``headers`` may be given as None and is then an empty :class:`Headers`, made at first use.
    """

    __slots__ = ("_headers", "kafka_partition", "key", "key_schema", "timestamp", "topic", "value", "value_schema")

    def __init__(
        self,
        topic: str | None,
        value: object = None,
        *,
        value_schema: Schema | None = None,
        key: object = None,
        key_schema: Schema | None = None,
        kafka_partition: int | None = None,
        timestamp: int | None = None,
        headers: Headers | None = None,
    ) -> None:
        self.topic = topic
        self.kafka_partition = kafka_partition
        self.key_schema = key_schema
        self.key = key
        self.value_schema = value_schema
        self.value = value
        self.timestamp = timestamp
        self._headers = headers

    @property
    def headers(self) -> Headers:
        """The headers, in order; a name may occur more than once."""
        if self._headers is None:
            self._headers = Headers()
        return self._headers

    @property
    def has_headers(self) -> bool:
        """Whether there is at least one header, without making an empty collection."""
        return self._headers is not None and len(self._headers) > 0

    def replace(
        self,
        *,
        topic: str | _Unchanged | None = UNCHANGED,
        value: object = UNCHANGED,
        value_schema: Schema | _Unchanged | None = UNCHANGED,
        key: object = UNCHANGED,
        key_schema: Schema | _Unchanged | None = UNCHANGED,
        kafka_partition: int | _Unchanged | None = UNCHANGED,
        timestamp: int | _Unchanged | None = UNCHANGED,
        headers: Headers | _Unchanged | None = UNCHANGED,
    ) -> Self:
        """A copy with the given attributes changed; the headers are duplicated unless given (spec 5.1).

        Raises TypeError for a sink record's partition of None: a consumed record always has one.
        """
        copy = self._copied(
            (self.headers.duplicate() if self.has_headers else None) if headers is UNCHANGED else headers
        )
        if topic is not UNCHANGED:
            copy.topic = topic
        if value is not UNCHANGED:
            copy.value = value
        if value_schema is not UNCHANGED:
            copy.value_schema = value_schema
        if key is not UNCHANGED:
            copy.key = key
        if key_schema is not UNCHANGED:
            copy.key_schema = key_schema
        if kafka_partition is not UNCHANGED:
            copy._set_partition(kafka_partition)  # noqa: SLF001  # a record of this class
        if timestamp is not UNCHANGED:
            copy.timestamp = timestamp
        return copy

    def _copied(self, headers: Headers | None) -> Self:
        """The same record with other headers. Slot by slot: this is called for each record that is transformed."""
        copy = type(self).__new__(type(self))
        copy.topic = self.topic
        copy.kafka_partition = self.kafka_partition
        copy.key_schema = self.key_schema
        copy.key = self.key
        copy.value_schema = self.value_schema
        copy.value = self.value
        copy.timestamp = self.timestamp
        copy._headers = headers  # noqa: SLF001  # as above
        return copy

    def _set_partition(self, partition: int | None) -> None:
        self.kafka_partition = partition

    def _key(self) -> tuple[object, ...]:
        return (
            self.topic,
            self.kafka_partition,
            self.key_schema,
            self.key,
            self.value_schema,
            self.value,
            self.timestamp,
            self.headers,
        )

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return same_sequence(self._key(), other._key())  # same type, checked above

    __hash__ = None  # type: ignore[assignment]  # records hold mutable values

    def __str__(self) -> str:
        """The text that logs of Connect show."""
        return (
            f"ConnectRecord{{topic='{java_str(self.topic)}', kafkaPartition={java_str(self.kafka_partition)}, "
            f"key={java_str(self.key, self.key_schema)}, keySchema={java_str(self.key_schema)}, "
            f"value={java_str(self.value, self.value_schema)}, valueSchema={java_str(self.value_schema)}, "
            f"timestamp={java_str(self.timestamp)}, headers={self.headers}}}"
        )

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(topic={self.topic!r}, kafka_partition={self.kafka_partition}, key={self.key!r}, "
            f"value={self.value!r}, timestamp={self.timestamp})"
        )


class SourceRecord(ConnectRecord):
    """A record on its way into the log.

    ``source_partition`` and ``source_offset`` are flat mappings of strings to primitive values; the runtime stores the
    offset under the partition once the log acknowledged the record (spec 8.1). Either may be None.
    """

    __slots__ = ("source_offset", "source_partition")

    def __init__(
        self,
        topic: str | None,
        value: object = None,
        *,
        value_schema: Schema | None = None,
        key: object = None,
        key_schema: Schema | None = None,
        kafka_partition: int | None = None,
        timestamp: int | None = None,
        headers: Headers | None = None,
        source_partition: Mapping[str, object] | None = None,
        source_offset: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(
            topic,
            value,
            value_schema=value_schema,
            key=key,
            key_schema=key_schema,
            kafka_partition=kafka_partition,
            timestamp=timestamp,
            headers=headers,
        )
        self.source_partition = source_partition
        self.source_offset = source_offset

    def _copied(self, headers: Headers | None) -> Self:
        copy = super()._copied(headers)
        copy.source_partition = self.source_partition
        copy.source_offset = self.source_offset
        return copy

    def __str__(self) -> str:
        place = f"sourcePartition={java_str(self.source_partition)}, sourceOffset={java_str(self.source_offset)}"
        return f"SourceRecord{{{place}}} {super().__str__()}"

    def _key(self) -> tuple[object, ...]:
        return (*super()._key(), self.source_partition, self.source_offset)


class SinkRecord(ConnectRecord):
    """A record on its way out of the log.

    ``kafka_offset`` is its place in the partition. The ``original_*`` attributes keep where it was read, whatever the
    transformations changed; they default to the record's own (spec 5.1).
    """

    __slots__ = (
        "delivery",
        "kafka_offset",
        "original_kafka_offset",
        "original_kafka_partition",
        "original_topic",
        "timestamp_type",
    )

    def __init__(
        self,
        topic: str | None,
        kafka_partition: int | None,
        kafka_offset: int,
        value: object = None,
        *,
        value_schema: Schema | None = None,
        key: object = None,
        key_schema: Schema | None = None,
        timestamp: int | None = None,
        timestamp_type: TimestampType = TimestampType.NO_TIMESTAMP_TYPE,
        headers: Headers | None = None,
        original: tuple[str | None, int | None, int] | None = None,
    ) -> None:
        super().__init__(
            topic,
            value,
            value_schema=value_schema,
            key=key,
            key_schema=key_schema,
            kafka_partition=kafka_partition,
            timestamp=timestamp,
            headers=headers,
        )
        self.kafka_offset = kafka_offset
        self.timestamp_type = timestamp_type
        self.delivery: tuple[object, int] | None = None
        """The runtime's: the batch and place from which it was made; a copy keeps it, a record of the task's own has none."""
        self.original_topic, self.original_kafka_partition, self.original_kafka_offset = (
            original if original is not None else (topic, kafka_partition, kafka_offset)
        )

    def _copied(self, headers: Headers | None) -> Self:
        copy = super()._copied(headers)
        copy.kafka_offset = self.kafka_offset
        copy.timestamp_type = self.timestamp_type
        copy.delivery = self.delivery
        copy.original_topic = self.original_topic
        copy.original_kafka_partition = self.original_kafka_partition
        copy.original_kafka_offset = self.original_kafka_offset
        return copy

    def _set_partition(self, partition: int | None) -> None:
        if partition is None:
            raise TypeError(f"the sink record of {self.topic}, offset {self.kafka_offset}, needs a partition, not None")
        self.kafka_partition = partition

    def __str__(self) -> str:
        return (
            f"SinkRecord{{kafkaOffset={self.kafka_offset}, timestampType={self.timestamp_type.value}, "
            f"originalTopic={java_str(self.original_topic)}, "
            f"originalKafkaPartition={java_str(self.original_kafka_partition)}, "
            f"originalKafkaOffset={self.original_kafka_offset}}} {super().__str__()}"
        )

    def _key(self) -> tuple[object, ...]:
        return (*super()._key(), self.kafka_offset, self.timestamp_type)
