"""Converting columns: each stage's column grows as a prefix, so that a failure in the middle never converts twice."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from penstock.api.converter import PartialBatch
from penstock.errors.operator import SKIPPED, RetryWithTolerance, Subject
from penstock.errors.stage import Stage


@dataclass(frozen=True, slots=True)
class ColumnStage:
    """One stage of conversion over ``count`` items.

    ``many(start, end)`` converts items start…end−1 at once and may raise PartialBatch; ``one(index)`` converts a single
    item on the careful path. ``class_name`` is what reports show.
    """

    stage: Stage
    class_name: str
    many: Callable[[int, int], Sequence[object]]
    one: Callable[[int], object]


@dataclass(frozen=True, slots=True)
class ConvertedSpan:
    """Items ``start``…``end``−1 passed every stage; ``columns`` has their results, a column a stage, in stage order."""

    start: int
    end: int
    columns: tuple[Sequence[object], ...]


def convert_columns(
    count: int,
    stages: Sequence[ColumnStage],
    operator: RetryWithTolerance,
    subject: Callable[[int, Stage, str], Subject],
) -> Iterator[ConvertedSpan | int]:
    """Yield spans of converted items in order, and the index of each item that was skipped.

    A span before a failing item is yielded (and so sent or delivered) before the careful path may wait or raise. Raises
    ConnectException when the task must end.
    """
    columns = [_GrowingColumn(stage) for stage in stages]
    position = 0
    while position < count:
        end = count
        failing: int | None = None
        for number, column in enumerate(columns):
            reached = column.grow(end)
            if reached < end:
                end, failing = reached, number
        if end > position:
            yield ConvertedSpan(position, end, _cut(columns, position, end, count))
        if failing is None:
            return
        if _carefully(end, columns[failing:], operator, subject):
            yield ConvertedSpan(end, end + 1, _cut(columns, end, end + 1, count))
        else:
            yield end
        position = end + 1


CAREFUL_STRIDE: Final = 16
"""Items that are tried at once behind a failing one, doubling while all goes well: a converter that looks at all it is given
before it begins would do so again for each of a thousand poison records."""


class _GrowingColumn:
    """A stage's results so far. ``failure`` is what item ``len(items)`` raised, until the careful path takes it."""

    __slots__ = ("_grown", "_stride", "failure", "items", "stage")

    def __init__(self, stage: ColumnStage) -> None:
        self.stage = stage
        self.items: Sequence[object] = ()
        self._grown: list[object] | None = None
        """The items, once they are ours to add to."""
        self.failure: Exception | None = None
        self._stride = sys.maxsize

    def grow(self, end: int) -> int:
        """Convert up to ``end`` or to the first failure; how far it got (at most ``end``)."""
        while len(self.items) < end and self.failure is None:
            start = len(self.items)
            stop = min(end, start + self._stride)
            try:
                self._add(self.stage.many(start, stop))
                self._stride *= 2
                if len(self.items) < stop:
                    break  # it gave less than was asked for: the careful path finds out why
            except PartialBatch as partial:
                self._add(partial.done)
                self.failure = partial.error
                self._stride = CAREFUL_STRIDE
        return min(end, len(self.items))

    def _add(self, items: Sequence[object]) -> None:
        if not self.items:
            self.items = items  # as a rule all of them, and whoever made them may have columns behind them
            return
        if self._grown is None:
            self._grown = self.items = list(self.items)
        self._grown.extend(items)

    def add_one(self, item: object) -> None:
        """The careful path's result for the next item."""
        self._add([item])


def _carefully(
    index: int,
    columns: Sequence[_GrowingColumn],
    operator: RetryWithTolerance,
    subject: Callable[[int, Stage, str], Subject],
) -> bool:
    """Take item ``index`` through the failing stage and those behind it. False: skipped, its columns hold None."""
    kept = True
    for column in columns:
        if len(column.items) > index:
            continue  # converted in an earlier round, before a stage to its left failed
        if not kept:
            column.add_one(None)
            continue
        stage, first_error = column.stage, column.failure
        column.failure = None
        outcome = operator.execute(
            lambda stage=stage: subject(index, stage.stage, stage.class_name),  # type: ignore[misc]
            lambda stage=stage: stage.one(index),  # type: ignore[misc]
            first_error,
        )
        kept = outcome is not SKIPPED
        column.add_one(outcome if kept else None)
    return kept


def _cut(columns: Sequence[_GrowingColumn], start: int, end: int, count: int) -> tuple[Sequence[object], ...]:
    if start == 0 and end == count:
        return tuple(column.items for column in columns)
    return tuple(column.items[start:end] for column in columns)
