"""Schemaless values in Avro: a record with a field for each type, of which one is set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from penstock.api import DataException, Float32, Int8, Int16, Int32, java_str
from penstock_s3.formats.avro.names import NAMESPACE
from penstock_s3.formats.avro.schema import NULL_NODE, AvroField, AvroNode, union
from penstock_s3.formats.avro.varints import pack_double, pack_float, text_bytes, varint
from penstock_s3.formats.java_order import entries

_PRIMITIVE = ("boolean", "bytes", "double", "float", "int", "long", "string")


def _anything() -> AvroNode:
    node = AvroNode("record", name="Anything", namespace=NAMESPACE)
    entry = AvroNode("record", name="MapEntry", namespace=NAMESPACE)
    entry.fields = [AvroField("key", node), AvroField("value", node)]
    node.fields = [
        *(AvroField(kind, union([NULL_NODE, AvroNode(kind)]), default=None) for kind in _PRIMITIVE),
        AvroField("array", union([NULL_NODE, AvroNode("array", items=node)]), default=None),
        AvroField("map", union([NULL_NODE, AvroNode("array", items=entry)]), default=None),
    ]
    return node


ANYTHING = _anything()
_FIELDS = len(ANYTHING.fields)
_NULL = b"\x00" * _FIELDS
_LONG = 1 << 63
_TEXT = frozenset({str})
_SHAPED = 64  # keys; larger maps seldom have the keys of others
_BEFORE = [b"\x00" * place + b"\x02" for place in range(_FIELDS)]
_AFTER = [b"\x00" * (_FIELDS - 1 - place) for place in range(_FIELDS)]


def encode_anything(value: object) -> bytes:
    """One value. Raises DataException for a class that has no field."""
    if value is None:
        return _NULL
    found = _ENCODERS.get(type(value)) or next(filter(None, map(_ENCODERS.get, type(value).__mro__)), None)
    if found is not None:
        place, encode = found
        return _BEFORE[place] + encode(value) + _AFTER[place]
    raise DataException(f"Unknown type for schemaless data: {type(value).__qualname__} ({java_str(value)[:100]})")


def _long(value: int) -> bytes:
    if not -_LONG <= value < _LONG:
        raise DataException(f"The integer {value} does not fit in 64 bits")
    return varint(value)


def _sized(data: bytes) -> bytes:
    return varint(len(data)) + data


def _items(value: list[object] | tuple[object, ...]) -> bytes:
    return varint(len(value)) + b"".join(map(encode_anything, value)) + b"\x00" if value else b"\x00"


def _entries(value: Mapping[object, object]) -> bytes:
    if not value:
        return b"\x00"
    if len(value) <= _SHAPED and _TEXT.issuperset(map(type, value)):
        items = list(map(encode_anything, value.values()))
        pairs = [key + items[place] for key, place in _shape(tuple(value))]
    else:
        pairs = [encode_anything(key) + encode_anything(item) for key, item in entries(value)]
    return varint(len(value)) + b"".join(pairs) + b"\x00"


@lru_cache(maxsize=4096)
def _shape(keys: tuple[str, ...]) -> tuple[tuple[bytes, int], ...]:
    """Of maps with these keys: each key encoded, and which value is its, in the order of the file."""
    ordered = entries({key: place for place, key in enumerate(keys)})
    return tuple((encode_anything(key), place) for key, place in ordered)


_ENCODERS: dict[type, tuple[int, Callable[..., bytes]]] = {
    bool: (0, lambda value: b"\x01" if value else b"\x00"),
    bytes: (1, _sized),
    bytearray: (1, _sized),
    Float32: (3, pack_float),
    float: (2, pack_double),
    Int8: (4, varint),
    Int16: (4, varint),
    Int32: (4, varint),
    int: (5, _long),
    str: (6, lambda value: _sized(text_bytes(value))),
    list: (7, _items),
    tuple: (7, _items),
    dict: (8, _entries),
}
