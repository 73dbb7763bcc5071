"""Converting columns: each stage's column grows as a prefix, so that a failure in the middle never converts twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

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
    done: list[list[object]] = [[] for _ in stages]
    position = 0
    while position < count:
        end, failed = _advance(count, stages, done)
        if end > position:
            yield ConvertedSpan(position, end, _cut(done, position, end, count))
        if failed is None:
            return
        number, error = failed
        if _carefully(end, number, error, (stages, done), operator, subject):
            yield ConvertedSpan(end, end + 1, _cut(done, end, end + 1, count))
        else:
            yield end
        position = end + 1


def _advance(
    count: int, stages: Sequence[ColumnStage], done: list[list[object]]
) -> tuple[int, tuple[int, Exception] | None]:
    """Extend every column as far as all stages succeed: (end of the common prefix, failing stage and error)."""
    end = count
    failed: tuple[int, Exception] | None = None
    for number, (stage, column) in enumerate(zip(stages, done, strict=True)):
        if len(column) >= end:
            continue
        try:
            column.extend(stage.many(len(column), end))
        except PartialBatch as partial:
            column.extend(partial.done)
            end = len(column)
            failed = (number, partial.error)
    return end, failed


def _carefully(
    index: int,
    failing: int,
    error: Exception,
    work: tuple[Sequence[ColumnStage], list[list[object]]],
    operator: RetryWithTolerance,
    subject: Callable[[int, Stage, str], Subject],
) -> bool:
    """Take item ``index`` through the failing stage and those behind it. False: skipped, its columns hold None."""
    stages, done = work
    first_error: Exception | None = error
    kept = True
    for stage, column in zip(stages[failing:], done[failing:], strict=True):
        if len(column) > index:
            continue  # converted in an earlier round, before a stage to its left failed
        if not kept:
            column.append(None)
            continue
        outcome = operator.execute(
            lambda stage=stage: subject(index, stage.stage, stage.class_name),  # type: ignore[misc]
            lambda stage=stage: stage.one(index),  # type: ignore[misc]
            first_error,
        )
        first_error = None
        kept = outcome is not SKIPPED
        column.append(outcome if kept else None)
    return kept


def _cut(done: list[list[object]], start: int, end: int, count: int) -> tuple[Sequence[object], ...]:
    if start == 0 and end == count:
        return tuple(done)
    return tuple(column[start:end] for column in done)
