"""Whole columns of values, and functions over them: Python pays per call, so a call is paid per column."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

Column = Sequence[Any]
"""The values of one column of a chunk of rows."""

Convert = Callable[[Column], Column]
"""From a column to one of the same length."""


def with_nulls(convert: Convert) -> Convert:
    """``convert`` for columns that may hold nulls, which stay nulls."""

    def convert_present(column: Column) -> Column:
        if None not in column:
            return convert(column)
        present = [item for item in column if item is not None]
        converted: Iterator[Any] = iter(convert(present) if present else ())
        return [None if item is None else next(converted) for item in column]

    return convert_present


def each(function: Callable[[Any], Any]) -> Convert:
    """A function of one value, for columns without nulls."""
    return lambda column: list(map(function, column))


def chained(*steps: Convert | None) -> Convert | None:
    """One step after the other; None for no step at all."""
    given = [step for step in steps if step is not None]
    if len(given) < 2:
        return given[0] if given else None
    first, *rest = given

    def convert(column: Column) -> Column:
        column = first(column)
        for step in rest:
            column = step(column)
        return column

    return convert
