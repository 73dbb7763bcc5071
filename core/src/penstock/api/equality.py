"""When two values are the same to Connect.

Python and Java disagree: ``True == 1 == 1.0`` in Python, never in Java; Java's decimals differ when their scales do; its NaN
equals itself and its zeros have signs. Schemas (for defaults), structs and records compare with these rules, because what
they guard, such as a cached encoder, depends on the class. Byte strings compare by content wherever they stand.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from penstock.api.keys import FrozenMap
from penstock.api.numerics import Float32, Float64, Int8, Int16, Int32, Int64


def same_value(a: object, b: object) -> bool:
    """Whether two Connect values are equal, class and content, all the way down."""
    if a is b:
        return True
    kind = _KINDS.get(type(a), type(a))
    if kind is not _KINDS.get(type(b), type(b)):
        return False
    compare = _COMPARE.get(kind)
    return a == b if compare is None else compare(a, b)


def _same_float(a: float, b: float) -> bool:
    if a == b:
        return a != 0 or math.copysign(1, a) == math.copysign(1, b)
    return a != a and b != b  # only NaN differs from itself


def _same_decimal(a: Decimal, b: Decimal) -> bool:
    return a == b and a.as_tuple().exponent == b.as_tuple().exponent


def same_sequence(a: Sequence[object], b: Sequence[object]) -> bool:
    """Whether two sequences hold the same values in the same order."""
    return len(a) == len(b) and all(map(same_value, a, b))


def _same_mapping(a: Mapping[object, object], b: Mapping[object, object]) -> bool:
    if len(a) != len(b):
        return False
    keys = {key: key for key in b}
    for key, value in a.items():
        if key not in b or not same_value(key, keys[key]) or not same_value(value, b[key]):
            return False
    return True


# One kind for what is one class in Java.
_KINDS: dict[type, type] = {Int64: int, Float64: float, bytearray: bytes, tuple: list, FrozenMap: dict}

_COMPARE: dict[type, Callable[..., bool]] = {
    float: _same_float,
    Float32: _same_float,
    Decimal: _same_decimal,
    list: same_sequence,
    dict: _same_mapping,
    int: int.__eq__,
    Int8: int.__eq__,
    Int16: int.__eq__,
    Int32: int.__eq__,
}
