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


def varints(column: Sequence[int]) -> list[bytes]:
    """A column of integers."""
    zigzag = [number + number if number >= 0 else -number - number - 1 for number in column]
    most = max(zigzag, default=0)
    if most <= _LIMB:
        return [_LAST[rest] for rest in zigzag]
    if most < 1 << 28:
        return [_MORE[rest & _LIMB] + _LAST[rest >> 14] if rest > _LIMB else _LAST[rest] for rest in zigzag]
    if most < 1 << 42:
        return [
            _MORE[rest & _LIMB] + _MORE[rest >> 14 & _LIMB] + _LAST[rest >> 28] if rest >> 28 else _unsigned(rest)
            for rest in zigzag
        ]
    return list(map(_unsigned, zigzag))


def text_bytes(text: str) -> bytes:
    """UTF-8. Halves of surrogate pairs become question marks, as in Java."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        return whole.encode("utf-8", "replace")
