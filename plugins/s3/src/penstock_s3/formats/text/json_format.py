"""JSON lines (spec 10): a value a line, UTF-8, the operating system's line end, perhaps compressed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import BinaryIO

from penstock.api import Schema
from penstock_s3.formats.base import Batch, BinaryWriter, Format, RecordWriter
from penstock_s3.formats.compression import Compressor
from penstock_s3.formats.text.json_text import JsonLines
from penstock_s3.formats.text.reading import json_batches
from penstock_s3.formats.text.writing import TextWriter


class JsonFormat(Format):
    """The format of values, keys and headers."""

    content_type = "application/x-ndjson"

    def __init__(self, lines: JsonLines, compressor: Compressor) -> None:
        self._lines = lines
        self._compressor = compressor

    def open(self, out: BinaryWriter, schema: Schema | None) -> RecordWriter[bytes]:
        """Begin a file; every schema will do, and none."""
        return TextWriter(self._compressor(out), partial(self._lines.encode, schema))

    def read(self, stream: BinaryIO) -> Iterator[Batch]:
        """The values, schemaless."""
        return json_batches(stream)
