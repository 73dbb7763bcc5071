"""Container files on their way to fastavro: blocks are unpacked here, by the libraries that pack them when writing, and the
schema is replaced by one without logical types, since Connect's have a wider range than Python's."""

from __future__ import annotations

import bz2
import json
import lzma
import struct
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO

from penstock.api import DataException
from penstock_s3.formats.avro.container import MAGIC, meta_bytes
from penstock_s3.formats.avro.parse import parse
from penstock_s3.formats.avro.varints import varint
from penstock_s3.formats.libraries import library

_MARK = 16


class PlainContainer:
    """A container file, read once, as one whose blocks are not packed. Raises EOFError and ValueError for what is none.

    ``node`` is its schema."""

    def __init__(self, stream: BinaryIO) -> None:
        """Read the head."""
        self._stream = stream
        if stream.read(4) != MAGIC:
            raise DataException("The object is not an Avro container file: it does not begin with 'Obj' and 1")
        meta = _read_meta(stream)
        schema = meta["avro.schema"].decode()
        self.node = parse(schema)
        self._unpack = _unpacker(meta.get("avro.codec", b"null").decode())
        self._mark = _exactly(stream, _MARK)
        plain = json.dumps(_without_logical(json.loads(schema))).encode()
        self._ready = MAGIC + meta_bytes({"avro.codec": b"null", "avro.schema": plain}) + self._mark

    def read(self, size: int) -> bytes:
        """The next bytes, fewer at the end."""
        while len(self._ready) < size:
            block = self._block()
            if block is None:
                break
            self._ready += block
        taken, self._ready = self._ready[:size], self._ready[size:]
        return taken

    def _block(self) -> bytes | None:
        first = self._stream.read(1)
        if not first:
            return None
        count = _read_long(self._stream, first)
        data = self._unpack(_exactly(self._stream, _read_long(self._stream)))
        if _exactly(self._stream, _MARK) != self._mark:
            raise ValueError("a block does not end with the file's mark")
        return varint(count) + varint(len(data)) + data + self._mark


def _unpacker(codec: str) -> Callable[[bytes], bytes]:
    match codec:
        case "null":
            return bytes
        case "deflate":
            return lambda data: zlib.decompress(data, -zlib.MAX_WBITS)
        case "bzip2":
            return bz2.decompress
        case "xz":
            return lzma.decompress
        case "snappy":
            return _snappy(library("cramjam", "snappy"))
        case "zstandard":
            return _zstandard(library("zstandard", "zstd"))
    raise DataException(f"The Avro codec {codec!r} is not known; null, deflate, bzip2, xz, snappy and zstandard are")


def _snappy(cramjam: Any) -> Callable[[bytes], bytes]:
    def unpack(packed: bytes) -> bytes:
        try:
            data = bytes(cramjam.snappy.decompress_raw(packed[:-4]))
        except cramjam.DecompressionError as error:
            raise ValueError(f"a block is not packed by snappy: {error}") from error
        if struct.pack(">I", zlib.crc32(data)) != packed[-4:]:
            raise ValueError("a block's checksum is wrong")
        return data

    return unpack


def _zstandard(zstandard: Any) -> Callable[[bytes], bytes]:
    def unpack(packed: bytes) -> bytes:
        try:
            return bytes(zstandard.ZstdDecompressor().decompressobj().decompress(packed))
        except zstandard.ZstdError as error:
            raise ValueError(f"a block is not packed by zstandard: {error}") from error

    return unpack


def _read_meta(stream: BinaryIO) -> dict[str, bytes]:
    meta: dict[str, bytes] = {}
    while count := _read_long(stream):
        if count < 0:  # a block that tells its size
            count = -count
            _read_long(stream)
        for _ in range(count):
            key = _exactly(stream, _read_long(stream)).decode()
            meta[key] = _exactly(stream, _read_long(stream))
    return meta


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size) if size >= 0 else b""
    if len(data) != size:
        raise EOFError("the file is cut short")
    return data


def _read_long(stream: BinaryIO, first: bytes | None = None) -> int:
    number = shift = 0
    while True:
        byte = first or stream.read(1)
        first = None
        if not byte or shift > 63:
            raise EOFError("the file is cut short")
        number |= (byte[0] & 127) << shift
        if byte[0] < 128:
            return number >> 1 ^ -(number & 1)
        shift += 7


def _without_logical(tree: Any) -> Any:
    if isinstance(tree, list):
        return [_without_logical(item) for item in tree]
    if not isinstance(tree, dict):
        return tree
    return {
        key: value if key == "default" else _without_logical(value)
        for key, value in tree.items()
        if key != "logicalType"
    }
