"""The converters for bytes, booleans and numbers (spec 5.4)."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock import converters
from penstock.api.converter import PartialBatch
from penstock.api.exceptions import ConfigException, DataException
from penstock.api.numerics import Int16
from penstock.api.schema import Schema
from penstock.converters import BooleanConverter, ByteArrayConverter, FloatConverter, IntegerConverter, LongConverter
from penstock.converters.base import DataAndHeaderConverter, SerializationException

NUMBERS = [
    ("ShortConverter", Schema.OPTIONAL_INT16, "short", st.integers(-(1 << 15), (1 << 15) - 1)),
    ("IntegerConverter", Schema.OPTIONAL_INT32, "integer", st.integers(-(1 << 31), (1 << 31) - 1)),
    ("LongConverter", Schema.OPTIONAL_INT64, "long", st.integers(-(1 << 63), (1 << 63) - 1)),
    ("FloatConverter", Schema.OPTIONAL_FLOAT32, "float", st.floats(width=32, allow_nan=False)),
    ("DoubleConverter", Schema.OPTIONAL_FLOAT64, "double", st.floats(allow_nan=False)),
]


def made(name: str) -> DataAndHeaderConverter:
    found = getattr(converters, name)()
    assert isinstance(found, DataAndHeaderConverter)
    found.configure({}, True)
    return found


@pytest.mark.parametrize(("name", "schema", "called", "values"), NUMBERS)
def test_numbers_read_back(name: str, schema: Schema, called: str, values: st.SearchStrategy[float]) -> None:
    converter = made(name)

    @given(st.lists(st.none() | values))
    def check(column: list[float | None]) -> None:
        written = converter.from_connect_data_batch("t", schema, column)
        runs = converter.to_connect_data_batch("t", written)  # type: ignore[arg-type]  # bytes
        assert runs == ([(schema, column)] if column else [])

    check()


@pytest.mark.parametrize(("name", "schema", "called", "values"), NUMBERS)
def test_what_is_no_such_number_is_told(
    name: str, schema: Schema, called: str, values: st.SearchStrategy[float]
) -> None:
    converter = made(name)
    with pytest.raises(DataException) as raised:
        converter.from_connect_data("t", None, Schema.STRING, "5")
    assert str(raised.value) == f"Failed to serialize to {called} (was class java.lang.String): "
    with pytest.raises(DataException) as raised:
        converter.to_connect_data("t", None, b"123")
    assert str(raised.value) == f"Failed to deserialize {called}: "
    assert isinstance(raised.value.__cause__, SerializationException)
    reader = f"{called.capitalize()}Deserializer" if called in {"short", "integer", "long"} else "Deserializer"
    size = {"short": 2, "integer": 4, "float": 4}.get(called, 8)
    assert str(raised.value.__cause__) == f"Size of data received by {reader} is not {size}"
    with pytest.raises(PartialBatch) as stopped:
        converter.to_connect_data_batch("t", [None, b"123"])
    assert (stopped.value.index, stopped.value.done) == (1, [(schema, [None])])
    with pytest.raises(ConfigException, match=r"Invalid value bogus for configuration converter\.type"):
        converter.configure({"converter.type": "bogus"})


def test_a_plain_int_without_a_schema_is_a_long() -> None:
    assert LongConverter().from_connect_data("t", None, None, 5) == b"\0\0\0\0\0\0\0\5"
    assert IntegerConverter().from_connect_data("t", None, Schema.INT32, 5) == b"\0\0\0\5"
    for schema, value, java_class in (
        (None, 5, "Long"),
        (Schema.INT32, 1 << 31, "Long"),
        (None, Int16(5), "Short"),
        (Schema.BOOLEAN, True, "Boolean"),
    ):
        with pytest.raises(DataException, match=rf"was class java\.lang\.{java_class}"):
            IntegerConverter().from_connect_data("t", None, schema, value)


def test_floats_beyond_single_precision_become_infinite() -> None:
    data = FloatConverter().from_connect_data("t", None, Schema.FLOAT32, 1e300)
    assert FloatConverter().to_connect_data("t", None, data).value == math.inf


def test_booleans() -> None:
    converter = BooleanConverter()
    for value, data in ((True, b"\1"), (False, b"\0"), (None, None)):
        assert converter.from_connect_data("t", None, Schema.OPTIONAL_BOOLEAN, value) == data
        assert converter.to_connect_header("t", "h", data) == (Schema.OPTIONAL_BOOLEAN, value)
    for schema, misfit, text in (
        (Schema.INT8, None, "Invalid schema type for BooleanConverter: INT8"),
        (None, 1, "BooleanConverter is not compatible with objects of type class java.lang.Long"),
    ):
        with pytest.raises(DataException) as raised:
            converter.from_connect_data("t", None, schema, misfit)
        assert str(raised.value) == text
    for data, reason in (
        (b"\2", "Unexpected byte received by BooleanDeserializer: 2"),
        (b"\xff", "Unexpected byte received by BooleanDeserializer: -1"),
        (b"", "Size of data received by BooleanDeserializer is not 1"),
    ):
        with pytest.raises(DataException, match=r"^Failed to deserialize boolean: $") as raised:
            converter.to_connect_data("t", None, data)
        assert str(raised.value.__cause__) == reason


def test_bytes() -> None:
    converter = ByteArrayConverter()
    converter.configure({"converter.type": "bogus"})  # not looked at, as in Connect
    assert converter.from_connect_data("t", None, None, memoryview(b"ab")) == b"ab"
    assert converter.from_connect_data("t", None, Schema.BYTES, bytearray(b"ab")) == b"ab"
    assert converter.to_connect_data("t", None, b"ab") == (Schema.OPTIONAL_BYTES, b"ab")
    for schema, value, text in (
        (Schema.STRING, None, "Invalid schema type for ByteArrayConverter: STRING"),
        (None, "a", "ByteArrayConverter is not compatible with objects of type class java.lang.String"),
    ):
        with pytest.raises(DataException) as raised:
            converter.from_connect_data("t", None, schema, value)
        assert str(raised.value) == text
        with pytest.raises(PartialBatch) as stopped:
            converter.from_connect_data_batch("t", schema, [value])
        assert str(stopped.value.error) == text


def test_a_column_of_bytes_is_the_same_column() -> None:
    converter, column = ByteArrayConverter(), [b"a", None]
    assert converter.from_connect_data_batch("t", None, column) is column
    (run,) = converter.to_connect_data_batch("t", column)
    assert run.values is column
    assert converter.to_connect_data_batch("t", []) == []
    assert list(converter.from_connect_data_batch("t", None, [bytearray(b"a")])) == [b"a"]
