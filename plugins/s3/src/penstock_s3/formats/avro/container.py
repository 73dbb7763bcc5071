"""Avro's container files: a head with the schema, then blocks of records.

The marks between blocks are usually random; here they are made of the schema and the first block, so that the same records give
the same bytes again after a restart.
"""

from __future__ import annotations

import bz2
import hashlib
import struct
import zlib
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate

from isal import isal_zlib

from penstock.api import ConfigException
from penstock_s3.formats.avro.varints import varint
from penstock_s3.formats.base import BinaryWriter
from penstock_s3.formats.libraries import library

BLOCK_BYTES = 64_000
"""A block is written as soon as it has this many bytes before compression: the default of Avro's Java library."""
MAGIC = b"Obj\x01"


class ContainerWriter:
    """Writes encoded records into blocks."""

    def __init__(self, out: BinaryWriter, schema: str, codec: str, pack: Callable[[bytes], bytes]) -> None:
        self._out = out
        self._meta = {"avro.codec": codec.encode(), "avro.schema": schema.encode()}
        self._pack = pack
        self._mark: bytes | None = None
        self._rows: list[bytes] = []
        self._held = 0

    @property
    def held(self) -> int:
        """Bytes of records that are not in a written block yet."""
        return self._held

    def add(self, rows: Sequence[bytes]) -> None:
        """Add records, writing the blocks that are full."""
        ends = list(accumulate(map(len, rows), initial=self._held))
        begin = 0
        base = 0  # what of ``ends`` is in written blocks
        while begin < len(rows):
            # The record that fills the block is its last.
            end = bisect_left(ends, base + BLOCK_BYTES, lo=begin + 1)
            if end >= len(ends):
                break
            self._write([*self._rows, *rows[begin:end]])
            self._rows = []
            begin, base = end, ends[end]
        self._rows.extend(rows[begin:])
        self._held = ends[-1] - base

    def finish(self) -> None:
        """Write the last block; of a file without records the head."""
        if self._rows:
            self._write(self._rows)
        elif self._mark is None:
            self._head(b"")
        self._rows, self._held = [], 0

    def _write(self, rows: Sequence[bytes]) -> None:
        data = b"".join(rows)
        if self._mark is None:
            self._head(data)
        packed = self._pack(data)
        self._out.write(varint(len(rows)) + varint(len(packed)) + packed + (self._mark or b""))

    def _head(self, first: bytes) -> None:
        self._mark = hashlib.sha256(self._meta["avro.schema"] + first).digest()[:16]
        self._out.write(MAGIC + meta_bytes(self._meta) + self._mark)


def meta_bytes(meta: Mapping[str, bytes]) -> bytes:
    """The head's map."""
    entries = (varint(len(key)) + key.encode() + varint(len(value)) + value for key, value in meta.items())
    return varint(len(meta)) + b"".join(entries) + b"\x00"


def codec_of(name: str) -> Callable[[bytes], bytes]:
    """How blocks are packed: ``null``, ``deflate``, ``snappy``, ``bzip2``, ``zstandard``. Raises ConfigException."""
    match name:
        case "null":
            return bytes
        case "deflate":
            return lambda data: isal_zlib.compress(data, 2, -isal_zlib.MAX_WBITS)
        case "bzip2":
            return bz2.compress
        case "snappy":
            pack = library("cramjam", "snappy").snappy.compress_raw
            return lambda data: bytes(pack(data)) + struct.pack(">I", zlib.crc32(data))
        case "zstandard":
            made: Callable[[bytes], bytes] = library("zstandard", "zstd").ZstdCompressor().compress
            return made
    raise ConfigException.of("avro.codec", name, "must be one of null, deflate, snappy, bzip2, zstandard")
