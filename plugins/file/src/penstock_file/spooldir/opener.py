"""Opening a file at the right record."""

from __future__ import annotations

import enum
import logging
import os
import time
from pathlib import Path

from penstock.api import DataException, OffsetStorageReader
from penstock_file.spooldir.directory import FoundFile
from penstock_file.spooldir.flag import Flag
from penstock_file.spooldir.identity import FILE_NAME, FileLook, Stored, Verdict, partition_of
from penstock_file.spooldir.names import Identity, LastLine
from penstock_file.spooldir.reading import Reading
from penstock_file.spooldir.rows import Format
from penstock_file.spooldir.settings import SpoolSettings

logger = logging.getLogger(__name__)

_PACKED = (".gz", ".bz2", ".xz", ".zst")


class Unopened(enum.Enum):
    """Why a file was not opened."""

    BUSY = enum.auto()
    """Another task is reading it."""
    DONE = enum.auto()
    """There is nothing more to read in it."""
    GONE = enum.auto()


class FileOpener:
    """Opens files where their offsets say. On the task's thread."""

    def __init__(self, form: Format, settings: SpoolSettings, offsets: OffsetStorageReader) -> None:
        self._format = form
        self._settings = settings
        self._offsets = offsets
        self._remembered: dict[tuple[object, ...], dict[str, object]] = {}
        """Offsets of this task's own life, by partition: newer than what is stored."""
        self.held: set[Path] = set()
        """Files whose last record does not end."""
        self._told_busy: set[Path] = set()

    def remember(self, reading: Reading, *, held: bool) -> None:
        """The file will be opened again by this task: go on behind what was handed out, stored or not."""
        offset = reading.offset
        if offset is not None:
            self._remembered[self._key(reading.file, reading.look.inode)] = offset
        if held:
            self.held.add(reading.file.path)

    def open(self, file: FoundFile) -> Reading | Unopened:
        """The file at its place, or why there is nothing to do. Raises OSError."""
        flag = Flag.take(file.path.with_name(file.name + self._settings.files.extension))
        if flag is None:
            if file.path not in self._told_busy:
                self._told_busy.add(file.path)
                logger.warning(
                    "%s is being read by another task; it is tried again until that lets go of it", file.path
                )
            return Unopened.BUSY
        try:
            reading = self._opened(file, flag)
        except BaseException:
            flag.let_go()
            raise
        if isinstance(reading, Unopened):
            flag.remove()
        return reading

    def _opened(self, file: FoundFile, flag: Flag) -> Reading | Unopened:
        try:
            raw = file.path.open("rb", buffering=0)
        except FileNotFoundError:
            logger.warning("%s was removed before it could be read", file.path)
            return Unopened.GONE
        except PermissionError as error:
            look = FileLook(file.inode, file.size, file.modified_ns, "", "")
            reading = Reading(file, flag, None, look)
            reading.fault = DataException(f"it cannot be opened: {error.strerror}")
            return reading
        try:
            look = FileLook.of(raw.fileno())
            is_left = flag.was_there or self._key(file, look.inode) in self._remembered
            stored = self._stored(file, look)
            leaves = self._settings.cleaning.policy.removes
            verdict = stored.verdict(raw.fileno(), look, finished_files_leave=leaves, is_left=is_left)
            after, done = self._place(stored, verdict, raw.fileno(), file)
        except BaseException:
            raw.close()
            raise
        if done:
            raw.close()
            return Unopened.DONE
        reading = Reading(file, flag, raw, look)
        try:
            reading.begin(self._format, after, buffer_size=self._settings.buffer_size, hold_last=self._holds(file))
        except BaseException:
            reading.close()
            raise
        return reading

    def _stored(self, file: FoundFile, look: FileLook) -> Stored:
        remembered = self._remembered.pop(self._key(file, look.inode), None)
        if remembered is not None:
            return Stored.read(remembered, file.relative)
        offset = self._offsets.offset(self._partition(file, look.inode))
        if offset is None and self._settings.identity is Identity.INODE:
            offset = self._offsets.offset({FILE_NAME: file.relative})
        return Stored.read(offset, file.relative)

    def _place(self, stored: Stored, verdict: Verdict, descriptor: int, file: FoundFile) -> tuple[int | None, bool]:
        """Behind which record to read, and whether there is nothing more to do with the file at all."""
        match verdict:
            case Verdict.NONE:
                return None, False
            case Verdict.UNKNOWN if not self._format.spooldir_goes_on:
                logger.warning(
                    "%s is read from its beginning, although SpoolDir stored an offset: for files of this kind SpoolDir does so too",
                    file.path,
                )
                return None, False
            case Verdict.UNKNOWN:
                logger.warning(
                    "%s is read behind record %s, as SpoolDir stored it. If it is another file under the same name, reset the "
                    "connector's offsets",
                    file.path,
                    stored.record,
                )
                return stored.record, False
            case Verdict.SAME:
                return stored.record, stored.finished and not self._settings.cleaning.policy.removes
            case Verdict.GROWN if not stored.finished or self._can_go_on(descriptor, stored.size, file):
                return stored.record, False
            case _:
                logger.warning(
                    "%s is not the file of which the stored offset tells, or was changed. It is read from its beginning",
                    file.path,
                )
                return None, False

    def _can_go_on(self, descriptor: int, size: int, file: FoundFile) -> bool:
        packed = file.name.lower().endswith(_PACKED)
        at_line_end = not packed and (size == 0 or os.pread(descriptor, 1, size - 1) in (b"\n", b"\r"))
        return self._format.can_go_on(at_line_end=at_line_end)

    def _holds(self, file: FoundFile) -> bool:
        settings = self._settings
        if settings.last_line is not LastLine.HOLD:
            return False
        too_old = settings.hold_ms >= 0 and time.time_ns() - file.modified_ns >= settings.hold_ms * 1_000_000
        self.held.discard(file.path)
        return not too_old

    def _partition(self, file: FoundFile, inode: int) -> dict[str, object]:
        return partition_of(self._settings.identity, file.relative, inode)

    def _key(self, file: FoundFile, inode: int) -> tuple[object, ...]:
        return tuple(self._partition(file, inode).items())
