"""Reading back lines and separated bytes, gzipped or not."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

from isal import igzip, isal_zlib

from penstock.api import DataException, PartialBatch, Schema
from penstock.converters import JsonConverter
from penstock_s3.formats.base import Batch

_CHUNK = 1 << 20
_GZIP_MAGIC = b"\x1f\x8b"
_IsalError = cast(type[Exception], isal_zlib.IsalError)
_Gunzip = cast(Callable[..., object], igzip.IGzipFile)


def json_batches(stream: BinaryIO) -> Iterator[Batch]:
    """The value of each line, schemaless. Raises DataException telling the line that is no JSON."""
    converter = JsonConverter()
    converter.configure({"schemas.enable": "false"}, is_key=False)
    before = 0
    for lines in _split(unpacked(stream), b"\n"):
        try:
            columns = converter.to_connect_data_batch("", lines)
        except PartialBatch as partial:
            raise DataException(
                f"Line {before + partial.index + 1} of the object is not JSON: {partial.error}"
            ) from partial
        yield Batch(None, [value for column in columns for value in column.values])
        before += len(lines)


def bytes_batches(stream: BinaryIO, separator: bytes) -> Iterator[Batch]:
    """What stands before each separator. Without a separator nothing tells where a value ends: then it is all one."""
    for parts in _split(unpacked(stream), separator):
        yield Batch(Schema.BYTES, parts)


def unpacked(stream: BinaryIO) -> Iterator[bytes]:
    """The content in pieces, decompressed if it is gzipped. Raises DataException where that fails."""
    head = stream.read(2)
    stream.seek(-len(head), io.SEEK_CUR)
    source = cast(BinaryIO, _Gunzip(fileobj=stream, mode="rb")) if head == _GZIP_MAGIC else stream
    try:
        while piece := source.read(_CHUNK):
            yield piece
    except (EOFError, OSError, zlib.error, _IsalError) as error:
        if source is stream:
            raise
        raise DataException(f"The object is not whole gzip data: {error}") from error


def _split(pieces: Iterator[bytes], separator: bytes) -> Iterator[list[bytes]]:
    if not separator:
        whole = b"".join(pieces)
        if whole:
            yield [whole]
        return
    rest = b""
    for piece in pieces:
        *parts, rest = (rest + piece).split(separator)
        if parts:
            yield parts
    if rest:  # the file did not end with a separator: somebody else made it
        yield [rest]
