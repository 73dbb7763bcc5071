"""What is looked for in many texts at once is found exactly where a number is, and not in strings that look alike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.api import DataException
from penstock.converters.json import JsonConverter
from penstock.converters.json_numbers import (
    joined,
    may_exceed_int_exponent,
    may_exceed_long,
    may_have_negative_zero,
    shape_of,
)


@pytest.mark.parametrize(
    "number", ["1e9999999999", "1E-9999999999", "-1.5e+99999999999", "0e12345678901", "0.10e-1234567890"]
)
@pytest.mark.parametrize("around", [b"%b", b"[1,%b]", b'{"a":%b}', b'{"a": %b}', b"[\t%b]", b"\n%b"])
def test_endless_exponents_are_found_wherever_a_number_may_stand(number: str, around: bytes) -> None:
    assert may_exceed_int_exponent(shape_of(joined([b"1", around % number.encode(), b"2"])))


@pytest.mark.parametrize(
    "text", [b'"9e0123456789"', b'{"id":"c4ca1e9999999999"}', b"[1e999999999]", b'"0.1ae0000000000"']
)
def test_hexadecimal_texts_are_no_exponents(text: bytes) -> None:
    assert not may_exceed_int_exponent(shape_of(joined([text, text])))


@pytest.mark.parametrize("text", [b"-0", b"-0.0", b'{"a":-0e1}', b"[1, -0.000]", b"[0,-0.0e5]", b"\t-0"])
def test_negative_zeros_are_found(text: bytes) -> None:
    assert may_have_negative_zero(joined([b"1", text]))


@pytest.mark.parametrize("text", [b'"SKU-00031"', b"-1.0", b"1e-05", b'{"at":"2025-01-01"}', b"[1, -0.5]", b"-0.001"])
def test_hyphens_and_exponents_are_no_negative_zeros(text: bytes) -> None:
    assert not may_have_negative_zero(joined([b"1", text]))


@given(st.integers(), st.sampled_from([b"%d", b"[%d]", b'{"a":%d}', b"[0, %d]"]))
def test_no_integer_beyond_a_long_is_missed(number: int, around: bytes) -> None:
    if not -(1 << 63) <= number < 1 << 63:
        assert may_exceed_long(shape_of(joined([b"1", around % number])))


def test_one_endless_exponent_leaves_its_neighbours_on_the_fast_way() -> None:
    converter = JsonConverter()
    settings = {"schemas.enable": "false", "converter.type": "value"}
    converter.use_config(settings)
    converter.configure(settings, is_key=False)
    with pytest.raises(DataException):
        converter.to_connect_data("t", None, b"1e9999999999")
    texts = [b'{"id":"c4ca1e9999999999"}', b"[2]", b"3"]
    runs = converter.to_connect_data_batch("t", texts)
    assert [value for run in runs for value in run.values] == [{"id": "c4ca1e9999999999"}, [2], 3]
