"""Numbers in the notation of Connect's values (spec 5.6)."""

from __future__ import annotations

import datetime as dt
import math
import re
import struct
from decimal import Decimal
from typing import Any

from penstock.api.exceptions import DataException
from penstock.api.instant import Instant
from penstock.api.javacast import to_double, to_integer
from penstock.api.javaclass import java_class_name
from penstock.api.javatext import java_str
from penstock.api.logical import Date, Time, Timestamp
from penstock.api.numerics import Float32, Int8, Int16, Int32, Int64, round_to_float32
from penstock.api.schema import Schema

_LOGICAL: dict[str, Any] = {kind.LOGICAL_NAME: kind for kind in (Date, Time, Timestamp)}
_DECIMAL = re.compile(
    r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
)  # no two loops meet, so refusing takes linear time
_EXPONENT_DIGITS = 10  # as BigDecimal, which leaves leading zeros out of the count
_SCALE_LIMIT = 1 << 31
_FLOAT32_MAX = float.fromhex("0x1.fffffep127")
_FLOAT32_OVERFLOW = float.fromhex("0x1.ffffffp127")  # half way to what no float holds
_BIGGER_THAN_LONG = Decimal("1e19")


def java_decimal(text: str) -> Decimal | None:
    """The decimal that Java's BigDecimal reads from a text, or None where it refuses."""
    if _DECIMAL.fullmatch(text) is None:
        return None
    mantissa, _, exponent = text.lower().partition("e")
    if len(exponent.lstrip("+-").lstrip("0")) > _EXPONENT_DIGITS:
        return None
    scale = len(mantissa.partition(".")[2]) - int(exponent or 0)
    if not -_SCALE_LIMIT <= scale < _SCALE_LIMIT:
        return None
    number = Decimal(text)
    return number.copy_abs() if number.is_zero() else number  # Java has no negative zero here


def parse_number(text: str) -> Int8 | Int16 | Int32 | Int64 | Float32 | float | Decimal | None:
    """The number in the narrowest type that holds it: whole numbers, then FLOAT32, FLOAT64, else a Decimal."""
    number = java_decimal(text)
    if number is None:
        return None
    whole = _whole(number)
    if whole is not None:
        return whole
    scale = -int(number.as_tuple().exponent)
    if scale:
        single = float32_of(number)
        if math.isfinite(single):
            return single
        double = to_double(number)
        if math.isfinite(double):
            return double
    return number


def _whole(number: Decimal) -> Int8 | Int16 | Int32 | Int64 | None:
    magnitude = number.copy_abs()
    if magnitude > _BIGGER_THAN_LONG or (magnitude < 1 and magnitude != 0) or number != number.to_integral_value():
        return None
    value = int(number)
    return next((kind(value) for kind in (Int8, Int16, Int32, Int64) if kind.LOWEST <= value <= kind.HIGHEST), None)


def float32_of(number: Decimal) -> Float32:
    """The single-precision number nearest to a decimal, rounded once (by way of a double it would be rounded twice)."""
    double = to_double(number)
    single = round_to_float32(double)
    if abs(double) == _FLOAT32_OVERFLOW and number.copy_abs() < Decimal(_FLOAT32_OVERFLOW):
        single = math.copysign(_FLOAT32_MAX, double)
    if single != double and math.isfinite(single):
        other = _neighbour(single, up=double > single)
        if abs(double - single) == abs(other - double):  # the double lies half way: the decimal itself decides
            exact = Decimal(double)
            if number != exact:
                single = max(single, other) if number > exact else min(single, other)
    return Float32(single)


def _neighbour(single: float, *, up: bool) -> float:
    bits: int = struct.unpack(">i", struct.pack(">f", single))[0]
    if single == 0:
        return math.copysign(1.401298464324817e-45, 1 if up else -1)
    bits += 1 if (single > 0) == up else -1
    neighbour: float = struct.unpack(">f", struct.pack(">i", bits))[0]
    return neighbour


def as_long(value: object, schema: Schema | None) -> int:
    """A number, text or date as 64 bits. Raises DataException with Connect's text."""
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return to_integer(value, 64)
    if isinstance(value, str):
        number = java_decimal(value)
        if number is not None:
            return to_integer(number, 64)
    elif schema is not None and isinstance(value, (dt.date, dt.time, Instant)):
        kind = _LOGICAL.get(schema.name or "")
        if kind is not None:
            stored: int = kind.from_logical(schema, value)
            return stored
    raise unable(value, schema, schema)


def as_double(value: object, schema: Schema | None) -> float:
    """A number or text as a double, else as :func:`as_long`."""
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return to_double(value)
    number = java_decimal(value) if isinstance(value, str) else None
    return float(as_long(value, schema)) if number is None else to_double(number)


def unable(value: object, schema: Schema | None, target: Schema | None) -> DataException:
    """Connect's refusal of a conversion to ``target``, or to a number. ``schema`` is that of the value."""
    shown = f"{java_str(value, schema)} (class {java_class_name(value, schema)})"
    return DataException(f"Unable to convert {shown} to {'a number' if target is None else target}")
