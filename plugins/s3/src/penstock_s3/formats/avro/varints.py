"""Avro's numbers: zigzag integers of variable length, a column at a time.

Integers are put together from two tables of 14 bits each: in Python a look-up costs less than a loop.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

_BITS = 14
_LIMB = (1 << _BITS) - 1
_MORE = [bytes((limb & 127 | 128, limb >> 7 | 128)) for limb in range(1 << _BITS)]
"""14 bits that others follow."""
_LAST = [bytes((limb,)) if limb < 128 else bytes((limb & 127 | 128, limb >> 7)) for limb in range(1 << _BITS)]
"""The last 14 bits, or fewer."""

_EVEN = _LIMB >> 1
_EVEN_MORE, _EVEN_LAST = _MORE[::2], _LAST[::2]

pack_double = struct.Struct("<d").pack
pack_float = struct.Struct("<f").pack


def varint(number: int) -> bytes:
    """One integer."""
    return _unsigned(number << 1 if number >= 0 else ~number << 1 | 1)


def _unsigned(rest: int) -> bytes:
    done = b""
    while rest > _LIMB:
        done += _MORE[rest & _LIMB]
        rest >>= _BITS
    return done + _LAST[rest]


def varints_between(least: int, most: int, column: Sequence[int]) -> list[bytes]:
    """A column whose least and greatest are known."""
    return _naturals(column, least, most) if least >= 0 else list(map(varint, column))


def _naturals(column: Sequence[int], least: int, most: int) -> list[bytes]:
    """Integers that are not negative. Zigzag only doubles them, so that the first limb holds their last 13 bits."""
    if most <= _EVEN:
        return list(map(_EVEN_LAST.__getitem__, column))
    low, high = least >> 13, most >> 13
    if low and high - low <= len(
        column
    ):  # as numbers and times of neighbours are: they share what stands behind the limb
        rests = [_unsigned(rest) for rest in range(low, high + 1)]
        return [_EVEN_MORE[number & _EVEN] + rests[(number >> 13) - low] for number in column]
    if high <= _LIMB:
        return [
            _EVEN_MORE[number & _EVEN] + _LAST[number >> 13] if number > _EVEN else _EVEN_LAST[number]
            for number in column
        ]
    return [
        _EVEN_MORE[number & _EVEN] + _unsigned(number >> 13) if number > _EVEN else _EVEN_LAST[number]
        for number in column
    ]


def text_bytes(text: str) -> bytes:
    """UTF-8. Halves of surrogate pairs become question marks, as in Java."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        return whole.encode("utf-8", "replace")
