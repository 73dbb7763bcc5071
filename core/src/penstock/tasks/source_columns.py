"""What a source polled as columns, and columns as what the log takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from penstock.api.batch import SourceBatch
from penstock.api.exceptions import ConnectException
from penstock.api.header import Headers
from penstock.api.record import SourceRecord
from penstock.api.record_columns import RecordColumns
from penstock.errors.stage import Stage
from penstock.log.base import LogHeader, OutgoingBatch
from penstock.tasks.columns import ConvertedSpan

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Polled:
    """Records of one topic and the same schemas. ``origin`` gives one as it was polled, by its place; ``records`` has them
    all where they were polled as records."""

    columns: RecordColumns
    origin: Callable[[int], SourceRecord]
    records: Sequence[SourceRecord] | None

    def as_records(self, columns: RecordColumns) -> list[SourceRecord]:
        """What became of (some of) them, as records."""
        made = []
        for number, place in enumerate(columns.places):
            made.append(
                self.origin(place).replace(
                    topic=columns.topic,
                    value=columns.values[number],
                    value_schema=columns.value_schema,
                    key=None if columns.keys is None else columns.keys[number],
                    key_schema=columns.key_schema,
                    kafka_partition=None if columns.partitions is None else columns.partitions[number],
                    timestamp=None if columns.timestamps is None else columns.timestamps[number],
                    headers=None if columns.headers is None else columns.headers[number],
                )
            )
        return made


def polled_batch(batch: SourceBatch) -> Polled:
    """A batch of columns."""
    columns = RecordColumns(
        topic=batch.topic,
        values=batch.values,
        value_schema=batch.value_schema,
        keys=batch.keys,
        key_schema=batch.key_schema,
        timestamps=batch.timestamps,
        headers=batch.headers,
        partitions=batch.kafka_partitions,
        places=range(len(batch)),
    )
    return Polled(columns, batch.record, None)


def polled_records(origins: Sequence[SourceRecord], records: Sequence[SourceRecord]) -> Polled:
    """Records of one topic and the same schemas, and the records as they were polled."""
    first = records[0]
    columns = RecordColumns(
        topic=first.topic,
        values=[record.value for record in records],
        value_schema=first.value_schema,
        keys=[record.key for record in records],
        key_schema=first.key_schema,
        timestamps=[record.timestamp for record in records],
        headers=[record.headers for record in records] if any(record.has_headers for record in records) else None,
        partitions=[record.kafka_partition for record in records],
        places=range(len(records)),
    )
    return Polled(columns, origins.__getitem__, origins)


def runs_of(records: Sequence[SourceRecord]) -> Iterator[tuple[int, int]]:
    """Spans of consecutive records with one topic and the same schemas."""
    start = 0
    count = len(records)
    for index in range(1, count):
        record, first = records[index], records[start]
        if (
            record.topic != first.topic
            or (record.value_schema is not first.value_schema and record.value_schema != first.value_schema)
            or (record.key_schema is not first.key_schema and record.key_schema != first.key_schema)
        ):
            yield start, index
            start = index
    if count:
        yield start, count


class EncodedColumns:
    """The columns of one run on their way through the converters."""

    __slots__ = (
        "headers",
        "key_schema",
        "keys",
        "order",
        "partitions",
        "raw_headers",
        "timestamps",
        "topic",
        "value_schema",
        "values",
    )

    def __init__(self, columns: RecordColumns, *, with_headers: bool) -> None:
        """``with_headers``: there is a column of headers, also where nobody has one. Raises ConnectException."""
        if columns.topic is None:
            raise ConnectException("A source record has no topic: set 'topic' on every SourceRecord")
        self.topic = columns.topic
        self.values = columns.values
        self.value_schema = columns.value_schema
        self.keys = _column(columns.keys, has_schema=columns.key_schema is not None)
        self.key_schema = columns.key_schema
        self.timestamps = _checked(_column(columns.timestamps))
        headers = columns.headers
        self.headers: Sequence[Headers | None] | None = (
            [Headers() for _ in columns.places] if headers is None and with_headers else headers
        )
        self.partitions = _column(columns.partitions)
        self.order: tuple[Stage, ...] = ()
        self.raw_headers: dict[int, Headers] = {}

    def outgoing(self, span: ConvertedSpan) -> OutgoingBatch:
        """The encoded batch of one converted span."""
        columns = dict(zip(self.order, span.columns, strict=True))
        start, end = span.start, span.end
        encoded_headers: Sequence[Sequence[LogHeader] | None] | None
        encoded_headers = columns.get(Stage.HEADER_CONVERTER)  # type: ignore[assignment]  # that stage's results
        if self.raw_headers:
            encoded_headers = [
                [(header.key, header.value) for header in self.raw_headers[index]]  # type: ignore[misc]  # raw bytes
                for index in range(start, end)
            ]
        return OutgoingBatch(
            topic=self.topic,
            values=columns[Stage.VALUE_CONVERTER],  # type: ignore[arg-type]  # that stage's results
            keys=_column(columns.get(Stage.KEY_CONVERTER)),  # type: ignore[arg-type]
            partitions=None if self.partitions is None else self.partitions[start:end],
            timestamps=None if self.timestamps is None else self.timestamps[start:end],
            headers=encoded_headers,
        )


def _column(items: Sequence[T] | None, *, has_schema: bool = False) -> Sequence[T] | None:
    """None for a column in which nobody has anything, so that it costs nothing further on. With a schema, nulls are data:
    the schema's default may stand for them."""
    if items is None or (not has_schema and items.count(None) == len(items)):
        return None
    return items


def _checked(timestamps: Sequence[int | None] | None) -> Sequence[int | None] | None:
    """−1 stands for "none"; other negative times are an error (spec 4.4). Raises ConnectException."""
    if timestamps is None:
        return None
    given = timestamps if None not in timestamps else [timestamp for timestamp in timestamps if timestamp is not None]
    lowest: int = min(given)  # type: ignore[type-var, assignment]  # no None is left
    if lowest < -1:
        raise ConnectException(f"Invalid record timestamp {lowest}")
    if lowest == -1:
        return [None if timestamp == -1 else timestamp for timestamp in timestamps]
    return timestamps
