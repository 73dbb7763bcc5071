"""From what the log delivered to what ``put`` receives: convert, transform, group (spec 4.5; design sections 5 and 9)."""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import cast

from penstock.api.batch import SinkBatch, SinkSlice
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
from penstock.tasks.received import Delivery, part
from penstock.tasks.sink_columns import columns_of, slices_of
from penstock.tasks.transformation import SHORTEST_RUN, TransformationChain


class _Decoder:
    """Decodes one column of one batch; ``starts[i]`` is where ``schemas[i]`` begins."""

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

    def schema_at(self, index: int) -> Schema | None:
        """The schema of item ``index``."""
        run = bisect_right(self.starts, index)
        return self.schemas[run - 1] if run else None

    def starts_within(self, start: int, end: int) -> Sequence[int]:
        """Where a schema begins behind item ``start`` and before item ``end``."""
        return self.starts[bisect_right(self.starts, start) : bisect_left(self.starts, end)]


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
        slices = [run for batch in batches for run in self._decode_batch(batch)]
        if not self._transformations:
            return SinkBatch(slices)
        if len(slices) * SHORTEST_RUN > sum(map(len, slices)):
            return SinkBatch.of(self._one_by_one(list(SinkBatch(slices)), 0))
        made = [each for run in slices for each in self._transform(run)]
        done = [each for each in made if isinstance(each, SinkSlice)]
        if len(done) == len(made):
            return SinkBatch(done)
        return SinkBatch.of(
            [record for each in made for record in (each.records() if isinstance(each, SinkSlice) else each)]
        )

    def original(self, record: SinkRecord) -> ConsumedRecord:
        """A record as it was consumed; one that the task made itself is written with the task's converters (spec 7.5)."""
        if record.delivery is not None:
            received, index = record.delivery
            return cast("Delivery", received).consumed(index)
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

    def _transform(self, run: SinkSlice) -> Iterator[SinkSlice | list[SinkRecord]]:
        """A slice as columns as far as they go, the rest as records."""
        for columns, step in self._transformations.run_columns(columns_of(run)):
            for made in slices_of(columns, run):
                yield made if step == self._transformations.end else self._one_by_one(made.records(), step)

    def _one_by_one(self, records: Sequence[SinkRecord], first: int) -> list[SinkRecord]:
        """Records from step ``first`` on."""
        kept: list[SinkRecord] = []
        position = 0
        while position < len(records):
            done, failure = self._transformations.run(records, position, first)
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
        received = Delivery(batch)
        topic, headers = batch.topic, received.headers
        raw_keys: Sequence[bytes | None] = received.keys if received.keys is not None else [None] * len(received)
        key = _Decoder(self._converters.key, topic, raw_keys, headers)
        value = _Decoder(self._converters.value, topic, received.values, headers)
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
            len(received),
            stages,
            self._operator,
            lambda index, stage, name: Subject(received.consumed(index), stage, name),
        )
        for span in spans:
            if not isinstance(span, int):
                yield from _slices(received, span, key, value)


def _slices(received: Delivery, span: ConvertedSpan, key: _Decoder, value: _Decoder) -> Iterator[SinkSlice]:
    """One slice as a rule; more where a schema changes inside the span."""
    batch, count = received.batch, len(received)
    keys, values = span.columns[0], span.columns[1]
    headers: Sequence[Headers | None] | None = span.columns[2] if len(span.columns) > 2 else None  # type: ignore[assignment]
    changes = {*key.starts_within(span.start, span.end), *value.starts_within(span.start, span.end)}
    no_keys = received.keys is None and keys.count(None) == len(keys)
    for start, end in itertools.pairwise([span.start, *sorted(changes), span.end]):
        low, high = start - span.start, end - span.start
        yield SinkSlice(
            topic=batch.topic,
            kafka_partition=batch.partition,
            offsets=part(received.offsets, start, end, count),
            values=values[low:high] if changes else values,
            value_schema=value.schema_at(start),
            keys=None if no_keys else keys[low:high] if changes else keys,
            key_schema=key.schema_at(start),
            timestamps=part(received.timestamps, start, end, count),
            timestamp_type=batch.timestamp_type,
            headers=None if headers is None else headers[low:high] if changes else headers,
            delivery=(received, range(start, end)),
        )
