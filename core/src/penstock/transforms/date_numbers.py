"""Whole numbers at a place in a text, as Java's integer ``NumberFormat`` reads them for dates."""

from __future__ import annotations

import re

_INT_MAX = (1 << 31) - 1
_INT_MIN = -(1 << 31)
_LONG_MAX = (1 << 63) - 1
_LARGEST_EXPONENT = 400
_NUMBER = re.compile(r"(?P<digits>-?\d+)(?:E(?P<exponent>-?\d+))?|(?P<infinity>-?∞)|NaN")


def read_number(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The number that begins at ``start`` and the place behind it, looking no further than ``end``; None when there is none.

    Digits of any script count, and an exponent (``1E2``). Numbers are 32 bits wide: longs keep their low bits, larger ones
    go to the nearest end.
    """
    found = _NUMBER.match(text, start, end)
    if found is None:
        return None
    if found["infinity"]:
        return (_INT_MIN if found[0].startswith("-") else _INT_MAX), found.end()
    if not found["digits"]:
        return 0, found.end()
    number = _scaled(int(found["digits"]), int(found["exponent"] or 0))
    if -_LONG_MAX - 1 <= number <= _LONG_MAX:
        return (number - _INT_MIN) % (1 << 32) + _INT_MIN, found.end()
    return (_INT_MAX if number > 0 else _INT_MIN), found.end()


def _scaled(number: int, exponent: int) -> int:
    if exponent >= 0:
        factor: int = 10 ** min(exponent, _LARGEST_EXPONENT)
        return number * factor
    divisor: int = 10 ** min(-exponent, _LARGEST_EXPONENT)
    whole = abs(number) // divisor
    return -whole if number < 0 else whole
