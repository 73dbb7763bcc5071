"""How many rows are fetched at a time."""

from __future__ import annotations

import sys
from typing import Final

from penstock.api import SourceBatch, Struct, StructColumn

FIRST_ROWS: Final = 100
MOST_ROWS: Final = 10_000
BYTES: Final = 4 << 20
"""What a chunk should hold, about: several of them are in memory at a time."""
_SAMPLE: Final = 20


class ChunkSize:
    """Rows of the next fetch: few at first, then as many as their size allows. ``fixed`` is a number that the user gave."""

    def __init__(self, rows: int, *, fixed: bool) -> None:
        self._fixed = fixed
        self.rows = max(1, rows if fixed else min(rows, FIRST_ROWS))

    def learn(self, batch: SourceBatch) -> None:
        """Adapt to the size of rows that were fetched."""
        if self._fixed or not len(batch):
            return
        step = max(1, len(batch) // _SAMPLE)
        values = batch.values
        if isinstance(values, StructColumn):
            size = sum(sum(map(sys.getsizeof, sample)) / len(sample) for sample in (c[::step] for c in values.columns))
        else:
            sample = values[::step]
            size = sum(map(_size, sample)) / len(sample)
        self.rows = int(min(max(BYTES / max(size, 1.0), 1), MOST_ROWS, self.rows * 10))


def _size(value: object) -> int:
    return sum(map(sys.getsizeof, value.values)) if isinstance(value, Struct) else sys.getsizeof(value)
