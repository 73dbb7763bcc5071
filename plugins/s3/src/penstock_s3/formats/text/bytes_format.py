"""Bytes as they are, each followed by a separator (spec 10)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO, cast

from penstock.api import DataException, PartialBatch, Schema
from penstock.converters import ByteArrayConverter
from penstock_s3.formats.base import Batch, BinaryWriter, Format, RecordWriter
from penstock_s3.formats.compression import Compressor
from penstock_s3.formats.text.reading import bytes_batches
from penstock_s3.formats.text.writing import TextWriter

_BYTES = frozenset({bytes})


class BytesFormat(Format):
    """The format of values and keys that ByteArrayConverter read."""

    content_type = "application/octet-stream"

    def __init__(self, separator: bytes, compressor: Compressor) -> None:
        self._separator = separator
        self._compressor = compressor
        self._converter = ByteArrayConverter()
        self._converter.configure({}, is_key=False)

    def open(self, out: BinaryWriter, schema: Schema | None) -> RecordWriter[bytes]:
        """Begin a file. A schema of another type than bytes is refused value by value, as Java does."""
        separator, converter = self._separator, self._converter

        def encode(values: Sequence[object]) -> bytes:
            if not values:
                return b""
            column = cast(Sequence[bytes], converter.from_connect_data_batch("", schema, values))
            _check_present(column)
            return separator.join((*column, b""))

        return TextWriter(self._compressor(out), encode)

    def read(self, stream: BinaryIO) -> Iterator[Batch]:
        """What stands between the separators. A value that holds the separator comes back as several."""
        return bytes_batches(stream, self._separator)


def _check_present(column: Sequence[object]) -> None:
    if not _BYTES.issuperset(map(type, column)):
        index = next(index for index, item in enumerate(column) if item is None)
        error = DataException("A null cannot be stored by ByteArrayFormat: an empty value could not be told from it")
        raise PartialBatch(index, (), error)
