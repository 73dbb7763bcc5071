"""Records as columns, on their way through transformations (design decision 14)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress
from typing import TypeVar

from penstock.api.header import Headers
from penstock.api.schema import Schema
from penstock.api.struct_column import StructColumn

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordColumns:
    """Consecutive records that share topic and schemas; what :meth:`Transformation.apply_batch` gets and returns.

    Columns have one item a record; ``keys``, ``timestamps``, ``headers`` and ``partitions`` may be None (nobody has one).
    Structs may come as a :class:`StructColumn`. ``offsets`` are those in the log; None for records of a source.
    ``places`` tells which records these are: it is handed on as it is. Nobody changes a column; make other columns with
    :func:`dataclasses.replace`, :meth:`with_value`, :meth:`with_key`, :meth:`select` and :meth:`part`.
    """

    topic: str | None
    values: Sequence[object]
    value_schema: Schema | None = None
    keys: Sequence[object] | None = None
    key_schema: Schema | None = None
    timestamps: Sequence[int | None] | None = None
    headers: Sequence[Headers | None] | None = None
    partitions: Sequence[int | None] | None = None
    offsets: Sequence[int] | None = None
    places: Sequence[int]

    def __len__(self) -> int:
        return len(self.places)

    def with_value(self, schema: Schema | None, values: Sequence[object]) -> RecordColumns:
        """The same records with other values."""
        return replace(self, value_schema=schema, values=values)

    def with_key(self, schema: Schema | None, keys: Sequence[object]) -> RecordColumns:
        """The same records with other keys."""
        return replace(self, key_schema=schema, keys=keys)

    def select(self, mask: Sequence[bool]) -> RecordColumns:
        """The records where ``mask`` is true."""
        return replace(
            self,
            values=_selected(self.values, mask),
            keys=_chosen(self.keys, mask),
            timestamps=_chosen(self.timestamps, mask),
            headers=_chosen(self.headers, mask),
            partitions=_chosen(self.partitions, mask),
            offsets=_chosen(self.offsets, mask),
            places=_selected(self.places, mask),
        )

    def part(self, start: int, end: int) -> RecordColumns:
        """The records ``start``… up to ``end``; the same object if these are all."""
        if start == 0 and end == len(self):
            return self
        return replace(
            self,
            values=self.values[start:end],
            keys=_cut(self.keys, start, end),
            timestamps=_cut(self.timestamps, start, end),
            headers=_cut(self.headers, start, end),
            partitions=_cut(self.partitions, start, end),
            offsets=_cut(self.offsets, start, end),
            places=self.places[start:end],
        )


def _cut(column: Sequence[T] | None, start: int, end: int) -> Sequence[T] | None:
    return None if column is None else column[start:end]


def _chosen(column: Sequence[T] | None, mask: Sequence[bool]) -> Sequence[T] | None:
    return None if column is None else _selected(column, mask)


def _selected(column: Sequence[T], mask: Sequence[bool]) -> Sequence[T]:
    if isinstance(column, StructColumn):
        return column.select(mask)  # type: ignore[return-value]  # structs as before
    return list(compress(column, mask))
