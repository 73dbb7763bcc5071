"""Conversions between values, texts and schemas, one-to-one with Connect's ``Values`` (spec 5.6 to 5.8).

``schema`` is always that of the value given, None for a schemaless one. Numbers come back plain where a schema tells their
width; those inside a list or map that its schema does not tell keep theirs (:class:`penstock.api.Int8` and so on). A value
that cannot be converted raises DataException.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal

from penstock.api import logical, logical_names
from penstock.api.converter import NULL_SCHEMA_AND_VALUE, SchemaAndValue
from penstock.api.exceptions import DataException
from penstock.api.instant import Instant
from penstock.api.javacast import to_double, to_integer
from penstock.api.javatext import java_double
from penstock.api.javatime import MS_PER_DAY, Temporal, epoch_ms
from penstock.api.logical import temporal_of
from penstock.api.numerics import round_to_float32
from penstock.api.schema import Schema, Type
from penstock.api.struct import Struct
from penstock.api.values_inference import infer_schema, plain_numbers, with_width
from penstock.api.values_numbers import as_double, as_long, java_decimal, unable
from penstock.api.values_parse import ValueParser
from penstock.api.values_text import value_text

__all__ = [
    "convert_to",
    "convert_to_boolean",
    "convert_to_byte",
    "convert_to_bytes",
    "convert_to_date",
    "convert_to_decimal",
    "convert_to_double",
    "convert_to_float",
    "convert_to_integer",
    "convert_to_list",
    "convert_to_long",
    "convert_to_map",
    "convert_to_short",
    "convert_to_string",
    "convert_to_struct",
    "convert_to_time",
    "convert_to_timestamp",
    "infer_schema",
    "parse_string",
]

_ARRAY = Schema(Type.ARRAY)
_MAP = Schema(Type.MAP)
_STRUCT = Schema(Type.STRUCT)


def parse_string(text: str | None) -> SchemaAndValue | None:
    """The value that a text spells, in the narrowest type; a string where it spells no other. None for ``null``."""
    if text is None:
        return NULL_SCHEMA_AND_VALUE
    if not text:
        return SchemaAndValue(Schema.STRING, text)
    found = _parse(text)
    return None if found is None else SchemaAndValue(found.schema, plain_numbers(found.schema, found.value))


def _parse(text: str) -> SchemaAndValue | None:
    return ValueParser(text, _convert_element).parse()


def convert_to_boolean(schema: Schema | None, value: object) -> bool | None:
    """A boolean: of a text what it spells, of a number whether it is other than zero."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        parsed = _parsed(value)
        if isinstance(parsed, bool):
            return parsed
    return as_long(value, schema) != 0


def convert_to_byte(schema: Schema | None, value: object) -> int | None:
    """A number as an INT8; what is too large wraps around."""
    return None if value is None else to_integer(as_long(value, schema), 8)


def convert_to_short(schema: Schema | None, value: object) -> int | None:
    """A number as an INT16; what is too large wraps around."""
    return None if value is None else to_integer(as_long(value, schema), 16)


def convert_to_integer(schema: Schema | None, value: object) -> int | None:
    """A number as an INT32; what is too large wraps around."""
    return None if value is None else to_integer(as_long(value, schema), 32)


def convert_to_long(schema: Schema | None, value: object) -> int | None:
    """A number as an INT64; what is too large wraps around."""
    return None if value is None else as_long(value, schema)


def convert_to_float(schema: Schema | None, value: object) -> float | None:
    """A number as a FLOAT32."""
    return None if value is None else round_to_float32(as_double(value, schema))


def convert_to_double(schema: Schema | None, value: object) -> float | None:
    """A number as a FLOAT64."""
    return None if value is None else as_double(value, schema)


def convert_to_string(schema: Schema | None, value: object) -> str | None:
    """The text that :func:`parse_string` understands; see there and spec 5.7."""
    return None if value is None else value_text(value, schema)


def convert_to_list(schema: Schema | None, value: object) -> Sequence[object]:
    """A list, or the one that a text spells."""
    return _as_list(_ARRAY, schema, value)


def convert_to_map(schema: Schema | None, value: object) -> Mapping[object, object]:
    """A map, or the one that a text spells."""
    return _as_map(_MAP, schema, value)


def convert_to_struct(schema: Schema | None, value: object) -> Struct:
    """A struct, which nothing else can be made into."""
    return _as_struct(_STRUCT, schema, value)


def convert_to_date(schema: Schema | None, value: object) -> dt.date | Instant:
    """A Date: of a Timestamp its day, of a number the day so many after 1970-01-01."""
    return _as_date(logical.Date.SCHEMA, schema, _given(value))  # type: ignore[return-value]  # a Date's values


def convert_to_time(schema: Schema | None, value: object) -> dt.time | dt.datetime | Instant:
    """A Time: of a Timestamp its time of day in UTC, of a number so many milliseconds."""
    return _as_time(logical.Time.SCHEMA, schema, _given(value))  # type: ignore[return-value]  # a Time's values


def convert_to_timestamp(schema: Schema | None, value: object) -> dt.datetime | Instant:
    """A Timestamp: of a Date its midnight in UTC, of a number so many milliseconds since the epoch."""
    return _as_timestamp(logical.Timestamp.SCHEMA, schema, _given(value))  # type: ignore[return-value]  # as above


def convert_to_decimal(schema: Schema | None, value: object, scale: int) -> Decimal:
    """A decimal. ``scale`` matters for bytes only: numbers and texts keep their own."""
    return _as_decimal(logical.Decimal.schema(scale), schema, _given(value))


def convert_to_bytes(schema: Schema | None, value: object) -> bytes:
    """Bytes, also of a decimal whose schema is given."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    if isinstance(value, Decimal) and schema is not None:
        return logical.Decimal.from_logical(schema, value)
    raise unable(value, schema, schema or Schema.BYTES)


def convert_to(target: Schema, schema: Schema | None, value: object) -> object:
    """The value in the type of ``target``."""
    if value is None:
        if target.optional:
            return None
        return _given(value)
    match target.type:
        case Type.BYTES:
            is_decimal = target.name == logical_names.DECIMAL
            return _as_decimal(target, schema, value) if is_decimal else convert_to_bytes(target, value)
        case Type.INT32 if target.name == logical_names.DATE:
            return _as_date(target, schema, value)
        case Type.INT32 if target.name == logical_names.TIME:
            return _as_time(target, schema, value)
        case Type.INT64 if target.name == logical_names.TIMESTAMP:
            return _as_timestamp(target, schema, value)
        case Type.ARRAY:
            return _as_list(target, schema, value)
        case Type.MAP:
            return _as_map(target, schema, value)
        case Type.STRUCT:
            return _as_struct(target, schema, value)
    return _BY_TYPE[target.type](schema, value)


_BY_TYPE = {
    Type.STRING: convert_to_string,
    Type.BOOLEAN: convert_to_boolean,
    Type.INT8: convert_to_byte,
    Type.INT16: convert_to_short,
    Type.INT32: convert_to_integer,
    Type.INT64: convert_to_long,
    Type.FLOAT32: convert_to_float,
    Type.FLOAT64: convert_to_double,
}


def _convert_element(target: Schema, value: object) -> object:
    return with_width(target, convert_to(target, None, value))


def _given(value: object) -> object:
    if value is None:
        raise DataException("Unable to convert a null value to a schema that requires a value")
    return value


def _parsed(text: str) -> object:
    found = _parse(text) if text else SchemaAndValue(Schema.STRING, text)
    if found is None:
        raise DataException(f"Unable to convert the text {text!r}, which spells a null")
    return found.value


def _as_list(target: Schema, schema: Schema | None, value: object) -> Sequence[object]:
    value = _given(value)
    value = _parsed(value) if isinstance(value, str) else value
    if isinstance(value, (list, tuple)):
        return value
    raise unable(value, schema, target)


def _as_map(target: Schema, schema: Schema | None, value: object) -> Mapping[object, object]:
    value = _given(value)
    value = _parsed(value) if isinstance(value, str) else value
    if isinstance(value, Mapping):
        return value
    raise unable(value, schema, target)


def _as_struct(target: Schema, schema: Schema | None, value: object) -> Struct:
    value = _given(value)
    if isinstance(value, Struct):
        return value
    raise unable(value, schema, target)


def _as_decimal(target: Schema, schema: Schema | None, value: object) -> Decimal:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return logical.Decimal.to_logical(target, bytes(value))
    if isinstance(value, Decimal):
        return value
    found = None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        found = java_decimal(java_double(to_double(value)))
    elif isinstance(value, str):
        found = java_decimal(value)
    if found is None:
        raise unable(value, schema, target)
    return found


def _as_date(target: Schema, schema: Schema | None, value: object) -> Temporal:
    value = _parsed(value) if isinstance(value, str) else value
    if isinstance(value, (dt.date, dt.time, Instant)):
        ms = epoch_ms(value)
        if schema is None or schema.name == logical_names.DATE:
            return temporal_of(target, ms)
        if schema.name == logical_names.TIMESTAMP:
            # Java's division goes toward zero, so that the day before 1970 becomes 1970-01-01.
            days = abs(ms) // MS_PER_DAY
            return logical.Date.to_logical(target, to_integer(-days if ms < 0 else days, 32))
    return logical.Date.to_logical(target, to_integer(as_long(value, schema), 32))


def _as_time(target: Schema, schema: Schema | None, value: object) -> Temporal:
    value = _parsed(value) if isinstance(value, str) else value
    if isinstance(value, (dt.date, dt.time, Instant)):
        ms = epoch_ms(value)
        if schema is None or schema.name == logical_names.TIME:
            return temporal_of(target, ms)
        if schema.name == logical_names.TIMESTAMP:
            return logical.Time.to_logical(target, ms % MS_PER_DAY)
    return logical.Time.to_logical(target, to_integer(as_long(value, schema), 32))


def _as_timestamp(target: Schema, schema: Schema | None, value: object) -> Temporal:
    value = _parsed(value) if isinstance(value, str) else value
    if isinstance(value, (dt.date, dt.time, Instant)) and (schema is None or schema.name == logical_names.TIMESTAMP):
        return temporal_of(target, epoch_ms(value))
    days = schema is not None and schema.name == logical_names.DATE and isinstance(value, (dt.date, Instant))
    return logical.Timestamp.to_logical(target, as_long(value, schema) * (MS_PER_DAY if days else 1))
