"""The bytes of one request: in memory, on disk, or both; read as often as the request is tried."""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class Chunk(Protocol):
    """Some bytes that can be had again and again until they are released."""

    @property
    def size(self) -> int: ...

    def read(self) -> bytes | bytearray | memoryview: ...


class Body:
    """A sequence of chunks that a request sends. Not changed while a request uses it."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        self._chunks = chunks
        self.size = sum(chunk.size for chunk in chunks)

    @classmethod
    def of(cls, data: bytes) -> Body:
        """A body of these bytes."""
        return cls([InMemory(data)] if data else [])

    def __iter__(self) -> Iterator[bytes | bytearray | memoryview]:
        """Chunk after chunk; each from disk as it is needed."""
        for chunk in self._chunks:
            yield chunk.read()

    def read(self) -> bytes:
        """All bytes at once."""
        return b"".join(self)

    def stream(self) -> ChunkStream:
        """All bytes as a file that clients may rewind."""
        return ChunkStream(self._chunks)


class InMemory:
    """A chunk that is just bytes."""

    __slots__ = ("_data", "size")

    def __init__(self, data: bytes | bytearray) -> None:
        self._data = data
        self.size = len(data)

    def read(self) -> bytes | bytearray:
        return self._data


class ChunkStream(io.RawIOBase):
    """A seekable, read-only file over chunks, of which at most one is in memory beside those that are there anyway."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        super().__init__()
        self._chunks = chunks
        self._starts: list[int] = []
        total = 0
        for chunk in chunks:
            self._starts.append(total)
            total += chunk.size
        self._size = total
        self._position = 0
        self._loaded: tuple[int, memoryview] | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base: dict[int, Callable[[], int]] = {
            io.SEEK_SET: lambda: 0,
            io.SEEK_CUR: lambda: self._position,
            io.SEEK_END: lambda: self._size,
        }
        self._position = max(0, base[whence]() + offset)
        return self._position

    def readinto(self, buffer: WriteableBuffer) -> int:
        target = memoryview(buffer).cast("B")
        if self._position >= self._size or not len(target):
            return 0
        number = bisect_right(self._starts, self._position) - 1
        if self._loaded is None or self._loaded[0] != number:
            self._loaded = number, memoryview(self._chunks[number].read())
        inside = self._loaded[1][self._position - self._starts[number] :][: len(target)]
        target[: len(inside)] = inside
        self._position += len(inside)
        return len(inside)

    def __len__(self) -> int:
        return self._size
