"""Records of one slice that go into one file, still as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from penstock.api import Headers, SinkRecord, SinkSlice

T = TypeVar("T")

Places = range | Sequence[int]
"""Where in a slice the records stand; a range of step 1 when they are neighbours."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Some records of a slice, in order."""

    part: SinkSlice
    places: Places

    def __len__(self) -> int:
        return len(self.places)

    def after(self, count: int) -> Rows:
        """Without the first ``count``."""
        return Rows(self.part, self.places[count:])

    def before(self, count: int) -> Rows:
        """The first ``count`` only."""
        return Rows(self.part, self.places[:count])

    def offset(self, index: int) -> int:
        """The offset of record number ``index`` of these."""
        return self.part.offsets[self.places[index]]

    def record(self, index: int) -> SinkRecord:
        """Record number ``index`` of these as an object."""
        return self.part.record(self.places[index])

    @property
    def values(self) -> Sequence[object]:
        return self._picked(self.part.values)

    @property
    def keys(self) -> Sequence[object]:
        """One item a record; None where there is no key."""
        return [None] * len(self) if self.part.keys is None else self._picked(self.part.keys)

    @property
    def headers(self) -> Sequence[Headers | None]:
        """One item a record; None or empty where there are none."""
        return [None] * len(self) if self.part.headers is None else self._picked(self.part.headers)

    def _picked(self, column: Sequence[T]) -> Sequence[T]:
        places = self.places
        if not isinstance(places, range):
            return [column[place] for place in places]
        if len(places) == len(column):
            return column
        return column[places.start : places.stop]


def cut(part: SinkSlice, start: int, end: int) -> SinkSlice:
    """Records ``start`` to ``end`` of a slice."""
    return replace(
        part,
        offsets=part.offsets[start:end],
        values=part.values[start:end],
        keys=None if part.keys is None else part.keys[start:end],
        timestamps=None if part.timestamps is None else part.timestamps[start:end],
        headers=None if part.headers is None else part.headers[start:end],
        delivery=None if part.delivery is None else (part.delivery[0], part.delivery[1][start:end]),
    )
