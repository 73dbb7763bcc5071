"""Parquet's old LZ4 codec, in the frames of Hadoop: Arrow reads it but cannot write it, so pages are compressed here."""

from __future__ import annotations

import struct
from bisect import bisect_right
from typing import Any, Final

import pyarrow as pa

from penstock_s3.formats.parquet.thrift import I32, I64, Reader, ThriftStruct, written

_CODEC: Final = 5
# PageHeader
_COMPRESSED = 3
# ColumnMetaData
_CODEC_FIELD, _COMPRESSED_TOTAL, _DATA_PAGE, _INDEX_PAGE, _DICTIONARY_PAGE = 4, 7, 9, 10, 11
_BLOCK: Final = 128 << 10
"""Hadoop's own decompressor has buffers of 256 KiB."""


class HadoopLz4:
    """Compresses the pages of one file as it goes by, and knows where each has moved."""

    def __init__(self) -> None:
        self._codec: Any = pa.Codec("lz4_raw")
        self._rest = b""
        self._read = 0
        self._written = 0
        self._old: list[int] = []
        self._new: list[int] = []

    def packed(self, data: bytes) -> bytes:
        """The next pages, compressed. What is no whole page yet waits for the next call."""
        data = self._rest + data
        done: list[bytes] = []
        at = 0
        if self._read == 0 and len(data) >= 4:  # the magic at the beginning
            done.append(data[:4])
            at = 4
        while at < len(data):
            page = self._page(data, at)
            if page is None:
                break
            self._old.append(self._read + at)
            self._new.append(self._written + sum(map(len, done)))
            done.append(page[0])
            at = page[1]
        self._rest = data[at:]
        self._read += at
        packed = b"".join(done)
        self._written += len(packed)
        return packed

    def _page(self, data: bytes, at: int) -> tuple[bytes, int] | None:
        reader = Reader(data, at)
        try:
            header = reader.struct()
        except IndexError:
            return None
        end = reader.position + header[_COMPRESSED][1]
        if end > len(data):
            return None
        body = self._framed(data[reader.position : end])
        header[_COMPRESSED] = (I32, len(body))
        return written(header) + body, end

    def _framed(self, body: bytes) -> bytes:
        frames: list[bytes] = []
        for start in range(0, len(body), _BLOCK):
            block = body[start : start + _BLOCK]
            packed = self._codec.compress(block, asbytes=True)
            frames += [struct.pack(">II", len(block), len(packed)), packed]
        return b"".join(frames)

    def change(self, column: ThriftStruct) -> None:
        """Tell a column's metadata the codec, and where its pages are now."""
        first = column.get(_DICTIONARY_PAGE, column[_DATA_PAGE])[1]
        end = self._moved(first + column[_COMPRESSED_TOTAL][1])
        for field in (_DATA_PAGE, _INDEX_PAGE, _DICTIONARY_PAGE):
            if field in column:
                column[field] = (I64, self._moved(column[field][1]))
        first = column.get(_DICTIONARY_PAGE, column[_DATA_PAGE])[1]
        column[_CODEC_FIELD] = (I32, _CODEC)
        column[_COMPRESSED_TOTAL] = (I64, end - first)

    def _moved(self, old: int) -> int:
        place = bisect_right(self._old, old) - 1
        return self._new[place] if self._old[place] == old else self._written
