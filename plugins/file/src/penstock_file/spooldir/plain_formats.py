"""Lines, and whole files as bytes."""

from __future__ import annotations

from penstock.api import DataException, Schema
from penstock_file.spooldir.opening import DamagedError, LineSource, Text, read_bytes
from penstock_file.spooldir.rows import Opened, Rows


class LineFormat:
    """Every line is a record; its number counts from 1."""

    key_schema = None
    value_schema = Schema.STRING
    spooldir_goes_on = False

    def __init__(self, charset: str) -> None:
        self._charset = charset

    def can_go_on(self, *, at_line_end: bool) -> bool:
        """Only behind whole lines."""
        return at_line_end

    def reader(self, file: Opened) -> LineReader:
        """Begin to read."""
        return LineReader(file, self._charset)


class LineReader:
    """Reads lines."""

    def __init__(self, file: Opened, charset: str) -> None:
        text = Text(file.stream, file.name, charset, file.buffer_size)
        self._lines = LineSource(text, hold=file.hold_last)
        self._done = 0
        self._after = file.after or 0
        self.fault: DataException | None = None

    @property
    def held(self) -> bool:
        """Whether the last line is held back."""
        return self._lines.held

    def read(self) -> Rows | None:
        """The next lines."""
        try:
            self._lines.skip(self._after - self._done)
            self._done = max(self._done, self._after)
            block = self._lines.block()
        except DamagedError as error:
            self.fault = error
            return None
        if not block:
            return None
        lines = block.split("\n")
        lines.pop()
        first = self._done + 1
        self._done += len(lines)
        return Rows(lines, range(first, self._done + 1))


class BinaryFormat:
    """The whole file is one record with the number 0."""

    key_schema = None
    value_schema = Schema.BYTES
    spooldir_goes_on = False

    def can_go_on(self, *, at_line_end: bool) -> bool:  # noqa: ARG002  # it has another content
        """Never."""
        return False

    def reader(self, file: Opened) -> BinaryReader:
        """Begin to read."""
        return BinaryReader(file)


class BinaryReader:
    """Reads a file that is one record; an empty one is none."""

    held = False

    def __init__(self, file: Opened) -> None:
        self._file = file
        self._done = file.after is not None
        self.fault: DataException | None = None

    def read(self) -> Rows | None:
        """The record, once."""
        if self._done:
            return None
        self._done = True
        try:
            content = read_bytes(self._file.stream, -1, self._file.name)
        except DamagedError as error:
            self.fault = error
            return None
        return Rows([content], [0]) if content else None
