"""Bytes as they are, each followed by a separator (spec 10)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO

from penstock.api import DataException, PartialBatch, Schema
from penstock.converters import ByteArrayConverter
from penstock_s3.formats.base import Batch, BinaryWriter, Format, RecordWriter
from penstock_s3.formats.gzip_stream import GzipWriter
from penstock_s3.formats.options import BytesOptions, GzipOptions
from penstock_s3.formats.text_reading import bytes_batches

_BYTES = frozenset({bytes})


class BytesFormat(Format):
    """The format of values that ByteArrayConverter read."""

    content_type = "application/octet-stream"

    def __init__(self, options: BytesOptions, gzip: GzipOptions | None) -> None:
        self.extension = options.extension if gzip is None else f"{options.extension}.gz"
        self.content_encoding = None if gzip is None else "gzip"
        self._gzip = gzip
        self._separator = options.separator

    def open(self, out: BinaryWriter, schema: Schema | None) -> RecordWriter[object]:
        """Begin a file. A schema of another type than bytes is refused value by value, as Java does."""
        return _BytesWriter(out, schema, self._separator, self._gzip)

    def read(self, stream: BinaryIO) -> Iterator[Batch]:
        """What stands between the separators. A value that holds the separator comes back as several."""
        return bytes_batches(stream, self._separator)


class _BytesWriter(RecordWriter[object]):
    def __init__(self, out: BinaryWriter, schema: Schema | None, separator: bytes, gzip: GzipOptions | None) -> None:
        self._gzip = None if gzip is None else GzipWriter(out, gzip)
        self._out: BinaryWriter = out if self._gzip is None else self._gzip
        self._schema = schema
        self._separator = separator
        self._converter = ByteArrayConverter()
        self._converter.configure({}, is_key=False)

    def prepare(self, values: Sequence[object]) -> bytes:
        if not values:
            return b""
        column = self._converter.from_connect_data_batch("", self._schema, values)
        if not _BYTES.issuperset(map(type, column)):
            column = [_present(index, item) for index, item in enumerate(column)]
        return self._separator.join((*column, b""))  # type: ignore[arg-type]

    def add(self, prepared: object) -> None:
        assert isinstance(prepared, bytes)
        self._out.write(prepared)

    def finish(self) -> None:
        if self._gzip is not None:
            self._gzip.close()


def _present(index: int, item: object) -> bytes:
    if isinstance(item, bytes):
        return item
    raise PartialBatch(index, (), DataException("A null cannot be stored as bytes: no line could be told from it"))
