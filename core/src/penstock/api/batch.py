"""Batches that keep their columns (design decision 14).

Python pays for every object and call, so what can be said once for a thousand records is said once: a topic, a schema,
a source partition, an offset. A plugin that knows only records works unchanged; one that knows columns is fast.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import overload

from penstock.api.exceptions import DataException
from penstock.api.header import Headers
from penstock.api.record import SinkRecord, SourceRecord, TimestampType, TopicPartition
from penstock.api.schema import Schema

Offset = Mapping[str, object]
"""A source partition or a source offset: strings to primitive values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceBatch:
    """What ``SourceTask.poll`` may return instead of a list of records: many records of one topic and source partition.

    * ``values``: one item a record; ``value_schema`` holds for all of them.
    * ``keys``, ``timestamps``, ``headers``, ``kafka_partitions``: None (nobody has one) or one item a record.
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

    def __len__(self) -> int:
        return len(self.values)

    def record(self, index: int) -> SinkRecord:
        """Record number ``index`` of this slice as an object."""
        offset = self.offsets[index]
        return SinkRecord(
            self.topic,
            self.kafka_partition,
            offset,
            self.values[index],
            value_schema=self.value_schema,
            key=None if self.keys is None else self.keys[index],
            key_schema=self.key_schema,
            timestamp=None if self.timestamps is None else self.timestamps[index],
            timestamp_type=self.timestamp_type,
            headers=None if self.headers is None else self.headers[index],
            original=None if self.originals is None else (self.originals.topic, self.originals.partition, offset),
        )


class SinkBatch(Sequence[SinkRecord]):
    """What ``SinkTask.put`` receives: a sequence of records that are made when somebody looks at them.

    ``slices`` are the columns, in the order of delivery. Record objects are made once and kept, so that a record reported
    to the :class:`ErrantRecordReporter` is the one that was delivered.
    """

    __slots__ = ("_records", "slices")

    def __init__(self, slices: Sequence[SinkSlice] = ()) -> None:
        self.slices: tuple[SinkSlice, ...] = tuple(part for part in slices if len(part))
        self._records: list[SinkRecord] | None = None

    @classmethod
    def of(cls, records: Sequence[SinkRecord]) -> SinkBatch:
        """A batch around records that exist already, such as those a transformation made."""
        batch = cls([_slice_of_one(record) for record in records])
        batch._records = list(records)
        return batch

    def __len__(self) -> int:
        return sum(len(part) for part in self.slices)

    def __iter__(self) -> Iterator[SinkRecord]:
        return iter(self._materialised())

    @overload
    def __getitem__(self, index: int) -> SinkRecord: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[SinkRecord]: ...
    def __getitem__(self, index: int | slice) -> SinkRecord | Sequence[SinkRecord]:
        return self._materialised()[index]

    @property
    def values(self) -> list[object]:
        """The values of all slices, one after another."""
        return [value for part in self.slices for value in part.values]

    def _materialised(self) -> list[SinkRecord]:
        if self._records is None:
            self._records = [part.record(index) for part in self.slices for index in range(len(part))]
        return self._records


def _slice_of_one(record: SinkRecord) -> SinkSlice:
    moved = (record.original_topic, record.original_kafka_partition) != (record.topic, record.kafka_partition)
    return SinkSlice(
        topic=record.topic,
        kafka_partition=record.kafka_partition,
        offsets=(record.kafka_offset,),
        values=(record.value,),
        value_schema=record.value_schema,
        keys=(record.key,),
        key_schema=record.key_schema,
        timestamps=(record.timestamp,),
        timestamp_type=record.timestamp_type,
        headers=(record.headers,) if record.has_headers else None,
        originals=TopicPartition(record.original_topic or "", record.original_kafka_partition or 0) if moved else None,
    )
