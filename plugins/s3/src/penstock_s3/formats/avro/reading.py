"""Reading container files back into Connect's data.

fastavro decodes; logical types are taken out of the file's schema before, since Connect's have a wider range than Python's.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, BinaryIO, cast

import fastavro
import fastavro.schema

from penstock.api import DataException, Date, Decimal, Schema, Struct, Time, Timestamp, Type
from penstock_s3.formats.avro.connect import connect_schema, is_anything, is_entry
from penstock_s3.formats.avro.container import MAGIC, meta_bytes
from penstock_s3.formats.avro.parse import parse
from penstock_s3.formats.avro.schema import AvroNode
from penstock_s3.formats.base import Batch

Convert = Callable[[Any], object]
_BATCH = 2000
_DAMAGE = (
    ArithmeticError,
    AssertionError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
    zlib.error,
    fastavro.schema.SchemaParseException,
)
"""What fastavro raises for bytes that are not as they should be."""


def avro_batches(stream: BinaryIO) -> Iterator[Batch]:
    """The values in batches. Raises DataException for what is no whole Avro file."""
    try:
        meta = _read_meta(stream)
        node = parse(meta["avro.schema"].decode())
        schema, convert = _plan(node)
        plain = json.dumps(_without_logical(json.loads(meta["avro.schema"])))
        head = MAGIC + meta_bytes(meta | {"avro.schema": plain.encode()})
        # Named types in unions come with their names, so that the right field of the struct is found.
        records = iter(
            fastavro.reader(
                cast(BinaryIO, _Joined(head, stream)), return_named_type=True, return_named_type_override=True
            )
        )
        while values := list(islice(records, _BATCH)):
            yield Batch(schema, list(map(convert, values)))
    except DataException:
        raise
    except _DAMAGE as error:
        raise DataException(
            f"The object is not a whole Avro container file: {type(error).__name__}: {error}"
        ) from error


class _Joined:
    """A stream whose head was read and replaced."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = head
        self._rest = rest

    def read(self, size: int) -> bytes:
        """The next bytes."""
        taken, self._head = self._head[:size], self._head[size:]
        return taken if len(taken) == size else taken + self._rest.read(size - len(taken))


def _read_meta(stream: BinaryIO) -> dict[str, bytes]:
    if stream.read(4) != MAGIC:
        raise DataException("The object is not an Avro container file: it does not begin with 'Obj' and 1")
    meta: dict[str, bytes] = {}
    while count := _read_long(stream):
        if count < 0:  # a block that tells its size
            count = -count
            _read_long(stream)
        for _ in range(count):
            key = _read_sized(stream).decode()
            meta[key] = _read_sized(stream)
    return meta


def _read_sized(stream: BinaryIO) -> bytes:
    size = _read_long(stream)
    data = stream.read(size) if size >= 0 else b""
    if len(data) != size:
        raise EOFError("the head is cut short")
    return data


def _read_long(stream: BinaryIO) -> int:
    number = shift = 0
    while True:
        byte = stream.read(1)
        if not byte or shift > 63:
            raise EOFError("the head is cut short")
        number |= (byte[0] & 127) << shift
        if byte[0] < 128:
            return number >> 1 ^ -(number & 1)
        shift += 7


def _without_logical(tree: Any) -> Any:
    if isinstance(tree, list):
        return [_without_logical(item) for item in tree]
    if not isinstance(tree, dict):
        return tree
    return {
        key: value if key == "default" else _without_logical(value)
        for key, value in tree.items()
        if key != "logicalType"
    }


def _plan(node: AvroNode) -> tuple[Schema | None, Convert]:
    if is_anything(node):
        return None, _from_anything
    schema = connect_schema(node)
    return schema, _converter(schema, node)


def _converter(schema: Schema, node: AvroNode) -> Convert:
    if node.kind == "union" and node.present is node:
        return _from_union(schema, node)
    inner = _present(schema, node.present)
    return (lambda value: None if value is None else inner(value)) if node.nullable else inner


def _present(schema: Schema, node: AvroNode) -> Convert:
    match schema.name, schema.type:
        case Decimal.LOGICAL_NAME, Type.BYTES:
            return lambda value: Decimal.to_logical(schema, value)
        case Date.LOGICAL_NAME, Type.INT32:
            return lambda value: Date.to_logical(schema, value)
        case Time.LOGICAL_NAME, Type.INT32:
            return lambda value: Time.to_logical(schema, value)
        case Timestamp.LOGICAL_NAME, Type.INT64:
            return lambda value: Timestamp.to_logical(schema, value)
        case _, Type.STRUCT:
            return _record(schema, node)
        case _, Type.ARRAY:
            item = _converter(cast(Schema, schema.value_schema), cast(AvroNode, node.items))
            return lambda value: list(map(item, value))
        case _, Type.MAP:
            return _map(schema, cast(AvroNode, node.items))
    return lambda value: value


def _record(schema: Schema, node: AvroNode) -> Convert:
    fields = [
        (field.name, _converter(field.schema, member.schema))
        for field, member in zip(schema.fields, node.fields, strict=True)
    ]
    of = Struct.of
    return lambda value: of(schema, [convert(value[name]) for name, convert in fields])


def _map(schema: Schema, items: AvroNode) -> Convert:
    if not is_entry(items):
        convert = _converter(cast(Schema, schema.value_schema), items)
        return lambda value: {key: convert(item) for key, item in value.items()}
    keys = _converter(cast(Schema, schema.key_schema), items.fields[0].schema)
    values = _converter(cast(Schema, schema.value_schema), items.fields[1].schema)
    return lambda value: {keys(entry["key"]): values(entry["value"]) for entry in value}


_CLASSES: dict[str, tuple[type, ...]] = {
    "boolean": (bool,),
    "int": (int,),
    "long": (int,),
    "float": (float,),
    "double": (float,),
    "string": (str,),
    "bytes": (bytes,),
    "array": (list,),
    "map": (dict,),
}


def _from_union(schema: Schema, node: AvroNode) -> Convert:
    members = [member for member in node.members if member.kind != "null"]
    converters = [_converter(field.schema, member) for field, member in zip(schema.fields, members, strict=True)]

    def convert(value: Any) -> object:
        if value is None:
            return None
        name, value = value if isinstance(value, tuple) else (None, value)
        for place, member in enumerate(members):
            if member.full_name == name if name else type(value) in _CLASSES.get(member.kind, ()):
                stored: list[object] = [None] * len(members)
                stored[place] = converters[place](value)
                return Struct.of(schema, stored)
        raise DataException(f"A value of a union fits none of its types: {type(value).__qualname__}")

    return convert


def _from_anything(value: dict[str, Any]) -> object:
    for name, item in value.items():
        if item is None:
            continue
        if name == "array":
            return [_from_anything(inner) for inner in item]
        if name == "map":
            return {cast(str, _from_anything(entry["key"])): _from_anything(entry["value"]) for entry in item}
        return item
    return None
