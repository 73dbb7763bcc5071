"""Columns of Connect values as Arrow arrays of the stored types: one builder per schema, made once (design section 9).

Arrow is given nothing but numbers and bytes: what they mean is said in the footer. Every builder checks its column by the set of
its classes, as those of Avro do, and raises DataException.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate, chain, islice
from typing import Any, cast

import pyarrow as pa

from penstock.api import DataException, Schema, Type
from penstock_s3.config.settings import AvroSettings
from penstock_s3.formats.avro.columns import check_classes, has_null, null_error
from penstock_s3.formats.avro.encode import check_maps, chosen, field_columns
from penstock_s3.formats.avro.logical import logical_column
from penstock_s3.formats.avro.names import FIXED_SIZE, is_bare_union, is_fixed, is_union, text_keyed
from penstock_s3.formats.avro.optional import required, with_optional
from penstock_s3.formats.avro.varints import text_bytes
from penstock_s3.formats.java_order import entries

Column = Sequence[Any]
Build = Callable[[Column], Any]
"""A column, nulls where they may be, to an Arrow array."""

_STORED: dict[Type, Any] = {
    Type.INT8: pa.int32(),
    Type.INT16: pa.int32(),
    Type.INT32: pa.int32(),
    Type.INT64: pa.int64(),
    Type.FLOAT32: pa.float32(),
    Type.FLOAT64: pa.float64(),
    Type.BOOLEAN: pa.bool_(),
    Type.STRING: pa.binary(),
    Type.BYTES: pa.binary(),
}


def arrow_field(name: str, schema: Schema, settings: AvroSettings) -> Any:
    """The Arrow field that a column of this schema is stored in."""
    return pa.field(name, arrow_type(schema, settings), nullable=schema.optional)


def arrow_type(schema: Schema, settings: AvroSettings) -> Any:
    """The stored type: numbers, bytes, structs and lists only."""
    match schema.type:
        case Type.STRUCT if is_bare_union(schema):
            return arrow_type(schema.fields[0].schema, settings)
        case Type.STRUCT if is_union(schema):
            return pa.struct(
                [
                    arrow_field(field.name, with_optional(field.schema, optional=True), settings)
                    for field in schema.fields
                ]
            )
        case Type.STRUCT:
            return pa.struct([arrow_field(field.name, field.schema, settings) for field in schema.fields])
        case Type.ARRAY:
            return pa.list_(arrow_field("element", cast(Schema, schema.value_schema), settings))
        case Type.MAP:
            return pa.list_(pa.field("element", _entry_type(schema, settings), nullable=False))
        case Type.BYTES if is_fixed(schema):
            return pa.binary(int((schema.parameters or {})[FIXED_SIZE]))
    return _STORED[schema.type]


def _entry_type(schema: Schema, settings: AvroSettings) -> Any:
    keys, values = cast(Schema, schema.key_schema), cast(Schema, schema.value_schema)
    key = required(keys) if text_keyed(schema, settings) else keys
    return pa.struct([arrow_field("key", key, settings), arrow_field("value", values, settings)])


def builder_of(schema: Schema, settings: AvroSettings, where: str = "") -> Build:
    """The builder of columns of a schema. ``where`` is the path of the field, for errors."""
    if is_union(schema):
        return _union(schema, settings, where)
    build = _present(schema, settings, where)
    if not schema.optional:
        return build
    if schema.type is Type.STRUCT:
        return _spread_structs(build, arrow_type(schema, settings))
    if schema.type in (Type.ARRAY, Type.MAP) or schema.name is not None:
        return _spread(build, arrow_type(schema, settings))
    kind, stored = schema.type, _STORED[schema.type]

    def build_plain(column: Column) -> Any:
        check_classes(kind, [item for item in column if item is not None] if has_null(column) else column, where)
        return _plain(column, stored, where)

    return build_plain


def _spread(build: Build, kind: Any) -> Build:
    """Builds what is there, and spreads it over the places that are not null."""

    def build_all(column: Column) -> Any:
        if not has_null(column):
            return build(column)
        present = [item for item in column if item is not None]
        if not present:
            return pa.nulls(len(column), kind)
        places: list[int | None] = []
        count = 0
        for item in column:
            places.append(None if item is None else count)
            count += item is not None
        return build(present).take(pa.array(places, pa.int64()))

    return build_all


def _spread_structs(build: Build, kind: Any) -> Build:
    """The same for structs. Arrow refuses nulls in a required field even where the struct itself is null: there something
    else stands, which nobody sees."""

    def build_all(column: Column) -> Any:
        if not has_null(column):
            return build(column)
        present = [item for item in column if item is not None]
        missing = pa.array([item is None for item in column], pa.bool_())
        if not present:
            filled = _blank(kind, len(column))
        else:
            places = accumulate((item is not None for item in column), initial=-1)
            filled = build(present).take(pa.array([max(place, 0) for place in islice(places, 1, None)], pa.int64()))
        fields = [filled.field(place) for place in range(kind.num_fields)]
        return pa.StructArray.from_arrays(fields, fields=list(kind), mask=missing)

    return build_all


def _blank(kind: Any, count: int) -> Any:
    """An array without a null, of whatever."""
    if pa.types.is_struct(kind):
        return pa.StructArray.from_arrays([_blank(field.type, count) for field in kind], fields=list(kind))
    if pa.types.is_list(kind):
        return pa.array([[]] * count, kind)
    blank: Any = b"" if pa.types.is_binary(kind) else 0
    if pa.types.is_fixed_size_binary(kind):
        blank = bytes(kind.byte_width)
    return pa.array([bool(blank) if pa.types.is_boolean(kind) else blank] * count, kind)


def _present(schema: Schema, settings: AvroSettings, where: str) -> Build:
    match schema.type:
        case Type.STRUCT:
            return _struct(schema, settings, where)
        case Type.ARRAY:
            return _array(schema, settings, where)
        case Type.MAP:
            return _map(schema, settings, where)
    kind, stored, to_stored = schema.type, arrow_type(schema, settings), logical_column(schema)

    def build(column: Column) -> Any:
        if to_stored is not None:
            if has_null(column):
                raise null_error(where)
            column = to_stored(column, where)
        check_classes(kind, column, where)
        return _plain(column, stored, where)

    return build


def _plain(column: Column, stored: Any, where: str) -> Any:
    try:
        return pa.array(column, stored)
    except UnicodeEncodeError:
        return pa.array([item if item is None else text_bytes(item) for item in column], stored)
    except (pa.ArrowException, OverflowError) as error:
        raise DataException(f"A value of {where or 'the record'} cannot be stored: {error}") from error


def _struct(schema: Schema, settings: AvroSettings, where: str) -> Build:
    prefix = f"{where}." if where else ""
    builders = [builder_of(field.schema, settings, prefix + field.name) for field in schema.fields]
    fields = [arrow_field(field.name, field.schema, settings) for field in schema.fields]

    def build(column: Column) -> Any:
        columns = field_columns(schema, column, where)
        arrays = [build(values) for build, values in zip(builders, columns, strict=True)]
        return pa.StructArray.from_arrays(arrays, fields=fields)

    return build


def _array(schema: Schema, settings: AvroSettings, where: str) -> Build:
    build_items = builder_of(cast(Schema, schema.value_schema), settings, f"{where}[]")
    kind = arrow_type(schema, settings)

    def build(column: Column) -> Any:
        check_classes(Type.ARRAY, column, where)
        return _list(column, list(chain.from_iterable(column)), build_items, kind)

    return build


def _list(column: Column, items: list[Any], build_items: Build, kind: Any) -> Any:
    offsets = [0]
    for item in column:
        offsets.append(offsets[-1] + len(item))
    values = build_items(items) if items else pa.array([], kind.value_type)
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values, type=kind)


def _map(schema: Schema, settings: AvroSettings, where: str) -> Build:
    keys, values = cast(Schema, schema.key_schema), cast(Schema, schema.value_schema)
    build_keys = builder_of(required(keys) if text_keyed(schema, settings) else keys, settings, f"{where} (keys)")
    build_values = builder_of(values, settings, f"{where} (values)")
    kind = arrow_type(schema, settings)
    fields = list(kind.value_type)

    def build_entries(pairs: Column) -> Any:
        keys, values = zip(*pairs, strict=True)
        return pa.StructArray.from_arrays([build_keys(keys), build_values(values)], fields=fields)

    def build(column: Column) -> Any:
        check_maps(column, where)
        return _list(column, [pair for item in column for pair in entries(item)], build_entries, kind)

    return build


def _union(schema: Schema, settings: AvroSettings, where: str) -> Build:
    """A struct of which one field is set; all others are null. A bare one is that field."""
    kind = arrow_type(schema, settings)
    builders = [
        builder_of(with_optional(field.schema, optional=True), settings, f"{where}.{field.name}")
        for field in schema.fields
    ]

    def build(column: Column) -> Any:
        found = [(None, None) if item is None else chosen(schema, item, where) for item in column]
        if not schema.optional and any(place is None for place, _ in found):
            raise null_error(where)
        arrays = [
            build([value if at == place else None for at, value in found]) for place, build in enumerate(builders)
        ]
        if is_bare_union(schema):
            return arrays[0]
        mask = pa.array([at is None for at, _ in found], pa.bool_())
        return pa.StructArray.from_arrays(arrays, fields=list(kind), mask=mask)

    return build
