"""Headers: what the recordings do not ask."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from penstock.api import DataException, Date, Header, Headers, Schema, SchemaBuilder, Struct, Time, Timestamp, logical

STRUCT = Struct(SchemaBuilder.struct().field("x", Schema.INT8).build(), {"x": 1})


def test_adders_give_their_schemas() -> None:
    at = dt.datetime(2024, 1, 1, 1, tzinfo=dt.UTC)
    headers = (
        Headers()
        .add_string("a", "x")
        .add_bytes("a", b"x")
        .add_boolean("a", True)
        .add_byte("a", 1)
        .add_short("a", 1)
        .add_int("a", 1)
        .add_long("a", 1)
        .add_float("a", 1.5)
        .add_double("a", 1.5)
        .add_decimal("a", Decimal("1.50"))
        .add_date("a", at.date())
        .add_time("a", at.time())
        .add_timestamp("a", at)
        .add_struct("a", STRUCT)
        .add("a", {"k": 1})
        .add_string("a", None)
    )
    assert [header.schema for header in headers] == [
        Schema.STRING,
        Schema.BYTES,
        Schema.BOOLEAN,
        Schema.INT8,
        Schema.INT16,
        Schema.INT32,
        Schema.INT64,
        Schema.FLOAT32,
        Schema.FLOAT64,
        logical.Decimal.schema(2),
        Date.SCHEMA,
        Time.SCHEMA,
        Timestamp.SCHEMA,
        STRUCT.schema,
        None,
        Schema.OPTIONAL_STRING,
    ]
    assert len(headers) == 16


def test_struct_brings_its_schema() -> None:
    assert Headers().add("a", STRUCT).last_with_name("a") == Header("a", STRUCT.schema, STRUCT)


def test_duplicate_stands_alone() -> None:
    headers = Headers().add_string("a", "x")
    other = headers.duplicate().add_string("b", "y")
    assert (len(headers), len(other)) == (1, 2)
    assert headers != other
    assert headers == headers.duplicate()
    assert headers != "headers"


def test_equality_minds_the_class_of_values() -> None:
    assert Headers().add("a", 1) != Headers().add("a", True)
    assert Header("a", None, 1) != Header("a", None, 1.0)
    assert hash(Header("a", None, [1])) == hash(Header("a", None, [1]))


def test_rename_and_other_value() -> None:
    header = Header("a", Schema.INT8, 1)
    assert header.rename("b") == Header("b", Schema.INT8, 1)
    assert header.with_value(None, "x") == Header("a", None, "x")
    with pytest.raises(TypeError, match=r"^Null header keys are not permitted$"):
        header.rename(None)  # type: ignore[arg-type]


def test_add_header() -> None:
    assert list(Headers().add_header(Header("a", None, 1))) == [Header("a", None, 1)]
    with pytest.raises(TypeError, match=r"^Unable to add a null header.$"):
        Headers().add_header(None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("add", "text"),
    [
        (lambda: Headers().add("a", "x", Schema.INT8), "The value x is not compatible with the schema Schema{INT8}"),
        (lambda: Headers().add_byte("a", 300), "The value 300 is not compatible with the schema Schema{INT8}"),
        (
            lambda: Headers().add("a", None, Schema.INT8),
            "A null value requires an optional schema but was Schema{INT8}",
        ),
        (lambda: Headers().add_list("a", [1], Schema.INT8), "Expecting ARRAY but instead found INT8"),
        (lambda: Headers().add_map("a", {}, Schema.INT8), "Expecting MAP but instead found INT8"),
    ],
)
def test_refusals(add: object, text: str) -> None:
    with pytest.raises(DataException) as raised:
        add()  # type: ignore[operator]
    assert str(raised.value) == text


def test_underlying_and_logical_values_both_fit() -> None:
    headers = Headers().add("a", 5, Date.SCHEMA).add("a", dt.date(2024, 1, 1), Date.SCHEMA)
    assert [header.value for header in headers] == [5, dt.date(2024, 1, 1)]
    with pytest.raises(DataException, match=r"is not compatible with the schema Schema"):
        headers.add("a", dt.date(2024, 1, 1), Schema.INT32)
