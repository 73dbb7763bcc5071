"""Reading JSON text as Jackson reads it for JsonConverter.

msgspec does the common case. What it refuses, being stricter than Jackson, is read again by :class:`JacksonReader`: leading
zeros, lone surrogates, bytes that are nearly UTF-8, UTF-16 and UTF-32, whatever follows the first value.
"""

from __future__ import annotations

import msgspec

from penstock.converters.json_numbers import exact_decimal
from penstock.converters.json_reader import MISSING, JacksonReader, JsonTextError

__all__ = ["MISSING", "JsonTextError", "node_type", "read"]

_STRICT = msgspec.json.Decoder(float_hook=exact_decimal)


def read(data: bytes) -> object:
    """The node of a text (see ``json_decode``); :data:`MISSING` for an empty or blank one. Raises :class:`JsonTextError`."""
    try:
        return _STRICT.decode(data)
    except (ValueError, RecursionError):  # malformed, or nested deeper than msgspec goes
        return JacksonReader(data).read()


def node_type(node: object) -> str:
    """What Jackson calls the kind of a node."""
    if isinstance(node, bool):
        return "BOOLEAN"
    match node:
        case None:
            return "NULL"
        case dict():
            return "OBJECT"
        case list():
            return "ARRAY"
        case str():
            return "STRING"
    return "MISSING" if node is MISSING else "NUMBER"
