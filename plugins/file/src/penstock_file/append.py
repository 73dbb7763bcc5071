r"""A file to which several tasks may append, and which survives their being killed.

A kill in the middle of a write leaves a torn last line. Its record was never committed, so it comes again; what must not
happen is that the next record is glued to the torn line, or that bytes are cut off which are somebody else's. So the file
itself remembers, in an extended attribute, from where on all of its bytes are ours (it moves with the file when that is
renamed, and vanishes with it). When a file is opened whose last line doesn't end:

* the line begins behind that mark: a write of ours was cut short, and the file is cut back to the last whole line;
* it lies before the mark (somebody made the file): the first record goes right behind it, as Connect does;
* the file system keeps no attributes: the line is ended with ``\n``, so that it stands alone.

Another task, or somebody else, may leave a torn line while the file is open here. It is ended with ``\n`` too.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from penstock_file.marks import read_mark, write_mark
from penstock_file.output import write_all

logger = logging.getLogger(__name__)

_LOOK_BACK = 64 << 10
_SHOWN = 200


class AppendedFile:
    """A file opened for appending. A file that is renamed meanwhile is written on, as Connect does."""

    def __init__(self, path: str) -> None:
        """Open the file, creating it if need be, and put its end in order. Raises OSError."""
        self._path = path
        self._new = not Path(path).exists()
        self._descriptor, self._readable = _open(path)
        self._dirty = False
        try:
            self._regular = stat.S_ISREG(os.fstat(self._descriptor).st_mode)
            self._end, self._mark = self._take_up() if self._regular else (0, None)
        except BaseException:
            os.close(self._descriptor)
            raise

    def append(self, data: bytes) -> None:
        """Write ``data``. On a failure what was written of it is taken back, unless others wrote behind it."""
        if not self._regular:
            write_all(self._descriptor, data)
            return
        with self._locked():
            size = os.fstat(self._descriptor).st_size
            if size != self._end:
                data = self._after_others(size) + data
            self._dirty = True
            written, rest = 0, memoryview(data)
            try:
                while written < len(data):
                    written += os.write(self._descriptor, rest[written:])
            except OSError as error:
                self._take_back(size, written, error)
                raise
            self._end = size + written

    def sync(self) -> None:
        """fsync the file, and once its directory if the file is new. Does nothing when nothing was written."""
        if not self._dirty or not self._regular:
            return
        os.fsync(self._descriptor)
        if self._new:
            _sync_directory(self._path)
            self._new = False
        self._dirty = False

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def _take_up(self) -> tuple[int, int | None]:
        """Put the end of the file in order: (its size then, from where on all bytes are ours if that can be kept)."""
        with self._locked():
            size = os.fstat(self._descriptor).st_size
            mark = read_mark(self._descriptor)
            if mark is None or mark > size:
                mark = write_mark(self._descriptor, size)
            if self._ends_whole(size):
                return size, mark
            if mark is None:
                return size + self._end_line("the file was opened"), None
            if size <= mark:
                return size, mark
            whole = max(mark, self._after_last_line(size, mark))
            torn = os.pread(self._descriptor, _SHOWN, whole)
            logger.warning(
                "File %s ended in the middle of a line, as a killed task leaves it; cut back from %d to %d bytes. The record "
                "was not committed and comes again. Cut off: %r%s",
                self._path,
                size,
                whole,
                torn,
                "" if size - whole <= _SHOWN else f" and {size - whole - _SHOWN} bytes more",
            )
            os.ftruncate(self._descriptor, whole)
            return whole, mark

    def _after_others(self, size: int) -> bytes:
        """What to write first now that the file has another size than we left: somebody truncated it or added to it."""
        if self._mark is not None and size < self._mark:
            self._mark = write_mark(self._descriptor, size)
        if self._ends_whole(size):
            return b""
        logger.warning(
            "File %s: somebody else left its last line without an end; ended it at %d bytes", self._path, size
        )
        return b"\n"

    def _end_line(self, occasion: str) -> int:
        logger.warning("File %s ended in the middle of a line when %s; the line was ended there", self._path, occasion)
        write_all(self._descriptor, b"\n")
        return 1

    def _ends_whole(self, size: int) -> bool:
        return size == 0 or not self._readable or os.pread(self._descriptor, 1, size - 1) == b"\n"

    def _after_last_line(self, size: int, least: int) -> int:
        """The position after the last line end at or behind ``least``, 0 if there is none."""
        while size > least:
            start = max(least, size - _LOOK_BACK)
            found = os.pread(self._descriptor, size - start, start).rfind(b"\n")
            if found >= 0:
                return start + found + 1
            size = start
        return 0

    def _take_back(self, size: int, written: int, error: OSError) -> None:
        with contextlib.suppress(OSError):  # the failure that led here is the one to tell
            if os.fstat(self._descriptor).st_size == size + written:  # else somebody else's bytes stand behind ours
                os.ftruncate(self._descriptor, size)
                self._end = size
                return
        logger.warning("File %s: a write failed (%s), and its first %d bytes stay", self._path, error.strerror, written)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other tasks out while size and content must agree. The lock goes with a process that dies."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        except OSError as error:
            if error.errno not in {errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS}:
                raise
            yield  # a file system without locks: single appends are still whole
            return
        try:
            yield
        finally:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)


def _open(path: str) -> tuple[int, bool]:
    """The descriptor, and whether it can be read: to see how the file ends, which is not vital."""
    flags = os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    try:
        return os.open(path, flags | os.O_RDWR, 0o666), True
    except PermissionError:
        return os.open(path, flags | os.O_WRONLY, 0o666), False


def _sync_directory(path: str) -> None:
    directory = os.open(Path(path).resolve().parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
