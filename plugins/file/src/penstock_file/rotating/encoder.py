"""Values to lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, cast

from penstock.api import PartialBatch, SinkSlice, java_str
from penstock.converters import JsonConverter
from penstock_file.rotating.keys import LineFormat

Lines = tuple[list[bytes], Exception | None]
"""The lines of the records up to the first that cannot be written, and what is wrong with that."""


class Encoder(Protocol):
    """Makes lines of slices."""

    def whole(self, part: SinkSlice) -> bytes | None:
        """The lines of all records, each with its line end; None where they have to be looked at one by one."""

    def lines(self, part: SinkSlice, start: int) -> Lines:
        """The lines of the records from ``start`` on, without line ends."""


def encoder(form: LineFormat) -> Encoder:
    """What makes lines in this format."""
    return _JsonEncoder() if form is LineFormat.JSONL else _RawEncoder()


class _JsonEncoder:
    """Values as JSON without schemas."""

    def __init__(self) -> None:
        self._converter = JsonConverter()
        props = {"schemas.enable": "false", "converter.type": "value"}
        self._converter.use_config(props)
        self._converter.configure(props, is_key=False)

    def whole(self, part: SinkSlice) -> bytes | None:
        return self._converter.plain_lines(part.value_schema, part.values)

    def lines(self, part: SinkSlice, start: int) -> Lines:
        values = part.values[start:] if start else part.values
        try:
            found = self._converter.from_connect_data_batch(part.topic or "", part.value_schema, values)
        except PartialBatch as partial:
            return [_bytes(item) for item in partial.done], partial.error
        return [_bytes(item) for item in found], None


class _RawEncoder:
    """Texts and bytes as they are, other values as Java prints them."""

    def whole(self, part: SinkSlice) -> bytes | None:
        try:
            return "\n".join([*cast("Sequence[str]", part.values), ""]).encode()
        except (TypeError, UnicodeEncodeError):  # not all are text, or not all of that is characters
            return None

    def lines(self, part: SinkSlice, start: int) -> Lines:
        return [_raw(value, part) for value in part.values[start:]], None


def _bytes(item: object) -> bytes:
    if isinstance(item, bytes):
        return item
    return b"null" if item is None else str(item).encode()


def _raw(value: object, part: SinkSlice) -> bytes:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    text = value if isinstance(value, str) else java_str(value, part.value_schema)
    return text.encode(errors="replace")  # a lone surrogate is no character; like Connect, write a question mark for it
