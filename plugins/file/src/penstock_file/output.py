"""Where lines go."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol


class Output(Protocol):
    """Where lines go. All methods raise OSError."""

    def append(self, data: bytes) -> None:
        """Write whole lines, all or (where that can be undone) nothing."""

    def sync(self) -> None:
        """Return when everything appended is on disk."""

    def close(self) -> None:
        """Release it."""


class StandardOutput:
    """The standard output of the process, and anything else that is no regular file."""

    def __init__(self, descriptor: int = 1) -> None:
        self._descriptor = descriptor

    def append(self, data: bytes) -> None:
        """Write all of it."""
        write_all(self._descriptor, data)

    def sync(self) -> None:
        """Nothing to wait for: what a terminal or a pipe was given is out of our hands."""

    def close(self) -> None:
        """Standard output belongs to the process and stays open."""


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of ``data``, in as many calls as it takes. Raises OSError."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def sync_directory(folder: Path) -> None:
    """Bring names in a directory to disk. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
