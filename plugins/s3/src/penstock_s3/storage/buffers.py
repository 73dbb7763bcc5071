"""Bytes of objects that are not finished: in memory up to a budget of the task, beyond it on disk (spec 11).

On the task's thread. Threads that upload read bodies, and give back what the store has.
"""

from __future__ import annotations

import threading
from collections import deque

from penstock_s3.storage.body import Body, Chunk, InMemory
from penstock_s3.storage.spill import PAGE, SpilledPage, SpillFile

_SMALL = 4096
"""Writes below this many bytes are gathered, larger ones kept as they are."""


class BufferPool:
    """The budget that all buffers of a task share, ``limit`` bytes of memory."""

    def __init__(self, limit: int, spill: SpillFile) -> None:
        self._limit = limit
        self._spill = spill
        self._buffers: set[FileBuffer] = set()
        self._used = 0
        self._lock = threading.Lock()

    @property
    def used(self) -> int:
        """Bytes in memory."""
        return self._used

    @property
    def spilled(self) -> int:
        """Bytes on disk, in whole pages."""
        return self._spill.pages * PAGE

    def buffer(self, part_size: int) -> FileBuffer:
        """A new, empty buffer."""
        buffer = FileBuffer(self, self._spill, part_size)
        self._buffers.add(buffer)
        return buffer

    def changed(self, by: int) -> None:
        """A buffer holds so many bytes more (or fewer) in memory. Above the budget the largest move to disk, down to half
        of it, so that a full pool does not spill at every write."""
        with self._lock:
            self._used += by
        if self._used <= self._limit or by <= 0:
            return
        for buffer in sorted(self._buffers, key=lambda each: each.in_memory, reverse=True):
            if self._used <= self._limit // 2 or buffer.in_memory < PAGE:
                return
            self._used -= buffer.spill()

    def forget(self, buffer: FileBuffer) -> None:
        """A buffer that is not used any more."""
        self._buffers.discard(buffer)

    def close(self) -> None:
        """Drop everything."""
        self._spill.close()
        self._buffers.clear()
        self._used = 0


class PartBuffer:
    """The bytes of one part: pages on disk first, then what is in memory."""

    __slots__ = ("_memory", "_pages", "_tail", "in_memory", "pinned", "size")

    def __init__(self) -> None:
        self._pages: list[SpilledPage] = []
        self._memory: list[bytes] = []
        self._tail = bytearray()
        self.size = 0
        self.in_memory = 0
        self.pinned = False
        """A request is sending it: moving it to disk would free nothing."""

    def add(self, data: memoryview) -> None:
        """Append a copy of ``data``."""
        self.size += len(data)
        self.in_memory += len(data)
        if len(data) < _SMALL:
            self._tail += data
            if len(self._tail) >= PAGE:
                self._gather()
            return
        self._gather()
        self._memory.append(bytes(data))

    def body(self) -> Body:
        """All bytes so far."""
        self._gather()
        chunks: list[Chunk] = [*self._pages]
        chunks.extend(InMemory(data) for data in self._memory)
        return Body(chunks)

    def spill(self, file: SpillFile, *, whole: bool) -> int:
        """Move whole pages to disk, and with ``whole`` the rest too; how many bytes of memory that freed."""
        self._gather()
        data = memoryview(b"".join(self._memory))
        moved = len(data) if whole else len(data) // PAGE * PAGE
        for start in range(0, moved, PAGE):
            self._pages.append(file.write(data[start : min(start + PAGE, moved)]))
        self._memory = [bytes(data[moved:])] if moved < len(data) else []
        self.in_memory -= moved
        return moved

    def release(self, file: SpillFile) -> None:
        """Give the pages back."""
        for page in self._pages:
            file.release(page)
        self._pages, self._memory, self._tail = [], [], bytearray()

    def _gather(self) -> None:
        if self._tail:
            self._memory.append(bytes(self._tail))
            self._tail = bytearray()


class FileBuffer:
    """The bytes of one object that no request has stored yet, cut into parts of ``part_size`` bytes."""

    def __init__(self, pool: BufferPool, spill: SpillFile, part_size: int) -> None:
        self._pool = pool
        self._spill = spill
        self._part_size = part_size
        self._parts: deque[PartBuffer] = deque([PartBuffer()])
        self.size = 0

    def write(self, data: bytes | bytearray | memoryview, /) -> int:
        """Append ``data``; never waits for the store. Raises ConnectException when the disk is full."""
        rest = memoryview(data).cast("B")
        count = len(rest)
        self.size += count
        while rest:
            last = self._parts[-1]
            if last.size == self._part_size:
                last = PartBuffer()
                self._parts.append(last)
            room = self._part_size - last.size
            last.add(rest[:room])
            rest = rest[room:]
        self._pool.changed(count)
        return count

    @property
    def in_memory(self) -> int:
        """Bytes that :meth:`spill` could move."""
        return sum(part.in_memory for part in self._parts if not part.pinned)

    @property
    def full_parts(self) -> int:
        """How many parts are full and have something behind them."""
        return sum(part.size == self._part_size for part in self._parts) - (self._parts[-1].size == self._part_size)

    @property
    def parts(self) -> tuple[PartBuffer, ...]:
        """The parts in order; the last one may be short, or empty when there is nothing."""
        return tuple(self._parts)

    def drop(self, part: PartBuffer) -> None:
        """A part that the store has."""
        self._parts.remove(part)
        self.size -= part.size
        self._pool.changed(-part.in_memory)
        part.release(self._spill)
        if not self._parts:
            self._parts.append(PartBuffer())

    def spill(self) -> int:
        """Move to disk what can be moved; how many bytes of memory that freed."""
        last = self._parts[-1]
        return sum(part.spill(self._spill, whole=part is not last) for part in self._parts if not part.pinned)

    def clear(self) -> None:
        """Drop everything; the buffer is not used any more. No request may be sending its parts."""
        for part in tuple(self._parts):
            self.drop(part)
        self._pool.forget(self)
