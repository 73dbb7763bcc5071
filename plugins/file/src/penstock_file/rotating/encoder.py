"""Values to lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from penstock.api import PartialBatch, Schema, SinkSlice, java_str
from penstock.converters import JsonConverter
from penstock_file.rotating.keys import LineFormat

Lines = tuple[list[bytes], Exception | None]
"""The lines of the records up to the first that cannot be written, and what is wrong with that."""

Encoder = Callable[[SinkSlice, int], Lines]
"""Given a slice and the place from which on its records are wanted."""


def encoder(form: LineFormat) -> Encoder:
    """What makes lines of slices."""
    return _json_encoder() if form is LineFormat.JSONL else _raw


def _json_encoder() -> Encoder:
    converter = JsonConverter()
    props = {"schemas.enable": "false", "converter.type": "value"}
    converter.use_config(props)
    converter.configure(props, is_key=False)

    def encode(part: SinkSlice, start: int) -> Lines:
        values = part.values[start:] if start else part.values
        try:
            found = converter.from_connect_data_batch(part.topic or "", part.value_schema, values)
        except PartialBatch as partial:
            return [_bytes(item) for item in partial.done], partial.error
        return [_bytes(item) for item in found], None

    return encode


def _bytes(item: object) -> bytes:
    if isinstance(item, bytes):
        return item
    return b"null" if item is None else str(item).encode()


def _raw(part: SinkSlice, start: int) -> Lines:
    return _raw_lines(part.values[start:] if start else part.values, part.value_schema), None


def _raw_lines(values: Sequence[object], schema: Schema | None) -> list[bytes]:
    # A lone surrogate is no character; like Connect, write a question mark for it.
    return [
        value.encode(errors="replace")
        if isinstance(value, str)
        else bytes(value)
        if isinstance(value, (bytes, bytearray, memoryview))
        else java_str(value, schema).encode(errors="replace")
        for value in values
    ]
