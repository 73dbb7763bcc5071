"""From what the log delivered to what ``put`` receives: convert, transform, group (spec 4.5; design sections 5 and 9)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from penstock.api.batch import LazyColumn, SinkBatch, SinkSlice
from penstock.api.converter import ColumnAndSchema, Converter, PartialBatch
from penstock.api.header import Headers
from penstock.api.record import SinkRecord
from penstock.api.schema import Schema
from penstock.errors.context import ConsumedRecord
from penstock.errors.operator import SKIPPED, RetryWithTolerance, Subject
from penstock.errors.stage import Stage
from penstock.log.base import LogHeader, ReceivedBatch
from penstock.tasks.columns import ColumnStage, ConvertedSpan, convert_columns
from penstock.tasks.converters import Converters, decode_headers, encode_headers, one_by_one, raw_headers, shown_name
from penstock.tasks.transformation import TransformationChain


def consumed_record(batch: ReceivedBatch, index: int) -> ConsumedRecord:
    """Record ``index`` as it was consumed, for reports and dead letters."""
    keys, headers = batch.keys, batch.headers
    return ConsumedRecord(
        topic=batch.topic,
        partition=batch.partition,
        offset=batch.offsets[index],
        key=None if keys is None else keys[index],
        value=batch.values[index],
        headers=() if headers is None else headers[index] or (),
        timestamp=batch.timestamps[index],
        timestamp_type=batch.timestamp_type,
    )


@dataclass(slots=True)
class _DecodedColumn:
    """A column whose schema may change along the way: ``starts[i]`` is where ``schemas[i]`` begins."""

    values: Sequence[object]
    starts: list[int]
    schemas: list[Schema | None]

    def schema_at(self, index: int) -> Schema | None:
        """The schema of item ``index``."""
        for start, schema in zip(reversed(self.starts), reversed(self.schemas), strict=True):
            if start <= index:
                return schema
        return None


class _Decoder:
    """Decodes one column of one batch; keeps where which schema begins."""

    def __init__(
        self,
        converter: Converter,
        topic: str,
        raw: Sequence[bytes | None],
        headers: Sequence[Sequence[LogHeader] | None] | None,
    ) -> None:
        self._converter = converter
        self._topic = topic
        self._raw = raw
        self._headers = headers
        self.starts: list[int] = []
        self.schemas: list[Schema | None] = []

    def stage(self, stage: Stage, class_name: str) -> ColumnStage:
        """This column's stage; record by record only for a converter that reads headers."""
        if self._converter.uses_headers:
            return one_by_one(stage, class_name, self.one)
        return ColumnStage(stage, class_name, self.many, self.one)

    def many(self, start: int, end: int) -> Sequence[object]:
        raw = self._raw if start == 0 and end == len(self._raw) else self._raw[start:end]
        try:
            runs = self._converter.to_connect_data_batch(self._topic, raw)
        except PartialBatch as partial:
            done = self._flatten(partial.done, start)  # type: ignore[arg-type]  # runs, by the converter's contract
            raise PartialBatch(len(done), done, partial.error) from partial.error
        return self._flatten(runs, start)

    def one(self, index: int) -> object:
        headers = None
        if self._converter.uses_headers and self._headers is not None:
            headers = raw_headers(self._headers[index])
        schema, value = self._converter.to_connect_data(self._topic, headers, self._raw[index])
        self._begin(index, schema)
        return value

    def _flatten(self, runs: Sequence[ColumnAndSchema], start: int) -> Sequence[object]:
        if len(runs) == 1:
            self._begin(start, runs[0].schema)
            return runs[0].values
        values: list[object] = []
        for schema, run in runs:
            self._begin(start + len(values), schema)
            values.extend(run)
        return values

    def _begin(self, index: int, schema: Schema | None) -> None:
        if not self.schemas or self.schemas[-1] is not schema:
            self.starts.append(index)
            self.schemas.append(schema)

    def column(self, values: Sequence[object]) -> _DecodedColumn:
        return _DecodedColumn(values, self.starts, self.schemas)


class SinkChain:
    """Converters and transformations of one sink task; runs on its thread."""

    def __init__(
        self, transformations: TransformationChain[SinkRecord], converters: Converters, operator: RetryWithTolerance
    ) -> None:
        self._transformations = transformations
        self._converters = converters
        self._operator = operator
        self._key_class = shown_name(converters.key)
        self._value_class = shown_name(converters.value)
        self._header_class = shown_name(converters.header)

    def decode(self, batches: Sequence[ReceivedBatch]) -> SinkBatch:
        """What ``put`` receives. Skipped and dropped records leave holes. Raises ConnectException."""
        slices = [part for batch in batches for part in self._decode_batch(batch)]
        if not self._transformations:
            return SinkBatch(slices)
        return SinkBatch.of(self._transform(list(SinkBatch(slices))))

    def original(self, record: SinkRecord) -> ConsumedRecord:
        """A record as it was consumed; one that the task made itself is written with the task's converters (spec 7.5)."""
        if record.delivery is not None:
            batch, index = record.delivery
            return consumed_record(cast("ReceivedBatch", batch), index)
        topic, headers = record.topic or "", record.headers
        converters = self._converters
        return ConsumedRecord(
            topic=topic,
            partition=record.kafka_partition or 0,
            offset=record.kafka_offset,
            key=converters.key.from_connect_data(topic, headers, record.key_schema, record.key),
            value=converters.value.from_connect_data(topic, headers, record.value_schema, record.value),
            headers=encode_headers(converters.header, topic, headers) or (),
            timestamp=record.timestamp,
            timestamp_type=record.timestamp_type,
        )

    def close(self) -> None:
        """Release transformations and converters."""
        self._transformations.close()
        self._converters.close()

    def _transform(self, records: Sequence[SinkRecord]) -> list[SinkRecord]:
        kept: list[SinkRecord] = []
        position = 0
        while position < len(records):
            done, failure = self._transformations.run(records, position)
            kept.extend(record for record in done if record is not None)
            if failure is None:
                break
            failed = records[failure.number]
            outcome = self._transformations.resume(
                failure,
                lambda name, failed=failed: Subject(self.original(failed), Stage.TRANSFORMATION, name),  # type: ignore[misc]
            )
            if outcome is not SKIPPED and outcome is not None:
                kept.append(outcome)
            position = failure.number + 1
        return kept

    def _decode_batch(self, batch: ReceivedBatch) -> Iterator[SinkSlice]:
        topic, raw_keys, headers = batch.topic, batch.keys, batch.headers
        key_raw: Sequence[bytes | None] = raw_keys if raw_keys is not None else [None] * len(batch)
        key = _Decoder(self._converters.key, topic, key_raw, headers)
        value = _Decoder(self._converters.value, topic, batch.values, headers)
        stages = [
            key.stage(Stage.KEY_CONVERTER, self._key_class),
            value.stage(Stage.VALUE_CONVERTER, self._value_class),
        ]
        if headers is not None:
            stages.append(
                one_by_one(
                    Stage.HEADER_CONVERTER,
                    self._header_class,
                    lambda index: decode_headers(self._converters.header, topic, headers[index]),
                )
            )
        spans = convert_columns(
            len(batch),
            stages,
            self._operator,
            lambda index, stage, name: Subject(consumed_record(batch, index), stage, name),
        )
        for span in spans:
            if not isinstance(span, int):
                yield from _slices(batch, span, key, value)


def _slices(batch: ReceivedBatch, span: ConvertedSpan, key: _Decoder, value: _Decoder) -> Iterator[SinkSlice]:
    """One slice as a rule; more where a schema changes inside the span."""
    keys, values = span.columns[0], span.columns[1]
    headers: Sequence[Headers | None] | None = span.columns[2] if len(span.columns) > 2 else None  # type: ignore[assignment]
    borders = sorted({span.start, span.end, *(s for s in (*key.starts, *value.starts) if span.start < s < span.end)})
    no_keys = batch.keys is None and keys.count(None) == len(keys)
    for start, end in itertools.pairwise(borders):
        low, high = start - span.start, end - span.start
        yield SinkSlice(
            topic=batch.topic,
            kafka_partition=batch.partition,
            offsets=LazyColumn(lambda start=start, end=end: batch.offsets[start:end]),  # type: ignore[misc]
            values=values[low:high] if len(borders) > 2 else values,
            value_schema=value.column(values).schema_at(start),
            keys=None if no_keys else keys[low:high],
            key_schema=key.column(keys).schema_at(start),
            timestamps=LazyColumn(lambda start=start, end=end: batch.timestamps[start:end]),  # type: ignore[misc]
            timestamp_type=batch.timestamp_type,
            headers=None if headers is None else headers[low:high],
            delivery=(batch, start),
        )
