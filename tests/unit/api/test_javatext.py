"""Java's texts."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.compat.runner import time_zone

from penstock.api import Float32, Float64, FrozenMap, Instant, Int8, Schema, SchemaBuilder, Struct, java_str
from penstock.api.javaclass import java_class_name


class Money:
    connect_name = "com.example.Money"

    def __str__(self) -> str:
        return "5 EUR"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("text", "text"),
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (7, "7"),
        (Int8(7), "7"),
        (1.0, "1.0"),
        (1e7, "1.0E7"),
        (9_999_999.0, "9999999.0"),
        (0.001, "0.001"),
        (0.0001, "1.0E-4"),
        (-0.0, "-0.0"),
        (5e-324, "4.9E-324"),
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
        (Float32(1.1), "1.1"),
        (Float64(1.1), "1.1"),
        (Decimal("1E+3"), "1E+3"),
        (Decimal("1.50"), "1.50"),
        ([1, "a", None, [True]], "[1, a, null, [true]]"),
        ((1,), "[1]"),
        ({"a": 1, None: [2.0]}, "{a=1, null=[2.0]}"),
        (FrozenMap({1: 2}), "{1=2}"),
        (memoryview(b"abc"), "java.nio.HeapByteBuffer[pos=0 lim=3 cap=3]"),
        (Money(), "5 EUR"),
        (dt.date(2024, 2, 29), "Thu Feb 29 00:00:00 UTC 2024"),
        (dt.time(1, 2, 3), "Thu Jan 01 01:02:03 UTC 1970"),
        (dt.datetime(2024, 2, 29, 1, tzinfo=dt.UTC), "Thu Feb 29 01:00:00 UTC 2024"),
        (Instant(10**15), "Fri Sep 27 01:46:40 UTC 33658"),
        (dt.date(1582, 10, 14), "Thu Oct 04 00:00:00 UTC 1582"),
    ],
)
def test_texts(value: object, text: str) -> None:
    with time_zone("UTC"):
        assert java_str(value) == text


def test_bytes_show_what_java_shows_of_an_array() -> None:
    assert re.fullmatch(r"\[B@[0-9a-f]{1,8}", java_str(b"abc"))


def test_dates_are_shown_in_the_zone_of_the_process() -> None:
    with time_zone("Asia/Tokyo"):
        assert java_str(dt.date(2024, 1, 1)) == "Mon Jan 01 09:00:00 JST 2024"


def test_a_schema_tells_single_precision() -> None:
    pair = SchemaBuilder.struct().field("f", Schema.FLOAT32).field("l", SchemaBuilder.array(Schema.FLOAT32)).build()
    assert java_str(Struct(pair, {"f": 0.1, "l": [0.2]})) == "Struct{f=0.1,l=[0.2]}"
    assert java_str(0.10000000149011612, Schema.FLOAT32) == "0.1"
    assert java_str({"a": 0.1}, SchemaBuilder.map(Schema.STRING, Schema.FLOAT32).build()) == "{a=0.1}"
    assert java_str(None, Schema.OPTIONAL_FLOAT32) == "null"


@given(st.floats(allow_nan=False))
def test_doubles_read_back(value: float) -> None:
    assert float(java_str(value).replace("Infinity", "inf")) == value


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (1, "java.lang.Long"),
        (1 << 64, "java.math.BigInteger"),
        (Int8(1), "java.lang.Byte"),
        (b"", "[B"),
        ((), "java.util.ArrayList"),
        (FrozenMap(), "java.util.LinkedHashMap"),
        (Instant(0), "java.util.Date"),
        (Struct(SchemaBuilder.struct().build()), "org.apache.kafka.connect.data.Struct"),
        (Money(), "com.example.Money"),
        (1j, "builtins.complex"),
    ],
)
def test_class_names(value: object, name: str) -> None:
    assert java_class_name(value) == name


def test_a_schema_tells_the_class_of_a_plain_number() -> None:
    assert java_class_name(1, Schema.INT16) == "java.lang.Short"
    assert java_class_name(1.0, Schema.FLOAT32) == "java.lang.Float"
    assert java_class_name("x", Schema.INT16) == "java.lang.String"
