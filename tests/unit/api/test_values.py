"""Values: beyond the recordings."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.compat.runner import time_zone

from penstock.api import (
    DataException,
    Date,
    FrozenMap,
    Instant,
    Int8,
    Int32,
    Schema,
    SchemaBuilder,
    SchemaBuilderException,
    Struct,
    Timestamp,
    Type,
    logical,
    values,
)
from penstock.api.values_numbers import float32_of, java_decimal


def test_numbers_are_plain_where_the_schema_tells_their_width() -> None:
    found = values.parse_string('{"a": [1, 300]}')
    assert found is not None
    assert str(found.schema) == "Schema{MAP}"
    assert [type(item) for item in found.value["a"]] == [int, int]  # type: ignore[index]
    mixed = values.parse_string('[1, "x"]')
    assert mixed is not None
    assert type(mixed.value[0]) is Int8  # type: ignore[index]
    scalar = values.parse_string("12")
    assert scalar is not None
    assert (scalar.schema, type(scalar.value)) == (Schema.INT8, int)


def test_null_has_no_value() -> None:
    assert values.parse_string(" null ") is None
    assert values.parse_string(None) == (None, None)


def test_lists_and_maps_as_keys() -> None:
    found = values.parse_string("{[1]:2, {3:4}:5}")
    assert found is not None
    assert found.value == {(1,): 2, FrozenMap({3: 4}): 5}


@pytest.mark.parametrize("opening", ["[", "{", "{1:["])
def test_too_deeply_nested_is_a_string(opening: str) -> None:
    text = opening * 20_000
    found = values.parse_string(text)
    assert found is not None
    assert (found.schema, found.value) == (Schema.STRING, text)


def test_an_exponent_beyond_any_number_in_a_date() -> None:
    found = values.parse_string("1E999-01-1")
    assert found is not None
    assert found.schema is Date.SCHEMA


@pytest.mark.parametrize("depth", [1, 50, 100])
def test_nesting(depth: int) -> None:
    found = values.parse_string("[" * depth + "1" + "]" * depth)
    assert found is not None
    assert found.schema is not None
    assert found.schema.type is Type.ARRAY


@given(st.integers(-(1 << 63), (1 << 63) - 1))
def test_integers_there_and_back(number: int) -> None:
    found = values.parse_string(str(number))
    assert found is not None
    assert found.value == number
    assert values.convert_to_string(found.schema, found.value) == str(number)


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    found = values.parse_string(text)
    assert found is None or found.schema is not None


@given(st.decimals(allow_nan=False, allow_infinity=False), st.data())
def test_single_precision_is_the_nearest(number: Decimal, data: st.DataObject) -> None:
    single = float32_of(number)
    if not math.isfinite(single):
        assert number.copy_abs() > Decimal("3.4028235e38")
        return
    up, down = math.nextafter(single, math.inf), math.nextafter(single, -math.inf)
    spacing = Decimal(2) ** (math.frexp(single)[1] - 23) if single else Decimal(2) ** -148
    assert (Decimal(single) - number).copy_abs() <= spacing, (up, down, data)


def test_rounding_once_and_not_twice() -> None:
    assert float32_of(Decimal("1.00000017881393432617187499")) == float32_of(Decimal("1.0000001"))
    assert float32_of(Decimal("1.00000017881393432617187501")) == float32_of(Decimal("1.0000002"))
    assert float32_of(Decimal("3.4028235677973366e38")) == 3.4028234663852886e38
    assert float32_of(Decimal("3.4028235677973367e38")) == math.inf


@pytest.mark.parametrize(
    "text",
    ["", " 1", "1_0", "NaN", "0x1", "1e", "1e2147483649", "--1", "1d", ".", f"1e1{'0' * 5000}", "1" * 60_000 + "x"],
)
def test_no_decimals_to_java(text: str) -> None:
    assert java_decimal(text) is None


@pytest.mark.parametrize(
    ("text", "number"), [("5.", "5"), (".5", "0.5"), ("+1E2", "1E+2"), ("-0.0", "0.0"), ("٣", "3")]
)
def test_decimals_to_java(text: str, number: str) -> None:
    found = java_decimal(text)
    assert found is not None
    assert str(found) == number


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: values.convert_to_long(None, "x"), "Unable to convert x (class java.lang.String) to a number"),
        (
            lambda: values.convert_to_long(Schema.STRING, "x"),
            "Unable to convert x (class java.lang.String) to Schema{STRING}",
        ),
        (
            lambda: values.convert_to_list(Schema.INT16, 5),
            "Unable to convert 5 (class java.lang.Short) to Schema{ARRAY}",
        ),
        (
            lambda: values.convert_to_map(None, "[1]"),
            "Unable to convert [1] (class java.util.ArrayList) to Schema{MAP}",
        ),
        (lambda: values.convert_to_struct(None, 1), "Unable to convert 1 (class java.lang.Long) to Schema{STRUCT}"),
        (lambda: values.convert_to_list(None, "null"), "Unable to convert the text 'null', which spells a null"),
        (
            lambda: values.convert_to_date(None, None),
            "Unable to convert a null value to a schema that requires a value",
        ),
        (
            lambda: values.convert_to_decimal(None, math.nan, 0),
            "Unable to convert NaN (class java.lang.Double) to Schema{org.apache.kafka.connect.data.Decimal:BYTES}",
        ),
        (
            lambda: values.convert_to(Schema.INT8, None, None),
            "Unable to convert a null value to a schema that requires a value",
        ),
        (
            lambda: values.convert_to_bytes(None, "x"),
            "Unable to convert x (class java.lang.String) to Schema{BYTES}",
        ),
        (
            lambda: values.convert_to_string(None, object),
            "Failed to serialize unexpected value type builtins.type: <class 'object'>",
        ),
    ],
)
def test_refusals(call: object, text: str) -> None:
    with pytest.raises(DataException) as raised:
        call()  # type: ignore[operator]
    assert str(raised.value) == text


@pytest.mark.parametrize(
    ("target", "value", "converted"),
    [
        (Schema.INT8, "12", 12),
        (Schema.INT16, 70000, 4464),
        (Schema.INT32, 1.9, 1),
        (Schema.INT64, Decimal("1e1"), 10),
        (Schema.FLOAT32, "0.1", 0.10000000149011612),
        (Schema.FLOAT64, 1, 1.0),
        (Schema.BOOLEAN, "true", True),
        (Schema.BOOLEAN, 0, False),
        (Schema.STRING, [1, "a"], '[1,"a"]'),
        (Schema.BYTES, memoryview(b"a"), b"a"),
        (logical.Decimal.schema(1), "1.5", Decimal("1.5")),
        (logical.Decimal.schema(1), b"\x0f", Decimal("1.5")),
        (logical.Decimal.schema(1), 1, Decimal("1.0")),
        (Date.SCHEMA, 1, dt.date(1970, 1, 2)),
        (logical.Time.SCHEMA, 1000, dt.time(0, 0, 1)),
        (Timestamp.SCHEMA, 0, dt.datetime(1970, 1, 1, tzinfo=dt.UTC)),
        (SchemaBuilder.array(Schema.INT8).build(), "[1]", [1]),
        (SchemaBuilder.map(Schema.INT8, Schema.INT8).build(), "{1:2}", {1: 2}),
        (Schema.OPTIONAL_INT8, None, None),
    ],
)
def test_convert_to_any_type(target: Schema, value: object, converted: object) -> None:
    assert values.convert_to(target, None, value) == converted


def test_dates_between_their_types() -> None:
    at = dt.datetime(2024, 2, 29, 13, tzinfo=dt.UTC)
    assert values.convert_to_date(Timestamp.SCHEMA, at) == dt.date(2024, 2, 29)
    assert values.convert_to_time(Timestamp.SCHEMA, at) == dt.time(13)
    assert values.convert_to_timestamp(Date.SCHEMA, at.date()) == at.replace(hour=0)
    assert values.convert_to_date(Timestamp.SCHEMA, Instant(10**15)) == Instant(11574074 * 86_400_000)
    with time_zone("UTC"):
        assert values.convert_to_timestamp(None, "2024-02-29T13:00:00.000Z") == at
        assert values.convert_to_string(Timestamp.SCHEMA, at) == "2024-02-29T13:00:00.000Z"


def test_clock_that_skips_and_repeats() -> None:
    with time_zone("Europe/Berlin"):
        skipped = values.convert_to_timestamp(None, "2024-03-31T02:30:00.000Z")
        repeated = values.convert_to_timestamp(None, "2024-10-27T02:30:00.000Z")
    assert skipped == dt.datetime(2024, 3, 31, 1, 30, tzinfo=dt.UTC)
    assert repeated == dt.datetime(2024, 10, 27, 1, 30, tzinfo=dt.UTC)


def test_inference_in_python() -> None:
    assert values.infer_schema([1, None]) == SchemaBuilder.array(Schema.OPTIONAL_INT64).build()
    assert values.infer_schema({"a": Int32(1)}) == SchemaBuilder.map(Schema.STRING, Schema.INT32).build()
    assert values.infer_schema([[1]]) == SchemaBuilder.array(Schema(Type.ARRAY)).build()
    assert values.infer_schema([1, "a"]) is None
    assert values.infer_schema([]) is None
    assert values.infer_schema(None) is None
    with pytest.raises(SchemaBuilderException, match=r"^type cannot be null$"):
        values.infer_schema([None])


def test_struct_text() -> None:
    schema = SchemaBuilder.struct().field("f", Schema.FLOAT32).field("d", SchemaBuilder.string().default('q"')).build()
    assert values.convert_to_string(schema, Struct(schema, {"f": 0.1})) == '{"f":0.1,"d":"q\\""}'
