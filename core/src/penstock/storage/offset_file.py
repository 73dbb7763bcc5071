"""Source offsets in the file that standalone Connect keeps them in, readable by both (spec 10)."""

from __future__ import annotations

import contextlib
import logging
import os
import stat
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from penstock.api.exceptions import ConnectException
from penstock.storage.java_serialization import JavaSerializationError, decode_map, encode_map
from penstock.storage.offset_table import OffsetTable
from penstock.storage.offsets import OffsetEntry

logger = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class _Write:
    connector: str
    entries: Sequence[OffsetEntry]
    future: Future[None] = field(default_factory=Future)


class FileOffsetStore:
    """An OffsetStore over one file, which is written anew for every change: beside the old one, then put in its place, so
    that a kill at any moment leaves either. One thread does it all; what comes in while it writes is written together.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._writes: list[_Write] = []
        self._stopped = False
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="offset-file")
        # the executor's thread only:
        self._data: dict[bytes | None, bytes | None] = {}
        self._table = OffsetTable()

    def start(self) -> None:
        logger.info("Starting FileOffsetStore with file %s", self._path)
        self._executor.submit(self._load).result()

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
        self._executor.shutdown(wait=True)

    def set(self, connector: str, entries: Sequence[OffsetEntry]) -> Future[None]:
        write = _Write(connector, entries)
        with self._lock:
            if self._stopped:
                write.future.set_exception(self._is_stopped())
                return write.future
            self._writes.append(write)
            if len(self._writes) == 1:  # else a job is on its way that will take this one along
                self._executor.submit(self._write_all)
        return write.future

    def get(self, connector: str, partitions: Sequence[bytes]) -> Future[list[bytes | None]]:
        return self._read(lambda: [self._table.get(connector, partition) for partition in partitions])

    def partitions(self, connector: str) -> Future[list[tuple[bytes, bytes | None]]]:
        return self._read(lambda: self._table.partitions(connector))

    def _read(self, look: Callable[[], T]) -> Future[T]:
        def read() -> T:
            try:
                return look()
            except ValueError as error:
                raise ConnectException(f"A source partition is not JSON: {error}") from error

        with self._lock:
            if not self._stopped:
                return self._executor.submit(read)
        failed: Future[T] = Future()
        failed.set_exception(self._is_stopped())
        return failed

    def _load(self) -> None:
        for key, value in read_offset_file(self._path):
            self._data[key] = value
            self._table.apply(key, value)

    def _write_all(self) -> None:
        with self._lock:
            writes, self._writes = self._writes, []
        writes = [write for write in writes if write.future.set_running_or_notify_cancel()]
        records: dict[bytes | None, bytes | None] = {}
        accepted = []
        for write in writes:
            try:
                records.update(self._table.records(write.connector, write.entries))
                accepted.append(write)
            except ValueError as error:
                write.future.set_exception(ConnectException(f"A source partition is not JSON: {error}"))
        if not accepted:
            return
        data = self._data | records
        try:
            write_offset_file(self._path, list(data.items()))
        except OSError as error:
            failure = ConnectException(f"Failed to write offsets to {self._path}: {error}")
            failure.__cause__ = error
            for write in accepted:
                write.future.set_exception(failure)
            return
        self._data = data
        for key, value in records.items():
            self._table.apply(key, value)
        for write in accepted:
            write.future.set_result(None)  # invariant: only after the file with these offsets is on the disk

    def _is_stopped(self) -> ConnectException:
        return ConnectException(f"The offset store {self._path} is stopped")


def read_offset_file(path: Path) -> list[tuple[bytes | None, bytes | None]]:
    """The entries of an offsets file; none when it is missing or empty. Raises ConnectException when it cannot be read or
    is damaged, and leaves it as it is."""
    try:
        if path.exists() and not path.is_file():
            raise ConnectException(
                f"The offsets file {path} is no regular file. Let offset.storage.file.filename name a file, or one to be made"
            )
        data = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ConnectException(f"The offsets file {path} cannot be read: {error}") from error
    if not data:
        return []
    try:
        return decode_map(data)
    except JavaSerializationError as error:
        raise ConnectException(
            f"The offsets file {path} is damaged or no offsets file: {error}. It was left as it is; restore it from a copy, or "
            f"move it away to let all source connectors begin anew"
        ) from error


def write_offset_file(path: Path, entries: Sequence[tuple[bytes | None, bytes | None]]) -> None:
    """Put a new offsets file in the place of the old one, durably. Raises OSError; then the old one is untouched."""
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f"{target.name}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    try:
        with open(descriptor, "wb") as file:
            with contextlib.suppress(FileNotFoundError):  # the first time there is no old file
                os.fchmod(descriptor, stat.S_IMODE(target.stat().st_mode))
            file.write(encode_map(entries))
            file.flush()
            os.fsync(descriptor)
        temporary.replace(target)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    _sync_directory(target.parent)


def _sync_directory(directory: Path) -> None:
    """Make the new name durable: until then a power cut may bring the old file back."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
