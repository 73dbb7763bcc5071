"""The contract of a format: how values become the bytes of an object, and back (spec 10).

A format is made once per task and shared by its files; a writer serves one file. All calls come from the task's thread.
Values arrive as columns that share one schema, the one the file was opened with (the caller projects before, spec 8).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO, Generic, NamedTuple, Protocol, TypeVar

from penstock.api import DataException, PartialBatch, Schema

P = TypeVar("P")


class BinaryWriter(Protocol):
    """Where the bytes of a file go: an upload's buffer, a local file."""

    def write(self, data: bytes | bytearray | memoryview, /) -> object:
        """Take all of ``data``; it may be changed after the call."""


class Batch(NamedTuple):
    """Values read back from a file, in order, with the schema they share (None: schemaless)."""

    schema: Schema | None
    values: Sequence[object]


class RecordWriter(ABC, Generic[P]):
    """One file being written.

    ``write`` is for a file that stands alone. Where several files must take a record together or not at all (values, keys,
    headers), each file's ``prepare`` comes first, then each file's ``add``: preparing changes nothing, adding fails only
    as the output fails.
    """

    @abstractmethod
    def prepare(self, values: Sequence[object]) -> P:
        """Encode values without writing them. Raises :class:`PartialBatch` (``done`` is empty) at the first that fails:
        ``error`` is a DataException when that record alone is at fault. Prepare the values before it again, then go on."""

    @abstractmethod
    def add(self, prepared: P) -> None:
        """Write what ``prepare`` returned. Raises what the output raises; the file is of no use after that."""

    def write(self, values: Sequence[object]) -> None:
        """Write values. Raises :class:`PartialBatch` as ``prepare`` does, when the values before it have been written."""
        try:
            prepared = self.prepare(values)
        except PartialBatch as partial:
            if partial.index:
                self.add(self.prepare(values[: partial.index]))
            raise
        self.add(prepared)

    @property
    def pending(self) -> int:
        """Bytes of memory held for records that were added and not given to the output yet, roughly."""
        return 0

    def relieve(self) -> None:
        """Memory is short: let what is held wait on disk, as far as the format holds much (rows for a Parquet row group). The
        file's bytes do not depend on it. May be called at any time before ``finish``. Raises ConnectException when the disk is
        full."""
        return

    @abstractmethod
    def finish(self) -> None:
        """Write the end of the file. Called once, last; not at all when the file is given up. The output stays open."""


class Format(ABC):
    """One configured format of one kind of file: values, keys or headers."""

    content_type: str
    """The media type of the files, for who serves them. How they are named is partition/naming.py's."""

    @abstractmethod
    def open(self, out: BinaryWriter, schema: Schema | None) -> RecordWriter[Any]:
        """Begin a file of values of ``schema``. Raises DataException when this schema cannot be written (it may be sent to
        the dead letter queue, spec 9.3), ConnectException when no record of its kind could be. Writes nothing then."""

    @abstractmethod
    def read(self, stream: BinaryIO) -> Iterator[Batch]:
        """The values of a file, in order, in batches of bounded size. ``stream`` is seekable and stays open.

        Raises DataException for a file that is damaged or of another format, telling where."""


def first_fault(
    values: Sequence[object], encode: Callable[[Sequence[object]], object], error: Exception
) -> tuple[int, Sequence[object], Exception]:
    """The arguments of the PartialBatch for a column that failed with ``error``: the first value that fails alone."""
    for index in range(len(values)):
        try:
            encode(values[index : index + 1])
        except RecursionError:
            return index, (), DataException("The value is nested too deeply")
        except DataException as found:
            return index, (), found
    raise error  # no value fails alone: the fault is in the encoder
