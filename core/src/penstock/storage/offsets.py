"""Source offsets as the child sees them: between the connector's mappings and the JSON text that the offset log stores.

Used inside children (spec 8.1, 8.2). The worker passes the text on and never looks at a connector's values.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from penstock import jackson
from penstock.api.exceptions import DataException
from penstock.api.struct import Struct

Offset = Mapping[str, object]
"""A source partition or offset: str keys; None, bool, int, float, str or bytes as values."""


class OffsetEntry(NamedTuple):
    """A source partition and its offset, each as the JSON text that the offset log stores; None is a tombstone."""

    partition: bytes
    offset: bytes | None


def encode_partition(partition: Offset | None) -> bytes:
    """The JSON text of a source partition, in the order of its keys. Raises DataException with Connect's wording."""
    return b"null" if partition is None else _encoded(partition)


def encode_offset(offset: Offset | None) -> bytes | None:
    """The JSON text of a source offset; None (a tombstone) stays None. Raises DataException with Connect's wording."""
    return None if offset is None else _encoded(offset)


def decode_offset(text: bytes) -> dict[str, object]:
    """A stored offset as the connector gets it back: integers as int, other numbers as float, bytes as the base64 text that
    they were stored as. Raises DataException when the text is no JSON object; then the offset counts as unknown."""
    return _decoded(text, "offset")


def decode_partition(text: bytes) -> dict[str, object]:
    """A stored source partition, as :func:`decode_offset`."""
    return _decoded(text, "source partition")


def _encoded(offset: Offset) -> bytes:
    if not isinstance(offset, Mapping):
        raise DataException("Offsets must be specified as a Map")
    return jackson.dumps({_key(key): _value(key, value) for key, value in offset.items()})


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise DataException("Offsets may only use String keys")
    return key


def _value(field: str, value: object) -> object:
    if value is None or isinstance(value, (str, bool, float)):
        return value
    if isinstance(value, int):
        if not -(1 << 63) <= value < 1 << 63:
            raise DataException(f"{_NOT_PRIMITIVE} {field} contains an integer beyond 64 bits: {value}")
        return value
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.b64encode(value).decode()
    raise DataException(f"{_NOT_PRIMITIVE} {field} contains {_kind(value)}")


_NOT_PRIMITIVE = "Offsets may only contain primitive types as values, but field"


def _kind(value: object) -> str:
    """What Connect calls a value that is no primitive: its schema type, or its class when it has none."""
    if isinstance(value, Struct):
        return "STRUCT"
    if isinstance(value, Mapping):
        return "MAP"
    if isinstance(value, Sequence):
        return "ARRAY"
    cls = type(value)
    return f"class {cls.__qualname__}" if cls.__module__ == "builtins" else f"class {cls.__module__}.{cls.__qualname__}"


def _decoded(text: bytes, what: str) -> dict[str, object]:
    try:
        value = jackson.loads(text)
    except ValueError as error:
        raise DataException(f"A stored {what} is not JSON: {text!r}") from error
    if not isinstance(value, dict):
        raise DataException(f"A stored {what} is not a JSON object: {text!r}")
    return value
