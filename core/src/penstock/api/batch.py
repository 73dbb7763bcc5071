"""Batches that keep their columns (design decision 14).

Python pays for every object and call, so what can be said once for a thousand records is said once: a topic, a schema,
a source partition, an offset. A plugin that knows only records works unchanged; one that knows columns is fast.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Generic, TypeVar, overload

from penstock.api.exceptions import DataException
from penstock.api.header import Headers
from penstock.api.record import SinkRecord, SourceRecord, TimestampType, TopicPartition
from penstock.api.schema import Schema

T = TypeVar("T")

Offset = Mapping[str, object]
"""A source partition or a source offset: strings to primitive values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceBatch:
    """What ``SourceTask.poll`` may return instead of a list of records: many records of one topic and source partition.

    * ``values``: one item a record; ``value_schema`` holds for all of them.
    * ``keys``, ``timestamps``, ``headers``, ``kafka_partitions``: None (nobody has one) or one item a record. Headers that many
      records have alike are converted once if they come as :class:`~penstock.api.HeaderColumns`.
    * ``source_offset``: the offset *after the whole batch*; it is stored once every record of the batch is acknowledged.
      ``source_offsets``: one offset a record instead, when a restart may resume inside the batch. Give one or neither.

    Raises :class:`DataException` when a column's length differs from that of ``values``.
    """

    topic: str
    values: Sequence[object]
    value_schema: Schema | None = None
    keys: Sequence[object] | None = None
    key_schema: Schema | None = None
    timestamps: Sequence[int | None] | None = None
    headers: Sequence[Headers | None] | None = None
    kafka_partitions: Sequence[int | None] | None = None
    source_partition: Offset | None = None
    source_offset: Offset | None = None
    source_offsets: Sequence[Offset | None] | None = None

    def __post_init__(self) -> None:
        count = len(self.values)
        for name in ("keys", "timestamps", "headers", "kafka_partitions", "source_offsets"):
            column = getattr(self, name)
            if column is not None and len(column) != count:
                raise DataException(
                    f"SourceBatch for topic {self.topic!r}: column {name!r} has {len(column)} items, but 'values' has "
                    f"{count}; give one item a record, or None for the whole column"
                )
        if self.source_offset is not None and self.source_offsets is not None:
            raise DataException(
                f"SourceBatch for topic {self.topic!r}: give 'source_offset' (after the whole batch) or "
                "'source_offsets' (one a record), not both"
            )

    def __len__(self) -> int:
        return len(self.values)

    def record(self, index: int) -> SourceRecord:
        """Record number ``index`` as an object. With a batch-wide offset only the last record carries it."""
        last = index == len(self.values) - 1
        return SourceRecord(
            self.topic,
            self.values[index],
            value_schema=self.value_schema,
            key=None if self.keys is None else self.keys[index],
            key_schema=self.key_schema,
            kafka_partition=None if self.kafka_partitions is None else self.kafka_partitions[index],
            timestamp=None if self.timestamps is None else self.timestamps[index],
            headers=None if self.headers is None else self.headers[index],
            source_partition=self.source_partition,
            source_offset=self.source_offsets[index]
            if self.source_offsets is not None
            else (self.source_offset if last else None),
        )

    def records(self) -> list[SourceRecord]:
        """All records as objects."""
        return [self.record(index) for index in range(len(self.values))]


class LazyColumn(Sequence[T], Generic[T]):
    """A column that is made when somebody first looks at it: most sinks never ask for offsets or timestamps."""

    __slots__ = ("_items", "_make")

    def __init__(self, make: Callable[[], Sequence[T]]) -> None:
        self._make = make
        self._items: Sequence[T] | None = None

    def _made(self) -> Sequence[T]:
        if self._items is None:
            self._items = self._make()
        return self._items

    def __len__(self) -> int:
        return len(self._made())

    def __iter__(self) -> Iterator[T]:
        return iter(self._made())

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        return self._made()[index]


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkSlice:
    """A run of consecutive records of one topic partition that share their schemas.

    Columns have one item a record; ``keys``, ``timestamps`` and ``headers`` may be None (nobody has one).
    ``originals`` is set only where a transformation changed topic or partition: (topic, partition) as consumed.
    """

    topic: str | None
    kafka_partition: int | None
    offsets: Sequence[int]
    values: Sequence[object]
    value_schema: Schema | None = None
    keys: Sequence[object] | None = None
    key_schema: Schema | None = None
    timestamps: Sequence[int | None] | None = None
    timestamp_type: TimestampType = TimestampType.NO_TIMESTAMP_TYPE
    headers: Sequence[Headers | None] | None = None
    originals: TopicPartition | None = None
    delivery: tuple[object, Sequence[int]] | None = None
    """The runtime's: the batch as it was received, and which records of it these are."""

    def __len__(self) -> int:
        return len(self.values)

    def record(self, index: int) -> SinkRecord:
        """Record number ``index`` of this slice as an object."""
        return next(self._records(index, index + 1))

    def records(self) -> list[SinkRecord]:
        """All records of this slice as objects."""
        return list(self._records(0, len(self.values)))

    def _records(self, start: int, end: int) -> Iterator[SinkRecord]:
        received, places = self.delivery or (None, ())
        topic, partition, originals = self.topic, self.kafka_partition, self.originals
        value_schema, key_schema, timestamp_type = self.value_schema, self.key_schema, self.timestamp_type
        columns = zip(
            self.offsets[start:end],
            self.values[start:end],
            repeat(None) if self.keys is None else self.keys[start:end],
            repeat(None) if self.timestamps is None else self.timestamps[start:end],
            repeat(None) if self.headers is None else self.headers[start:end],
            places[start:end] or repeat(0),
            strict=False,
        )
        for offset, value, key, timestamp, headers, place in columns:
            record = SinkRecord(
                topic,
                partition,
                offset,
                value,
                value_schema=value_schema,
                key=key,
                key_schema=key_schema,
                timestamp=timestamp,
                timestamp_type=timestamp_type,
                headers=headers,
                original=None if originals is None else (originals.topic, originals.partition, offset),
            )
            if received is not None:
                record.delivery = (received, place)
            yield record


class SinkBatch(Sequence[SinkRecord]):
    """What ``SinkTask.put`` receives: a sequence of records that are made when somebody looks at them.

    ``slices`` are the columns, in the order of delivery. Record objects are made once and kept, so that a record reported
    to the :class:`ErrantRecordReporter` is the one that was delivered.
    """

    __slots__ = ("_length", "_records", "_slices")

    def __init__(self, slices: Sequence[SinkSlice] = ()) -> None:
        self._slices: tuple[SinkSlice, ...] | None = tuple(part for part in slices if len(part))
        self._length = sum(len(part) for part in self._slices)
        self._records: list[SinkRecord] | None = None

    @classmethod
    def of(cls, records: Sequence[SinkRecord]) -> SinkBatch:
        """A batch around records that exist already, such as those a transformation made."""
        batch = cls()
        batch._slices = None
        batch._records = list(records)
        batch._length = len(batch._records)
        return batch

    @property
    def slices(self) -> tuple[SinkSlice, ...]:
        """The records as columns."""
        if self._slices is None:
            self._slices = tuple(_slices_of(self._records or []))
        return self._slices

    @property
    def values(self) -> list[object]:
        """The values of all records, in order."""
        if self._slices is None:
            return [record.value for record in self._records or []]
        return [value for part in self._slices for value in part.values]

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[SinkRecord]:
        return iter(self._materialised())

    @overload
    def __getitem__(self, index: int) -> SinkRecord: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[SinkRecord]: ...
    def __getitem__(self, index: int | slice) -> SinkRecord | Sequence[SinkRecord]:
        return self._materialised()[index]

    def _materialised(self) -> list[SinkRecord]:
        if self._records is None:
            self._records = [record for part in self.slices for record in part.records()]
        return self._records


def _slices_of(records: Sequence[SinkRecord]) -> Iterator[SinkSlice]:
    """Runs of consecutive records that share what a slice says once."""
    start = 0
    for index in range(1, len(records) + 1):
        if index == len(records) or _shared(records[index]) != _shared(records[start]):
            yield _slice(records[start:index])
            start = index


def _shared(record: SinkRecord) -> tuple[object, ...]:
    return (
        record.topic,
        record.kafka_partition,
        record.key_schema,
        record.value_schema,
        record.timestamp_type,
        record.original_topic,
        record.original_kafka_partition,
    )


def _slice(records: Sequence[SinkRecord]) -> SinkSlice:
    first = records[0]
    origin = (first.original_topic, first.original_kafka_partition)
    moved = origin != (first.topic, first.kafka_partition)
    return SinkSlice(
        topic=first.topic,
        kafka_partition=first.kafka_partition,
        offsets=[record.kafka_offset for record in records],
        values=[record.value for record in records],
        value_schema=first.value_schema,
        keys=[record.key for record in records],
        key_schema=first.key_schema,
        timestamps=[record.timestamp for record in records],
        timestamp_type=first.timestamp_type,
        headers=[record.headers for record in records] if any(record.has_headers for record in records) else None,
        originals=TopicPartition(origin[0] or "", origin[1] or 0) if moved else None,
    )
