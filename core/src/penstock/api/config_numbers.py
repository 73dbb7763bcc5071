"""Numbers in configurations, read from text exactly as Java reads them."""

from __future__ import annotations

import re
from decimal import Decimal

from penstock.api.numerics import Int8, Int16, Int32, Int64

SHORT_BITS, INT_BITS, LONG_BITS = 16, 32, 64
_SIZED: dict[type[int], int] = {Int8: 8, Int16: SHORT_BITS, Int32: INT_BITS, Int64: LONG_BITS}
_INTEGER = re.compile(r"[+-]?\d+")
_DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_HEXADECIMAL = re.compile(r"[+-]?0[xX](?:[0-9a-fA-F]+\.?|[0-9a-fA-F]*\.[0-9a-fA-F]+)[pP][+-]?\d+", re.ASCII)
_NAMED = re.compile(r"[+-]?(?:NaN|Infinity)")


def parse_integer(text: str, bits: int) -> int | None:
    """The number of ``bits`` bits that the text spells in decimal digits, with a sign or without; None for anything else,
    also for blanks, underscores and numbers out of range."""
    if _INTEGER.fullmatch(text) is None or max(text) > "\uffff":  # Java looks at UTF-16 units, one by one
        return None
    number = int(text)
    return number if _fits(number, bits) else None


def parse_double(text: str) -> float | None:
    """The number that the text spells: decimal or hexadecimal, with an optional ``d`` or ``f`` behind; None otherwise."""
    if _NAMED.fullmatch(text):
        return float(text.replace("Infinity", "inf"))
    digits = text[:-1] if text[-1:] in ("d", "D", "f", "F") else text
    if _DECIMAL.fullmatch(digits):
        return float(digits)
    if _HEXADECIMAL.fullmatch(digits):
        return _from_hexadecimal(digits)
    return None


def plain_integer(value: object, widths: tuple[int, ...]) -> int | None:
    """A number given as a number. A plain ``int`` fits when it is in the range of the last of ``widths``; one that remembers
    its width (:mod:`penstock.api.numerics`) fits only when that is one of them; other Java numbers never do."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    bits = _SIZED.get(type(value))
    if bits is None and hasattr(value, "connect_name"):
        return None
    fits = _fits(value, widths[-1]) if bits is None else bits in widths
    return int(value) if fits else None


def plain_double(value: object) -> float | None:
    """Any number as a floating-point number."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return None
    return float(value)


def _fits(number: int, bits: int) -> bool:
    return -(1 << (bits - 1)) <= number < 1 << (bits - 1)


def _from_hexadecimal(digits: str) -> float:
    try:
        return float.fromhex(digits)
    except OverflowError:
        return float("-inf") if digits.startswith("-") else float("inf")
