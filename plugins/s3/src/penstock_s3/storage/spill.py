"""One file of a task on disk to which buffers move pages when memory is short."""

from __future__ import annotations

import os
import tempfile
import threading
import weakref

from penstock.api import ConnectException

PAGE = 64 << 10
"""Bytes of a page."""


class SpilledPage:
    """Up to ``PAGE`` bytes on disk; a chunk of a body."""

    __slots__ = ("_file", "number", "size")

    def __init__(self, file: SpillFile, number: int, size: int) -> None:
        self._file = file
        self.number = number
        self.size = size

    def read(self) -> bytes:
        """The page's bytes. From any thread."""
        return self._file.read(self.number, self.size)


class SpillFile:
    """An unnamed temporary file of pages, made at the first need and gone with its process, however that ends.

    Pages that were released are used again, so the file is never larger than what was on disk at one time.
    """

    def __init__(self, directory: str | None = None) -> None:
        """``directory`` None is the system's for temporary files."""
        self._directory = directory
        self._descriptor: int | None = None
        self._free: list[int] = []
        self._end = 0
        self._lock = threading.Lock()

    @property
    def pages(self) -> int:
        """Pages in use."""
        return self._end - len(self._free)

    def write(self, data: bytes | memoryview) -> SpilledPage:
        """Keep up to ``PAGE`` bytes. Raises ConnectException when the disk does not take them."""
        with self._lock:
            number = self._free.pop() if self._free else self._end
            self._end = max(self._end, number + 1)
        rest, position = memoryview(data), number * PAGE
        try:
            while rest:
                written = os.pwrite(self._opened(), rest, position)
                rest, position = rest[written:], position + written
        except OSError as error:
            self.release(SpilledPage(self, number, 0))
            where = self._directory or tempfile.gettempdir()
            raise ConnectException(
                f"Could not move a buffer of unfinished objects to disk, in {where}: {error.strerror}. Make room there, "
                "name another directory with TMPDIR, or raise 's3.buffer.memory.bytes'"
            ) from error
        return SpilledPage(self, number, len(data))

    def read(self, number: int, size: int) -> bytes:
        """The first ``size`` bytes of a page. Raises ConnectException when they cannot be read back."""
        assert self._descriptor is not None, "a page was written before"
        data = os.pread(self._descriptor, size, number * PAGE)
        if len(data) != size:
            raise ConnectException(
                f"The spill file of unfinished objects lost bytes: page {number} has {len(data)} of {size}"
            )
        return data

    def release(self, page: SpilledPage) -> None:
        """The page is not needed any more."""
        with self._lock:
            self._free.append(page.number)

    def close(self) -> None:
        """Give the disk space back. Idempotent; who forgets it leaves that to the garbage collector."""
        if self._descriptor is not None:
            self._closing()
            self._descriptor = None
            self._free, self._end = [], 0

    def _opened(self) -> int:
        if self._descriptor is None:
            # Unlinked at once: nothing stays behind, not even after kill -9.
            descriptor, path = tempfile.mkstemp(prefix="penstock-s3-", dir=self._directory)
            os.unlink(path)
            self._descriptor = descriptor
            self._closing = weakref.finalize(self, os.close, descriptor)
        return self._descriptor
