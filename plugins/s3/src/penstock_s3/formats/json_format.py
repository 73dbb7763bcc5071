"""JSON lines (spec 10): a value a line, UTF-8, the operating system's line end, perhaps gzipped."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from penstock.api import Schema
from penstock_s3.formats.base import Batch, BinaryWriter, Format, RecordWriter
from penstock_s3.formats.gzip_stream import GzipWriter
from penstock_s3.formats.json_text import JsonLines
from penstock_s3.formats.options import GzipOptions, JsonOptions
from penstock_s3.formats.text_reading import json_batches

_LINE_END = os.linesep.encode()


class JsonFormat(Format):
    """The format of values, keys and headers."""

    content_type = "application/x-ndjson"

    def __init__(self, options: JsonOptions, gzip: GzipOptions | None) -> None:
        self.extension = ".json" if gzip is None else ".json.gz"
        self.content_encoding = None if gzip is None else "gzip"
        self._gzip = gzip
        self._lines = JsonLines(numeric_decimals=options.numeric_decimals, cache_size=options.cache_size)

    def open(self, out: BinaryWriter, schema: Schema | None) -> RecordWriter[object]:
        """Begin a file; every schema will do, and none."""
        return _JsonWriter(out, schema, self._lines, self._gzip)

    def read(self, stream: BinaryIO) -> Iterator[Batch]:
        """The values, schemaless."""
        return json_batches(stream)


class _JsonWriter(RecordWriter[object]):
    def __init__(self, out: BinaryWriter, schema: Schema | None, lines: JsonLines, gzip: GzipOptions | None) -> None:
        self._gzip = None if gzip is None else GzipWriter(out, gzip)
        self._out: BinaryWriter = out if self._gzip is None else self._gzip
        self._schema = schema
        self._lines = lines

    def prepare(self, values: Sequence[object]) -> bytes:
        if not values:
            return b""
        return _LINE_END.join((*self._lines.encode(self._schema, values), b""))

    def add(self, prepared: object) -> None:
        assert isinstance(prepared, bytes)
        self._out.write(prepared)

    def finish(self) -> None:
        if self._gzip is not None:
            self._gzip.close()
