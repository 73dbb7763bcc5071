"""Floating-point numbers as Java prints them."""

from __future__ import annotations

from decimal import Decimal

from penstock.api.numerics import round_to_float32

_INFINITY = float("inf")
_LONG_LIMIT = float(1 << 63)


def java_double(value: float) -> str:
    """A double's text: ``1.0``, ``1.0E10``, ``NaN``, ``-Infinity``; the fewest digits that tell it from its neighbours."""
    magnitude = abs(value)
    if 1e-3 <= magnitude < 1e7:
        return float.__repr__(value)  # within these bounds Python writes no exponent either, and always a fraction
    if magnitude < _LONG_LIMIT and value == (whole := int(value)):
        return _whole(whole, 53) if whole else float.__repr__(value)
    if value != value:
        return "NaN"
    if magnitude == _INFINITY:
        return "Infinity" if value > 0 else "-Infinity"
    # Java gives at least two digits, and of these the nearest to the number: 4.9E-324, where Python says 5e-324.
    text = float.__repr__(value)
    return _scientific(text if "." in text else f"{value:.1e}")


def java_float(value: float) -> str:
    """A float's text (single precision); ``value`` is rounded to one first."""
    value = round_to_float32(value)
    magnitude = abs(value)
    if value != value or value == 0 or magnitude == _INFINITY:
        return java_double(value)
    if magnitude >= 1e7 and magnitude < _LONG_LIMIT and value == (whole := int(value)):
        return _whole(whole, 24)
    text = next(text for digits in range(1, 10) if round_to_float32(float(text := f"{value:.{digits}e}")) == value)
    if 1e-3 <= magnitude < 1e7:
        return repr(float(text))
    return _scientific(text)


def _whole(value: int, precision: int) -> str:
    """A whole number of at least 1e7 that fits a long. Java (before 19) goes by its decimal digits, less those that the
    type's binary ``precision`` cannot tell, and not by the shortest text."""
    digits = abs(value)
    beyond = digits.bit_length() - precision - 2
    if beyond > 1:
        unit = 10 ** (beyond * 1233 >> 12)  # decimal digits in so many bits
        quotient, rest = divmod(digits, unit)
        digits = (quotient + 1 if rest and 2 * rest >= unit else quotient) * unit
    return _scientific(f"{'-' if value < 0 else ''}{digits}")


def _scientific(text: str) -> str:
    sign, digits, exponent = Decimal(text).as_tuple()
    assert isinstance(exponent, int)  # a finite number
    fraction = "".join(map(str, digits[1:])).rstrip("0") or "0"
    return f"{'-' if sign else ''}{digits[0]}.{fraction}E{exponent + len(digits) - 1}"
