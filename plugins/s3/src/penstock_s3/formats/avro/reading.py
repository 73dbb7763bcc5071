"""Reading container files back into Connect's data.

fastavro decodes; see blocks.py for what it is given.
"""

from __future__ import annotations

import lzma
import zlib
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, BinaryIO, cast

from penstock.api import DataException, Date, Decimal, Schema, Struct, Time, Timestamp, Type
from penstock_s3.formats.avro.blocks import PlainContainer
from penstock_s3.formats.avro.connect import connect_schema, is_anything, is_entry
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
    lzma.LZMAError,
    zlib.error,
)
"""What fastavro raises for bytes that are not as they should be."""


def avro_batches(stream: BinaryIO) -> Iterator[Batch]:
    """The values in batches. Raises DataException for what is no whole Avro file."""
    import fastavro  # sinks never read
    from fastavro.schema import SchemaParseException

    try:
        container = PlainContainer(stream)
        schema, convert = _plan(container.node)
        # Named types in unions come with their names, so that the right field of the struct is found.
        plain = fastavro.reader(cast(BinaryIO, container), return_named_type=True)
        records = iter(plain)
        while values := list(islice(records, _BATCH)):
            yield Batch(schema, list(map(convert, values)))
    except DataException:
        raise
    except (*_DAMAGE, SchemaParseException) as error:
        raise DataException(
            f"The object is not a whole Avro container file: {type(error).__name__}: {error}"
        ) from error


def _plan(node: AvroNode) -> tuple[Schema | None, Convert]:
    if is_anything(node):
        return None, _from_anything
    schema = connect_schema(node)
    return schema, _converter(schema, node)


def _converter(schema: Schema, node: AvroNode) -> Convert:
    if node.kind == "union" and node.present is node:
        return _from_union(schema, node)
    inner = _present(schema, node.present)
    if not node.nullable:
        return inner
    if node.present.is_named:  # (name, value)
        return lambda value: None if value is None else inner(value[1])
    return lambda value: None if value is None else inner(value)


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


def _may_be(kind: str, value: object) -> bool:
    fits = type(value) in _CLASSES.get(kind, ())
    return fits and (kind != "int" or -(1 << 31) <= cast(int, value) < 1 << 31)


def _from_union(schema: Schema, node: AvroNode) -> Convert:
    members = [member for member in node.members if member.kind != "null"]
    converters = [_converter(field.schema, member) for field, member in zip(schema.fields, members, strict=True)]

    def convert(value: Any) -> object:
        if value is None:
            return None
        name, value = value if isinstance(value, tuple) else (None, value)
        for place, member in enumerate(members):
            if member.full_name == name if name else _may_be(member.kind, value):
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
