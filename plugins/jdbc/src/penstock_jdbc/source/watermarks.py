"""How far a chunk of rows goes: the values of the columns that tell, and an offset for every record (spec jdbc 8.3).

Offsets are taken from what the driver gave, never from the converted fields, and only of the records that somebody asks for:
the runtime asks for the last one of a batch.
"""

from __future__ import annotations

import decimal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, overload

from penstock.api import ConnectException, DataException, Offset, Type
from penstock_jdbc.database.jdbc_type import JdbcType
from penstock_jdbc.source.columns import Column
from penstock_jdbc.source.mode import Mode
from penstock_jdbc.source.offsets import Position
from penstock_jdbc.source.rows import RowPlan
from penstock_jdbc.source.temporal import WallClock

_LONG_MAX = (1 << 63) - 1
_NS_PER_US = 1000
_INTEGERS = (Type.INT8, Type.INT16, Type.INT32, Type.INT64)
_DECIMAL = "org.apache.kafka.connect.data.Decimal"


@dataclass(frozen=True, slots=True)
class TimeColumn:
    """A column of timestamps: its place, and how one of its values becomes nanoseconds since the epoch."""

    place: int
    instant_ns: Callable[[Any], int]


class WatermarkPlan:
    """Where the rows of one result have what tells how far they go."""

    def __init__(
        self, plan: RowPlan, mode: Mode, timestamps: Sequence[str], incrementing: str | None, clock: WallClock
    ) -> None:
        """Raises DataException and ConnectException for a column that is missing or of a type that tells nothing."""
        self.mode = mode
        self.times = [_time_column(plan, name, clock) for name in timestamps] if mode.uses_timestamp else []
        self.number: int | None = None
        if mode.uses_incrementing and incrementing is not None:
            self.number = _number_place(plan, incrementing)

    def moments(self, columns: Sequence[Column]) -> Column | None:
        """The times of rows as the driver gave them, with the column each is from: the first that is not null."""
        if not self.times:
            return None
        if len(self.times) == 1:
            time = self.times[0]
            return [(time, value) for value in columns[time.place]]
        chosen: list[tuple[TimeColumn, Any]] = []
        for values in zip(*(columns[time.place] for time in self.times), strict=True):
            chosen.append(
                next(
                    ((time, value) for time, value in zip(self.times, values, strict=True) if value is not None),
                    (self.times[0], None),
                )
            )
        return chosen

    def marks(self, columns: Sequence[Column], count: int) -> Sequence[Any]:
        """Where each of ``count`` rows lies: nanoseconds since the epoch, or its number."""
        moments = self.moments(columns)
        if moments is not None:
            return [_instant_ns(moment) for moment in moments]
        numbers = self.numbers(columns)
        return [None] * count if numbers is None else [number_of(number) for number in numbers]

    def numbers(self, columns: Sequence[Column]) -> Column | None:
        """The ascending numbers of rows. Raises ConnectException for a null."""
        if self.number is None:
            return None
        column = columns[self.number]
        if None in column:
            raise ConnectException(
                "Null value for incrementing column. Take the rows out with a query or a view, or choose another column"
            )
        return column


def _time_column(plan: RowPlan, name: str, clock: WallClock) -> TimeColumn:
    field = plan.field_in_any_case(name)
    facts = plan.columns[field.place]
    normal = facts.normal or (lambda column: column)
    match facts.code:
        case JdbcType.TIMESTAMP:
            return TimeColumn(field.place, lambda value: clock.instant(normal([value])[0]) * _NS_PER_US)
        case JdbcType.TIMESTAMP_WITH_TIMEZONE:
            return TimeColumn(field.place, lambda value: int(normal([value])[0]) * _NS_PER_US)
    raise DataException(
        f"Timestamp column {facts.name} is of JDBC type {facts.code.name}, which tells no point in time; "
        "choose a column of type TIMESTAMP or the like, or convert it in a query"
    )


def _number_place(plan: RowPlan, name: str) -> int:
    field = plan.field(name)
    if field is None:
        names = ",".join(known.name for known in plan.fields)
        raise DataException(f"Incrementing column {name} not found in {names}")
    schema = field.schema
    if schema.name == _DECIMAL:
        if schema.parameters is not None and schema.parameters.get("scale") != "0":
            raise ConnectException("Scale of Decimal value for incrementing column must be 0")
    elif schema.type not in _INTEGERS or schema.name is not None:
        raise ConnectException(f"Invalid type for incrementing column: {schema.type.name}")
    return field.place


def number_of(value: Any) -> int:
    """An ascending number as it is stored. Raises ConnectException when it has more than 64 bits."""
    number = int(value) if isinstance(value, (int, decimal.Decimal, float)) else int(str(value))
    if number > _LONG_MAX:
        raise ConnectException("Decimal value for incrementing column exceeded Long.MAX_VALUE")
    return number


class RowOffsets(Sequence[Offset]):
    """The offsets of the records of one chunk, made when asked for.

    With numbers, each record has its own row's values. With times alone, a record has the newest time that may be stored
    after it: that of its row only if the next row's is later, so that a stop among rows of one time reads all of them again.
    ``before`` is what may be stored before the chunk, ``after`` the time of the row behind it, None at the end of the result.
    """

    __slots__ = ("_after", "_before", "_length", "_mode", "_moments", "_numbers")

    def __init__(
        self,
        plan: WatermarkPlan,
        columns: Sequence[Column],
        length: int,
        before: Position,
        after: tuple[Any, ...] | None,
    ) -> None:
        self._mode = plan.mode
        self._moments = plan.moments(columns)
        self._numbers = plan.numbers(columns)
        self._length = length
        self._before = before
        self._after = after

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> Offset: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Offset]: ...
    def __getitem__(self, index: int | slice) -> Offset | Sequence[Offset]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(self._length))]
        if index < 0:
            index += self._length
        if not 0 <= index < self._length:
            raise IndexError(index)
        return self.position(index).as_offset()

    def position(self, index: int) -> Position:
        """What is stored after record ``index``: never less than before the chunk, whose rows may be late ones."""
        return max(self._own_position(index), self._before, key=_rank)

    def _own_position(self, index: int) -> Position:
        number = None if self._numbers is None else number_of(self._numbers[index])
        if self._moments is None:
            return Position(incrementing=number)
        if self._mode is Mode.TIMESTAMP_INCREMENTING:
            return Position(_instant_ns(self._moments[index]), number)
        return self._committable(self._moments, index)

    def _committable(self, moments: Column, index: int) -> Position:
        following = moments[index + 1] if index + 1 < self._length else self._after
        while following is not None and moments[index] == following:
            index, following = index - 1, moments[index]
            if index < 0:
                return self._before
        return Position(_instant_ns(moments[index]))


def _rank(position: Position) -> tuple[int, int]:
    none = -(1 << 200)
    return (
        none if position.timestamp_ns is None else position.timestamp_ns,
        none if position.incrementing is None else position.incrementing,
    )


def _instant_ns(moment: tuple[TimeColumn, Any]) -> int:
    time, value = moment
    if value is None:
        raise ConnectException("Null value for all timestamp columns. Take the rows out with a query or a view")
    return time.instant_ns(value)
