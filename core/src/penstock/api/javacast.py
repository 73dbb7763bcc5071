"""Numbers from one width to another as Java casts them: nothing raises, bits are lost."""

from __future__ import annotations

from decimal import Decimal


def to_integer(value: float | Decimal, bits: int) -> int:
    """A number as a signed integer of so many bits.

    Integers and decimals keep their low bits. Floats go to the nearest end of an int or long first, a NaN to 0 (so
    1e300 as 16 bits is -1).
    """
    if isinstance(value, float):
        value = _saturated(value, 64 if bits == 64 else 32)
    elif isinstance(value, Decimal):
        value = _truncated(value)
    half = 1 << (bits - 1)
    return (int(value) + half) % (2 * half) - half


def _saturated(value: float, bits: int) -> int:
    if value != value:
        return 0
    limit = 1 << (bits - 1)
    if value >= limit:
        return limit - 1
    return -limit if value <= -limit else int(value)


def _truncated(value: Decimal) -> int:
    # A text may spell an exponent of billions: what leaves no trace in 64 bits is not computed.
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or exponent >= 64 or value.adjusted() < 0:
        return 0
    return int(value)


def to_double(value: float | Decimal) -> float:
    """A number as a double; an infinity when it is too large."""
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
