"""A batch as the embedded logs keep it: a few columns, and the run of offsets that they stand at.

``Columns`` is what is stored (msgpack of it in SQLite), ``StoredRun`` is columns with their place, ``RunSlice`` is the
part of a run that one ``poll`` delivers. A column is None when no record has anything in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from penstock.api.converter import Encoded
from penstock.api.record import TimestampType
from penstock.log.base import LogHeader

T = TypeVar("T")


class Columns(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Records side by side. ``timestamps`` (ms) is one number when all are equal. ``offsets`` is set only where compaction
    left gaps, and counts from the run's base."""

    values: list[bytes | None]
    timestamps: int | list[int]
    keys: list[bytes | None] | None = None
    headers: list[list[tuple[str, bytes | None]] | None] | None = None
    append_time: bool = False
    offsets: list[int] | None = None

    def __len__(self) -> int:
        return len(self.values)

    def cut(self, start: int, stop: int) -> Columns:
        """Records number ``start`` to ``stop``."""
        return Columns(
            values=self.values[start:stop],
            timestamps=self.timestamps if isinstance(self.timestamps, int) else self.timestamps[start:stop],
            keys=None if self.keys is None else self.keys[start:stop],
            headers=None if self.headers is None else self.headers[start:stop],
            append_time=self.append_time,
            offsets=None if self.offsets is None else self.offsets[start:stop],
        )

    def timestamp_list(self) -> list[int]:
        """One timestamp a record."""
        return [self.timestamps] * len(self.values) if isinstance(self.timestamps, int) else self.timestamps

    def max_timestamp(self) -> int:
        """The latest timestamp; 0 without records."""
        return self.timestamps if isinstance(self.timestamps, int) else max(self.timestamps, default=0)


class StoredRun(msgspec.Struct, frozen=True, gc=False):
    """Columns with their place: the first offset that belongs to the run, and the one after it."""

    base_offset: int
    next_offset: int
    columns: Columns

    def index_of(self, offset: int) -> int:
        """The index of the first record at or after ``offset``."""
        offsets = self.columns.offsets
        wanted = max(0, offset - self.base_offset)
        if offsets is None:
            return min(wanted, len(self.columns))
        return next((index for index, at in enumerate(offsets) if at >= wanted), len(offsets))

    def first_since(self, timestamp: int) -> int | None:
        """The offset of the first record as late as ``timestamp`` or later; None when there is none."""
        stamps = self.columns.timestamp_list()
        offsets = self.offsets()
        return next((offsets[index] for index, stamp in enumerate(stamps) if stamp >= timestamp), None)

    def offsets(self) -> Sequence[int]:
        """The offset of each record."""
        relative = self.columns.offsets
        if relative is None:
            return range(self.base_offset, self.base_offset + len(self.columns))
        return [self.base_offset + at for at in relative]


class RunSlice:
    """A :class:`~penstock.log.base.ReceivedBatch` over part of a run; columns are cut when somebody looks at them."""

    __slots__ = ("_run", "_start", "_stop", "partition", "topic")

    def __init__(self, topic: str, partition: int, run: StoredRun, start: int, stop: int) -> None:
        self.topic = topic
        self.partition = partition
        self._run = run
        self._start = start
        self._stop = stop

    def __len__(self) -> int:
        return self._stop - self._start

    def _cut(self, column: Sequence[T]) -> Sequence[T]:
        return column if len(self) == len(column) else column[self._start : self._stop]

    @property
    def next_offset(self) -> int:
        if self._stop == len(self._run.columns):
            return self._run.next_offset
        return self._run.offsets()[self._stop - 1] + 1

    @property
    def offsets(self) -> Sequence[int]:
        return self._cut(self._run.offsets())

    @property
    def values(self) -> Sequence[bytes | None]:
        return self._cut(self._run.columns.values)

    @property
    def keys(self) -> Sequence[bytes | None] | None:
        keys = self._run.columns.keys
        return None if keys is None else self._cut(keys)

    @property
    def timestamps(self) -> Sequence[int | None]:
        return self._cut(self._run.columns.timestamp_list())

    @property
    def timestamp_type(self) -> TimestampType:
        return TimestampType.LOG_APPEND_TIME if self._run.columns.append_time else TimestampType.CREATE_TIME

    @property
    def headers(self) -> Sequence[Sequence[LogHeader] | None] | None:
        headers = self._run.columns.headers
        return None if headers is None else self._cut(headers)


def as_bytes(column: Sequence[Encoded]) -> list[bytes | None]:
    """A column with each ``str`` as its UTF-8 bytes; what UTF-8 cannot hold becomes ``?`` as in Java. Raises TypeError for
    anything else: it would be stored, and could not be read back."""
    try:
        return list(map(str.encode, column))  # type: ignore[arg-type]  # the common case: all of one type, tried first
    except (TypeError, UnicodeEncodeError):
        return [item if item is None or type(item) is bytes else _as_bytes(item) for item in column]


def _as_bytes(item: object) -> bytes:
    if isinstance(item, str):
        return item.encode(errors="replace")
    if isinstance(item, (bytes, bytearray, memoryview)):
        return bytes(item)
    raise TypeError(f"A key or value must be bytes, str or None, not {type(item).__name__}; look at its converter")


def as_headers(column: Sequence[Sequence[LogHeader] | None]) -> list[list[tuple[str, bytes | None]] | None] | None:
    """A column of headers, None when there are none. Raises TypeError where a name is no str or a value no bytes."""
    if not any(column):
        return None
    return [[_as_header(header) for header in own] if own else None for own in column]


def _as_header(header: LogHeader) -> tuple[str, bytes | None]:
    name, value = header
    if not isinstance(name, str):
        raise TypeError(f"A header's name must be str, not {type(name).__name__}")
    if not name.isascii():
        name = name.encode(errors="replace").decode()
    return name, None if value is None else value if type(value) is bytes else _as_bytes(value)


def joined(runs: Sequence[StoredRun]) -> StoredRun:
    """Consecutive runs as one: what many small batches are read as."""
    if len(runs) == 1:
        return runs[0]
    base = runs[0].base_offset
    columns = [run.columns for run in runs]
    offsets = [at - base for run in runs for at in run.offsets()]
    return StoredRun(
        base,
        runs[-1].next_offset,
        Columns(
            values=[value for part in columns for value in part.values],
            timestamps=[stamp for part in columns for stamp in part.timestamp_list()],
            keys=_joined_optional([(part.keys, len(part)) for part in columns]),
            headers=_joined_optional([(part.headers, len(part)) for part in columns]),
            append_time=columns[-1].append_time,
            offsets=None if offsets[-1:] == [len(offsets) - 1] else offsets,
        ),
    )


def _joined_optional(parts: Sequence[tuple[list[T | None] | None, int]]) -> list[T | None] | None:
    if all(column is None for column, _ in parts):
        return None
    merged: list[T | None] = []
    for column, length in parts:
        merged.extend([None] * length if column is None else column)
    return merged
