"""Floating-point numbers as text, digit for digit as Java's ``Double.toString`` and ``Float.toString`` (up to Java 18) do.

Connect's JSON, its string conversions and so its record bytes hold numbers in this form: ``1.0E10``, ``0.001``,
``1.23456792E8``. Java of those years doesn't always print the shortest text that reads back as the same number: powers of
two, numbers below the normal range and whole numbers beyond 2^53 (2^24) get more digits. So the digits of ``repr`` are taken
where they are known to be the same (:func:`_shortest_is_javas`), else Java's digit generation is followed step by step. Checked
against Java 17 for tens of millions of random numbers.
"""

from __future__ import annotations

import math
import struct
from typing import NamedTuple

_SIGNIFICAND_BITS = 52
_SHORTEST_IS_SAFE_BELOW = float(1 << 53)
_SMALLEST_NORMAL = 2.2250738585072014e-308


class _Digits(NamedTuple):
    """The number 0.d1d2d3… × 10^exponent."""

    digits: str
    exponent: int


def double_text(value: float) -> str:
    """What ``Double.toString`` returns: also ``NaN``, ``Infinity`` and ``-0.0``."""
    if not math.isfinite(value) or value == 0.0:
        return _special(value)
    magnitude = abs(value)
    if _shortest_is_javas(magnitude):
        found = _digits_of_repr(repr(magnitude))
    else:
        mantissa, exponent = math.frexp(magnitude)
        fraction = int(math.ldexp(mantissa, _SIGNIFICAND_BITS + 1))
        significant = _SIGNIFICAND_BITS + 1
        if magnitude < _SMALLEST_NORMAL:
            significant -= -1021 - exponent
        found = _java_digits(fraction, exponent - 1, significant)
    return _layout(found, negative=value < 0)


def float_text(value: float) -> str:
    """What ``Float.toString`` returns for the single-precision number nearest to ``value`` (beyond the range: infinity)."""
    if not math.isfinite(value):
        return _special(value)
    try:
        (value,) = struct.unpack("<f", struct.pack("<f", value))
    except OverflowError:
        value = math.copysign(math.inf, value)
    if not math.isfinite(value) or value == 0.0:
        return _special(value)
    mantissa, exponent = math.frexp(abs(value))
    fraction = int(math.ldexp(mantissa, _SIGNIFICAND_BITS + 1))
    significant = 24
    if exponent < -125:
        significant -= -125 - exponent
    return _layout(_java_digits(fraction, exponent - 1, significant), negative=value < 0)


def _special(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return "-0.0" if math.copysign(1.0, value) < 0 else "0.0"


def _shortest_is_javas(magnitude: float) -> bool:
    """Java stops at the first digit that tells the number from its neighbours, as ``repr`` does, but takes the gap below a
    power of two for half as wide, rounds large whole numbers early, and wants two digits where few are significant."""
    return _SMALLEST_NORMAL * 2.0**60 < magnitude < _SHORTEST_IS_SAFE_BELOW and math.frexp(magnitude)[0] != 0.5


def _digits_of_repr(text: str) -> _Digits:
    significand, _, power = text.partition("e")
    whole, _, fraction = significand.partition(".")
    exponent = len(whole) + (int(power) if power else 0)
    digits = whole + fraction
    stripped = digits.lstrip("0")
    exponent -= len(digits) - len(stripped)
    return _Digits(stripped.rstrip("0"), exponent)


def _layout(number: _Digits, *, negative: bool) -> str:
    digits, exponent = number
    if 0 < exponent < 8:
        text = f"{digits[:exponent].ljust(exponent, '0')}.{digits[exponent:] or '0'}"
    elif -3 < exponent <= 0:
        text = f"0.{'0' * -exponent}{digits}"
    else:
        text = f"{digits[0]}.{digits[1:] or '0'}E{exponent - 1}"
    return "-" + text if negative else text


def _java_digits(fraction: int, binary_exponent: int, significant: int) -> _Digits:
    """Java's digits of ``fraction`` × 2^(binary_exponent - 52), where ``fraction`` has 53 bits, of which the first
    ``significant`` are precise."""
    trailing = (fraction & -fraction).bit_length() - 1
    used = _SIGNIFICAND_BITS + 1 - trailing
    fractional_bits = max(0, used - binary_exponent - 1)
    if fractional_bits == 0 and binary_exponent <= 62:
        return _whole_number(fraction, binary_exponent, significant)
    return _generate(fraction >> trailing, used, binary_exponent, significant)


def _whole_number(fraction: int, binary_exponent: int, significant: int) -> _Digits:
    shift = binary_exponent - _SIGNIFICAND_BITS
    number = fraction << shift if shift >= 0 else fraction >> -shift
    dropped = 0
    if binary_exponent > significant:
        # as many decimal digits as the bits beyond the precise ones could spell
        dropped = len(str(1 << (binary_exponent - significant - 1))) - 1
        number, rest = divmod(number, 10**dropped)
        if dropped and rest >= 10**dropped // 2:
            number += 1
    digits = str(number)
    return _Digits(digits.rstrip("0"), len(digits) + dropped)


def _generate(fraction: int, used: int, binary_exponent: int, significant: int) -> _Digits:
    """Long division of value by power of ten, digit by digit, until what is left is less than half a unit of the last
    precise bit (``margin``), from below or above."""
    fractional_bits = max(0, used - binary_exponent - 1)
    exponent = _estimate(fraction, used, binary_exponent)
    five_up, five_down = max(0, -exponent), max(0, exponent)
    value_twos = five_up + fractional_bits + binary_exponent
    scale_twos = five_down + fractional_bits
    margin_twos = value_twos - significant
    value_twos -= used - 1
    common = min(value_twos, scale_twos)
    value_twos, scale_twos, margin_twos = value_twos - common, scale_twos - common, margin_twos - common
    if used == 1:
        margin_twos -= 1  # Java's way of telling that the neighbour below a power of two is nearer: on both sides
    if margin_twos < 0:
        value_twos, scale_twos, margin_twos = value_twos - margin_twos, scale_twos - margin_twos, 0
    width = _machine_width(used + value_twos, five_up, scale_twos + 1, five_down + 1)
    value = fraction * 5**five_up << value_twos
    scale = 5**five_down << scale_twos
    margin = 5**five_up << margin_twos
    ten_scale = scale * 10

    def stop(rest: int) -> tuple[bool, bool]:
        if width is None:
            return rest < margin, rest + margin >= ten_scale
        if margin <= 0:  # overflowed, so it was large
            return True, True
        return rest < margin, _wrapped(rest + margin, width) > ten_scale

    quotient, rest = divmod(value, scale)
    rest, margin = rest * 10, _wrapped(margin * 10, width)
    low, high = stop(rest)
    digits = []
    if quotient == 0 and not high:
        exponent -= 1
    else:
        digits.append(quotient)
    if exponent < -3 or exponent >= 8:
        low = high = False  # Java: at least one digit after the point
    while not low and not high:
        quotient, rest = divmod(rest, scale)
        rest, margin = rest * 10, _wrapped(margin * 10, width)
        low, high = stop(rest)
        digits.append(quotient)
    if high:
        beyond_half = 1 if not low else rest * 2 - ten_scale
        if beyond_half > 0 or (beyond_half == 0 and digits[-1] % 2 == 1):
            exponent += _round_up(digits)
    return _Digits("".join(map(str, digits)).rstrip("0") or "0", exponent + 1)


def _machine_width(value_bits: int, value_fives: int, scale_bits: int, scale_fives: int) -> int | None:
    """How wide the integers are that Java divides; None for its big ones. A sum that overflows changes the last digit."""
    widest = max(value_bits + _bits_of_five(value_fives), scale_bits + _bits_of_five(scale_fives))
    if widest < 64:
        return 32 if widest < 32 else 64
    return None


def _wrapped(number: int, width: int | None) -> int:
    if width is None:
        return number
    half = 1 << (width - 1)
    return (number + half) % (2 * half) - half


def _estimate(fraction: int, used: int, binary_exponent: int) -> int:
    """The power of ten of the first digit, or one more: Java's straight line for the logarithm."""
    mantissa = math.ldexp(fraction, 1 - used)
    return math.floor((mantissa - 1.5) * 0.289529654 + 0.176091259 + binary_exponent * 0.301029995663981)


def _bits_of_five(power: int) -> int:
    if power < 27:
        return 0 if power == 0 else (5**power).bit_length()
    return power * 3


def _round_up(digits: list[int]) -> int:
    """Add one to the last digit; 1 when that makes the number a power of ten longer, else 0."""
    index = len(digits) - 1
    while index >= 0 and digits[index] == 9:
        digits[index] = 0
        index -= 1
    if index >= 0:
        digits[index] += 1
        return 0
    digits[0] = 1
    return 1
