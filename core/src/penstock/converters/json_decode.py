"""From JSON nodes to Connect's data: one function per schema, made once (spec 5.3).

Whatever fits badly is bent as Jackson bends it: 1.9 as an int32 is 1, "abc" is 0, a number as a string is null. All functions
raise DataException with Connect's texts.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from penstock.api import logical, logical_names
from penstock.api.exceptions import DataException
from penstock.api.javacast import to_double, to_integer
from penstock.api.keys import as_key
from penstock.api.schema import Schema, Type
from penstock.api.struct import Struct
from penstock.api.validation import validate_value
from penstock.converters.json_config import JsonSettings
from penstock.converters.json_nodes import MISSING, node_type
from penstock.converters.json_numbers import to_float32

Node = Any
Decode = Callable[[Node], object]
"""A node to its value. None stands for a null and for a member that is not there."""

_BITS: dict[Type, int] = {Type.INT8: 8, Type.INT16: 16, Type.INT32: 32, Type.INT64: 64}


def decoder_of(schema: Schema | None, settings: JsonSettings) -> Decode:
    """The function that reads values of a schema; None for schemaless ones."""
    if schema is None:
        return decode_schemaless
    decode = _LOGICAL[schema.name](schema) if schema.name in _LOGICAL else _by_type(schema, settings)
    if schema.default is not None and settings.replace_null:
        default = schema.default
        return lambda node: default if node is None else decode(node)
    if schema.optional:
        return lambda node: None if node is None else decode(node)
    kind = schema.type.name

    def required(node: Node) -> object:
        if node is None:
            raise DataException(f"Invalid null value for required {kind} field")
        return decode(node)

    return required


def decode_schemaless(node: Node) -> object:
    """A node whose kind alone tells its type: longs, doubles, strings, booleans, lists and maps. Changes it in place, and
    does not recurse: how deep it goes is up to whoever wrote it."""
    if node is MISSING:
        return None
    root: list[Any] = [node]
    containers: list[Any] = [root]
    while containers:
        container = containers.pop()
        for key, item in container.items() if isinstance(container, dict) else enumerate(container):
            kind = item.__class__
            if kind is dict or kind is list:
                containers.append(item)
            elif kind is int:
                container[key] = to_integer(item, 64)
            elif kind is Decimal:
                container[key] = to_double(item)
    return root[0]


# --- by type --------------------------------------------------------------------------------------------------------


def _by_type(schema: Schema, settings: JsonSettings) -> Decode:
    match schema.type:
        case Type.ARRAY:
            return _array(schema, settings)
        case Type.MAP if schema.key_schema is not None and schema.key_schema.type is not Type.STRING:
            return _map_of_pairs(schema, settings)
        case Type.MAP:
            return _map(schema, settings)
        case Type.STRUCT:
            return _struct(schema, settings)
    return _PRIMITIVE[schema.type]


def _integers(kind: Type) -> Decode:
    bits = _BITS[kind]
    limit = 1 << (bits - 1)

    def decode(node: Node) -> object:
        if node.__class__ is int:
            return node if -limit <= node < limit else to_integer(node, bits)
        return to_integer(node, bits) if isinstance(node, Decimal) else 0

    return decode


def _is_number(node: Node) -> bool:
    return node.__class__ is int or node.__class__ is Decimal


def _decode_float32(node: Node) -> object:
    return to_float32(node) if _is_number(node) else 0.0


def _decode_float64(node: Node) -> object:
    return to_double(node) if _is_number(node) else 0.0


def _decode_boolean(node: Node) -> object:
    return node is True


def _decode_string(node: Node) -> object:
    return node if isinstance(node, str) else None


def _decode_bytes(node: Node) -> object:
    if not isinstance(node, str):
        return None
    try:
        return bytes_of_base64(node)
    except ValueError as error:
        raise DataException("Invalid bytes field") from error


_PRIMITIVE: dict[Type, Decode] = {
    **{kind: _integers(kind) for kind in _BITS},
    Type.FLOAT32: _decode_float32,
    Type.FLOAT64: _decode_float64,
    Type.BOOLEAN: _decode_boolean,
    Type.STRING: _decode_string,
    Type.BYTES: _decode_bytes,
}


def _array(schema: Schema, settings: JsonSettings) -> Decode:
    element = decoder_of(schema.value_schema, settings)

    def decode(node: Node) -> object:
        # Jackson goes through whatever it is given: the values of an object, nothing of a scalar.
        items = node if isinstance(node, list) else node.values() if isinstance(node, dict) else ()
        return [element(item) for item in items]

    return decode


def _map(schema: Schema, settings: JsonSettings) -> Decode:
    values = decoder_of(schema.value_schema, settings)

    def decode(node: Node) -> object:
        if not isinstance(node, dict):
            raise DataException(
                f"Maps with string fields should be encoded as JSON objects, but found {node_type(node)}"
            )
        return {key: values(item) for key, item in node.items()}

    return decode


def _map_of_pairs(schema: Schema, settings: JsonSettings) -> Decode:
    keys, values = decoder_of(schema.key_schema, settings), decoder_of(schema.value_schema, settings)

    def decode(node: Node) -> object:
        if not isinstance(node, list):
            raise DataException(
                f"Maps with non-string fields should be encoded as JSON array of tuples, but found {node_type(node)}"
            )
        found = {}
        for entry in node:
            if not isinstance(entry, list):
                raise DataException(f"Found invalid map entry instead of array tuple: {node_type(entry)}")
            if len(entry) != 2:
                raise DataException(f"Found invalid map entry, expected length 2 but found :{len(entry)}")
            key = as_key(keys(entry[0]))
            found[key] = values(entry[1])
        return found

    return decode


def _struct(schema: Schema, settings: JsonSettings) -> Decode:
    members = [(field.name, decoder_of(field.schema, settings), field.schema) for field in schema.fields]

    def decode(node: Node) -> object:
        if not isinstance(node, dict):
            raise DataException(f"Structs should be encoded as JSON objects, but found {node_type(node)}")
        values = []
        for name, decode_member, member in members:
            value = decode_member(node.get(name))
            if value is None or not member.type.is_primitive:
                validate_value(member, value, name)  # a node that could not be bent became a null
            values.append(value)
        return Struct.of(schema, values)

    return decode


# --- logical types --------------------------------------------------------------------------------------------------


def _decimal(schema: Schema) -> Decode:
    def decode(node: Node) -> object:
        if isinstance(node, Decimal):
            return node
        if node.__class__ is int:
            return Decimal(node)
        if isinstance(node, str):
            try:
                return logical.Decimal.to_logical(schema, bytes_of_base64(node))
            except (ValueError, DataException) as error:
                raise DataException("Invalid bytes for Decimal field") from error
        raise DataException(
            f"Invalid type for Decimal, underlying representation should be numeric or bytes but was {node_type(node)}"
        )

    return decode


def _int_sized(name: str, to_logical: Callable[[Schema, int], object]) -> Callable[[Schema], Decode]:
    def of(schema: Schema) -> Decode:
        def decode(node: Node) -> object:
            if node.__class__ is not int or not -(1 << 31) <= node < 1 << 31:
                raise DataException(
                    f"Invalid type for {name}, underlying representation should be integer but was {node_type(node)}"
                )
            return to_logical(schema, node)

        return decode

    return of


def _timestamp(schema: Schema) -> Decode:
    def decode(node: Node) -> object:
        if node.__class__ is not int:
            raise DataException(
                f"Invalid type for Timestamp, underlying representation should be integral but was {node_type(node)}"
            )
        return logical.Timestamp.to_logical(schema, to_integer(node, 64))

    return decode


_LOGICAL: dict[str | None, Callable[[Schema], Decode]] = {
    logical_names.DECIMAL: _decimal,
    logical_names.DATE: _int_sized("Date", logical.Date.to_logical),
    logical_names.TIME: _int_sized("Time", logical.Time.to_logical),
    logical_names.TIMESTAMP: _timestamp,
}


# --- base64 ---------------------------------------------------------------------------------------------------------

_BLANKS = "".join(map(chr, range(0x21)))
_QUAD = re.compile(r"[\x00-\x20]*([A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)")


def bytes_of_base64(text: str) -> bytes:
    """The bytes, as Jackson reads them: padded, blanks between groups of four, more groups after a padded one.

    Raises ValueError.
    """
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        text = text.strip(_BLANKS)
    found, at = [], 0
    while at < len(text):
        quad = _QUAD.match(text, at)
        if quad is None:
            raise ValueError(f"broken Base64 at character {at}")
        found.append(binascii.a2b_base64(quad[1]))
        at = quad.end()
    return b"".join(found)
