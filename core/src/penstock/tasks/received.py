"""Batches as received, with columns that are made once however often somebody looks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar, overload

from penstock.api.batch import LazyColumn
from penstock.errors.context import ConsumedRecord
from penstock.log.base import LogHeader, ReceivedBatch

T = TypeVar("T")


class Delivery:
    """One received batch of one delivery. A log makes a column anew at each look, which is right for a look and ruinous for
    a thousand: what a converter or a report needs is kept here, what few sinks ask for is made when somebody does."""

    __slots__ = ("_batch", "headers", "keys", "offsets", "timestamps", "values")

    def __init__(self, batch: ReceivedBatch) -> None:
        self._batch = batch
        self.values: Sequence[bytes | None] = batch.values
        self.keys: Sequence[bytes | None] | None = batch.keys
        self.headers: Sequence[Sequence[LogHeader] | None] | None = batch.headers
        self.offsets: LazyColumn[int] = LazyColumn(lambda: batch.offsets)
        self.timestamps: LazyColumn[int | None] = LazyColumn(lambda: batch.timestamps)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def batch(self) -> ReceivedBatch:
        """What the log delivered, for what it says once for all records."""
        return self._batch

    def consumed(self, index: int) -> ConsumedRecord:
        """Record ``index`` as it was consumed, for reports and dead letters."""
        batch = self._batch
        return ConsumedRecord(
            topic=batch.topic,
            partition=batch.partition,
            offset=self.offsets[index],
            key=None if self.keys is None else self.keys[index],
            value=self.values[index],
            headers=() if self.headers is None else self.headers[index] or (),
            timestamp=self.timestamps[index],
            timestamp_type=batch.timestamp_type,
        )


def part(column: LazyColumn[T], start: int, end: int, length: int) -> Sequence[T]:
    """Items ``start``…``end``−1 of a column of ``length`` items, which is not made for that."""
    return column if start == 0 and end == length else ColumnPart(column, start, end)


class ColumnPart(Sequence[T], Generic[T]):
    """A part of a column that several slices share."""

    __slots__ = ("_column", "_range")

    def __init__(self, column: Sequence[T], start: int, end: int) -> None:
        self._column = column
        self._range = range(start, end)

    def __len__(self) -> int:
        return len(self._range)

    def __iter__(self) -> Iterator[T]:
        return iter(self._column[self._range.start : self._range.stop])

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        if isinstance(index, slice):
            return self._column[self._range.start : self._range.stop][index]
        return self._column[self._range[index]]
