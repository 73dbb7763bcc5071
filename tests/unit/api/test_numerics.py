"""Numbers with a width, casts, equality and keys."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.api import Float32, Float64, FrozenMap, Int8, Int16, Int32, Int64, as_key, same_value
from penstock.api.javacast import to_double, to_integer
from penstock.api.numerics import round_to_float32


def test_sized_ints_are_ints_of_a_range() -> None:
    assert Int8(5) + 1 == 6
    assert (repr(Int16(7)), str(Int32(7)), f"{Int64(7)}") == ("Int16(7)", "7", "7")
    with pytest.raises(ValueError, match=r"^Int8 holds -128 to 127, not 128$"):
        Int8(128)
    with pytest.raises(ValueError, match=r"Int64 holds"):
        Int64(1 << 63)


def test_floats_are_rounded_once() -> None:
    assert Float32(0.1) == round_to_float32(0.1) != 0.1
    assert Float32(1e39) == math.inf
    assert Float32(-1e39) == -math.inf
    assert math.isnan(Float32("nan"))
    assert (repr(Float32(0.5)), repr(Float64(0.1))) == ("Float32(0.5)", "Float64(0.1)")


@pytest.mark.parametrize(
    ("value", "bits", "cast"),
    [
        (300, 8, 44),
        (1e300, 32, 2**31 - 1),
        (math.inf, 8, -1),
        (-math.inf, 64, -(2**63)),
        (math.nan, 64, 0),
        (1e300, 64, 2**63 - 1),
        (-1.9, 16, -1),
        (Decimal("-1.9"), 16, -1),
        (Decimal("1e1000000000"), 64, 0),
        (Decimal("1e-1000000000"), 64, 0),
        (Decimal(9223372036854775808), 64, -(2**63)),
        (1 << 70, 64, 0),
    ],
)
def test_casts_lose_as_java_does(value: float | Decimal, bits: int, cast: int) -> None:
    assert to_integer(value, bits) == cast


def test_too_large_for_a_double() -> None:
    assert to_double(10**400) == math.inf
    assert to_double(-(10**400)) == -math.inf
    assert to_double(Decimal("1e400")) == math.inf


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (1, Int64(1), True),
        (1, Int32(1), False),
        (1, True, False),
        (1, 1.0, False),
        (1.0, Float64(1.0), True),
        (1.0, Float32(1.0), False),
        (math.nan, float("nan"), True),
        (0.0, -0.0, False),
        (Float32(0.0), Float32(-0.0), False),
        (Decimal("1.0"), Decimal("1.00"), False),
        (Decimal("1.0"), Decimal("1.0"), True),
        (b"a", bytearray(b"a"), True),
        ([1, [2.0]], (1, (2.0,)), True),
        ([1], [1, 2], False),
        ({"a": 1}, {"a": 1}, True),
        ({"a": 1}, {"a": 1.0}, False),
        ({1: "x"}, {True: "x"}, False),
        ({1: "x"}, {2: "x"}, False),
        ({1: "x"}, {}, False),
        (FrozenMap({1: 2}), {1: 2}, True),
        (None, 0, False),
    ],
)
def test_same_value(one: object, other: object, same: bool) -> None:
    assert same_value(one, other) is same
    assert same_value(other, one) is same


def test_keys() -> None:
    key = as_key({"a": [1, {"b": bytearray(b"x")}]})
    assert {key: 1}[as_key({"a": (1, {"b": b"x"})})] == 1
    assert key == {"a": (1, {"b": b"x"})}
    assert isinstance(key, FrozenMap)
    with pytest.raises(TypeError, match=r"a FrozenMap is a key of a map and cannot be changed"):
        key["c"] = 1
    with pytest.raises(TypeError, match=r"cannot be changed"):
        key.pop("a")


@given(st.integers(), st.sampled_from([8, 16, 32, 64]))
def test_integers_keep_their_low_bits(value: int, bits: int) -> None:
    cast = to_integer(value, bits)
    assert -(1 << (bits - 1)) <= cast < 1 << (bits - 1)
    assert (cast - value) % (1 << bits) == 0
