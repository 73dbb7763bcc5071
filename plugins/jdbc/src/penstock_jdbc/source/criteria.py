"""The SQL of each mode, and which values it binds in which order (spec jdbc 6)."""

from __future__ import annotations

import enum
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass

from penstock_jdbc.source.mode import Mode


class Bind(enum.Enum):
    """A value that a query is given."""

    BEGIN = enum.auto()
    """The newest timestamp that was read."""
    END = enum.auto()
    """The upper bound of timestamps, exclusive."""
    LAST_ID = enum.auto()
    """The last number that was read."""
    HIGHEST_ID = enum.auto()
    """The upper bound of numbers, inclusive, where there is one."""


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with places for values: ``texts`` has one more item than ``binds``, which stand between them. ``select`` is what it
    was made of: the query without clauses and values. A bind is a :class:`Bind`, or whatever names a value."""

    select: str
    texts: tuple[str, ...]
    binds: tuple[Hashable, ...] = ()

    def render(self, placeholder: str, escape: Callable[[str], str] = lambda text: text) -> str:
        """The SQL with ``placeholder`` for every value; ``escape`` is applied to everything else."""
        return placeholder.join(map(escape, self.texts))

    def values(self, given: Mapping[Hashable, object]) -> list[object]:
        """The values in the order in which they are bound."""
        return [given[bind] for bind in self.binds]

    def __str__(self) -> str:
        return self.render("?")


@dataclass(frozen=True, slots=True)
class Criteria:
    """Which columns tell how far a table was read. ``timestamps`` and ``incrementing`` are SQL expressions, quoted."""

    mode: Mode
    timestamps: tuple[str, ...] = ()
    incrementing: str | None = None
    bounded: bool = False
    """Whether numbers have an upper bound."""

    @property
    def timestamp(self) -> str:
        """The expression of a row's time: the first of several columns that is not null."""
        return self.timestamps[0] if len(self.timestamps) == 1 else f"COALESCE({','.join(self.timestamps)})"

    def statement(self, select: str, suffix: str = "") -> Statement:
        """``select`` with the clauses of the mode, and the user's ``suffix`` at the end."""
        texts, binds = _CLAUSES[self.mode](self)
        first, *rest = texts
        texts = [select + first, *rest]
        if suffix:
            texts[-1] += f" {suffix}"
        return Statement(select, tuple(texts), tuple(binds))


def _bulk(_: Criteria) -> tuple[list[str], list[Bind]]:
    return [""], []


def _incrementing(criteria: Criteria) -> tuple[list[str], list[Bind]]:
    inc = criteria.incrementing
    if criteria.bounded:
        return [f" WHERE {inc} > ", f" AND {inc} <= ", f" ORDER BY {inc} ASC"], [Bind.LAST_ID, Bind.HIGHEST_ID]
    return [f" WHERE {inc} > ", f" ORDER BY {inc} ASC"], [Bind.LAST_ID]


def _timestamp(criteria: Criteria) -> tuple[list[str], list[Bind]]:
    time = criteria.timestamp
    return [f" WHERE {time} > ", f" AND {time} < ", f" ORDER BY {time} ASC"], [Bind.BEGIN, Bind.END]


def _timestamp_incrementing(criteria: Criteria) -> tuple[list[str], list[Bind]]:
    time, inc = criteria.timestamp, criteria.incrementing
    texts = [
        f" WHERE {time} < ",
        f" AND (({time} = ",
        f" AND {inc} > ",
        f") OR {time} > ",
        f") ORDER BY {time},{inc} ASC",
    ]
    return texts, [Bind.END, Bind.BEGIN, Bind.LAST_ID, Bind.BEGIN]


_CLAUSES: Mapping[Mode, Callable[[Criteria], tuple[list[str], list[Bind]]]] = {
    Mode.BULK: _bulk,
    Mode.INCREMENTING: _incrementing,
    Mode.TIMESTAMP: _timestamp,
    Mode.TIMESTAMP_INCREMENTING: _timestamp_incrementing,
}


def criteria_of(
    mode: Mode,
    timestamps: Sequence[str],
    incrementing: str | None,
    expression: Callable[[str], str],
    *,
    bounded: bool = False,
) -> Criteria:
    """The criteria for columns by name; ``expression`` makes the SQL of one."""
    return Criteria(
        mode,
        tuple(map(expression, timestamps)) if mode.uses_timestamp else (),
        expression(incrementing) if mode.uses_incrementing and incrementing else None,
        bounded,
    )
