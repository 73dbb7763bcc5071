"""Connect values to Avro's binary form, a column at a time: one encoder per schema, made once (design section 9).

An encoder turns a column of values into strands: columns of byte strings of the same length. A row of the file is what
stands at its place in all strands, one behind the other. Structs give the strands of all their fields, so that rows are
joined once, however deep they are nested. Every encoder checks its column as a whole, by the set of its classes and the
largest number; what does not fit raises DataException, and the caller looks for the one that is at fault.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from itertools import chain, repeat
from typing import Any, cast

from penstock.api import DataException, Schema, StructColumn, Type
from penstock_s3.config.settings import AvroSettings
from penstock_s3.formats.avro.anything import encode_anything
from penstock_s3.formats.avro.columns import (
    Column,
    Encode,
    Strands,
    check_classes,
    enum,
    fixed,
    has_null,
    null_error,
    primitive,
    rows,
)
from penstock_s3.formats.avro.logical import logical_column
from penstock_s3.formats.avro.names import is_fixed, is_union, text_keyed
from penstock_s3.formats.avro.optional import required
from penstock_s3.formats.avro.schema import AvroNode
from penstock_s3.formats.avro.varints import varint
from penstock_s3.formats.java_order import entries


def encoder_of(schema: Schema | None, node: AvroNode, settings: AvroSettings, where: str = "") -> Encode:
    """The encoder of columns of a schema, whose Avro schema is ``node``. ``where`` is the path of the field, for errors."""
    if schema is None:
        return lambda column: [list(map(encode_anything, column))]
    if schema.type is Type.STRUCT and is_union(schema):
        return _union(schema, node, settings, where)
    encode = _present(schema, node.present, settings, where)
    if not schema.optional:
        return encode
    null_first = node.members[0].kind == "null"
    return _optional(encode, *((b"\x00", b"\x02") if null_first else (b"\x02", b"\x00")))


def _present(schema: Schema, node: AvroNode, settings: AvroSettings, where: str) -> Encode:
    to_stored = logical_column(schema)
    if to_stored is not None:
        plain = _by_type(Schema(schema.type, name=schema.name, parameters=schema.parameters), node, settings, where)

        def encode(column: Column) -> Strands:
            if has_null(column):
                raise null_error(where)
            return plain(to_stored(column, where))

        return encode
    return _by_type(schema, node, settings, where)


def _by_type(schema: Schema, node: AvroNode, settings: AvroSettings, where: str) -> Encode:
    match schema.type:
        case Type.STRUCT:
            return _struct(schema, node, settings, where)
        case Type.ARRAY:
            return _array(schema, node, settings, where)
        case Type.MAP:
            return _map(schema, node, settings, where)
        case Type.STRING if node.kind == "enum":
            return enum(node, where)
        case Type.BYTES if is_fixed(schema):
            return fixed(schema, where)
    return primitive(schema.type, where)


# --- optional values ------------------------------------------------------------------------------------------------


def _optional(encode: Encode, null: bytes, present: bytes) -> Encode:
    def encode_all(column: Column) -> Strands:
        if not has_null(column):
            return [list(repeat(present, len(column))), *encode(column)]
        there = [item for item in column if item is not None]
        encoded = iter(rows(encode(there)) if there else ())
        return [[null if item is None else present + next(encoded) for item in column]]

    return encode_all


# --- nested types ---------------------------------------------------------------------------------------------------

_schema_of: Callable[[Any], Schema] = operator.attrgetter("schema")
_values_of: Callable[[Any], list[Any]] = operator.attrgetter("values")


def with_defaults(column: Column, default: object) -> Column:
    """The column as ``Struct.get`` gives it: nulls replaced by the default, where there is one."""
    return column if default is None or not has_null(column) else [default if item is None else item for item in column]


def field_columns(schema: Schema, structs: Column, where: str) -> list[Column]:
    """The values of structs by field, defaults in place of nulls. Raises DataException for structs of other schemas."""
    if isinstance(structs, StructColumn):
        theirs, columns = [structs.schema], list(structs.columns)
    else:
        check_classes(Type.STRUCT, structs, where)
        all_same = all(map(operator.is_, map(_schema_of, structs), repeat(schema)))
        theirs = [] if all_same else list({id(one): one for one in map(_schema_of, structs)}.values())
        columns = list(zip(*map(_values_of, structs), strict=True))
    if any(one is not schema and one != schema and required(one) != required(schema) for one in theirs):
        raise DataException("Mismatching struct schema" + (f": field {where}" if where else ""))
    return [with_defaults(column, field.schema.default) for column, field in zip(columns, schema.fields, strict=False)]


def _struct(schema: Schema, node: AvroNode, settings: AvroSettings, where: str) -> Encode:
    prefix = f"{where}." if where else ""
    encoders = [
        encoder_of(field.schema, member.schema, settings, prefix + field.name)
        for field, member in zip(schema.fields, node.fields, strict=True)
    ]

    def encode_all(column: Column) -> Strands:
        columns = field_columns(schema, column, where)
        if not encoders:
            return [list(repeat(b"", len(column)))]
        return list(chain.from_iterable(encode(values) for encode, values in zip(encoders, columns, strict=True)))

    return encode_all


def _array(schema: Schema, node: AvroNode, settings: AvroSettings, where: str) -> Encode:
    encode_items = encoder_of(schema.value_schema, cast(AvroNode, node.items), settings, f"{where}[]")

    def encode_all(column: Column) -> Strands:
        check_classes(Type.ARRAY, column, where)
        items = list(chain.from_iterable(column))
        return [_blocks(rows(encode_items(items)) if items else (), list(map(len, column)))]

    return encode_all


def _blocks(items: Sequence[bytes], counts: Sequence[int]) -> list[bytes]:
    """Arrays and maps: a block of all their items, and an empty one as the end."""
    done: list[bytes] = []
    at = 0
    for count in counts:
        done.append(varint(count) + b"".join(items[at : at + count]) + b"\x00" if count else b"\x00")
        at += count
    return done


def _map(schema: Schema, node: AvroNode, settings: AvroSettings, where: str) -> Encode:
    items = cast(AvroNode, node.items)
    if text_keyed(schema, settings):
        encode_keys = primitive(Type.STRING, f"{where} (keys)")
        value_node = items
    else:
        encode_keys = encoder_of(schema.key_schema, items.fields[0].schema, settings, f"{where} (keys)")
        value_node = items.fields[1].schema
    encode_values = encoder_of(schema.value_schema, value_node, settings, f"{where} (values)")

    def encode_all(column: Column) -> Strands:
        check_maps(column, where)
        pairs = [pair for item in column for pair in entries(item)]
        keys, values = [key for key, _ in pairs], [value for _, value in pairs]
        encoded = rows([*encode_keys(keys), *encode_values(values)]) if pairs else ()
        return [_blocks(encoded, list(map(len, column)))]

    return encode_all


def check_maps(column: Column, where: str) -> None:
    """Raise DataException unless the column holds maps only."""
    for item in column:
        if not isinstance(item, Mapping):
            if item is None:
                raise null_error(where)
            raise DataException(f"Invalid type for MAP in field {where}: {type(item).__qualname__}")


def _union(schema: Schema, node: AvroNode, settings: AvroSettings, where: str) -> Encode:
    """A struct of which one field is set: the first that is. All null is null."""
    members = [member for member in node.members if member.kind != "null"]
    offset = len(node.members) - len(members)
    encoders = [
        encoder_of(required(field.schema), member, settings, f"{where}.{field.name}")
        for field, member in zip(schema.fields, members, strict=True)
    ]
    heads = [varint(offset + place) for place in range(len(members))]

    def encode_one(value: Any) -> bytes:
        place, found = (None, None) if value is None else chosen(schema, value, where)
        if place is None:
            if not schema.optional:
                raise null_error(where)
            return b"\x00"
        return heads[place] + rows(encoders[place]([found]))[0]

    return lambda column: [list(map(encode_one, column))]


def chosen(schema: Schema, struct: object, where: str) -> tuple[int | None, object]:
    """Which field of a union is set, and its value; (None, None) when none is."""
    for place, values in enumerate(field_columns(schema, [struct], where)):
        if values[0] is not None:
            return place, values[0]
    return None, None
