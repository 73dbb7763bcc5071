"""Connect schemas for Parquet files that others wrote: from Arrow's types."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from pyarrow import types

from penstock.api import DataException, Date, Decimal, Schema, SchemaBuilder, Time, Timestamp

_PLAIN: dict[Any, Schema] = {
    pa.bool_(): Schema.BOOLEAN,
    pa.int8(): Schema.INT8,
    pa.int16(): Schema.INT16,
    pa.int32(): Schema.INT32,
    pa.int64(): Schema.INT64,
    pa.uint8(): Schema.INT16,
    pa.uint16(): Schema.INT32,
    pa.uint32(): Schema.INT64,
    pa.float32(): Schema.FLOAT32,
    pa.float64(): Schema.FLOAT64,
    pa.string(): Schema.STRING,
    pa.large_string(): Schema.STRING,
    pa.binary(): Schema.BYTES,
    pa.large_binary(): Schema.BYTES,
    pa.date32(): Date.SCHEMA,
}


def foreign_schema(arrow: Any) -> Schema:
    """The schema of the records of a file. Raises DataException for a type that Connect has not."""
    builder = SchemaBuilder.struct()
    for field in arrow:
        builder.field(field.name, _field(field))
    return builder.build()


def _field(field: Any) -> Schema:
    builder = _builder(field.type, field.name)
    return (builder.optional() if field.nullable else builder).build()


def _builder(kind: Any, name: str) -> SchemaBuilder:
    if types.is_struct(kind):
        builder = SchemaBuilder.struct()
        for field in kind:
            builder.field(field.name, _field(field))
        return builder
    if types.is_list(kind) or types.is_large_list(kind):
        return SchemaBuilder.array(_field(kind.value_field))
    if types.is_map(kind):
        return SchemaBuilder.map(_field(kind.key_field), _field(kind.item_field))
    if types.is_decimal(kind):
        return Decimal.builder(kind.scale)
    if types.is_timestamp(kind):
        return Timestamp.builder()
    if types.is_time(kind):
        return Time.builder()
    if types.is_fixed_size_binary(kind):
        return SchemaBuilder.bytes()
    plain = _PLAIN.get(kind)
    if plain is None:
        raise DataException(f"The column {name} is of the Arrow type {kind}, which Connect has not")
    if plain is Date.SCHEMA:
        return Date.builder()
    return SchemaBuilder(plain.type)
