"""Avro container files (spec 10)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import BinaryIO, NamedTuple

from penstock.api import DataException, PartialBatch, Schema
from penstock_s3.formats.avro.columns import Encode, rows
from penstock_s3.formats.avro.container import ContainerWriter, codec_of
from penstock_s3.formats.avro.data import AvroData
from penstock_s3.formats.avro.encode import encoder_of
from penstock_s3.formats.avro.reading import avro_batches
from penstock_s3.formats.base import Batch, BinaryWriter, Format, RecordWriter, first_fault


class _Plan(NamedTuple):
    text: str
    encode: Encode


class AvroFormat(Format):
    """The format of values, keys and headers; values of any type, also without a schema."""

    content_type = "application/vnd.apache.avro"

    def __init__(self, data: AvroData, codec: str) -> None:
        """Raises ConfigException for a codec that cannot be had."""
        self._data = data
        self._codec = codec
        self._pack: Callable[[bytes], bytes] = codec_of(codec)
        self._plan = lru_cache(maxsize=max(data.settings.schemas_cached, 1))(self._make_plan)

    def open(self, out: BinaryWriter, schema: Schema | None) -> RecordWriter[Sequence[bytes]]:
        """Begin a file. Raises DataException for a schema that Avro refuses."""
        try:
            plan = self._plan(schema)
        except RecursionError as error:  # a look into the cache goes down the schema as well
            raise DataException("The schema is nested too deeply for Avro") from error
        return _AvroWriter(ContainerWriter(out, plan.text, self._codec, self._pack), plan.encode)

    def read(self, stream: BinaryIO) -> Iterator[Batch]:
        """The values with the schema that the file's was made from."""
        return avro_batches(stream)

    def _make_plan(self, schema: Schema | None) -> _Plan:
        made = self._data.schema(schema)
        return _Plan(made.text, encoder_of(schema, made.node, self._data.settings))


class _AvroWriter(RecordWriter[Sequence[bytes]]):
    def __init__(self, container: ContainerWriter, encode: Encode) -> None:
        self._container = container
        self._encode = encode

    def prepare(self, values: Sequence[object]) -> Sequence[bytes]:
        try:
            return rows(self._encode(values)) if values else ()
        except (DataException, RecursionError) as error:
            raise PartialBatch(*first_fault(values, self._encode, error)) from error

    def add(self, prepared: Sequence[bytes]) -> None:
        self._container.add(prepared)

    @property
    def pending(self) -> int:
        return self._container.held

    def finish(self) -> None:
        self._container.finish()
