"""Compressing whole files: what the configuration says, as an output in front of the output."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, Protocol

from penstock_s3.config.choices import Compression
from penstock_s3.formats.base import BinaryWriter
from penstock_s3.formats.gzip_stream import GzipWriter
from penstock_s3.formats.libraries import library


class Output(Protocol):
    """An output that has an end."""

    def write(self, data: bytes | bytearray | memoryview, /) -> object:
        """Take all of ``data``."""

    def close(self) -> None:
        """Write what is left. The output behind it stays open."""


Compressor = Callable[[BinaryWriter], Output]


def compressor(kind: Compression, level: int) -> Compressor:
    """What to put in front of each file's output. Raises ConfigException where a library is missing."""
    match kind:
        case Compression.NONE:
            return Uncompressed
        case Compression.GZIP:
            return lambda out: GzipWriter(out, level)
        case Compression.ZSTD:
            zstandard = library("zstandard", "zstd")
            return lambda out: Zstd(out, zstandard.ZstdCompressor(level=level if level > 0 else 3).compressobj())
        case Compression.SNAPPY:
            cramjam = library("cramjam", "snappy")
            return lambda out: Snappy(out, lambda data: bytes(cramjam.snappy.compress_raw(data)))


class Uncompressed:
    """Passes everything on."""

    def __init__(self, out: BinaryWriter) -> None:
        self.write = out.write

    def close(self) -> None:
        """Nothing is left."""


class Zstd:
    """One frame of Zstandard."""

    def __init__(self, out: BinaryWriter, stream: Any) -> None:
        self._out = out
        self._stream = stream

    def write(self, data: bytes | bytearray | memoryview, /) -> None:
        """Compress ``data``."""
        packed = self._stream.compress(data)
        if packed:
            self._out.write(packed)

    def close(self) -> None:
        """Write the end of the frame."""
        self._out.write(self._stream.flush())


class Snappy:
    """Snappy as Java's streams frame it: a head, then blocks of at most 32 KiB, each behind its length."""

    _HEAD = b"\x82SNAPPY\x00" + struct.pack(">II", 1, 1)
    _BLOCK = 32 << 10

    def __init__(self, out: BinaryWriter, pack: Callable[[bytes], bytes]) -> None:
        self._out = out
        self._pack = pack
        self._rest = bytearray()
        self._head = self._HEAD

    def write(self, data: bytes | bytearray | memoryview, /) -> None:
        """Compress ``data``, as far as it fills blocks."""
        self._rest += data
        whole = len(self._rest) - len(self._rest) % self._BLOCK
        if whole:
            self._put(bytes(self._rest[:whole]))
            del self._rest[:whole]

    def close(self) -> None:
        """Write the last block."""
        self._put(bytes(self._rest))

    def _put(self, data: bytes) -> None:
        blocks = [self._pack(data[at : at + self._BLOCK]) for at in range(0, len(data), self._BLOCK)]
        framed = b"".join(struct.pack(">I", len(block)) + block for block in blocks)
        if self._head or framed:
            self._out.write(self._head + framed)
        self._head = b""
