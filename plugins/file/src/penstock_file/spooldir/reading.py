"""One file on its way: open, handed out batch by batch, and what of it must be stored before it may go."""

from __future__ import annotations

import contextlib
import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, overload

from penstock.api import DataException
from penstock_file.spooldir.directory import FoundFile
from penstock_file.spooldir.flag import Flag
from penstock_file.spooldir.identity import FileLook, Stored, offset_of
from penstock_file.spooldir.opening import unpacked
from penstock_file.spooldir.rows import Format, Opened, Reader, Rows


class Outcome(enum.Enum):
    """How the reading of a file ended."""

    FINISHED = enum.auto()
    FAILED = enum.auto()
    """There is something in it that cannot be read."""
    HELD = enum.auto()
    """It does not end yet: it is to be looked at again when it has grown."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A record whose offset will be stored, and what the file looked like then."""

    record: int
    look: FileLook


class Reading:
    """One open file."""

    def __init__(self, file: FoundFile, flag: Flag, raw: BinaryIO | None, look: FileLook) -> None:
        self.file = file
        self.flag = flag
        self.look = look
        self.fault: DataException | None = None
        self.handed_out = 0
        self._raw = raw
        self._reader: Reader | None = None
        self._ahead: Rows | None = None
        self._place = 0
        self._last: Sequence[int] = ()
        self._kept_before: _Kept | None = None
        self._dropped: set[int] = set()
        self._all = False
        """Whether the file's last record was handed out."""

    def begin(self, form: Format, after: int | None, *, buffer_size: int, hold_last: bool) -> None:
        """Read behind record ``after``. What is wrong with the file becomes its fault. Raises OSError, ConnectException."""
        assert self._raw is not None
        try:
            stream = unpacked(self._raw, self.file.name)
            self._reader = form.reader(Opened(stream, self.file.name, after, buffer_size, hold_last))
            self._ahead = self._reader.read()
        except DataException as error:
            self.fault = error

    def batch(self, size: int) -> tuple[Rows, bool] | None:
        """The next records, and whether they are the last; None when there are no more. Raises OSError."""
        if self._ahead is None:
            return None
        start, end = self._place, min(self._place + size, len(self._ahead))
        rows = self._ahead.cut(start, end)
        self._place = end
        if end == len(self._ahead):
            assert self._reader is not None
            self._ahead, self._place = self._reader.read(), 0
        self._kept_before = self._kept
        if self._ahead is None and self._raw is not None:
            self.look = self.look.at_end(self._raw.fileno(), self._raw.tell())
        self._last, self._dropped = rows.numbers, set()
        self.handed_out += len(rows)
        self._all = self._ahead is None and self.outcome is Outcome.FINISHED
        return rows, self._all

    @property
    def outcome(self) -> Outcome:
        """How it ended, once there are no more batches."""
        if self.fault is None and self._reader is not None:
            self.fault = self._reader.fault
        if self.fault is not None:
            return Outcome.FAILED
        return Outcome.HELD if self._reader is not None and self._reader.held else Outcome.FINISHED

    @property
    def offset(self) -> dict[str, object] | None:
        """What is stored once all that was handed out is durable; None before the first record."""
        if not self._last:
            return None
        return offset_of(self._last[-1], self.look, self.file.relative, finished=self._all)

    def drop(self, number: int) -> None:
        """A record that was handed out last is not sent, so that its offset is never stored."""
        self._dropped.add(number)

    def is_stored(self, offset: Mapping[str, object] | None) -> bool:
        """Whether a stored offset says that nothing of the file can be lost any more."""
        kept = self._kept
        if kept is None:
            return True
        stored = Stored.read(offset, self.file.relative)
        return stored.record is not None and stored.record >= kept.record and stored.is_of(kept.look)

    @property
    def _kept(self) -> _Kept | None:
        """The last record whose offset will be stored; None when there is none."""
        numbers = reversed(self._last) if self._dropped else self._last[-1:]
        number = next((number for number in numbers if number not in self._dropped), None)
        return self._kept_before if number is None else _Kept(number, self.look)

    def close(self) -> None:
        """Close the file; the flag stays."""
        if self._raw is not None:
            with contextlib.suppress(OSError):
                self._raw.close()
            self._raw = self._reader = self._ahead = None
        self.flag.let_go()


class FileOffsets(Sequence[dict[str, object]]):
    """An offset a record, made when somebody looks at it."""

    def __init__(self, numbers: Sequence[int], look: FileLook, relative: str, *, last: bool) -> None:
        self._numbers = numbers
        self._look = look
        self._relative = relative
        self._last = last

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> dict[str, object]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[dict[str, object]]: ...
    def __getitem__(self, index: int | slice) -> dict[str, object] | Sequence[dict[str, object]]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        finished = self._last and index in (-1, len(self) - 1)
        return offset_of(self._numbers[index], self._look, self._relative, finished=finished)
