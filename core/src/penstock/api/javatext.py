"""A value's text as Java's ``toString`` gives it: what StringConverter and the file sink write, and what errors quote."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from penstock.api.instant import Instant
from penstock.api.javatime import Temporal, civil_of, epoch_ms, local_zone
from penstock.api.numerics import Float32, Float64, Int8, Int16, Int32, Int64
from penstock.api.schema import Schema, Type
from penstock.api.struct import Struct
from penstock.javafloat import double_text, float_text

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def java_str(value: object, schema: Schema | None = None) -> str:
    """The text of a value: ``null``, ``true``, ``1.0``, ``[a, b]``, ``{k=v}``, ``Struct{a=1,b=x}``.

    ``schema`` matters only for floats inside: a plain float under FLOAT32 prints as a float does.
    """
    if value.__class__ is str:
        return value
    if schema is not None and schema.type in _FLOATS_INSIDE:
        return _with_schema(value, schema)
    write = _WRITERS.get(type(value))
    return write(value) if write is not None else _other(value)


def java_double(value: float) -> str:
    """A double's text: ``1.0``, ``1.0E10``, ``NaN``."""
    # Within these bounds the shortest text is Java's too, and has no exponent.
    return float.__repr__(value) if 1e-3 <= value < 1e7 or -1e7 < value <= -1e-3 else double_text(value)


def java_date(value: Temporal) -> str:
    """``Thu Jan 01 00:00:00 UTC 1970``, in the zone of the process."""
    ms = epoch_ms(value)
    offset, zone = local_zone(ms)
    at = civil_of(ms, offset)
    return (
        f"{_DAYS[at.weekday]} {_MONTHS[at.month - 1]} {at.day:02} {at.hour:02}:{at.minute:02}:{at.second:02} "
        f"{zone} {at.year_of_era}"
    )


def _sequence(value: Sequence[object]) -> str:
    return "[" + ", ".join(map(java_str, value)) + "]"


def _mapping(value: Mapping[object, object]) -> str:
    return "{" + ", ".join([f"{java_str(key)}={java_str(item)}" for key, item in value.items()]) + "}"


def _struct(value: Struct) -> str:
    parts = [
        f"{field.name}={java_str(item, field.schema)}"
        for field, item in zip(value.schema.fields, value.values, strict=True)
        if item is not None
    ]
    return "Struct{" + ",".join(parts) + "}"


def _bytes(value: bytes) -> str:
    # What Java prints for an array: its class and a hash that says nothing.
    return f"[B@{id(value) & 0xFFFFFFFF:x}"


def _buffer(value: memoryview) -> str:
    return f"java.nio.HeapByteBuffer[pos=0 lim={value.nbytes} cap={value.nbytes}]"


def _boolean(value: bool) -> str:
    return "true" if value else "false"


def _null(_: None) -> str:
    return "null"


_FLOATS_INSIDE = frozenset({Type.FLOAT32, Type.ARRAY, Type.MAP})


def _with_schema(value: object, schema: Schema) -> str:
    if isinstance(value, float):
        return float_text(value) if schema.type is Type.FLOAT32 else java_double(value)
    if schema.type is Type.ARRAY and isinstance(value, (list, tuple)):
        element = schema.value_schema
        return "[" + ", ".join([java_str(item, element) for item in value]) + "]"
    if schema.type is Type.MAP and isinstance(value, Mapping):
        keys, values = schema.key_schema, schema.value_schema
        return "{" + ", ".join([f"{java_str(k, keys)}={java_str(v, values)}" for k, v in value.items()]) + "}"
    return java_str(value)


def _other(value: object) -> str:
    for kind, write in _WRITERS.items():
        if isinstance(value, kind):
            return write(value)
    return _mapping(value) if isinstance(value, Mapping) else str(value)


_WRITERS: dict[type, Callable[..., str]] = {
    type(None): _null,
    bool: _boolean,
    int: int.__repr__,
    Int8: int.__repr__,
    Int16: int.__repr__,
    Int32: int.__repr__,
    Int64: int.__repr__,
    Float32: float_text,
    Float64: java_double,
    float: java_double,
    str: str,
    bytes: _bytes,
    bytearray: _bytes,
    memoryview: _buffer,
    Decimal: str,
    dt.datetime: java_date,
    dt.date: java_date,
    dt.time: java_date,
    Instant: java_date,
    list: _sequence,
    tuple: _sequence,
    dict: _mapping,
    Struct: _struct,
}
