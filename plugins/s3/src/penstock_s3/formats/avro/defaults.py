"""Defaults of Connect schemas as JSON in Avro schemas."""

from __future__ import annotations

import decimal
from collections.abc import Mapping, Sequence
from typing import Any, cast

from penstock.api import Date, Decimal, Float32, Schema, Struct, Time, Timestamp, Type
from penstock_s3.config.settings import AvroSettings
from penstock_s3.formats.avro.names import is_union, text_keyed
from penstock_s3.formats.avro.schema import NO_DEFAULT, AvroNode
from penstock_s3.formats.java_order import entries

_TEMPORAL: dict[str | None, Any] = {
    Date.LOGICAL_NAME: Date.from_logical,
    Time.LOGICAL_NAME: Time.from_logical,
    Timestamp.LOGICAL_NAME: Timestamp.from_logical,
}


def default_tree(schema: Schema, value: object, settings: AvroSettings) -> object:
    """A default as JSON; bytes are text of their code points."""
    if value is None:
        return None
    if schema.name in _TEMPORAL:
        return _TEMPORAL[schema.name](schema, value)
    match schema.type:
        case Type.BYTES:
            data = (
                Decimal.from_logical(schema, value) if isinstance(value, decimal.Decimal) else bytes(cast(bytes, value))
            )
            return data.decode("iso-8859-1")
        case Type.FLOAT32:
            return Float32(cast(float, value))
        case Type.ARRAY:
            assert schema.value_schema is not None
            return [default_tree(schema.value_schema, item, settings) for item in cast(Sequence[object], value)]
        case Type.MAP:
            return _map_tree(schema, cast(Mapping[object, object], value), settings)
        case Type.STRUCT:
            struct = cast(Struct, value)
            members = {field.name: default_tree(field.schema, struct.get(field), settings) for field in schema.fields}
            return next(iter(members.values()), None) if is_union(schema) else members
    return value


def widened(tree: object) -> object:
    """The tree as Avro's library gives back a field's default: floats have become doubles, and show all the digits of one."""
    match tree:
        case Float32():
            return float(tree)
        case list():
            return [widened(item) for item in tree]
        case dict():
            return {name: widened(item) for name, item in tree.items()}
    return tree


def _map_tree(schema: Schema, value: Mapping[object, object], settings: AvroSettings) -> object:
    keys, values = schema.key_schema, schema.value_schema
    assert keys is not None
    assert values is not None
    if text_keyed(schema, settings):
        return {str(key): default_tree(values, item, settings) for key, item in entries(value)}
    return [[default_tree(keys, key, settings), default_tree(values, item, settings)] for key, item in entries(value)]


def fits(node: AvroNode, default: object) -> bool:
    """Whether Avro takes this default for a field of this type: of a union it must be of the first member. One that it refuses
    is left out, as Java does."""
    match node.kind:
        case _ if default is NO_DEFAULT:
            return True
        case "union":
            return fits(node.members[0], default)
        case "null":
            return default is None
        case "boolean":
            return isinstance(default, bool)
        case "int" | "long":
            return isinstance(default, int) and not isinstance(default, bool)
        case "float" | "double":
            return isinstance(default, (int, float)) and not isinstance(default, bool)
        case "array":
            return isinstance(default, list) and all(fits(cast(AvroNode, node.items), item) for item in default)
        case "map":
            values = cast(AvroNode, node.items)
            return isinstance(default, dict) and all(fits(values, item) for item in default.values())
        case "record":
            return isinstance(default, dict) and all(
                fits(field.schema, default.get(field.name, field.default)) for field in node.fields
            )
    return isinstance(default, str)
