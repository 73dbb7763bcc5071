"""Gzip by ISA-L: one member per file, with the header that Java writes (spec 10). Level -1 to 9."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from typing import Protocol, cast

from isal import isal_zlib

from penstock_s3.formats.base import BinaryWriter

# No name, no time; Java 16 and later give the operating system as unknown, and never say how hard they tried.
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_HARD = 7

_BLOCK = 64 << 10
"""ISA-L's output depends on how its input is cut. Cut in blocks it depends on the content alone, so that records that are
read again, in other batches, make the same object (spec 6)."""


class _Deflate(Protocol):
    def compress(self, data: bytes | bytearray | memoryview, /) -> bytes: ...
    def flush(self) -> bytes: ...


class GzipWriter:
    """Compresses what is written to it into another output. ``close`` ends the member and leaves the output open."""

    def __init__(self, out: BinaryWriter, level: int) -> None:
        self._out = out
        self._deflate = _deflate(level)
        self._crc = 0
        self._size = 0
        self._rest = bytearray()
        self._head = _HEADER

    def write(self, data: bytes | bytearray | memoryview, /) -> None:
        """Compress ``data``. Raises what the output raises."""
        self._crc = isal_zlib.crc32(data, self._crc)
        self._size += len(data)
        view = memoryview(data)
        begin = 0
        if self._rest:
            begin = min(_BLOCK - len(self._rest), len(view))
            self._rest += view[:begin]
            if len(self._rest) < _BLOCK:
                return
            self._compress([bytes(self._rest)])
            self._rest.clear()
        end = begin + (len(view) - begin) // _BLOCK * _BLOCK
        self._compress(view[at : at + _BLOCK] for at in range(begin, end, _BLOCK))
        self._rest += view[end:]

    def close(self) -> None:
        """Write what is left, and the end of the member."""
        self._compress([bytes(self._rest)])
        trailer = struct.pack("<II", self._crc & 0xFFFFFFFF, self._size & 0xFFFFFFFF)
        self._put(self._deflate.flush() + trailer)

    def _compress(self, blocks: Iterable[bytes | memoryview]) -> None:
        packed = b"".join(map(self._deflate.compress, blocks))
        if packed:
            self._put(packed)

    def _put(self, packed: bytes) -> None:
        self._out.write(self._head + packed if self._head else packed)
        self._head = b""


def _deflate(level: int) -> _Deflate:
    """ISA-L is five times as fast as zlib at zlib's default ratio. It has neither "store" nor "try hard": zlib does those."""
    if level == 0 or level >= _HARD:
        return zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    strength = 2 if level < 0 or level > 1 else 1
    return cast(_Deflate, isal_zlib.compressobj(strength, isal_zlib.DEFLATED, -isal_zlib.MAX_WBITS))
