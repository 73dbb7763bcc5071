"""Numbers of a JSON text, exactly, and their way to single precision."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterable
from decimal import Decimal

from penstock.api.javacast import to_double
from penstock.api.numerics import round_to_float32

MAX_DIGITS = 1000
"""Jackson refuses longer numbers."""

_REAL = re.compile(r"-?0*(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?")


def exact_decimal(text: str) -> Decimal:
    """The number that a JSON text spells, with its scale; a zero has no sign, as in Java.

    Raises ValueError for what Java's BigDecimal or Jackson's limits refuse.
    """
    found = _REAL.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no number")
    whole, fraction, exponent = found[1], found[2] or "", found[3] or "0"
    if len(whole) + len(fraction) + (len(found[3]) if found[3] else 0) > MAX_DIGITS:
        raise ValueError(f"a number of more than {MAX_DIGITS} digits")
    scale = len(fraction) - int(exponent)
    if not -(1 << 31) < scale < 1 << 31:
        raise ValueError(f"the exponent of {text!r} is out of range")
    number = Decimal(text)
    return number or number.copy_abs()


def to_float32(number: int | Decimal) -> float:
    """The nearest single-precision number. Rounding to a double first would round twice, so the double is made odd where it
    is not exact: then the second rounding sees on which side the number was."""
    double = to_double(number)
    if not math.isfinite(double) or double == number:
        return round_to_float32(double)
    below = double if double < number else math.nextafter(double, -math.inf)
    if not struct.unpack(">q", struct.pack(">d", below))[0] & 1:
        below = math.nextafter(below, math.inf)
    return round_to_float32(below)


_AS_SHAPE = bytes.maketrans(b"123456789,[ \t\r\nE", b"000000000::::::e")
_SIGNS = b"+-"
_MANY = MAX_DIGITS // 2 - 50
_NEGATIVE_ZERO = re.compile(rb"-0(?<=[:,\[ \t\r\n]-0)(?!\.0*[1-9])")
"""Beginning with what it looks for, it skips from hyphen to hyphen; a class of characters at its head would make it eight
times as slow."""
_ENDLESS = b"e0000000000"


def joined(texts: Iterable[bytes]) -> bytes:
    """The texts, each behind a line feed: what is looked for in a thousand texts is looked for once."""
    return b"\n".join([b"", *texts])


def shape_of(texts: bytes) -> bytes:
    """Joined texts with a zero for each digit, a colon for all that a number may follow, a small "e" for each, and no
    signs."""
    return texts.translate(_AS_SHAPE, _SIGNS)


def may_have_negative_zero(texts: bytes) -> bool:
    """Whether a number in joined texts might be a zero with a sign."""
    return _NEGATIVE_ZERO.search(texts) is not None


def may_exceed_limit(shape: bytes) -> bool:
    """Whether a number might have more digits than Jackson takes: before and behind its point together, so that half of them
    in a row are told, be they in a number or in a string."""
    return b"0" * _MANY in shape


def may_exceed_long(shape: bytes) -> bool:
    """Whether an integer might be beyond a long: 19 digits that come where a number may begin."""
    return shape.rfind(b":0000000000000000000") >= 0  # backwards, colons are what it stops at, not zeros


def may_exceed_int_exponent(shape: bytes) -> bool:
    """Whether a number might have an exponent that Java's decimals have not: 10 digits behind an "e". Parsers that know doubles
    only take such a number for a zero. Hexadecimal digits in a string look alike, so what stands before the "e" is looked at
    as well: digits and a point, back to where a number may begin."""
    at = shape.rfind(_ENDLESS)
    while at >= 0:
        if shape[max(0, at - MAX_DIGITS - 1) : at].rstrip(b"0.").endswith(b":"):
            return True
        at = shape.rfind(_ENDLESS, 0, at)
    return False
