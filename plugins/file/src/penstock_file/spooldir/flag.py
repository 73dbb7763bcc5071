"""The flag beside a file that is being read: ``data.csv.PROCESSING``.

For others it says "hands off", as SpoolDir's does. Among Penstock's tasks it is a lock as well, which the operating system
takes away from a task that dies: so a flag that a killed task left behind keeps nobody from reading the rest of its file.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
from pathlib import Path

logger = logging.getLogger(__name__)


class Flag:
    """A flag that we hold. ``was_there``: an earlier task had set it, and died before it could clean its file up."""

    def __init__(self, path: Path, descriptor: int, *, was_there: bool) -> None:
        self.was_there = was_there
        self._path = path
        self._descriptor: int | None = descriptor

    @classmethod
    def take(cls, path: Path) -> Flag | None:
        """Set the flag, or take over one that nobody holds; None when another task holds it. Raises OSError."""
        while True:
            was_there = path.exists()
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                locked = _lock(descriptor)
                there = _is_still(path, descriptor)
            except BaseException:
                os.close(descriptor)
                raise
            if locked and there:
                return cls(path, descriptor, was_there=was_there)
            os.close(descriptor)
            if not locked:
                return None

    def let_go(self) -> None:
        """Leave the flag in its place, without the lock: the file is read and waits for its offsets to be stored."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def remove(self) -> None:
        """Take the flag away. A failure is logged: the next look at the directory finds the flag."""
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            logger.warning("Could not remove processing flag %s: %s", self._path, error.strerror)
        self.let_go()


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:  # a file system without locks; then the division of files among tasks must do
        logger.debug("No lock on a processing flag: %s", error)
    return True


def _is_still(path: Path, descriptor: int) -> bool:
    """Whether the flag that was opened is the one that stands there: its owner may have removed it meanwhile."""
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    return False
