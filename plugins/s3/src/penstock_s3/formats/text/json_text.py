"""JSON lines as the sink's JSON format writes them (spec 10).

Structs go through Connect's JsonConverter; everything else is written by its class alone, as Jackson's plain mapper does:
decimals as numbers, points in time in milliseconds, keys of maps as text.
"""

from __future__ import annotations

import datetime as dt
import decimal
import os
from collections.abc import Mapping, Sequence
from typing import cast

from penstock.api import (
    DataException,
    Date,
    Float32,
    Instant,
    PartialBatch,
    Schema,
    Struct,
    StructColumn,
    Time,
    Timestamp,
    Type,
    java_str,
)
from penstock.converters import JsonConverter

_LINE_END = os.linesep.encode()
_MS_PER_DAY = 86_400_000
_STRUCTS = frozenset({Struct})


class JsonLines:
    """Encodes columns as lines. One for a task: it remembers an encoder per schema."""

    def __init__(self, *, numeric_decimals: bool = False) -> None:
        self._converter = JsonConverter()
        settings = {
            "schemas.enable": "false",
            "decimal.format": "NUMERIC" if numeric_decimals else "BASE64",
        }
        self._converter.configure(settings, is_key=False)

    def encode(self, schema: Schema | None, values: Sequence[object]) -> bytes:
        """The values, each with the line's end behind it. Raises :class:`PartialBatch` at the first that cannot be written."""
        text = self._text(schema, values)
        return text if _LINE_END == b"\n" else text.replace(b"\n", _LINE_END)  # inside, line feeds are escaped

    def _text(self, schema: Schema | None, values: Sequence[object]) -> bytes:
        of_structs = schema is not None and schema.type is Type.STRUCT and _are_structs(values)
        if of_structs or schema is None:
            text = self._converter.plain_lines(schema, values)
            if text is not None:
                return text
        if of_structs:
            texts = cast(Sequence[bytes], self._converter.from_connect_data_batch("", schema, values))
        else:
            texts = self._one_by_one(_with_floats(schema, values))
        return b"".join([text + b"\n" for text in texts])

    def _one_by_one(self, values: Sequence[object]) -> list[bytes]:
        done: list[bytes] = []
        try:
            for value in values:
                done.append(self.text(value))
        except (DataException, RecursionError) as error:
            failure = (
                DataException("The value is nested too deeply for JSON") if isinstance(error, RecursionError) else error
            )
            raise PartialBatch(len(done), (), failure) from error
        return done

    def text(self, value: object) -> bytes:
        """One value, by its class. Raises DataException."""
        match value:
            case Struct():
                return self._converter.from_connect_data("", None, value.schema, value) or b"null"
            case decimal.Decimal():
                if not value.is_finite():
                    raise DataException(f"A decimal {value} cannot be written as JSON")
                return str(value).encode()
            case dt.date() | dt.time() | Instant():
                return str(_milliseconds(value)).encode()
            case bool() | None:
                return b"null" if value is None else str(value).lower().encode()
            case Mapping():
                members = (self.text(_key_text(key)) + b":" + self.text(item) for key, item in value.items())
                return b"{" + b",".join(members) + b"}"
            case list() | tuple():
                return b"[" + b",".join(map(self.text, value)) + b"]"
        return self._converter.from_connect_data("", None, None, value) or b"null"


def _with_floats(schema: Schema | None, values: Sequence[object]) -> Sequence[object]:
    """The values with each single-precision number marked as one: it has fewer digits. Structs have their own schema."""
    if schema is None or not _has_floats(schema):
        return values
    return [_marked(schema, value) for value in values]


def _has_floats(schema: Schema) -> bool:
    inside = _inside(schema)
    return schema.type is Type.FLOAT32 or (inside is not None and _has_floats(inside))


def _inside(schema: Schema) -> Schema | None:
    return schema.value_schema if schema.type in (Type.ARRAY, Type.MAP) else None


def _marked(schema: Schema, value: object) -> object:
    inside = _inside(schema)
    match value:
        case float():
            return Float32(value)
        case Mapping() if inside is not None:
            return {key: _marked(inside, item) for key, item in value.items()}
        case list() | tuple() if inside is not None:
            return [_marked(inside, item) for item in value]
    return value


def _are_structs(values: Sequence[object]) -> bool:
    return isinstance(values, StructColumn) or _STRUCTS.issuperset(map(type, values))


def _key_text(key: object) -> str:
    """The name of a map's key. Java's mapper cannot name a null."""
    if key is None:
        raise DataException("Null key for a Map not allowed in JSON (use a converting NullKeySerializer?)")
    return (
        key
        if isinstance(key, str)
        else str(_milliseconds(key) if isinstance(key, (dt.date, dt.time)) else java_str(key))
    )


def _milliseconds(value: dt.date | dt.time | Instant) -> int:
    if isinstance(value, dt.time):
        return Time.from_logical(Time.SCHEMA, value)
    if isinstance(value, dt.datetime) or not isinstance(value, dt.date):
        return Timestamp.from_logical(Timestamp.SCHEMA, value)
    return Date.from_logical(Date.SCHEMA, value) * _MS_PER_DAY
