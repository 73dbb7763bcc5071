"""Slices of a sink's batch as the columns that transformations know, and back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from penstock.api.batch import SinkSlice
from penstock.api.record import TopicPartition
from penstock.api.record_columns import RecordColumns


def columns_of(part: SinkSlice) -> RecordColumns:
    """A slice on its way into the transformations."""
    return RecordColumns(
        topic=part.topic,
        values=_unvouched(part.values),
        value_schema=part.value_schema,
        keys=None if part.keys is None else _unvouched(part.keys),
        key_schema=part.key_schema,
        timestamps=part.timestamps,
        headers=part.headers,
        partitions=[part.kafka_partition] * len(part),
        offsets=part.offsets,
        places=range(len(part)) if part.delivery is None else part.delivery[1],
    )


def _unvouched(column: Sequence[object]) -> Sequence[object]:
    """A column that vouches for what its values are, such as a JSON converter's, as one that does not: a transformation may
    change them in place."""
    return [*column] if isinstance(column, list) else column


def slices_of(columns: RecordColumns, origin: SinkSlice) -> Iterator[SinkSlice]:
    """What became of (some of) a slice: one slice, or more where records of it go to several partitions."""
    partitions: Sequence[int | None] = columns.partitions or [None] * len(columns)
    start = 0
    for partition, group in groupby(partitions):
        end = start + sum(1 for _ in group)
        yield _slice(columns.part(start, end), partition, origin)
        start = end


def _slice(columns: RecordColumns, partition: int | None, origin: SinkSlice) -> SinkSlice:
    originals = origin.originals
    if originals is None and (columns.topic, partition) != (origin.topic, origin.kafka_partition):
        originals = TopicPartition(origin.topic or "", origin.kafka_partition or 0)
    return replace(
        origin,
        topic=columns.topic,
        kafka_partition=partition,
        offsets=origin.offsets if columns.offsets is None else columns.offsets,
        values=columns.values,
        value_schema=columns.value_schema,
        keys=columns.keys,
        key_schema=columns.key_schema,
        timestamps=columns.timestamps,
        headers=columns.headers,
        originals=originals,
        delivery=None if origin.delivery is None else (origin.delivery[0], columns.places),
    )
