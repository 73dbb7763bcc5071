"""Between the typed values, schemas and records of the vectors (README there) and ours.

A number whose class is the one that its schema says, or that is schemaless and a long or double, becomes a plain int or
float; any other keeps its class as Int8, Float32 and so on. A ``java.util.Date`` becomes what its logical schema asks for,
an aware datetime without one.
"""

from __future__ import annotations

import base64
import datetime as dt
import decimal
import json
import struct
from collections.abc import Mapping
from typing import Any, Final

from penstock.api.config_types import Password
from penstock.api.header import Header, Headers
from penstock.api.instant import Instant
from penstock.api.javaclass import java_class_name
from penstock.api.javatext import java_str
from penstock.api.javatime import MS_PER_DAY, date_of, datetime_of, epoch_ms, time_of
from penstock.api.keys import as_key
from penstock.api.logical import decimal_of, scale_of, unscaled_of
from penstock.api.logical_names import DATE, TIME
from penstock.api.numerics import Float32, Float64, Int8, Int16, Int32, Int64
from penstock.api.record import ConnectRecord, SinkRecord, SourceRecord, TimestampType
from penstock.api.schema import Field, Schema, Type
from penstock.api.struct import Struct
from penstock.api.validation import LOGICAL_CLASSES
from penstock.javafloat import double_text, float_text

Json = Any

_INTS: dict[str, type[int]] = {"int8": Int8, "int16": Int16, "int32": Int32, "int64": Int64}
_FLOATS: dict[str, tuple[type[float], str]] = {"float32": (Float32, ">f"), "float64": (Float64, ">d")}
_INT_NAMES = {kind: name for name, kind in _INTS.items()}


class BigInteger(int):
    """A ``java.math.BigInteger``, also where it would fit a long."""

    connect_name = "java.math.BigInteger"


class Character:
    """A ``java.lang.Character``: nothing that Connect knows."""

    connect_name = "java.lang.Character"

    def __init__(self, char: str) -> None:
        self.char = char

    def __str__(self) -> str:
        return self.char


class Opaque:
    """An object of a class that Connect does not know."""

    connect_name = "Opaque"

    def __str__(self) -> str:
        return "opaque"


class JavaClass:
    """A ``java.lang.Class``."""

    connect_name = "java.lang.Class"

    def __init__(self, name: str) -> None:
        self.name = name

    def __str__(self) -> str:
        return f"class {self.name}"


# --- schemas --------------------------------------------------------------------------------------------------------


def decode_schema(given: Json, enclosing: Schema | None = None) -> Schema | None:
    """A schema, by the raw constructor. ``enclosing`` is what the text "enclosing" stands for."""
    if given is None:
        return None
    if given == "enclosing":
        assert enclosing is not None
        return enclosing
    kind = Type(given["type"])
    attributes = {
        "optional": given["optional"],
        "name": given.get("name"),
        "version": given.get("version"),
        "doc": given.get("doc"),
        "parameters": given.get("parameters"),
        "fields": [
            Field(field["name"], index, decode_schema(field["schema"]))
            for index, field in enumerate(given.get("fields") or [])
        ],
        "key_schema": decode_schema(given.get("keys")),
        "value_schema": decode_schema(given.get("values")),
    }
    bare = Schema(kind, **attributes)
    if given.get("default") is None:
        return bare
    return Schema(kind, **attributes, default=decode(given["default"], bare))


def encode_schema(schema: Schema | None) -> Json:
    """A schema as the results show it."""
    if schema is None:
        return None
    found: dict[str, Json] = {"type": schema.type.value, "optional": schema.optional}
    for attribute in ("name", "version", "doc"):
        if getattr(schema, attribute) is not None:
            found[attribute] = getattr(schema, attribute)
    if schema.parameters is not None:
        found["parameters"] = dict(schema.parameters)
    if schema.type is Type.STRUCT:
        found["fields"] = [
            {"name": field.name, "index": field.index, "schema": encode_schema(field.schema)} for field in schema.fields
        ]
    if schema.type is Type.MAP:
        found["keys"] = encode_schema(schema.key_schema)
    if schema.type in (Type.MAP, Type.ARRAY):
        found["values"] = encode_schema(schema.value_schema)
    if schema.default is not None:
        found["default"] = encode(schema.default, schema)
        if isinstance(schema.default, Struct) and schema.default.schema == _without_default(schema):
            found["default"]["schema"] = "enclosing"
    return found


def _without_default(schema: Schema) -> Schema:
    return Schema(
        schema.type,
        optional=schema.optional,
        name=schema.name,
        version=schema.version,
        doc=schema.doc,
        parameters=schema.parameters,
        fields=schema.fields,
    )


# --- values ---------------------------------------------------------------------------------------------------------


def decode(given: Json, schema: Schema | None = None) -> Any:
    """A value, plain where ``schema`` tells its class."""
    if given is None:
        return None
    kind = given["t"]
    if kind in _INTS:
        return _number(int(given["v"]), _INTS[kind], kind, "int64", schema)
    if kind in _FLOATS:
        exact, form = _FLOATS[kind]
        return _number(struct.unpack(form, bytes.fromhex(given["bits"]))[0], exact, kind, "float64", schema)
    match kind:
        case "boolean" | "string":
            return given["v"]
        case "bytes":
            return base64.b64decode(given["v"])
        case "bytebuffer":
            return memoryview(base64.b64decode(given["v"]))
        case "decimal":
            return decimal_of(int(given["unscaled"]), given["scale"])
        case "bigint":
            return BigInteger(given["v"])
        case "date":
            return _date(given["ms"], schema)
        case "array":
            inner = _inner(schema, Type.ARRAY)
            return [decode(item, inner) for item in given["v"]]
        case "map":
            keys = schema.key_schema if schema is not None and schema.type is Type.MAP else None
            values = _inner(schema, Type.MAP)
            return {as_key(decode(key, keys)): decode(item, values) for key, item in given["v"]}
        case "struct":
            own = decode_schema(given["schema"], schema)
            assert own is not None
            decoded = [decode(item, field.schema) for item, field in zip(given["v"], own.fields, strict=False)]
            return Struct.of(own, decoded + [None] * (len(own.fields) - len(decoded)))
        case "char":
            return Character(given["v"])
        case "class":
            return JavaClass(given["v"])
        case "password":
            return Password(given["v"])
        case "object":
            return Opaque()
    raise AssertionError(given)


def _inner(schema: Schema | None, kind: Type) -> Schema | None:
    return schema.value_schema if schema is not None and schema.type is kind else None


def _number(value: Any, exact: type, kind: str, plain: str, schema: Schema | None) -> Any:
    told = plain if schema is None else schema.type.value if schema.name not in LOGICAL_CLASSES else None
    return value if kind == told else exact(value)


def _date(ms: int, schema: Schema | None) -> Any:
    name = None if schema is None else schema.name
    if name == DATE and ms % MS_PER_DAY == 0:
        return date_of(ms // MS_PER_DAY)
    return time_of(ms) if name == TIME else datetime_of(ms)


def encode(value: Any, schema: Schema | None = None) -> Json:
    """A value as the results show it; ``schema`` tells the class of plain numbers."""
    told = None if schema is None else schema.type
    match value:
        case None:
            return None
        case bool():
            return {"t": "boolean", "v": value}
        case int():
            return _encode_int(value, told)
        case float():
            return _encode_float(value, told)
        case str():
            return {"t": "string", "v": value}
        case bytes() | bytearray():
            return {"t": "bytes", "v": base64.b64encode(value).decode()}
        case memoryview():
            return {"t": "bytebuffer", "v": base64.b64encode(value).decode()}
        case decimal.Decimal():
            return {"t": "decimal", "unscaled": str(unscaled_of(value)), "scale": scale_of(value)}
        case dt.date() | dt.time() | Instant():
            return {"t": "date", "ms": epoch_ms(value)}
        case list() | tuple():
            inner = _inner(schema, Type.ARRAY)
            return {"t": "array", "v": [encode(item, inner) for item in value]}
        case Mapping():
            keys = schema.key_schema if schema is not None and told is Type.MAP else None
            values = _inner(schema, Type.MAP)
            return {"t": "map", "v": [[encode(key, keys), encode(item, values)] for key, item in value.items()]}
        case Struct():
            items = zip(value.values, value.schema.fields, strict=True)
            return {
                "t": "struct",
                "schema": encode_schema(value.schema),
                "v": [encode(item, field.schema) for item, field in items],
            }
        case Password():
            return {"t": "password", "v": value.value}
        case Character():
            return {"t": "char", "v": value.char}
        case JavaClass():
            return {"t": "class", "v": value.name}
    return {"t": "object", "class": java_class_name(value), "string": java_str(value)}


def _encode_int(value: int, told: Type | None) -> Json:
    if type(value) in _INT_NAMES:
        return {"t": _INT_NAMES[type(value)], "v": int(value)}
    if isinstance(value, BigInteger) or not -(1 << 63) <= value < 1 << 63:
        return {"t": "bigint", "v": str(int(value))}
    named = told.value if told is not None and told.value in _INTS else "int64"
    return {"t": named, "v": value}


def _encode_float(value: float, told: Type | None) -> Json:
    single = isinstance(value, Float32) or (told is Type.FLOAT32 and not isinstance(value, Float64))
    if single:
        return {"t": "float32", "bits": struct.pack(">f", value).hex(), "v": float_text(value)}
    return {"t": "float64", "bits": struct.pack(">d", value).hex(), "v": double_text(value)}


# --- records --------------------------------------------------------------------------------------------------------


def decode_headers(given: Json) -> Headers:
    """The headers of a record, unchecked."""
    decoded = []
    for header in given:
        schema = decode_schema(header["schema"])
        decoded.append(Header(header["key"], schema, decode(header["value"], schema)))
    return Headers(decoded)


def encode_header(header: Header) -> Json:
    """One header as the results show it."""
    return {
        "key": header.key,
        "schema": encode_schema(header.schema),
        "value": encode(header.value, header.schema),
    }


def decode_record(given: Json) -> SourceRecord | SinkRecord:
    """A source or sink record."""
    key_schema, value_schema = decode_schema(given.get("keySchema")), decode_schema(given.get("valueSchema"))
    common: dict[str, Any] = {
        "value": decode(given.get("value"), value_schema),
        "value_schema": value_schema,
        "key": decode(given.get("key"), key_schema),
        "key_schema": key_schema,
        "timestamp": given.get("timestamp"),
        "headers": decode_headers(given.get("headers") or []),
    }
    if given["kind"] == "source":
        return SourceRecord(
            given.get("topic"),
            kafka_partition=given.get("partition"),
            source_partition=decode(given.get("sourcePartition")),
            source_offset=decode(given.get("sourceOffset")),
            **common,
        )
    named = given.get("timestampType")
    return SinkRecord(
        given.get("topic"),
        given.get("partition"),
        given["offset"],
        timestamp_type=TimestampType.NO_TIMESTAMP_TYPE if named is None else TimestampType(named),
        **common,
    )


def encode_record(record: ConnectRecord | None) -> Json:
    """A record as the results show it."""
    if record is None:
        return None
    found = {
        "kind": "source" if isinstance(record, SourceRecord) else "sink",
        "topic": record.topic,
        "partition": record.kafka_partition,
        "keySchema": encode_schema(record.key_schema),
        "key": encode(record.key, record.key_schema),
        "valueSchema": encode_schema(record.value_schema),
        "value": encode(record.value, record.value_schema),
        "timestamp": record.timestamp,
        "headers": [encode_header(header) for header in record.headers],
    }
    if isinstance(record, SourceRecord):
        return found | {
            "sourcePartition": encode(record.source_partition),
            "sourceOffset": encode(record.source_offset),
        }
    assert isinstance(record, SinkRecord)
    return found | {
        "offset": record.kafka_offset,
        "timestampType": record.timestamp_type.value,
        "originalTopic": record.original_topic,
        "originalPartition": record.original_kafka_partition,
        "originalOffset": record.original_kafka_offset,
    }


# --- comparison -----------------------------------------------------------------------------------------------------


UNCOMPARED: Final = object()
"""A part of a result that has no counterpart here and that no client sees, such as a Java object's ``toString``."""


def same(expected: Json, actual: Json) -> bool:
    """Whether a result is the recorded one: pairs of a hash map in any order, a struct's missing values null."""
    if actual is UNCOMPARED:
        return True
    if isinstance(expected, dict) and isinstance(actual, dict):
        if expected.get("t") == "map" == actual.get("t"):
            return _same_pairs(expected, actual)
        if expected.get("t") == "struct" == actual.get("t"):
            width = max(len(expected["v"]), len(actual["v"]))
            pairs = zip(_padded(expected["v"], width), _padded(actual["v"], width), strict=True)
            return same(expected["schema"], actual["schema"]) and all(same(a, b) for a, b in pairs)
        return expected.keys() == actual.keys() and all(same(item, actual[key]) for key, item in expected.items())
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(map(same, expected, actual))
    return type(expected) is type(actual) and expected == actual


def _padded(values: list[Json], width: int) -> list[Json]:
    return values + [None] * (width - len(values))


def _same_pairs(expected: Json, actual: Json) -> bool:
    mine = actual["v"]
    if expected.get("unordered"):
        mine = sorted(mine, key=lambda pair: json_text(pair[0]))
        theirs = sorted(expected["v"], key=lambda pair: json_text(pair[0]))
        return same(theirs, mine)
    return same(expected["v"], mine)


def json_text(value: Json) -> str:
    """A JSON value as text with sorted keys, to sort by."""
    return json.dumps(value, sort_keys=True)
