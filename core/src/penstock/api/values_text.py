"""Writing a value in the notation of Connect's values (spec 5.7)."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal

from penstock.api.exceptions import DataException
from penstock.api.instant import Instant
from penstock.api.javaclass import java_class_name
from penstock.api.javatext import java_str
from penstock.api.schema import Schema, Type
from penstock.api.struct import Struct
from penstock.api.values_dates import format_temporal


def value_text(value: object, schema: Schema | None = None) -> str:
    """The text of a value at the top: strings and bytes without quotes. ``schema`` tells FLOAT32 from FLOAT64.

    Raises DataException for a value of a class that Connect does not know.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.b64encode(value).decode("ascii")
    return _text(value, schema)


def _text(value: object, schema: Schema | None) -> str:
    if isinstance(value, str):
        return _quoted(value)
    if value is None or isinstance(value, (bool, int, float, Decimal)):
        return java_str(value, schema)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f'"{base64.b64encode(value).decode("ascii")}"'
    if isinstance(value, Sequence):
        inner = schema.value_schema if schema is not None and schema.type is Type.ARRAY else None
        return "[" + ",".join([_text(item, inner) for item in value]) + "]"
    if isinstance(value, Mapping):
        is_map = schema is not None and schema.type is Type.MAP
        keys = schema.key_schema if schema is not None and is_map else None
        values = schema.value_schema if schema is not None and is_map else None
        return "{" + ",".join([f"{_text(key, keys)}:{_text(item, values)}" for key, item in value.items()]) + "}"
    if isinstance(value, Struct):
        parts = [f"{_quoted(field.name)}:{_text(value.get(field), field.schema)}" for field in value.schema.fields]
        return "{" + ",".join(parts) + "}"
    if isinstance(value, (dt.date, dt.time, Instant)):
        return format_temporal(value)
    raise DataException(f"Failed to serialize unexpected value type {java_class_name(value)}: {java_str(value)}")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
