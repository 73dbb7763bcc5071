"""Columns that are written as they were read, unseen; they and all others hold what single texts hold."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from penstock.api.equality import same_value
from penstock.converters import JsonConverter
from penstock.converters.json_column import JsonColumn
from penstock.converters.json_parsers import LEVELS
from penstock.jackson import dumps

ORDINARY = [0.0, 0.001, 0.01, -0.25, 1.5, 9999999.999999998, -9999999.5, 100.0]
STRANGE = [1e7, -1e7, 12345678.5, 1e16, 1.5e300, 0.0009999, 1e-4, -1.25e-5, 1e-6, -5e-7, 1.5e-9, 5e-324]
TEXTS = [
    "0.000",
    "1e-5,",
    "10.0001",
    "[0.0001]",
    "SKU-0005",
    "3e4e-123",
    "\u00e9 \U0001f600 \x0b \x7f \\ /",
    "-0",
    "9" * 20,
]

numbers = (
    st.sampled_from([*ORDINARY, *STRANGE])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.floats(-2e7, 2e7)
    | st.floats(-0.002, 0.002)
    | st.integers(-(1 << 66), 1 << 66)
    | st.sampled_from([(1 << 63) - 1, 1 << 63, -(1 << 63), -(1 << 63) - 1])
)
values = st.recursive(
    st.none() | st.booleans() | numbers | st.sampled_from(TEXTS) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(TEXTS) | st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


def made() -> JsonConverter:
    converter = JsonConverter()
    converter.configure({"schemas.enable": "false"}, False)
    return converter


def column_of(texts: list[bytes]) -> Any:
    runs = made().to_connect_data_batch("t", texts)
    assert len(runs) == 1
    return runs[0].values


@settings(max_examples=400, deadline=None)
@given(st.lists(values, min_size=1, max_size=5), st.booleans())
@example([[0.0001], {"a": 5e-324}, 1.5e-7], False)
@example([{"n": number} for number in (*ORDINARY, *STRANGE)], True)
def test_what_was_read_is_written_as_jackson_does(drawn: list[object], spaced: bool) -> None:
    separators = (" , ", "\t: ") if spaced else (",", ":")
    texts = [
        json.dumps(value, separators=separators, ensure_ascii=spaced).encode("utf-8", "surrogatepass")
        for value in drawn
    ]
    converter = made()
    column = column_of(texts)
    singly = [converter.to_connect_data("t", None, text).value for text in texts]
    assert same_value([*column], singly)
    expected = b"".join(dumps(value) + b"\n" for value in singly)
    assert converter.plain_lines(None, column) == expected
    assert converter.plain_lines(None, singly) == expected


def test_ordinary_columns_need_no_look() -> None:
    texts = [json.dumps({"a": [number, None, True], "0.0001": "1e-5"}).encode() for number in ORDINARY]
    column = column_of(texts)
    assert isinstance(column, JsonColumn)
    assert made().plain_lines(None, column) == b"".join(text.replace(b" ", b"") + b"\n" for text in texts)


@pytest.mark.parametrize(
    "text",
    [
        b"10000000.5",
        b'{"a":1e7}',
        b"[-1e300]",
        b"-0.0",
        b"9223372036854775808",
        b"[" * (LEVELS + 1) + b"]" * (LEVELS + 1),
        b"1e400",
        b"1 2",
        b"",
    ],
)
def test_one_strange_text_makes_an_ordinary_list(text: bytes) -> None:
    column = column_of([b"[1]", text, b'{"b":2}'])
    assert type(column) is list
    assert same_value(column, [[1], made().to_connect_data("t", None, text).value, {"b": 2}])


@pytest.mark.parametrize(
    ("number", "java"),
    [
        ("0.0001", "1.0E-4"),
        ("-0.00012", "-1.2E-4"),
        ("1e-7", "1.0E-7"),
        ("-1.5e-7", "-1.5E-7"),
        ("0.0000012e1", "1.2E-5"),
        ("12345678.5", "1.23456785E7"),
        ("-1e7", "-1.0E7"),
        ("1e16", "1.0E16"),
        ("-2.5e20", "-2.5E20"),
    ],
)
@pytest.mark.parametrize(
    "around",
    ["%s", "[%s]", "[1,%s,2]", '{"a":%s}', '{"a":%s,"b":1}', '{"\\"":%s}', '{"a\\\\":[%s]}', '["1:1e-7,0.0001,x",%s]'],
)
def test_java_has_another_form_for_large_and_small_numbers(number: str, java: str, around: str) -> None:
    column = column_of([b"1", (around % number).encode()])
    for values in (column, [*column]):
        assert made().plain_lines(None, values) == f"1\n{around % java}\n".encode()


def test_a_part_of_a_column_is_looked_at() -> None:
    column = column_of([b'{"a":1}', b'{"a":2}'])
    part = column[1:]
    part[0]["a"] = {1: 2}  # not JSON's
    assert made().plain_lines(None, part) is None
