"""Parquet files (spec 10). Importing this imports pyarrow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, BinaryIO, Final, NamedTuple

import pyarrow as pa

from penstock.api import ConfigException, ConnectException, DataException, PartialBatch, Schema, Type
from penstock_s3.formats.avro.data import AvroData
from penstock_s3.formats.avro.schema import schema_text
from penstock_s3.formats.base import Batch, BinaryWriter, Format, RecordWriter, first_fault
from penstock_s3.formats.parquet.columns import Build, arrow_type, builder_of
from penstock_s3.formats.parquet.reading import parquet_batches
from penstock_s3.formats.parquet.schema import message
from penstock_s3.formats.parquet.writer import ParquetFile, ParquetLayout
from penstock_s3.storage.spill import SpillFile

ROW_GROUP_BYTES: Final = 64 << 20
_CODECS: Final = ("none", "snappy", "gzip", "lzo", "brotli", "lz4", "zstd", "lz4_raw")


class _Plan(NamedTuple):
    layout: ParquetLayout
    build: Build


class ParquetFormat(Format):
    """The format of values, keys and headers; values are structs."""

    content_type = "application/vnd.apache.parquet"

    def __init__(self, data: AvroData, codec: str, row_group_bytes: int = ROW_GROUP_BYTES) -> None:
        """Raises ConfigException for a codec that cannot be had."""
        self._data = data
        self._codec = _checked(codec)
        self._row_group_bytes = row_group_bytes
        self._scratch = SpillFile()
        self._plan = lru_cache(maxsize=max(data.settings.schemas_cached, 1))(self._make_plan)

    def open(self, out: BinaryWriter, schema: Schema | None) -> RecordWriter[Any]:
        """Begin a file. Raises ConnectException where the values can be no records, DataException for a schema that Parquet
        or Avro refuses."""
        if schema is None:
            raise ConnectException(
                "ParquetFormat needs records with a schema, and these have none. Use a converter that gives one (Avro, "
                "Protobuf, JsonConverter with schemas.enable=true), or JsonFormat or AvroFormat."
            )
        if schema.type is not Type.STRUCT:
            raise ConnectException(f"Avro schema must be a record. ParquetFormat cannot store values of {schema}.")
        try:
            plan = self._plan(schema)
        except RecursionError as error:  # a look into the cache goes down the schema as well
            raise DataException("The schema is nested too deeply for Parquet") from error
        return _ParquetWriter(ParquetFile(out, plan.layout, self._scratch), plan)

    def read(self, stream: BinaryIO) -> Iterator[Batch]:
        """The values with the schema that the file's was made from."""
        return parquet_batches(stream)

    def _make_plan(self, schema: Schema) -> _Plan:
        settings = self._data.settings
        made = self._data.schema(schema)
        if made.node.present.kind != "record":
            raise ConnectException(f"Avro schema must be a record. ParquetFormat cannot store values of {schema}.")
        layout = ParquetLayout(
            arrow=pa.schema(list(arrow_type(schema, settings))),
            schema=message(made.node.present, schema),
            metadata={"parquet.avro.schema": schema_text(made.node.present), "writer.model.name": "avro"},
            codec=self._codec,
            row_group_bytes=self._row_group_bytes,
        )
        return _Plan(layout, builder_of(schema, settings))


def _checked(codec: str) -> str:
    if codec not in _CODECS:
        raise ConfigException.of("parquet.codec", codec, f"must be one of {', '.join(_CODECS)}")
    if codec == "lzo":
        raise ConfigException.of("parquet.codec", codec, "LZO cannot be written here; use zstd, snappy or gzip")
    return codec


class _ParquetWriter(RecordWriter[Any]):
    def __init__(self, file: ParquetFile, plan: _Plan) -> None:
        self._file = file
        self._plan = plan

    def prepare(self, values: Sequence[object]) -> Any:
        if not values:
            return None
        try:
            array = self._built(values)
        except (DataException, RecursionError) as error:
            raise PartialBatch(*first_fault(values, self._built, error)) from error
        return pa.RecordBatch.from_arrays(array.flatten(), schema=self._plan.layout.arrow)

    def _built(self, values: Sequence[object]) -> Any:
        array = self._plan.build(values)
        if array.null_count:  # of an optional schema: but a file of records has no place for a null
            raise DataException("Found null value for non-optional schema")
        return array

    def add(self, prepared: Any) -> None:
        if prepared is not None:
            self._file.add(prepared)

    @property
    def pending(self) -> int:
        return self._file.held

    def relieve(self) -> None:
        self._file.relieve()

    def finish(self) -> None:
        self._file.finish()
