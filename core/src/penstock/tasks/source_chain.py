"""From what ``poll`` returned to what the log takes: transform, convert, group (spec 4.4; design sections 5 and 9).

Columns stay columns where nothing needs records. A generator hands out encoded runs in order, so that a run is sent before
the careful path waits or raises for the record behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from penstock.api.batch import SourceBatch
from penstock.api.converter import Converter, Encoded
from penstock.api.header import Headers
from penstock.api.header_columns import HeaderColumns
from penstock.api.record import SourceRecord
from penstock.api.record_columns import RecordColumns
from penstock.errors.operator import SKIPPED, RetryWithTolerance, Subject
from penstock.errors.stage import Stage
from penstock.log.base import LogHeader, OutgoingBatch
from penstock.tasks.columns import ColumnStage, ConvertedSpan, convert_columns
from penstock.tasks.converters import (
    Converters,
    encode_header_columns,
    encode_headers,
    one_by_one,
    raw_headers,
    shown_name,
)
from penstock.tasks.source_columns import EncodedColumns, Polled, polled_batch, polled_records, runs_of
from penstock.tasks.transformation import SHORTEST_RUN, TransformationChain


@dataclass(frozen=True, slots=True)
class EncodedRun:
    """Records of one topic, ready to send, and where they came from.

    ``origins`` are the records as polled, one an item, or None for a column batch; ``places`` are theirs in what was polled.
    """

    outgoing: OutgoingBatch
    origins: Sequence[SourceRecord] | None
    places: Sequence[int]


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
            if len(polled):
                yield from self._encode_polled(polled_batch(polled))
            return
        runs = list(runs_of(polled))
        if self._transformations and len(runs) * SHORTEST_RUN > len(polled):
            yield from self._one_by_one(polled, polled, 0)
            return
        for start, end in runs:
            records = polled[start:end]
            yield from self._encode_polled(polled_records(records, records))

    def close(self) -> None:
        """Release transformations and converters."""
        self._transformations.close()
        self._converters.close()

    def _encode_polled(self, polled: Polled) -> Iterator[EncodedRun | Dropped]:
        if not self._transformations:
            yield from self._encode(polled, polled.columns)
            return
        reached = self._transformations.run_columns(polled.columns)
        for columns, step in reached:
            if step == self._transformations.end:
                yield from self._encode(polled, columns)
            else:
                origins = [polled.origin(place) for place in columns.places]
                records = polled.as_records(columns) if step else origins
                yield from self._one_by_one(origins, records, step)
        if sum(len(run.columns) for run in reached) < len(polled.columns):
            kept = {place for run in reached for place in run.columns.places}
            yield from (Dropped(polled.origin(place)) for place in polled.columns.places if place not in kept)

    def _one_by_one(
        self, origins: Sequence[SourceRecord], records: Sequence[SourceRecord], first: int
    ) -> Iterator[EncodedRun | Dropped]:
        """Records from transformation ``first`` on."""
        position = 0
        while position < len(records):
            done, failure = self._transformations.run(records, position, first)
            yield from self._encode_transformed(origins[position : position + len(done)], done)
            if failure is None:
                return
            origin = origins[failure.number]
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
        for start, end in runs_of(records):
            polled = polled_records(origins[start:end], records[start:end])
            yield from self._encode(polled, polled.columns)

    def _encode(self, polled: Polled, columns: RecordColumns) -> Iterator[EncodedRun | Dropped]:
        encoded = EncodedColumns(columns, with_headers=self._converters.uses_headers)
        places, records = columns.places, polled.records
        for item in self._convert(encoded, lambda index: polled.origin(places[index])):
            if isinstance(item, int):
                yield Dropped(polled.origin(places[item]))
            else:
                sent = places[item.start : item.end]
                yield EncodedRun(
                    encoded.outgoing(item), None if records is None else [records[at] for at in sent], sent
                )

    def _convert(self, columns: EncodedColumns, origin: Callable[[int], SourceRecord]) -> Iterator[ConvertedSpan | int]:
        """Headers, then keys, then values, as Connect does (spec 4.4); absent columns have no stage."""
        converters = self._converters
        stages: list[ColumnStage] = []
        if columns.headers is not None:
            stages.append(self._header_stage(columns, columns.headers))
        if columns.keys is not None:
            stages.append(self._data_stage(Stage.KEY_CONVERTER, converters.key, self._key_class, columns))
        stages.append(self._data_stage(Stage.VALUE_CONVERTER, converters.value, self._value_class, columns))
        columns.order = tuple(stage.stage for stage in stages)
        return convert_columns(
            len(columns.values), stages, self._operator, lambda index, stage, name: Subject(origin(index), stage, name)
        )

    def _header_stage(self, columns: EncodedColumns, headers: Sequence[Headers | None]) -> ColumnStage:
        converters, topic = self._converters, columns.topic

        def one(index: int) -> Sequence[LogHeader] | Headers | None:
            encoded = encode_headers(converters.header, topic, headers[index])
            if not converters.uses_headers:
                return encoded
            columns.raw_headers[index] = raw_headers(encoded)
            return columns.raw_headers[index]  # converters may add to it; ``outgoing`` reads it afterwards

        singly = one_by_one(Stage.HEADER_CONVERTER, self._header_class, one)
        if converters.uses_headers or not isinstance(headers, HeaderColumns):
            return singly

        def many(start: int, end: int) -> Sequence[object]:
            try:
                return encode_header_columns(converters.header, topic, headers[start:end])
            except Exception:  # noqa: BLE001  # one by one, whose it is is found out
                return singly.many(start, end)

        return replace(singly, many=many)

    def _data_stage(self, stage: Stage, converter: Converter, name: str, columns: EncodedColumns) -> ColumnStage:
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
