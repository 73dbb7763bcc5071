"""Columns of text to columns of values, as connect-utils' parsers read them, of which SpoolDir is made.

A whole column is converted by one call of a built-in function where its text has nothing unusual in it; else cell by cell, up
to the first one that does not fit.
"""

from __future__ import annotations

import array
import datetime as dt
import decimal
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from penstock.api import DataException, Date, Decimal, Instant, Schema, Time, Timestamp, Type, java_str
from penstock_file.spooldir.dates import DateReader
from penstock_file.spooldir.zones import Moment, clock_at

Cell = Callable[[str], object]
Column = Callable[[Sequence[str]], list[object]]
"""Converts a column without nulls. Whatever it raises means that it must be done cell by cell."""

_DAY_MS: Final = 86_400_000
_NOT_WHOLE = re.compile(r"[^0-9+-]")
_NOT_NUMBER = re.compile(r"[^0-9+\-.eE]")
_WHOLE = re.compile(r"[+-]?\d+")
_DOUBLE = re.compile(r"[+-]?(?:NaN|Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[fFdD]?)")
_BITS: Final[Mapping[Type, int]] = {Type.INT8: 8, Type.INT16: 16, Type.INT32: 32, Type.INT64: 64}
_JAVA_CLASSES: Final[Mapping[Type, str]] = {
    Type.INT8: "Byte",
    Type.INT16: "Short",
    Type.INT32: "Integer",
    Type.INT64: "Long",
    Type.FLOAT32: "Float",
    Type.FLOAT64: "Double",
    Type.BOOLEAN: "Boolean",
    Type.STRING: "String",
}
_MOST_DIGITS = 10_000
_EXACT = decimal.Context(
    prec=2 * _MOST_DIGITS,
    Emin=decimal.MIN_EMIN,
    Emax=decimal.MAX_EMAX,
    traps=[decimal.Inexact, decimal.InvalidOperation],
)


@dataclass(frozen=True, slots=True)
class CellReader:
    """How the cells of one column are read."""

    schema: Schema
    java_class: str
    cell: Cell
    column: Column

    def read(self, texts: Sequence[str | None]) -> tuple[list[object], DataException | None]:
        """The values up to the first cell that does not fit, and what is wrong with it."""
        given = [text for text in texts if text is not None] if None in texts else texts
        if len(given) < len(texts) and not self.schema.optional:
            return self._one_by_one(texts)
        try:
            values = self.column(given)  # type: ignore[arg-type]  # no None is among them
        except (ValueError, ArithmeticError, TypeError, DataException):
            return self._one_by_one(texts)
        if len(given) < len(texts):
            rest = iter(values)
            return [None if text is None else next(rest) for text in texts], None
        return values, None

    def one(self, text: str | None) -> object:
        """One value. Raises DataException."""
        if text is None:
            if self.schema.optional:
                return None
            raise DataException("schema is not optional so input cannot be null.")
        try:
            return self.cell(text)
        except (ValueError, ArithmeticError, DataException) as error:
            raise DataException(f"Could not parse '{text}' to '{self.java_class}'") from error

    def _one_by_one(self, texts: Sequence[str | None]) -> tuple[list[object], DataException | None]:
        values: list[object] = []
        try:
            for text in texts:
                values.append(self.one(text))  # those before a fault are wanted
        except DataException as error:
            return values, error
        return values, None


def cell_reader(schema: Schema, dates: DateReader, zone: dt.tzinfo) -> CellReader:
    """Raises DataException for a type that no cell can hold."""
    logical = _LOGICAL.get(schema.name or "")
    if logical is not None:
        return logical(schema, dates, zone)
    kind = schema.type
    if kind in _BITS:
        return CellReader(schema, _JAVA_CLASSES[kind], whole(_BITS[kind]), _whole_column(_BITS[kind]))
    if kind is Type.FLOAT64:
        return CellReader(schema, "Double", double, _float_column)
    if kind is Type.FLOAT32:
        return CellReader(schema, "Float", lambda text: single(double(text)), _single_column)
    if kind is Type.BOOLEAN:
        return CellReader(schema, "Boolean", is_true, lambda texts: list(map(is_true, texts)))
    if kind is Type.STRING:
        return CellReader(schema, "String", str, list)
    raise DataException(f"Schema {kind.name}({java_str(schema.name)}) is not supported")


def whole(bits: int) -> Callable[[str], int]:
    """Reads whole numbers as Java does: no blanks, no underscores. Raises ValueError."""
    limit = 1 << (bits - 1)

    def read(text: str) -> int:
        if not _WHOLE.fullmatch(text):
            raise ValueError(text)
        value = int(text)
        if not -limit <= value < limit:
            raise ValueError(text)
        return value

    return read


def double(text: str) -> float:
    """Reads a number as Java's ``Double.parseDouble``. Raises ValueError."""
    stripped = text.strip(" \t\r\n")
    if not _DOUBLE.fullmatch(stripped):
        raise ValueError(text)
    return float(stripped if stripped.endswith(("NaN", "y")) else stripped.rstrip("fFdD"))


def single(value: float) -> float:
    """The nearest number of 32 bits."""
    return array.array("f", [value])[0]


def is_true(text: str) -> bool:
    """Java's ``Boolean.parseBoolean``: whatever is not "true" is false."""
    return text.lower() == "true"


def _whole_column(bits: int) -> Column:
    limit = 1 << (bits - 1)

    def read(texts: Sequence[str]) -> list[object]:
        if _NOT_WHOLE.search("".join(texts)):
            raise ValueError
        values = list(map(int, texts))
        if values and not (-limit <= min(values) and max(values) < limit):
            raise ValueError
        return values  # type: ignore[return-value]  # a list that nobody else has

    return read


def _float_column(texts: Sequence[str]) -> list[object]:
    if _NOT_NUMBER.search("".join(texts)):
        raise ValueError
    return list(map(float, texts))


def _single_column(texts: Sequence[str]) -> list[object]:
    if _NOT_NUMBER.search("".join(texts)):
        raise ValueError
    return list(array.array("f", map(float, texts)))


def _decimal(schema: Schema, _dates: DateReader, _zone: dt.tzinfo) -> CellReader:
    exponent = decimal.Decimal(1).scaleb(-_scale(schema))

    def read(text: str) -> decimal.Decimal:
        if _NOT_NUMBER.search(text):
            raise ValueError(text)
        return scaled(decimal.Decimal(text), exponent)

    return CellReader(schema, "BigDecimal", read, lambda texts: list(map(read, texts)))


def scaled(number: decimal.Decimal, exponent: decimal.Decimal) -> decimal.Decimal:
    """The number with the scale of ``exponent``. Raises ArithmeticError or ValueError where digits would be lost, or there
    are too many of them."""
    if abs(number.adjusted()) > _MOST_DIGITS:
        raise ValueError(str(number))
    return _EXACT.quantize(number, exponent)


def _scale(schema: Schema) -> int:
    text = (schema.parameters or {}).get("scale")
    if text is None:
        raise DataException("Invalid Decimal schema: scale parameter not found.")
    try:
        return int(text)
    except ValueError:
        raise DataException("Invalid Decimal schema: scale parameter could not be converted to an integer.") from None


def _timestamp(schema: Schema, dates: DateReader, _zone: dt.tzinfo) -> CellReader:
    return CellReader(schema, "Date", dates.read, lambda texts: list(dates.column(texts)))


def _date(schema: Schema, dates: DateReader, zone: dt.tzinfo) -> CellReader:
    def read(text: str) -> object:
        return day_of(dates.read(text), zone)

    return CellReader(schema, "Date", read, lambda texts: list(map(read, texts)))


def _time(schema: Schema, dates: DateReader, zone: dt.tzinfo) -> CellReader:
    def read(text: str) -> object:
        return clock_of(dates.read(text), zone)

    return CellReader(schema, "Date", read, lambda texts: list(map(read, texts)))


def day_of(moment: Moment, zone: dt.tzinfo) -> dt.date | Instant:
    """The day of a moment, as calendars of the zone show it."""
    shown = clock_at(moment, zone)
    if isinstance(shown, Instant):
        return Instant(shown.epoch_ms - shown.epoch_ms % _DAY_MS)
    return shown.date()


def clock_of(moment: Moment, zone: dt.tzinfo) -> dt.time:
    """The time of the day, as clocks of the zone show it. Raises ValueError for what no clock shows."""
    shown = clock_at(moment, zone)
    if isinstance(shown, Instant):
        raise ValueError(str(moment))  # noqa: TRY004  # a value out of range
    return shown.time()


_LOGICAL: Mapping[str, Callable[[Schema, DateReader, dt.tzinfo], CellReader]] = {
    Decimal.LOGICAL_NAME: _decimal,
    Timestamp.LOGICAL_NAME: _timestamp,
    Date.LOGICAL_NAME: _date,
    Time.LOGICAL_NAME: _time,
}
