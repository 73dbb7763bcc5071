"""Where the bytes come from: a file that grows, is cut or replaced, or standard input."""

from __future__ import annotations

import enum
import logging
import os
import select
import stat
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from penstock.api import ConnectException
from penstock_file.lines import Block, LineSplitter
from penstock_file.text import Decoder

logger = logging.getLogger(__name__)


class Progress(enum.Enum):
    """What a look at the input brought when it was no lines."""

    IDLE = enum.auto()
    """Nothing new: wait before the next look."""
    MOVED = enum.auto()
    """Bytes of an unfinished line, or another file: look again at once."""


class Input(Protocol):
    """Something that is read line by line. Every method may raise ConnectException."""

    def next(self, size: int) -> Block | Progress:
        """Read at most ``size`` bytes, without waiting."""

    def close(self) -> None:
        """Release it. Idempotent."""


@dataclass(slots=True)
class _OpenFile:
    descriptor: int
    identity: tuple[int, int]
    regular: bool
    splitter: LineSplitter


class FollowedFile:
    """Reads one file to its end and then watches its name.

    * **Missing**: told once, and looked for at every call.
    * **Cut** (shorter than what was read): read again from its beginning. Bytes of an unfinished line go with their file.
    * **Replaced** (the name leads to another file): the old file is read to its end first. The new one is taken up once it
      has something in it: until then the writer may still be busy with the old one. What is left of the old file then is
      its last line, although no line end follows.

    A file that is cut and grows past the old position between two looks, or is rewritten at equal size, looks as if it had
    only grown: the stored offset has room for a position and nothing else.
    """

    def __init__(self, path: str, decoder: Callable[[], Decoder], stored_position: Callable[[], int]) -> None:
        """``stored_position`` is asked once, when the file can be opened for the first time."""
        self._path = path
        self._decoder = decoder
        self._start: Callable[[], int] = stored_position
        self._file: _OpenFile | None = None
        self._missed = False

    def next(self, size: int) -> Block | Progress:
        """Read at most ``size`` bytes, or look what became of the file when there are none."""
        try:
            if self._file is None:
                self._file = self._open()
            if self._file is None:
                return Progress.IDLE
            if self._file.splitter.failure is not None:
                raise self._file.splitter.failure
            data = self._read(self._file, size)
            if data:
                return self._file.splitter.feed(data) or Progress.MOVED
            return self._at_end(self._file, size) if self._file.regular else Progress.IDLE
        except OSError as error:
            raise ConnectException(
                f"Couldn't read file '{self._path}' for FileStreamSourceTask: {error.strerror}"
            ) from error

    def close(self) -> None:
        """Close the file, if one is open."""
        if self._file is not None:
            os.close(self._file.descriptor)
            self._file = None

    def _read(self, file: _OpenFile, size: int) -> bytes:
        try:
            return os.read(file.descriptor, size)
        except BlockingIOError:  # a named pipe whose writer has nothing to say
            return b""

    def _open(self) -> _OpenFile | None:
        try:
            # O_NONBLOCK: opening a named pipe must not wait for a writer. It means nothing for a regular file.
            descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError:
            if not self._missed:
                self._missed = True
                logger.warning(
                    "Couldn't find file %s for FileStreamSourceTask, sleeping to wait for it to be created", self._path
                )
            return None
        try:
            return self._take_up(descriptor)
        except BaseException:
            os.close(descriptor)
            raise

    def _take_up(self, descriptor: int) -> _OpenFile:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise ConnectException(
                f"Couldn't read file '{self._path}' for FileStreamSourceTask: it is a directory. Let 'file' name a file"
            )
        regular = stat.S_ISREG(status.st_mode)
        position = self._start() if regular else 0
        if position > status.st_size:
            _warn_shorter(self._path, position, status.st_size)
            position = 0
        if position:
            self._check_position(descriptor, position)
            os.lseek(descriptor, position, os.SEEK_SET)
        self._start = _beginning
        self._missed = False
        logger.info("Reads file %s from position %d", self._path, position)
        identity = (status.st_dev, status.st_ino)
        return _OpenFile(descriptor, identity, regular, LineSplitter(self._decoder(), position))

    def _check_position(self, descriptor: int, position: int) -> None:
        if os.pread(descriptor, 1, position - 1) not in {b"\n", b"\r"}:
            logger.warning(
                "File %s is read from position %d, as stored, but no line begins there, so the first one may be a part of one. "
                "The file was replaced, or the position counts characters, as Kafka Connect's does. To read the file from its "
                "beginning, reset the connector's offsets",
                self._path,
                position,
            )

    def _at_end(self, file: _OpenFile, size: int) -> Block | Progress:
        here = os.fstat(file.descriptor)
        if here.st_size < file.splitter.read_to:
            _warn_shorter(self._path, file.splitter.read_to, here.st_size, file.splitter.held)
            os.lseek(file.descriptor, 0, os.SEEK_SET)
            file.splitter = LineSplitter(self._decoder())
            return Progress.MOVED
        try:
            there = os.stat(self._path)
        except FileNotFoundError:
            if not self._missed:
                self._missed = True
                logger.warning("File %s was renamed or deleted, waits for a new file of that name", self._path)
            return Progress.IDLE
        self._missed = False
        if (there.st_dev, there.st_ino) == file.identity or there.st_size == 0:
            return Progress.IDLE
        # The new file has content, so its writer is done with the old one: what the old one gave since is its last.
        data = self._read(file, size)
        if data:
            return file.splitter.feed(data) or Progress.MOVED
        return self._leave(file)

    def _leave(self, file: _OpenFile) -> Block | Progress:
        logger.info(
            "File %s was replaced; the old file was read to its end at position %d, goes on with the new one",
            self._path,
            file.splitter.read_to,
        )
        last = file.splitter.finish()
        self.close()
        if last is None:
            return Progress.MOVED
        last.end = 0  # the old file is done: a restart goes on at the beginning of the new one
        return last


class StandardInput:
    """Reads the standard input of the process. Positions mean nothing here."""

    def __init__(self, decoder: Decoder, descriptor: int = 0) -> None:
        self._descriptor = descriptor
        self._splitter = LineSplitter(decoder)

    def next(self, size: int) -> Block | Progress:
        """Read what is there."""
        if self._splitter.failure is not None:
            raise self._splitter.failure
        try:
            ready, _, _ = select.select([self._descriptor], [], [], 0)
            data = os.read(self._descriptor, size) if ready else b""
        except OSError as error:
            raise ConnectException(
                f"Couldn't read standard input for FileStreamSourceTask: {error.strerror}. "
                "Set 'file' to read a file instead"
            ) from error
        if not data:
            return Progress.IDLE
        return self._splitter.feed(data) or Progress.MOVED

    def close(self) -> None:
        """Standard input belongs to the process and stays open."""


def _beginning() -> int:
    return 0


def _warn_shorter(path: str, position: int, size: int, unfinished: int = 0) -> None:
    dropped = f"; the {unfinished} bytes of its unfinished last line are dropped" if unfinished else ""
    logger.warning(
        "File %s is shorter than what was read of it: %d bytes, read to position %d. It was truncated or replaced, so it is "
        "read again from its beginning%s",
        path,
        size,
        position,
        dropped,
    )
