"""From Connect's data to JSON trees: one function per schema, made once (spec 5.3).

A tree is what ``penstock.jackson.dumps`` takes: dict, list, str, int, float, bool, None and :class:`Fragment`, which is JSON
text. All functions raise DataException with Connect's texts.
"""

from __future__ import annotations

import binascii
import datetime as dt
import decimal
import math
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from penstock.api import logical, logical_names
from penstock.api.exceptions import DataException
from penstock.api.instant import Instant
from penstock.api.javaclass import java_class_name
from penstock.api.javatext import java_double
from penstock.api.schema import Schema, Type
from penstock.api.struct import Struct
from penstock.api.validation import is_of_type, schema_type
from penstock.converters.json_config import JsonSettings
from penstock.jackson import Fragment
from penstock.javafloat import float_text

Encode = Callable[[object], object]
"""A value, or None, to its tree."""

_LIMITS: dict[Type, int] = {Type.INT8: 1 << 7, Type.INT16: 1 << 15, Type.INT32: 1 << 31, Type.INT64: 1 << 63}


def encoder_of(schema: Schema | None, settings: JsonSettings) -> Encode:
    """The function that writes values of a schema; None for schemaless ones."""
    if schema is None:
        return encode_schemaless
    encode = _LOGICAL[schema.name](schema, settings) if schema.name in _LOGICAL else _by_type(schema, settings)
    if schema.default is not None and settings.replace_null:
        default = schema.default
        return lambda value: encode(default if value is None else value)
    if schema.optional:
        return lambda value: None if value is None else encode(value)

    def required(value: object) -> object:
        if value is None:
            raise DataException("Conversion error: null value for field that is required and has no default value")
        return encode(value)

    return required


def encode_schemaless(value: object) -> object:
    """A value whose class alone tells its type."""
    if value is None:
        return None
    kind = schema_type(value)
    if kind is None:
        raise DataException(f"Java class class {java_class_name(value)} does not have corresponding schema type.")
    if kind is Type.ARRAY:
        return [encode_schemaless(item) for item in cast(Sequence[object], value)]
    if kind is Type.MAP:
        return _encode_schemaless_map(cast(Mapping[object, object], value))
    if kind is Type.STRUCT:
        raise DataException("Mismatching schema.")
    return _PRIMITIVE[kind](value)


def _encode_schemaless_map(value: Mapping[object, object]) -> object:
    if all(isinstance(key, str) for key in value):
        return {key: encode_schemaless(item) for key, item in value.items()}
    return [[encode_schemaless(key), encode_schemaless(item)] for key, item in value.items()]


# --- by type --------------------------------------------------------------------------------------------------------


def _by_type(schema: Schema, settings: JsonSettings) -> Encode:
    match schema.type:
        case Type.ARRAY:
            return _array(schema, settings)
        case Type.MAP:
            return _map(schema, settings)
        case Type.STRUCT:
            return _struct(schema, settings)
    return _PRIMITIVE[schema.type]


def _wrong_class(kind: Type, value: object) -> DataException:
    return DataException(f"Invalid type for {kind.name}: class {java_class_name(value)}")


def _integers(kind: Type) -> Encode:
    limit = _LIMITS[kind]

    def encode(value: object) -> object:
        if value.__class__ is int and -limit <= value < limit:
            return value
        if not is_of_type(kind, value):
            raise _wrong_class(kind, value)
        return int(cast(int, value))

    return encode


def _encode_float32(value: object) -> object:
    if not is_of_type(Type.FLOAT32, value):
        raise _wrong_class(Type.FLOAT32, value)
    number = cast(float, value)
    text = float_text(number)
    return Fragment(text) if math.isfinite(number) and text != "Infinity" and text != "-Infinity" else text


def _encode_float64(value: object) -> object:
    if value.__class__ is float:
        return value
    if not is_of_type(Type.FLOAT64, value):
        raise _wrong_class(Type.FLOAT64, value)
    return float(cast(float, value))


def _encode_boolean(value: object) -> object:
    if not isinstance(value, bool):
        raise _wrong_class(Type.BOOLEAN, value)
    return value


def _encode_string(value: object) -> object:
    if value.__class__ is str:
        return value
    if not isinstance(value, str):
        raise _wrong_class(Type.STRING, value)
    return str(value)


def _encode_bytes(value: object) -> object:
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise DataException(f"Invalid type for bytes type: class {java_class_name(value)}")
    return binascii.b2a_base64(value, newline=False).decode("ascii")


_PRIMITIVE: dict[Type, Encode] = {
    **{kind: _integers(kind) for kind in _LIMITS},
    Type.FLOAT32: _encode_float32,
    Type.FLOAT64: _encode_float64,
    Type.BOOLEAN: _encode_boolean,
    Type.STRING: _encode_string,
    Type.BYTES: _encode_bytes,
}


def _array(schema: Schema, settings: JsonSettings) -> Encode:
    element = encoder_of(schema.value_schema, settings)

    def encode(value: object) -> object:
        if not isinstance(value, (list, tuple)):
            raise _wrong_class(Type.ARRAY, value)
        return [element(item) for item in value]

    return encode


def _map(schema: Schema, settings: JsonSettings) -> Encode:
    if schema.key_schema is None:
        raise DataException("A map without a schema for its keys cannot be written as JSON")
    keys, values = encoder_of(schema.key_schema, settings), encoder_of(schema.value_schema, settings)
    as_object = schema.key_schema.type is Type.STRING

    def encode(value: object) -> object:
        if not isinstance(value, Mapping):
            raise _wrong_class(Type.MAP, value)
        if as_object:
            return {_as_text(keys(key)): values(item) for key, item in value.items()}
        return [[keys(key), values(item)] for key, item in value.items()]

    return encode


def _as_text(tree: object) -> str:
    """The name under which a map's key is written: Jackson's ``asText``."""
    match tree:
        case str():
            return tree
        case None:
            return "null"
        case bool():
            return "true" if tree else "false"
        case float():
            return java_double(tree)
        case Fragment():
            return str(tree.contents)
    return str(tree)


def _struct(schema: Schema, settings: JsonSettings) -> Encode:
    names = [field.name for field in schema.fields]
    encoders = [encoder_of(field.schema, settings) for field in schema.fields]

    def encode(value: object) -> object:
        if not isinstance(value, Struct):
            raise _wrong_class(Type.STRUCT, value)
        if value.schema is not schema and value.schema != schema:
            raise DataException("Mismatching schema.")
        return {name: encode(item) for name, encode, item in zip(names, encoders, value.values, strict=True)}

    return encode


# --- logical types --------------------------------------------------------------------------------------------------


def _decimal(schema: Schema, settings: JsonSettings) -> Encode:
    def encode(value: object) -> object:
        if not isinstance(value, decimal.Decimal):
            raise DataException(f"Invalid type for Decimal, expected BigDecimal but was class {java_class_name(value)}")
        if settings.numeric_decimals:
            return Fragment(_number_text(value))
        return _encode_bytes(logical.Decimal.from_logical(schema, value))

    return encode


def _number_text(value: decimal.Decimal) -> str:
    logical.scale_of(value)  # NaN and infinities have none, and are no decimals
    return str(value)


def _temporal(name: str, from_logical: Callable[[Schema, Instant], int]) -> Callable[[Schema, JsonSettings], Encode]:
    def of(schema: Schema, _: JsonSettings) -> Encode:
        def encode(value: object) -> object:
            if not isinstance(value, (dt.date, dt.time, Instant)):
                raise DataException(f"Invalid type for {name}, expected Date but was class {java_class_name(value)}")
            return from_logical(schema, cast(Instant, value))

        return encode

    return of


_LOGICAL: dict[str | None, Callable[[Schema, JsonSettings], Encode]] = {
    logical_names.DECIMAL: _decimal,
    logical_names.DATE: _temporal("Date", logical.Date.from_logical),
    logical_names.TIME: _temporal("Time", logical.Time.from_logical),
    logical_names.TIMESTAMP: _temporal("Timestamp", logical.Timestamp.from_logical),
}
