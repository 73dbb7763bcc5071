"""A file that is being written under a hidden name, and gets its own when it is whole.

It is packed in blocks of one size, whatever batches its records came in: the same records make the same bytes.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib
import os
import zlib
from pathlib import Path
from typing import Final, Protocol, cast

from penstock.api import ConnectException
from penstock_file.output import sync_directory, write_all
from penstock_file.rotating.keys import Compression

PART_SUFFIX: Final = ".part"
_BLOCK: Final = 256 << 10
_GZIP_LEVEL, _GZIP_WINDOW = 6, 31


class Packer(Protocol):
    """Packs a stream of bytes."""

    def compress(self, data: bytes, /) -> bytes:
        """What comes out now."""

    def flush(self) -> bytes:
        """The rest."""


class _Plain:
    """Packs nothing."""

    def compress(self, data: bytes, /) -> bytes:
        return data

    def flush(self) -> bytes:
        return b""


def packer(compression: Compression) -> Packer:
    """Raises ConnectException when the library is not installed."""
    match compression:
        case Compression.GZIP:
            return zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)
        case Compression.ZSTD:
            try:
                zstandard = importlib.import_module("zstandard")
            except ImportError:
                raise ConnectException(
                    "file.compression=zstd needs a library: pip install 'penstock-file[zstd]'"
                ) from None
            return cast("Packer", zstandard.ZstdCompressor().compressobj())
        case _:
            return _Plain()


class PartFile:
    """One file from its first record to its last. Methods raise OSError."""

    def __init__(self, directory: Path, name: str, compression: Compression) -> None:
        """Create it beside where it will be, at ``name`` in or below the directory. A lock tells that it is being written."""
        target = directory / name
        target.parent.mkdir(parents=True, exist_ok=True)
        self.target = target
        self._directory = directory
        self._packer = packer(compression)
        self._part = target.with_name(f".{target.name}.{os.getpid()}-{id(self):x}{PART_SUFFIX}")
        self._descriptor: int | None = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._pending: list[bytes] = []
        self._pending_size = 0
        self.records = 0
        self.size = 0
        """Bytes before packing."""

    def add(self, data: bytes, records: int) -> None:
        """Write the lines of so many records, line ends included."""
        self.records += records
        self.size += len(data)
        self._pending.append(data)
        self._pending_size += len(data)
        if self._pending_size >= _BLOCK:
            self._write_blocks()

    def finish(self, *, fsync: bool) -> None:
        """Bring it to disk and give it its name, in place of one that was written before with the same records."""
        assert self._descriptor is not None
        rest = b"".join(self._pending)
        write_all(self._descriptor, self._packer.compress(rest) + self._packer.flush())
        if fsync:
            os.fsync(self._descriptor)  # invariant: whole and durable first, seen by others second, committed last
        self._part.rename(self.target)
        self._close()
        if fsync:
            for folder in self.target.parents:  # those between may be new, perhaps of a task that was killed
                sync_directory(folder)
                if folder == self._directory:
                    break

    def discard(self) -> None:
        """Forget it."""
        with contextlib.suppress(OSError):
            self._part.unlink(missing_ok=True)
        self._close()

    def _write_blocks(self) -> None:
        assert self._descriptor is not None
        data = b"".join(self._pending)
        whole = len(data) - len(data) % _BLOCK
        for start in range(0, whole, _BLOCK):
            packed = self._packer.compress(data[start : start + _BLOCK])
            if packed:
                write_all(self._descriptor, packed)
        self._pending = [data[whole:]]
        self._pending_size = len(data) - whole

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def is_abandoned(part: Path) -> bool:
    """Whether nobody writes this hidden file any more: its lock is free. False where that cannot be told. Raises OSError
    when it is gone."""
    descriptor = os.open(part, os.O_WRONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # it is held, or the file system has no locks
        return False
    finally:
        os.close(descriptor)
    return True
