"""Values of SQLite as the columns that hold them are typed: SQLite itself stores anything anywhere (spec jdbc 11, 21.1).

Numbers are read as SQLite's own conversions have it. A fraction or a text in a column of whole numbers loses something on the
way; that is told once per column and result.
"""

from __future__ import annotations

import datetime as dt
import decimal
import logging
import math
import re
from dataclasses import dataclass
from typing import Any

from penstock.api import DataException
from penstock_jdbc.source.civil import US_PER_DAY
from penstock_jdbc.source.columns import Column, Convert
from penstock_jdbc.source.temporal import WallClock, microseconds

logger = logging.getLogger(__name__)

_LEADING_INTEGER = re.compile(r"\s*([+-]?\d+)")
_LEADING_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)")
_TEXT = re.compile(
    r"\s*(\d{1,4})-(\d{1,2})-(\d{1,2})(?:[ T](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d+))?)?\s*(Z|[+-]\d{2}:?\d{2})?)?\s*",
    re.ASCII,
)
_LONG_MIN, _LONG_MAX = -(1 << 63), (1 << 63) - 1
NOT_MIDNIGHT = "Kafka Connect Date type should not have any time fields set to non-zero values."


@dataclass(frozen=True, slots=True)
class DateOptions:
    """xerial's option for dates: ``date_precision``."""

    unit_us: int = 1000
    """Microseconds per unit of a whole number that stands for a time."""


def integers(name: str) -> Convert:
    """Whole numbers of column ``name``."""

    def convert(column: Column) -> Column:
        if set(map(type, column)) == {int}:
            return column
        logger.warning(
            "Column %s of SQLite was taken for whole numbers, as its first row says, but holds others: fractions and texts are "
            "cut. Declare a type that fits (REAL, TEXT), or CAST it in a query",
            name,
        )
        return list(map(_integer, column))

    return convert


def _integer(value: Any) -> int:
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return (
            min(max(int(value), _LONG_MIN), _LONG_MAX)
            if math.isfinite(value)
            else _LONG_MAX
            if value > 0
            else _LONG_MIN
        )
    found = _LEADING_INTEGER.match(_text(value))
    return min(max(int(found[1]), _LONG_MIN), _LONG_MAX) if found else 0


def cut_to(bits: int) -> Convert:
    """The low bits of a number, which is what xerial makes of one that is too large."""
    half = 1 << (bits - 1)
    return lambda column: [(item + half) % (2 * half) - half for item in column]


def floats(column: Column) -> Column:
    """Floating point numbers."""
    return column if set(map(type, column)) == {float} else list(map(_float, column))


def _float(value: Any) -> float:
    if isinstance(value, (int, float)):
        return float(value)
    found = _LEADING_NUMBER.match(_text(value))
    return float(found[1]) if found else 0.0


def decimals(column: Column) -> Column:
    """Exact numbers: what SQLite shows of them. Raises ValueError for a text that is none."""
    return [_decimal(item) for item in column]


def _decimal(value: Any) -> decimal.Decimal:
    try:
        return decimal.Decimal(value if isinstance(value, int) else _text(value).strip())
    except decimal.InvalidOperation:
        raise ValueError(f"{value!r} is no number") from None


def booleans(column: Column) -> Column:
    """True for every number but 0."""
    return [_integer(item) != 0 for item in column]


def texts(column: Column) -> Column:
    """Texts; numbers as SQLite writes them."""
    return column if set(map(type, column)) == {str} else list(map(_text, column))


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, float):
        shown = f"{value:.15g}"
        return shown if any(mark in shown for mark in ".en") else f"{shown}.0"
    return str(value)


def blobs(column: Column) -> Column:
    """Bytes; others by their text."""
    return [item if isinstance(item, bytes) else _text(item).encode() for item in column]


def without_empty(column: Column) -> Column:
    """Empty texts are no times: nulls, as xerial reads them."""
    return [item or None if isinstance(item, str) else item for item in column] if "" in column else column


def instants(clock: WallClock, options: DateOptions) -> Convert:
    """Times as instants: numbers count from the epoch, texts show a wall time unless they name a zone."""
    return lambda column: [_instant(item, clock, options) for item in column]


def _instant(value: Any, clock: WallClock, options: DateOptions) -> int:
    if isinstance(value, int):
        return value * options.unit_us
    if isinstance(value, float):  # a Julian day
        return round((value - 2_440_587.5) * US_PER_DAY)
    wall, offset_us = _parsed(_text(value))
    return clock.instant(wall) if offset_us is None else wall - offset_us


def days(clock: WallClock, options: DateOptions) -> Convert:
    """Dates as days: numbers count from the epoch, texts are digits of a calendar. Raises DataException for one with a time
    of day."""
    return lambda column: [_day(item, clock, options) for item in column]


def _day(value: Any, clock: WallClock, options: DateOptions) -> int:
    counted = isinstance(value, int)
    day, rest = divmod(value * options.unit_us if counted else _parsed(_text(value))[0], US_PER_DAY)
    if rest:
        raise DataException(NOT_MIDNIGHT)
    return int(day) if counted else clock.days(day)


def _parsed(text: str) -> tuple[int, int | None]:
    """The wall time in a text, in microseconds, and its offset from UTC where it names one. Raises ValueError."""
    found = _TEXT.fullmatch(text)
    if found is None:
        raise ValueError(f"'{text}' is no time: yyyy-MM-dd, yyyy-MM-dd HH:mm:ss or yyyy-MM-dd HH:mm:ss.SSS is expected")
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    micros = int((found[7] or "").ljust(6, "0")[:6])
    wall = microseconds([dt.datetime(year, month, day, hour, minute, second, micros)])[0]  # noqa: DTZ001  # digits
    zone = found[8]
    if zone is None or zone == "Z":  # xerial passes over the letter, and so the zone of the connector holds
        return int(wall), None
    sign = -1 if zone[0] == "-" else 1
    return int(wall), sign * (int(zone[1:3]) * 60 + int(zone[-2:])) * 60 * 1_000_000
