"""One JSON array an object, a value a line: Aiven's format ``json`` (spec 13)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO

from penstock.api import DataException, Schema
from penstock.converters import JsonConverter
from penstock_s3.formats.base import Batch, BinaryWriter, Format, RecordWriter
from penstock_s3.formats.compression import Compressor, Output
from penstock_s3.formats.text.json_text import JsonLines
from penstock_s3.formats.text.reading import unpacked


class JsonArrayFormat(Format):
    """The format of values."""

    content_type = "application/json"

    def __init__(self, lines: JsonLines, compressor: Compressor) -> None:
        self._lines = lines
        self._compressor = compressor

    def open(self, out: BinaryWriter, schema: Schema | None) -> RecordWriter[bytes]:
        """Begin a file; every schema will do, and none."""
        return _ArrayWriter(self._compressor(out), self._lines, schema)

    def read(self, stream: BinaryIO) -> Iterator[Batch]:
        """The values, schemaless, all at once: an array is not whole before its end."""
        converter = JsonConverter()
        converter.configure({"schemas.enable": "false"}, is_key=False)
        found = converter.to_connect_data("", None, b"".join(unpacked(stream))).value
        if not isinstance(found, list):
            raise DataException("The object holds no JSON array")
        yield Batch(None, found)


class _ArrayWriter(RecordWriter[bytes]):
    def __init__(self, out: Output, lines: JsonLines, schema: Schema | None) -> None:
        self._out = out
        self._lines = lines
        self._schema = schema
        self._before = b"[\n"

    def prepare(self, values: Sequence[object]) -> bytes:
        """The values with commas between them. Line ends inside of texts are escaped, so every line is a value."""
        return self._lines.encode(self._schema, values).rstrip().replace(b"\n", b",\n")

    def add(self, prepared: bytes) -> None:
        if prepared:
            self._out.write(self._before + prepared)
            self._before = b",\n"

    def finish(self) -> None:
        """Close the array, then the compressed stream."""
        self._out.write((b"[\n" if self._before == b"[\n" else b"") + b"\n]")
        self._out.close()
