"""What readers of file formats hand out, and what they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from penstock.api import DataException, Schema


@dataclass(frozen=True, slots=True)
class Rows:
    """Records as columns. ``numbers`` are what SpoolDir stores as their offsets: they grow from record to record."""

    values: Sequence[object]
    numbers: Sequence[int]
    keys: Sequence[object] | None = None
    timestamps: Sequence[int] | None = None
    """In milliseconds; None where the records have none of their own."""

    def __len__(self) -> int:
        return len(self.values)

    def cut(self, start: int, end: int) -> Rows:
        """Records ``start``…``end``-1."""
        if start == 0 and end >= len(self.values):
            return self
        part = slice(start, end)
        return Rows(
            self.values[part],
            self.numbers[part],
            None if self.keys is None else self.keys[part],
            None if self.timestamps is None else self.timestamps[part],
        )


class Reader(Protocol):
    """Reads the records of one file. What is wrong with a record is never raised, so that those before it get through."""

    @property
    def fault(self) -> DataException | None:
        """What is wrong with the record behind the last one; known once ``read`` has returned None."""

    @property
    def held(self) -> bool:
        """Whether ``read`` returned None because the last record does not end, and it is not to be handed out so."""

    def read(self) -> Rows | None:
        """The next records, at least one; None at the end. Raises OSError, and ConnectException for what concerns every
        file."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that is open for reading. ``after`` is the number of the last record that is done, None at the beginning."""

    stream: BinaryIO
    name: str
    after: int | None
    buffer_size: int
    hold_last: bool


class Format(Protocol):
    """A file format with its settings."""

    @property
    def key_schema(self) -> Schema | None:
        """Of all keys; None for no keys."""

    @property
    def value_schema(self) -> Schema:
        """Of all values."""

    @property
    def spooldir_goes_on(self) -> bool:
        """Whether SpoolDir goes on within such a file. Where it does not, its offsets tell nothing: a new file with the same
        name would not be read."""

    def can_go_on(self, *, at_line_end: bool) -> bool:
        """Whether a file that was read to its end can be gone on with where it has grown; ``at_line_end`` tells whether a line
        ended there. If not, its last record may have been a part of one."""

    def reader(self, file: Opened) -> Reader:
        """Begin to read behind record ``after``. Raises OSError, DataException for a file that is no such file."""
