"""Does a value fit a schema? (spec 5.1; the texts are Connect's)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Protocol, TypeGuard

from penstock.api.exceptions import DataException
from penstock.api.instant import Instant
from penstock.api.javaclass import java_class_name
from penstock.api.javatime import without_zone
from penstock.api.logical_names import DATE, DECIMAL, TIME, TIMESTAMP
from penstock.api.numerics import Float32, Float64, Int8, Int16, Int32, Int64
from penstock.api.schema import Schema, Type

_LIMITS: dict[Type, int] = {Type.INT8: 1 << 7, Type.INT16: 1 << 15, Type.INT32: 1 << 31, Type.INT64: 1 << 63}

_CLASSES: dict[Type, tuple[type, ...]] = {
    Type.INT8: (Int8,),
    Type.INT16: (Int16,),
    Type.INT32: (Int32,),
    Type.INT64: (Int64,),
    Type.FLOAT32: (Float32,),
    Type.FLOAT64: (Float64,),
    Type.BOOLEAN: (bool,),
    Type.STRING: (str,),
    Type.BYTES: (bytes, bytearray, memoryview),
    Type.ARRAY: (list, tuple),
    Type.MAP: (dict, Mapping),
    Type.STRUCT: (),
}

LOGICAL_CLASSES: dict[str, tuple[type, ...]] = {
    DECIMAL: (Decimal,),
    DATE: (dt.date, Instant),
    TIME: (dt.time, dt.datetime, Instant),
    TIMESTAMP: (dt.datetime, Instant),
}
"""What the values of a logical type are. Its name decides alone: a value of the underlying type does not fit."""


_SIMPLE: dict[Type, type] = {Type.STRING: str, Type.BOOLEAN: bool, Type.BYTES: bytes, Type.FLOAT64: float}


def validate_value(schema: Schema, value: object, name: str | None = None) -> None:
    """Raise DataException when ``value``, of the field ``name`` if given, does not fit ``schema``.

    A plain int fits every integer type in whose range it is, a plain float both float types.
    """
    if schema.name is None or schema.name not in LOGICAL_CLASSES:
        kind, wanted = value.__class__, schema.type
        if kind is _SIMPLE.get(wanted):
            return
        if kind is int and (limit := _LIMITS.get(wanted)) is not None and -limit <= value < limit:  # type: ignore[operator]
            return
    _validate(schema, value, "value" if name is None else f'field: "{name}"')


def _validate(schema: Schema, value: object, location: str) -> None:
    if value is None:
        if not schema.optional:
            raise DataException(f"Invalid value: null used for required {location}, schema type: {schema.type.name}")
        return
    if not _is_of_class(schema, value):
        raise _misfit(schema, value, location)
    if isinstance(value, dt.datetime) and value.tzinfo is None:
        raise without_zone(value)
    kind = schema.type
    if not kind.is_primitive and not is_of_type(kind, value):
        raise _misfit(schema, value, location)  # it fits the name of a logical type, which no list, map or struct has
    if kind is Type.STRUCT:
        _validate_struct(schema, value)
    elif kind is Type.ARRAY:
        _validate_array(schema, value, location)
    elif kind is Type.MAP:
        _validate_map(schema, value, location)


def _misfit(schema: Schema, value: object, location: str) -> DataException:
    named = "" if schema.name is None else f' "{schema.name}"'
    return DataException(
        f"Invalid Java object for schema{named} with type {schema.type.name}: class {java_class_name(value)} "
        f"for {location}"
    )


def _is_of_class(schema: Schema, value: object) -> bool:
    logical = None if schema.name is None else LOGICAL_CLASSES.get(schema.name)
    return is_of_type(schema.type, value) if logical is None else isinstance(value, logical)


def is_of_type(kind: Type, value: object) -> bool:
    """Whether a value's class is one of those of a type; what is inside it does not matter."""
    if kind is Type.STRUCT:
        return _is_struct(value)
    if isinstance(value, _CLASSES[kind]):
        return True
    limit = _LIMITS.get(kind)
    if limit is not None:
        return is_plain_int(value) and -limit <= value < limit
    return (kind is Type.FLOAT64 or kind is Type.FLOAT32) and is_plain_float(value)


def is_plain_int(value: object) -> TypeGuard[int]:
    """Whether a value is an int of no width: it fits every integer type in whose range it is."""
    return type(value) is int or (
        isinstance(value, int) and not isinstance(value, bool) and not hasattr(value, "connect_name")
    )


def is_plain_float(value: object) -> TypeGuard[float]:
    """Whether a value is a float of no width: it fits FLOAT32 and FLOAT64."""
    return type(value) is float or (isinstance(value, float) and not hasattr(value, "connect_name"))


class _StructLike(Protocol):
    schema: Schema

    def validate(self) -> None: ...


def _is_struct(value: object) -> TypeGuard[_StructLike]:
    # By its Connect name: the module of Struct builds on this one.
    return getattr(value, "connect_name", None) == "org.apache.kafka.connect.data.Struct"


def _validate_struct(schema: Schema, value: object) -> None:
    assert _is_struct(value)
    if value.schema != schema:
        raise DataException("Struct schemas do not match.")
    value.validate()


def _validate_array(schema: Schema, value: object, location: str) -> None:
    assert isinstance(value, Sequence)
    element_location = f"element of array {location}"
    element_schema = _known(schema.value_schema, element_location)
    for element in value:
        _validate(element_schema, element, element_location)


def _validate_map(schema: Schema, value: object, location: str) -> None:
    assert isinstance(value, Mapping)
    key_location = f"key of map {location}"
    value_location = f"value of map {location}"
    key_schema = _known(schema.key_schema, key_location)
    value_schema = _known(schema.value_schema, value_location)
    for key, item in value.items():
        _validate(key_schema, key, key_location)
        _validate(value_schema, item, value_location)


def _known(schema: Schema | None, location: str) -> Schema:
    if schema is None:
        raise DataException(f"No schema defined for {location}")
    return schema


def schema_type(value: object) -> Type | None:
    """The type that a schemaless value has: INT64 for a plain int, FLOAT64 for a plain float; None for what no type has."""
    kind = _TYPE_BY_CLASS.get(type(value))
    if kind is not None:
        return kind if kind is not Type.INT64 or is_of_type(kind, value) else None
    if is_plain_int(value) or is_plain_float(value):
        return Type.INT64 if isinstance(value, int) else Type.FLOAT64
    return next((kind for kind in Type if is_of_type(kind, value)), None)


_TYPE_BY_CLASS: dict[type, Type] = {
    str: Type.STRING,
    bool: Type.BOOLEAN,
    int: Type.INT64,
    float: Type.FLOAT64,
    bytes: Type.BYTES,
    list: Type.ARRAY,
    dict: Type.MAP,
}
