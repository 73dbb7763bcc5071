"""Casting one value (spec 6.2, Cast)."""

from __future__ import annotations

import base64
import datetime as dt
import re
from collections.abc import Callable, Mapping
from decimal import Decimal

from penstock.api import (
    DataException,
    Date,
    Float32,
    Instant,
    Int8,
    Int16,
    Int32,
    Schema,
    Time,
    Timestamp,
    Type,
    java_str,
)
from penstock.api.config_numbers import parse_double, parse_integer
from penstock.api.javacast import to_double, to_integer
from penstock.api.numerics import round_to_float32
from penstock.api.validation import schema_type
from penstock.api.values_dates import format_temporal
from penstock.api.values_numbers import float32_of
from penstock.transforms.requirements import class_text

OUTPUT_TYPES = (
    Type.INT8,
    Type.INT16,
    Type.INT32,
    Type.INT64,
    Type.FLOAT32,
    Type.FLOAT64,
    Type.BOOLEAN,
    Type.STRING,
)
INPUT_TYPES = (*OUTPUT_TYPES, Type.BYTES)

Caster = Callable[[object], object]
"""Casts a value that is not null. Raises DataException."""

_BITS = {Type.INT8: 8, Type.INT16: 16, Type.INT32: 32, Type.INT64: 64}
_DECIMAL_WITH_SUFFIX = re.compile(r"([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)[dDfF]?")
_SURELY_LONG = 18
"""Digits that fit a long, whichever they are."""
_BLANKS = "".join(map(chr, range(0x21)))
_WIDTHS: Mapping[Type, Callable[..., object]] = {
    Type.INT8: Int8,
    Type.INT16: Int16,
    Type.INT32: Int32,
    Type.FLOAT32: Float32,
}
"""Without a schema a value's class tells its type; longs and doubles are plain."""


def type_names(types: tuple[Type, ...]) -> str:
    """Types as error texts list them."""
    return f"[{', '.join(kind.name for kind in types)}]"


def caster(schema: Schema, target: Type) -> Caster:
    """Casts values under ``schema`` to plain values of ``target``."""
    cast = _CASTS[target]
    if schema.type not in INPUT_TYPES:
        return lambda _value: _refuse_input(schema.type)
    encode = None if target is Type.STRING else _LOGICAL.get(schema.name or "")

    def run(value: object) -> object:
        stored = value if encode is None else encode(schema, value)
        try:
            return cast(stored, schema)
        except ValueError as error:
            raise _out_of_range(stored) from error

    return run


def cast_schemaless(value: object, target: Type) -> object:
    """Casts a value without a schema; the result's class tells ``target``. Null stays null."""
    if value is None:
        return None
    kind = schema_type(value)
    if kind is None:
        raise DataException(
            f"Cast transformation was passed a value of type {class_text(value)} which is not supported by Connect's "
            "data API"
        )
    if kind not in INPUT_TYPES:
        _refuse_input(kind)
    try:
        found = _CASTS[target](value, None)
    except ValueError as error:
        raise _out_of_range(value) from error
    width = _WIDTHS.get(target)
    return found if width is None else width(found)


def _refuse_input(kind: Type) -> object:
    raise DataException(
        f"Cast transformation does not support casting from {kind.name}; supported types are {type_names(INPUT_TYPES)}"
    )


def _out_of_range(value: object) -> DataException:
    return DataException(f"Value ({java_str(value)}) was out of range for requested data type")


def _unexpected(value: object, schema: Schema | None) -> DataException:
    return DataException(f"Unexpected type in Cast transformation: {class_text(value, schema)}")


def _integers(bits: int) -> Callable[[object, Schema | None], object]:
    half = 1 << (bits - 1)

    def cast(value: object, schema: Schema | None) -> object:
        match value:
            case str() if value.isascii() and value.isdecimal() and len(value) <= _SURELY_LONG:
                found = int(value)
                if found < half:
                    return found
                raise ValueError(f"{value!r} is no integer of {bits} bits")
            case bool():
                return int(value)
            case int():
                return value if value.__class__ is int and -half <= value < half else to_integer(value, bits)
            case float() | Decimal():
                return to_integer(value, bits)
            case str():
                read = parse_integer(value, bits)
                if read is None:
                    raise ValueError(f"{value!r} is no integer of {bits} bits")
                return read
        raise _unexpected(value, schema)

    return cast


def _float64(value: object, schema: Schema | None) -> object:
    match value:
        case int() | float() | Decimal():
            return to_double(value)
        case str():
            found = parse_double(value.strip(_BLANKS))
            if found is None:
                raise ValueError(f"{value!r} is no number")
            return found
    raise _unexpected(value, schema)


def _float32(value: object, schema: Schema | None) -> object:
    match value:
        case int() | Decimal():
            return float(float32_of(Decimal(value)))
        case float():
            return round_to_float32(value)
        case str():
            return _float32_in(value.strip(_BLANKS))
    raise _unexpected(value, schema)


def _float32_in(text: str) -> float:
    found = parse_double(text)
    if found is None:
        raise ValueError(f"{text!r} is no number")
    decimal = _DECIMAL_WITH_SUFFIX.fullmatch(text)
    # A decimal is rounded once, to the nearest float; by way of a double it would be rounded twice.
    return round_to_float32(found) if decimal is None else float(float32_of(Decimal(decimal[1])))


def _boolean(value: object, schema: Schema | None) -> object:
    match value:
        case bool():
            return value
        case int() | float() | Decimal():
            return to_integer(value, 64) != 0
        case str():
            return value.lower() == "true"
    raise _unexpected(value, schema)


def _string(value: object, schema: Schema | None) -> object:
    match value:
        case str():
            return value
        case int() if not isinstance(value, bool):
            return int.__repr__(value)
        case dt.date() | dt.time() | Instant():
            return format_temporal(value)
        case bytes() | bytearray() | memoryview():
            return base64.b64encode(value).decode("ascii")
    return java_str(value, schema)


_CASTS: Mapping[Type, Callable[[object, Schema | None], object]] = {
    **{kind: _integers(bits) for kind, bits in _BITS.items()},
    Type.FLOAT32: _float32,
    Type.FLOAT64: _float64,
    Type.BOOLEAN: _boolean,
    Type.STRING: _string,
}
_LOGICAL: Mapping[str, Callable[..., object]] = {
    Date.LOGICAL_NAME: Date.from_logical,
    Time.LOGICAL_NAME: Time.from_logical,
    Timestamp.LOGICAL_NAME: Timestamp.from_logical,
}
"""Dates are cast as the integers that stand for them, except to texts."""
