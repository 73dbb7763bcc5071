"""Reading JSON text as Jackson reads it for JsonConverter.

msgspec does the common case. What it refuses, being stricter than Jackson, is read again by ``JacksonReader``: leading zeros,
lone surrogates, bytes that are nearly UTF-8, UTF-16 and UTF-32, whatever follows the first value.
"""

from __future__ import annotations

import contextlib

import msgspec

from penstock.api.exceptions import DataException
from penstock.converters.json_numbers import MAX_DIGITS, exact_decimal, may_exceed_limit, shape_of

_STRICT = msgspec.json.Decoder(float_hook=exact_decimal)


def read_strict(data: bytes) -> object:
    """The node of a text that is one complete JSON value and nothing else. Raises ValueError or RecursionError."""
    if len(data) > MAX_DIGITS and may_exceed_limit(shape_of(data)):  # which msgspec does not know
        raise ValueError("a number may be too long")
    return _STRICT.decode(data)


def read(data: bytes) -> object:
    """The node of a text (see ``json_nodes``). Raises DataException."""
    with contextlib.suppress(ValueError, RecursionError):  # malformed to msgspec, or nested deeper than it goes
        return read_strict(data)
    from penstock.converters.json_reader import JacksonReader, JsonTextError  # most processes never come here

    try:
        return JacksonReader(data).read()
    except JsonTextError as error:
        raise DataException("Converting byte[] to Kafka Connect data failed due to serialization error: ") from error
