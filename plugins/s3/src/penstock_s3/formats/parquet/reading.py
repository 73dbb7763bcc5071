"""Reading Parquet files back into Connect's data: by the Avro schema that the sink left in them, else by Arrow's types."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.parquet as pq

from penstock.api import DataException, Decimal, Schema, Struct, Timestamp, Type
from penstock_s3.formats.avro.connect import connect_schema
from penstock_s3.formats.avro.names import is_bare_union, is_union
from penstock_s3.formats.avro.parse import parse
from penstock_s3.formats.base import Batch
from penstock_s3.formats.parquet.foreign import foreign_schema

Convert = Callable[[Any], object]
_BATCH = 2000


def parquet_batches(stream: BinaryIO) -> Iterator[Batch]:
    """The values in batches. Raises DataException for what is no whole Parquet file, and for types that Connect has not."""
    try:
        file = pq.ParquetFile(stream)
        schema = _schema(file)
        convert = _struct(schema)
        for batch in file.iter_batches(batch_size=_BATCH):
            yield Batch(schema, list(map(convert, batch.to_pylist(maps_as_pydicts=None))))
    except DataException:
        raise
    except (pa.ArrowException, OSError, ValueError, OverflowError, KeyError, TypeError, NotImplementedError) as error:
        raise DataException(f"The object is not a readable Parquet file: {type(error).__name__}: {error}") from error


def _schema(file: Any) -> Schema:
    text = (file.metadata.metadata or {}).get(b"parquet.avro.schema")
    return foreign_schema(file.schema_arrow) if text is None else connect_schema(parse(text.decode()))


def _converter(schema: Schema) -> Convert:
    inner = _present(schema)
    return lambda value: None if value is None else inner(value)


def _present(schema: Schema) -> Convert:
    match schema.type:
        case Type.STRUCT:
            return _union(schema) if is_union(schema) else _struct(schema)
        case Type.ARRAY:
            item = _converter(cast(Schema, schema.value_schema))
            return lambda value: list(map(item, value))
        case Type.MAP:
            return _map(schema)
        case Type.STRING:
            return lambda value: value if isinstance(value, str) else value.decode()  # enums are bytes to Arrow
        case Type.BYTES if schema.name == Decimal.LOGICAL_NAME:  # a scale that Parquet has not is left as bytes
            return lambda value: Decimal.to_logical(schema, value) if isinstance(value, bytes) else value
        case Type.INT64 if schema.name == Timestamp.LOGICAL_NAME:
            return lambda value: value.astimezone(dt.UTC)
    return lambda value: value


def _struct(schema: Schema) -> Convert:
    fields = [(field.name, _converter(field.schema)) for field in schema.fields]
    of = Struct.of
    return lambda value: of(schema, [convert(value[name]) for name, convert in fields])


def _union(schema: Schema) -> Convert:
    members = [(f"member{place}", _converter(field.schema)) for place, field in enumerate(schema.fields)]
    if is_bare_union(schema):
        return lambda value: Struct.of(schema, [members[0][1](value)])
    return lambda value: Struct.of(schema, [convert(value[name]) for name, convert in members])


def _map(schema: Schema) -> Convert:
    keys, values = _converter(cast(Schema, schema.key_schema)), _converter(cast(Schema, schema.value_schema))

    def convert(value: Any) -> object:
        pairs = (entry if isinstance(entry, tuple) else (entry["key"], entry["value"]) for entry in value)
        return {keys(key): values(item) for key, item in pairs}

    return convert
