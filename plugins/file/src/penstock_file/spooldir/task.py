"""The tasks of all directory sources: they differ in the format of their files only.

A file's way: found, flagged, opened, handed out batch by batch, waiting until its last offset is stored, cleaned up. It is moved
away in ``commit``, never before: up to then a kill at any line leaves it in ``input.path``, and its stored offset says where to
go on.
"""

from __future__ import annotations

import logging
import os
import time
from abc import abstractmethod
from collections import deque
from collections.abc import Mapping
from pathlib import Path

from penstock.api import ConnectException, RetriableException, SourceBatch, SourceRecord, SourceTask
from penstock_file.spooldir.cleanup import Cleaner
from penstock_file.spooldir.directory import Directory, FoundFile
from penstock_file.spooldir.file_headers import FileHeaders
from penstock_file.spooldir.flag import Flag
from penstock_file.spooldir.identity import OFFSET, partition_of
from penstock_file.spooldir.names import HeaderChoice, LastLine, TimestampMode
from penstock_file.spooldir.opener import FileOpener, Unopened
from penstock_file.spooldir.reading import FileOffsets, Outcome, Reading
from penstock_file.spooldir.rows import Format, Rows
from penstock_file.spooldir.settings import SpoolSettings
from penstock_file.spooldir.status import FileState, StatusLog

logger = logging.getLogger(__name__)

LONGEST_WAIT_S = 1.0


class SpoolDirTask(SourceTask):
    """Reads the files of a directory that are this task's. A subclass says how."""

    _reading: Reading | None = None

    @abstractmethod
    def make_format(self) -> Format:
        """The format of the files. Raises ConfigException."""

    def start(self, props: Mapping[str, str]) -> None:
        """Look at the settings, and clear away flags that a kill left behind."""
        settings = SpoolSettings.of(self.config, props)
        cleaning = settings.cleaning
        others = [path for path in (cleaning.finished_path, cleaning.error_path) if path is not None]
        self._settings = settings
        self._format = self.make_format()
        self._directory = Directory(settings.files, others)
        self._cleaner = Cleaner(cleaning)
        self._status = StatusLog(settings.status_topic)
        self._opener = FileOpener(self._format, settings, self.context.offset_storage_reader)
        self._queue: deque[FoundFile] = deque()
        self._waiting: dict[Path, tuple[Reading, Outcome]] = {}
        self._left: dict[Path, tuple[int, int, int]] = {}
        """Files that stay where they are, done or held, as they were then."""
        self._latest: Reading | None = None
        self._next_look = 0.0
        self._remove_leftover_flags()

    def poll(self) -> list[SourceBatch] | None:
        """The next records of one file. Waits only when there are none."""
        try:
            batch = self._next_batch()
        except OSError as error:
            self._set_aside()
            self.context.wait(LONGEST_WAIT_S)
            raise RetriableException(f"Could not read from {self._settings.files.input_path}: {error}") from error
        status = self._status.take()
        found = [item for item in (batch, status) if item is not None]
        if not found:
            self.context.wait(min(LONGEST_WAIT_S, max(0.0, self._next_look - time.monotonic())))
        return found or None

    def record_dropped(self, record: SourceRecord) -> None:
        """The offset of a record that a transformation took out is not waited for."""
        number = None if record.source_offset is None else record.source_offset.get(OFFSET)
        if self._latest is not None and isinstance(number, int):
            self._latest.drop(number)

    def commit(self) -> None:
        """Clean up the files of which all offsets are stored."""
        waiting = list(self._waiting.values())
        partitions = [self._partition(reading) for reading, _ in waiting]
        stored = self.context.offset_storage_reader.offsets(partitions) if waiting else []
        for (reading, outcome), (_, offset) in zip(waiting, stored, strict=True):
            if reading.is_stored(offset):  # invariant: only what is durable downstream is given up upstream
                self._clean_up(reading, outcome)

    def stop(self) -> None:
        """Close the file at hand. Flags stay beside files that are not done."""
        if self._reading is not None:
            self._reading.close()
            self._reading = None

    def _remove_leftover_flags(self) -> None:
        try:
            for path in self._directory.leftover_flags():
                flag = Flag.take(path)
                if flag is not None:
                    flag.remove()
        except OSError as error:
            logger.warning("Could not look for flags that were left behind: %s", error)

    def _next_batch(self) -> SourceBatch | None:
        give_back = (
            time.monotonic() + LONGEST_WAIT_S
        )  # pauses are served between polls, also among ever so many empty files
        while not self.context.stopping and time.monotonic() < give_back:
            if self._reading is None and not self._open_next():
                return None
            reading = self._reading
            if reading is None:
                continue
            found = reading.batch(self._settings.batch_size)
            if found is not None:
                self._latest = reading
                return self._batch(reading, *found)
            self._end(reading)
        return None

    def _batch(self, reading: Reading, rows: Rows, last: bool) -> SourceBatch:  # a pair, taken apart
        settings, file, form = self._settings, reading.file, self._format
        timestamps = rows.timestamps
        if settings.timestamp_mode is TimestampMode.FILE_TIME:
            timestamps = [max(0, file.modified_ms)] * len(rows)  # the log has no times before 1970
        return SourceBatch(
            topic=settings.topic,
            values=rows.values,
            value_schema=form.value_schema,
            keys=rows.keys,
            key_schema=form.key_schema,
            timestamps=timestamps,
            headers=FileHeaders(file).column(rows.numbers) if settings.headers is HeaderChoice.ALL else None,
            source_partition=self._partition(reading),
            source_offsets=FileOffsets(rows.numbers, reading.look, file.relative, last=last),
        )

    def _partition(self, reading: Reading) -> dict[str, object]:
        return partition_of(self._settings.identity, reading.file.relative, reading.look.inode)

    def _open_next(self) -> bool:
        """Open the next file that can be read; False when there is none now."""
        if not self._queue and not self._look():
            return False
        file = self._queue.popleft()
        opened = self._opener.open(file)
        match opened:
            case Reading():
                self._reading = opened
                self._status.tell(file, FileState.STARTED, 0)
            case Unopened.BUSY:
                self._next_look = time.monotonic() + self._settings.wait_s
            case _:
                self._left[file.path] = file.state
        return True

    def _look(self) -> bool:
        """Look at the directory; whether there is something to read. Raises OSError."""
        now = time.monotonic()
        if now < self._next_look:
            return False
        files = self._directory.files()
        there = {file.path for file in files}
        self._left = {path: state for path, state in self._left.items() if path in there}
        self._queue.extend(file for file in files if file.path not in self._waiting and not self._is_left(file))
        if not self._queue:
            self._next_look = now + self._settings.wait_s
        return bool(self._queue)

    def _is_left(self, file: FoundFile) -> bool:
        if self._left.get(file.path) != file.state:
            return False
        hold_ms = self._settings.hold_ms
        held = self._settings.last_line is LastLine.HOLD and file.path in self._opener.held
        return not (held and hold_ms >= 0 and time.time_ns() - file.modified_ns >= hold_ms * 1_000_000)

    def _end(self, reading: Reading) -> None:
        """There are no more records in the file at hand. Raises ConnectException where the task is to halt."""
        outcome = reading.outcome
        self._reading = None
        reading.close()
        if outcome is Outcome.HELD:
            self._opener.remember(reading, held=True)
            self._left[reading.file.path] = reading.file.state
            reading.flag.remove()
            return
        self._waiting[reading.file.path] = (reading, outcome)
        if outcome is Outcome.FINISHED:
            self._status.tell(reading.file, FileState.COMPLETED, reading.handed_out)
            return
        self._status.tell(reading.file, FileState.FAILED, reading.handed_out, str(reading.fault))
        if self._settings.halt_on_error:
            raise ConnectException(
                f"Could not read {reading.file.path}: {reading.fault}. The records before that were sent, and the file goes to "
                f"{self._settings.cleaning.error_path}. Repair it and put it back, or set 'halt.on.error' to false to go on with "
                "other files"
            ) from reading.fault

    def _set_aside(self) -> None:
        """The file at hand cannot be read now; it is opened again where it was left."""
        reading = self._reading
        if reading is not None:
            self._reading = None
            self._opener.remember(reading, held=False)
            reading.close()
            self._queue.appendleft(reading.file)

    def _clean_up(self, reading: Reading, outcome: Outcome) -> None:
        """Do what the policy says. What fails is logged and tried again at the next commit."""
        file = reading.file
        try:
            unchanged = reading.look.is_of(os.stat(file.path))
            if not unchanged:
                logger.warning("%s was changed after it was read to its end. It is looked at again", file.path)
                self._opener.remember(reading, held=False)
            elif outcome is Outcome.FINISHED:
                self._cleaner.finished(file)
            else:
                self._cleaner.failed(file)
        except FileNotFoundError:
            logger.warning("%s was removed by somebody else before it could be cleaned up", file.path)
            unchanged = False
        except OSError as error:
            logger.error("Could not clean up %s, will try again: %s", file.path, error)  # noqa: TRY400  # it says it all
            return
        del self._waiting[file.path]
        reading.flag.remove()
        if unchanged:
            self._status.tell(file, FileState.CLEANED, reading.handed_out)
            self._cleaner.tidy(file)
            if outcome is Outcome.FINISHED and not self._settings.cleaning.policy.removes:
                self._left[file.path] = (reading.look.inode, reading.look.size, reading.look.modified_ns)
