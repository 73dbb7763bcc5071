"""JSON text byte for byte as Jackson writes it; each expected text was printed by Connect 4.3.1 on Java 17."""

from __future__ import annotations

import math
import struct
from collections import OrderedDict
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.api.numerics import Float32, Int8
from penstock.jackson import Fragment, dumps, loads
from penstock.javafloat import double_text, float_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (0, "0"),
        ({}, "{}"),
        ([], "[]"),
        ((1, "a"), '[1,"a"]'),
        ({"b": 1, "a": [None, {"c": False}]}, '{"b":1,"a":[null,{"c":false}]}'),
        (
            "\x00\x01\x0b\x1f\x7f\x80é\u2028\u2029\ufeff\uffff",
            '"\\u0000\\u0001\\u000B\\u001F\x7f\x80é\u2028\u2029\ufeff\uffff"',
        ),
        ("/\"\\\b\f\n\r\t'<>&", '"/\\"\\\\\\b\\f\\n\\r\\t\'<>&"'),
        ("\\u001b \x1b \\\x1b", '"\\\\u001b \\u001B \\\\\\u001B"'),
        ("한국", '"한국"'),
        ("😀", '"\\uD83D\\uDE00"'),
        ({"x😀\x1f": 1}, '{"x\\uD83D\\uDE00\\u001F":1}'),
        ("x\ud83dy", '"x\\uD83Dy"'),
        ({"\ude00z": "\ude00\ud83d"}, '{"\\uDE00z":"\\uDE00\\uD83D"}'),
        (2**63 - 1, "9223372036854775807"),
        (-(2**200), str(-(2**200))),
        (1.5, "1.5"),
        (100.0, "100.0"),
        (1e7, "1.0E7"),
        (9999999.0, "9999999.0"),
        (0.001, "0.001"),
        (0.0009, "9.0E-4"),
        (-0.0, "-0.0"),
        (1e21, "1.0E21"),
        (math.nan, '"NaN"'),
        (math.inf, '"Infinity"'),
        ({"a": [None, -math.inf]}, '{"a":[null,"-Infinity"]}'),
        ({"a": (None, {"b": math.nan})}, '{"a":[null,{"b":"NaN"}]}'),
        (Float32(12.34), "12.34"),
        ({"f": [Float32(123456792.0), 0.1, "s"]}, '{"f":[1.23456792E8,0.1,"s"]}'),
        ({"a": Int8(-3)}, '{"a":-3}'),
        (MappingProxyType({"a": OrderedDict(b=1)}), '{"a":{"b":1}}'),
        ([Fragment(b'{"a":1e5}'), 1e10], '[{"a":1e5},1.0E10]'),
    ],
)
def test_writes_as_jackson(value: object, text: str) -> None:
    assert dumps(value).decode() == text


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({1: 2}, "a key of a JSON object must be a str, not int"),
        ([b"x"], "bytes cannot be written as JSON"),
        ({"a": {1, 2}}, "set cannot be written as JSON"),
    ],
)
def test_refuses_what_json_has_no_word_for(value: object, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        dumps(value)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_reads_what_it_writes(value: object) -> None:
    assert loads(dumps(value)) == value


@given(st.floats())
def test_fast_and_careful_path_agree_on_numbers(value: float) -> None:
    text = double_text(value)
    expected = text if math.isfinite(value) else f'"{text}"'
    assert dumps([value, None]).decode() == f"[{expected},null]"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-0", 0),
        ("123456789012345678901234567890", 123456789012345678901234567890),
        ('{"a":[18446744073709551616,1.5]}', {"a": [18446744073709551616, 1.5]}),
        ('{"a":1,"a":2}', {"a": 2}),
        (r'"\ud800"', "\ud800"),
        (r'"\ud83d\ude00"', "😀"),
        (b'{"a":1e300}', {"a": 1e300}),
    ],
)
def test_reads(text: str | bytes, value: object) -> None:
    assert loads(text) == value


@pytest.mark.parametrize(
    "text", ["", "{", "NaN", "[1,]", "'a'", r'["\ud800",NaN]', "[11111111111111111111,Infinity]", b"\xff"]
)
def test_refuses_malformed_text(text: str | bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # the texts are the parsers'
        loads(text)


def test_a_number_that_is_none_is_named() -> None:
    with pytest.raises(ValueError, match="NaN is not a JSON number"):
        loads(r'["\ud800",NaN]')


@pytest.mark.parametrize(
    ("bits", "text"),
    [
        ("3ff0000000000000", "1.0"),
        ("0000000000000001", "4.9E-324"),
        ("0000000000000003", "1.5E-323"),
        ("000fffffffffffff", "2.225073858507201E-308"),
        ("0010000000000000", "2.2250738585072014E-308"),
        ("7fefffffffffffff", "1.7976931348623157E308"),
        ("3d30000000000000", "5.6843418860808015E-14"),
        ("44b52d02c7e14af6", "9.999999999999999E22"),
        ("44b52d02c7e14af7", "1.0000000000000001E23"),
        ("4341c37937e08000", "1.0E16"),
        ("43e0000000000000", "9.223372036854776E18"),
        ("454231492fdc5975", "4.3986821543542185E25"),
        ("c54811f98e9dc0d2", "-5.819820683363234E25"),
        ("3f1a36e2eb1c432d", "1.0E-4"),
        ("bfb999999999999a", "-0.1"),
    ],
)
def test_double_text(bits: str, text: str) -> None:
    (value,) = struct.unpack(">d", bytes.fromhex(bits))
    assert double_text(value) == text


@pytest.mark.parametrize(
    ("bits", "text"),
    [
        ("00000001", "1.4E-45"),
        ("3727c5ac", "1.0E-5"),
        ("3a83126f", "0.001"),
        ("4ceb79a3", "1.23456792E8"),
        ("501502f9", "1.0E10"),
        ("7f7fffff", "3.4028235E38"),
        ("69000000", "9.6714065E24"),
        ("3d3943df", "0.045230743"),
        ("80000000", "-0.0"),
        ("7f800000", "Infinity"),
        ("ff800000", "-Infinity"),
        ("7fc00000", "NaN"),
    ],
)
def test_float_text(bits: str, text: str) -> None:
    (value,) = struct.unpack(">f", bytes.fromhex(bits))
    assert float_text(value) == text


def test_float_text_rounds_a_double_first() -> None:
    assert float_text(0.1) == "0.1"
    assert float_text(1e39) == "Infinity"
    assert float_text(-1e39) == "-Infinity"
    assert float_text(1e-50) == "0.0"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_double_text_reads_back(value: float) -> None:
    assert float(double_text(value)) == value


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_float_text_reads_back(value: float) -> None:
    (again,) = struct.unpack("<f", struct.pack("<f", float(float_text(value))))
    assert again == value
