"""A ``HashMap<byte[], byte[]>`` as Java's ObjectOutputStream writes it, and back (spec 10, "Offsets file").

Only this one kind of object is known: in a file that somebody else may have written nothing else is ever made. Names and
numbers are those of the Java Object Serialization Specification, chapter 6.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import TypeVar

_T = TypeVar("_T")
Entry = tuple[bytes | None, bytes | None]
"""A key and its value; both may be null."""

_MAGIC_AND_VERSION = b"\xac\xed\x00\x05"
_NULL, _REFERENCE, _OBJECT, _ARRAY, _BLOCK, _END_OF_BLOCK = 0x70, 0x71, 0x73, 0x75, 0x77, 0x78
_FIRST_HANDLE = 0x7E0000
_MAP_CLASS = (
    b"\x72\x00\x11java.util.HashMap" + bytes.fromhex("0507dac1c31660d1") + b"\x03"  # writes its own data
    b"\x00\x02F\x00\x0aloadFactorI\x00\x09threshold\x78\x70"
)
_BYTES_CLASS = b"\x72\x00\x02[B" + bytes.fromhex("acf317f8060854e0") + b"\x02\x00\x00\x78\x70"
_BYTES_CLASS_AGAIN = struct.pack(">BI", _REFERENCE, _FIRST_HANDLE + 2)
_LOAD_FACTOR = 0.75
_FEWEST_BUCKETS = 16


class JavaSerializationError(ValueError):
    """The bytes are no serialized ``HashMap<byte[], byte[]>``; says where and why."""


def encode_map(entries: Sequence[Entry]) -> bytes:
    """The bytes that Java would write for a map with these entries, in this order (a Java map's own order means nothing)."""
    buckets = _FEWEST_BUCKETS
    while len(entries) > buckets * _LOAD_FACTOR:
        buckets *= 2
    threshold = int(buckets * _LOAD_FACTOR) if entries else 0
    parts = [
        _MAGIC_AND_VERSION,
        bytes([_OBJECT]),
        _MAP_CLASS,
        struct.pack(">fI", _LOAD_FACTOR, threshold),
        struct.pack(">BBII", _BLOCK, 8, buckets, len(entries)),
    ]
    array_class = _BYTES_CLASS
    for item in (item for entry in entries for item in entry):
        if item is None:
            parts.append(bytes([_NULL]))
            continue
        parts += (bytes([_ARRAY]), array_class, struct.pack(">I", len(item)), item)
        array_class = _BYTES_CLASS_AGAIN
    parts.append(bytes([_END_OF_BLOCK]))
    return b"".join(parts)


def decode_map(data: bytes) -> list[Entry]:
    """The entries of a serialized map, in the order of the file. Raises JavaSerializationError."""
    return _Reader(data).map()


class _ArrayClass:
    """Stands for the class description of ``byte[]``."""


class _Reader:
    """``handles`` are the things that a later reference may mean, in the order in which Java numbers them."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._handles: list[object] = []

    def map(self) -> list[Entry]:
        if self._take(4) != _MAGIC_AND_VERSION:
            raise self._error("it does not begin as a Java serialization stream does (AC ED 00 05)", at=0)
        self._expect(bytes([_OBJECT]), "an object")
        self._expect(_MAP_CLASS, "the class java.util.HashMap")
        self._handles += [_MAP_CLASS, self]
        self._take(8)  # load factor and threshold: Java computes them anew, too
        self._expect(bytes([_BLOCK, 8]), "the size of the map")
        _buckets, size = struct.unpack(">II", self._take(8))
        entries = []
        for _ in range(size):
            key = self._bytes_or_null()
            entries.append((key, self._bytes_or_null()))
        self._expect(bytes([_END_OF_BLOCK]), "the end of the map")
        if self._at != len(self._data):
            raise self._error(f"{len(self._data) - self._at} bytes follow the end of the map")
        return entries

    def _bytes_or_null(self) -> bytes | None:
        tag = self._take(1)[0]
        if tag == _NULL:
            return None
        if tag == _REFERENCE:
            return self._referred(bytes, "a byte array")
        if tag != _ARRAY:
            raise self._error(f"a byte array was expected, not the tag {tag:#04x}", at=self._at - 1)
        self._array_class()
        handle = len(self._handles)
        self._handles.append(None)
        (length,) = struct.unpack(">I", self._take(4))
        content = self._take(length)
        self._handles[handle] = content
        return content

    def _array_class(self) -> None:
        if self._data.startswith(bytes([_REFERENCE]), self._at):
            self._take(1)
            self._referred(_ArrayClass, "the class of byte arrays")
            return
        self._expect(_BYTES_CLASS, "the class of byte arrays")
        self._handles.append(_ArrayClass())

    def _referred(self, kind: type[_T], what: str) -> _T:
        at = self._at
        (handle,) = struct.unpack(">I", self._take(4))
        number = handle - _FIRST_HANDLE
        found = self._handles[number] if 0 <= number < len(self._handles) else None
        if not isinstance(found, kind):
            raise self._error(f"the reference {handle:#x} was expected to mean {what}", at=at)
        return found

    def _expect(self, wanted: bytes, what: str) -> None:
        at = self._at
        if self._take(len(wanted)) != wanted:
            raise self._error(f"{what} was expected", at=at)

    def _take(self, count: int) -> bytes:
        taken = self._data[self._at : self._at + count]
        if len(taken) < count:
            raise self._error(f"it ends too early: {count} bytes were expected, {len(taken)} are left")
        self._at += count
        return taken

    def _error(self, reason: str, at: int | None = None) -> JavaSerializationError:
        position = self._at if at is None else at
        return JavaSerializationError(f"not a serialized java.util.HashMap of byte arrays: at byte {position} {reason}")
