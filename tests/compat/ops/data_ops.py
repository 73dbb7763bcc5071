"""The recorded operations on schemas, structs, logical types, headers and records."""

from __future__ import annotations

from typing import Any

from penstock.api import logical
from penstock.api.equality import same_value
from penstock.api.header import Header, Headers
from penstock.api.projector import project
from penstock.api.record import UNCHANGED
from penstock.api.schema import Schema, Type
from penstock.api.schema_builder import SchemaBuilder
from penstock.api.struct import Struct
from penstock.api.validation import schema_type, validate_value
from tests.compat.runner import phase, step
from tests.compat.vectors_codec import (
    decode,
    decode_headers,
    decode_record,
    decode_schema,
    encode,
    encode_header,
    encode_record,
    encode_schema,
)

Plain = dict[str, Any]


# --- schemas --------------------------------------------------------------------------------------------------------


def validate(given: Plain) -> None:
    schema = decode_schema(given["schema"])
    assert schema is not None
    validate_value(schema, decode(given["value"], schema), given.get("name"))


def schema_equals(given: Plain) -> bool:
    return decode_schema(given["a"]) == decode_schema(given["b"])


def value_equals(given: Plain) -> bool:
    return same_value(decode(given["a"]), decode(given["b"]))


def record_equals(given: Plain) -> bool:
    return decode_record(given["a"]) == decode_record(given["b"])


def schema_to_string(given: Plain) -> str:
    return str(decode_schema(given["schema"]))


def type_of(given: Plain) -> str | None:
    found = schema_type(decode(given["value"]))
    return None if found is None else found.value


def build(given: Plain) -> Any:
    (first, *arguments), *steps = given["steps"]
    match first:
        case "new":
            builder = SchemaBuilder(Type[arguments[0]])
        case "array":
            builder = SchemaBuilder.array(decode_schema(arguments[0]))
        case "map":
            builder = SchemaBuilder.map(decode_schema(arguments[0]), decode_schema(arguments[1]))
    for name, *arguments in steps:
        match name:
            case "default":
                builder.default(decode(arguments[0], builder.build()))
            case "field":
                builder.field(arguments[0], decode_schema(arguments[1]))
            case "getField":
                builder.find_field(arguments[0])
            case "fields" | "keySchema" | "valueSchema":
                getattr(builder, {"keySchema": "key_schema", "valueSchema": "value_schema"}.get(name, name))
            case _:
                getattr(builder, name)(*arguments)
    return encode_schema(builder.build())


# --- structs --------------------------------------------------------------------------------------------------------

_GETTERS = {
    "get": "get",
    "getWithoutDefault": "get_without_default",
    **{f"get{kind.name.capitalize()}": f"get_{kind.name.lower()}" for kind in Type},
}


def struct_ops(given: Plain) -> list[Any]:
    schema = decode_schema(given["schema"])
    assert schema is not None
    with phase("new"):
        struct = Struct(schema)

    def run(name: str, *arguments: Any) -> Any:
        match name:
            case "put":
                field = schema.field(arguments[0])
                struct.put(arguments[0], decode(arguments[1], None if field is None else field.schema))
                return None
            case "getField":
                field = schema.field(arguments[0])
                assert field is not None
                return encode(struct.get(field), field.schema)
            case "validate":
                return struct.validate()
            case "toString":
                return str(struct)
        field = schema.field(arguments[0])
        return encode(getattr(struct, _GETTERS[name])(arguments[0]), None if field is None else field.schema)

    return [step(lambda each=each: run(*each)) for each in given["ops"]]


def projected(given: Plain) -> Any:
    source, target = decode_schema(given["source"]), decode_schema(given["target"])
    assert source is not None
    assert target is not None
    return encode(project(source, decode(given["value"], source), target), target)


# --- logical types --------------------------------------------------------------------------------------------------


def to_logical(given: Plain) -> Any:
    schema = decode_schema(given["schema"])
    kind = getattr(logical, given["type"])
    return encode(kind.to_logical(schema, decode(given["value"], schema)), schema)


def from_logical(given: Plain) -> Any:
    schema = decode_schema(given["schema"])
    kind = getattr(logical, given["type"])
    stored = Schema.INT64 if given["type"] == "Timestamp" else Schema.INT32
    return encode(kind.from_logical(schema, decode(given["value"], schema)), stored)


def logical_schema(given: Plain) -> Any:
    kind = getattr(logical, given["type"])
    return encode_schema(kind.schema(given["scale"]) if given["type"] == "Decimal" else kind.SCHEMA)


# --- headers --------------------------------------------------------------------------------------------------------


def headers_ops(given: Plain) -> list[Any]:
    headers = decode_headers(given["headers"])
    return [step(lambda each=each: _header_op(headers, *each)) for each in given["ops"]]


def _header_op(headers: Headers, name: str, *arguments: Any) -> Any:
    match name:
        case "list":
            return [encode_header(header) for header in headers]
        case "toString":
            return str(headers)
        case "size":
            return len(headers)
        case "isEmpty":
            return not headers
        case "duplicateEquals":
            return headers.duplicate() == headers
        case "lastWithName":
            found = headers.last_with_name(arguments[0])
            return None if found is None else encode_header(found)
        case "allWithName":
            return [encode_header(header) for header in headers.all_with_name(arguments[0])]
        case "retainLatest" if not arguments:
            headers.retain_latest_of_each()
        case "retainLatest":
            headers.retain_latest(arguments[0])
        case "clear":
            headers.clear()
        case "remove":
            headers.remove(arguments[0])
        case "applyDrop":
            headers.apply(arguments[0], lambda _: None)
        case "applyRename":
            headers.apply(arguments[0], _renamed)
        case "applyAllRename":
            headers.apply_to_all(_renamed)
        case "add":
            key, schema, value = arguments
            decoded = decode_schema(schema)
            headers.add(key, decode(value, decoded), decoded)
        case _:
            key, value, *schema = arguments
            decoded = decode_schema(schema[0]) if schema else _ADDED_AS.get(name)
            more = [decoded] if schema else []
            getattr(headers, _snake(name))(key, decode(value, decoded), *more)
    return "done"


def _renamed(header: Header) -> Header:
    return header.rename(f"{header.key}2")


def _snake(name: str) -> str:
    return f"add_{name.removeprefix('add').lower()}"


_ADDED_AS: dict[str, Schema] = {
    "addByte": Schema.INT8,
    "addShort": Schema.INT16,
    "addInt": Schema.INT32,
    "addLong": Schema.INT64,
    "addFloat": Schema.FLOAT32,
    "addDouble": Schema.FLOAT64,
    "addDate": logical.Date.SCHEMA,
    "addTime": logical.Time.SCHEMA,
    "addTimestamp": logical.Timestamp.SCHEMA,
}


# --- records --------------------------------------------------------------------------------------------------------


def record_to_string(given: Plain) -> str:
    return str(decode_record(given["record"]))


def new_record(given: Plain) -> Any:
    record, changed = decode_record(given["record"]), given["with"]
    key_schema, value_schema = decode_schema(changed.get("keySchema")), decode_schema(changed.get("valueSchema"))
    return encode_record(
        record.replace(
            topic=changed.get("topic"),
            kafka_partition=changed.get("partition"),
            key_schema=key_schema,
            key=decode(changed.get("key"), key_schema),
            value_schema=value_schema,
            value=decode(changed.get("value"), value_schema),
            timestamp=changed.get("timestamp"),
            headers=decode_headers(changed["headers"]) if "headers" in changed else UNCHANGED,
        )
    )


OPS = {
    "schema.validateValue": validate,
    "schema.equals": schema_equals,
    "value.equals": value_equals,
    "record.equals": record_equals,
    "schema.toString": schema_to_string,
    "schema.typeOf": type_of,
    "schemaBuilder.steps": build,
    "struct.ops": struct_ops,
    "projector.project": projected,
    "logical.toLogical": to_logical,
    "logical.fromLogical": from_logical,
    "logical.schema": logical_schema,
    "headers.ops": headers_ops,
    "record.toString": record_to_string,
    "record.newRecord": new_record,
}
