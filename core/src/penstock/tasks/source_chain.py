"""From what ``poll`` returned to what the log takes: transform, convert, group (spec 4.4; design sections 5 and 9).

Columns stay columns where nothing needs records. A generator hands out encoded runs in order, so that a run is sent before
the careful path waits or raises for the record behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from penstock.api.batch import SourceBatch
from penstock.api.converter import Converter, Encoded
from penstock.api.exceptions import ConnectException
from penstock.api.header import Headers
from penstock.api.record import SourceRecord
from penstock.api.schema import Schema
from penstock.errors.operator import SKIPPED, RetryWithTolerance, Subject
from penstock.errors.stage import Stage
from penstock.log.base import LogHeader, OutgoingBatch
from penstock.tasks.columns import ColumnStage, ConvertedSpan, convert_columns
from penstock.tasks.converters import Converters, encode_headers, one_by_one, raw_headers, shown_name
from penstock.tasks.transformation import TransformationChain

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class EncodedRun:
    """Records of one topic, ready to send, and where they came from.

    ``origins`` are the records as polled, one an item, or None for a column batch; then items are ``start``… of it.
    """

    outgoing: OutgoingBatch
    origins: Sequence[SourceRecord] | None
    start: int


@dataclass(frozen=True, slots=True)
class Dropped:
    """A record that a transformation or an error took out; it is never sent and its offset does not count (spec 8.1)."""

    origin: SourceRecord


class SourceChain:
    """Transformations and converters of one source task; runs on its thread."""

    def __init__(
        self, transformations: TransformationChain[SourceRecord], converters: Converters, operator: RetryWithTolerance
    ) -> None:
        self._transformations = transformations
        self._converters = converters
        self._operator = operator
        self._key_class = shown_name(converters.key)
        self._value_class = shown_name(converters.value)
        self._header_class = shown_name(converters.header)

    def encode(self, polled: SourceBatch | Sequence[SourceRecord]) -> Iterator[EncodedRun | Dropped]:
        """Encoded runs and dropped records, in order. Raises ConnectException when an error is not tolerated."""
        if isinstance(polled, SourceBatch):
            if not self._transformations and not self._converters.uses_headers:
                yield from self._encode_columns(polled)
                return
            polled = polled.records()
        if not self._transformations:
            yield from self._encode_records(polled, polled)
            return
        yield from self._transform(polled)

    def close(self) -> None:
        """Release transformations and converters."""
        self._transformations.close()
        self._converters.close()

    def _transform(self, records: Sequence[SourceRecord]) -> Iterator[EncodedRun | Dropped]:
        position = 0
        while position < len(records):
            done, failure = self._transformations.run(records, position)
            yield from self._encode_transformed(records[position : position + len(done)], done)
            if failure is None:
                return
            origin = records[failure.number]
            outcome = self._transformations.resume(
                failure,
                lambda name, origin=origin: Subject(origin, Stage.TRANSFORMATION, name),  # type: ignore[misc]
            )
            if outcome is SKIPPED or outcome is None:
                yield Dropped(origin)
            else:
                yield from self._encode_records([origin], [outcome])
            position = failure.number + 1

    def _encode_transformed(
        self, origins: Sequence[SourceRecord], results: Sequence[SourceRecord | None]
    ) -> Iterator[EncodedRun | Dropped]:
        kept_origins: list[SourceRecord] = []
        kept: list[SourceRecord] = []
        for origin, result in zip(origins, results, strict=True):
            if result is None:
                yield from self._encode_records(kept_origins, kept)
                kept_origins, kept = [], []
                yield Dropped(origin)
            else:
                kept_origins.append(origin)
                kept.append(result)
        yield from self._encode_records(kept_origins, kept)

    def _encode_records(
        self, origins: Sequence[SourceRecord], records: Sequence[SourceRecord]
    ) -> Iterator[EncodedRun | Dropped]:
        for start, end in _runs(records):
            yield from self._encode_run(origins[start:end], records[start:end])

    def _encode_run(
        self, origins: Sequence[SourceRecord], records: Sequence[SourceRecord]
    ) -> Iterator[EncodedRun | Dropped]:
        first = records[0]
        columns = _Columns(
            topic=_topic(first),
            values=[record.value for record in records],
            value_schema=first.value_schema,
            keys=_column([record.key for record in records], first.key_schema),
            key_schema=first.key_schema,
            timestamps=[record.timestamp for record in records],
            headers=[record.headers for record in records]
            if self._converters.uses_headers or any(record.has_headers for record in records)
            else None,
            partitions=[record.kafka_partition for record in records],
        )
        for item in self._convert(columns, lambda index: origins[index]):
            if isinstance(item, int):
                yield Dropped(origins[item])
            else:
                yield EncodedRun(columns.outgoing(item), origins[item.start : item.end], item.start)

    def _encode_columns(self, batch: SourceBatch) -> Iterator[EncodedRun | Dropped]:
        if not len(batch):
            return
        columns = _Columns(
            topic=batch.topic,
            values=batch.values,
            value_schema=batch.value_schema,
            keys=batch.keys,
            key_schema=batch.key_schema,
            timestamps=batch.timestamps,
            headers=batch.headers,
            partitions=batch.kafka_partitions,
        )
        for item in self._convert(columns, batch.record):
            if isinstance(item, int):
                yield Dropped(batch.record(item))
            else:
                yield EncodedRun(columns.outgoing(item), None, item.start)

    def _convert(self, columns: _Columns, origin: Callable[[int], SourceRecord]) -> Iterator[ConvertedSpan | int]:
        """Headers, then keys, then values, as Connect does (spec 4.4); absent columns have no stage."""
        columns.check_timestamps()
        converters, topic, headers = self._converters, columns.topic, columns.headers
        stages: list[ColumnStage] = []
        if headers is not None:

            def encode(index: int) -> Sequence[LogHeader] | Headers | None:
                encoded = encode_headers(converters.header, topic, headers[index])
                if not converters.uses_headers:
                    return encoded
                columns.raw_headers[index] = raw_headers(encoded)
                return columns.raw_headers[index]  # converters may add to it; ``outgoing`` reads it afterwards

            stages.append(one_by_one(Stage.HEADER_CONVERTER, self._header_class, encode))
        if columns.keys is not None:
            stages.append(self._data_stage(Stage.KEY_CONVERTER, converters.key, self._key_class, columns))
        stages.append(self._data_stage(Stage.VALUE_CONVERTER, converters.value, self._value_class, columns))
        columns.order = tuple(stage.stage for stage in stages)
        return convert_columns(
            len(columns.values), stages, self._operator, lambda index, stage, name: Subject(origin(index), stage, name)
        )

    def _data_stage(self, stage: Stage, converter: Converter, name: str, columns: _Columns) -> ColumnStage:
        topic = columns.topic
        values, schema = (
            (columns.keys, columns.key_schema)
            if stage is Stage.KEY_CONVERTER
            else (columns.values, columns.value_schema)
        )
        assert values is not None

        def one(index: int) -> Encoded:
            headers = columns.raw_headers.get(index)
            return converter.from_connect_data(topic, headers, schema, values[index])

        if converter.uses_headers:
            return one_by_one(stage, name, one)

        def many(start: int, end: int) -> Sequence[Encoded]:
            whole = start == 0 and end == len(values)
            return converter.from_connect_data_batch(topic, schema, values if whole else values[start:end])

        return ColumnStage(stage, name, many, one)


class _Columns:
    """The columns of one run on their way through the stages."""

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

    def __init__(  # the columns of a batch
        self,
        *,
        topic: str,
        values: Sequence[object],
        value_schema: Schema | None,
        keys: Sequence[object] | None,
        key_schema: Schema | None,
        timestamps: Sequence[int | None] | None,
        headers: Sequence[Headers | None] | None,
        partitions: Sequence[int | None] | None,
    ) -> None:
        self.topic = topic
        self.values = values
        self.value_schema = value_schema
        self.keys = keys
        self.key_schema = key_schema
        self.timestamps = _column(timestamps)
        self.headers = headers
        self.partitions = _column(partitions)
        self.order: tuple[Stage, ...] = ()
        self.raw_headers: dict[int, Headers] = {}

    def check_timestamps(self) -> None:
        """−1 stands for "none"; other negative times are an error (spec 4.4). Raises ConnectException."""
        if self.timestamps is None:
            return
        given = self.timestamps if None not in self.timestamps else [t for t in self.timestamps if t is not None]
        lowest = min(given)  # type: ignore[type-var]  # no None is left
        if lowest >= 0:  # type: ignore[operator]
            return
        if lowest < -1:  # type: ignore[operator]
            raise ConnectException(f"Invalid record timestamp {lowest}")
        self.timestamps = [None if timestamp == -1 else timestamp for timestamp in self.timestamps]

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


def _column(items: Sequence[T] | None, schema: Schema | None = None) -> Sequence[T] | None:
    """None for a column in which nobody has anything, so that it costs nothing further on. With a schema, nulls are data:
    the schema's default may stand for them."""
    if items is None or (schema is None and items.count(None) == len(items)):
        return None
    return items


def _topic(record: SourceRecord) -> str:
    if record.topic is None:
        raise ConnectException("A source record has no topic: set 'topic' on every SourceRecord")
    return record.topic


def _runs(records: Sequence[SourceRecord]) -> Iterator[tuple[int, int]]:
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
