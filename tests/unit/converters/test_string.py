from __future__ import annotations

import pytest

from penstock.api.converter import Converter
from penstock.api.exceptions import ConfigException
from penstock.api.schema import Schema
from penstock.api.schema_builder import SchemaBuilder
from penstock.api.struct import Struct
from penstock.converters import StringConverter
from penstock.converters.base import SerializationException


def converter(**config: object) -> StringConverter:
    made = StringConverter()
    made.configure({f"converter.{key}": value for key, value in config.items()}, True)
    return made


def test_values_are_written_as_text() -> None:
    schema = SchemaBuilder.struct().field("a", Schema.INT32).field("b", Schema.OPTIONAL_STRING).build()
    made = converter()
    assert made.from_connect_data("t", None, schema, Struct(schema, {"a": 1, "b": "é"})) == "Struct{a=1,b=é}".encode()
    assert made.from_connect_data("t", None, None, 1.0) == b"1.0"
    assert made.from_connect_data("t", None, Schema.STRING, "\ud83d!") == b"?!"
    assert made.from_connect_data("t", None, None, None) is None


def test_text_is_read_as_optional_strings() -> None:
    assert converter().to_connect_data("t", None, "é😀".encode()) == (Schema.OPTIONAL_STRING, "é😀")
    assert converter().to_connect_data("t", None, b"\xff\xed\xa0\x80") == (Schema.OPTIONAL_STRING, "\ufffd\ufffd")
    assert converter().to_connect_data("t", None, None) == (Schema.OPTIONAL_STRING, None)


def test_a_column_of_strings_is_handed_on_as_it_is() -> None:
    for values in (["a", "b", None], ["ä", "😀"], []):
        assert converter().from_connect_data_batch("t", Schema.STRING, values) is values


def test_what_the_log_could_not_encode_is_not_handed_on() -> None:
    made = converter()
    assert list(made.from_connect_data_batch("t", None, ["ä", "\ud83d"])) == ["ä".encode(), b"?"]
    assert list(made.from_connect_data_batch("t", None, ["a", 1, None, True])) == [b"a", b"1", None, b"true"]
    latin = converter(encoding="ISO-8859-1")
    assert list(latin.from_connect_data_batch("t", None, ["ä", "€"])) == [b"\xe4", b"?"]


def test_columns_are_read_as_one_run() -> None:
    made = converter()
    for data, values in (
        ([b"a", None, "ä".encode()], ["a", None, "ä"]),
        ([b"a", b"\xff"], ["a", "\ufffd"]),
    ):
        assert made.to_connect_data_batch("t", data) == [(Schema.OPTIONAL_STRING, values)]
    assert made.to_connect_data_batch("t", []) == []
    latin = converter(encoding="latin1").to_connect_data_batch("t", [b"\xe4", None])
    assert latin == [(Schema.OPTIONAL_STRING, ["ä", None])]


@pytest.mark.parametrize("encoding", [None, " UTF-8 ", "utf8"])
def test_utf8_by_any_name(encoding: object) -> None:
    assert converter(encoding=encoding).from_connect_data("t", None, None, "é") == "é".encode()


@pytest.mark.parametrize("encoding", ["nope", "", "hex", "rot13", "idna", "utf-7", "a b"])
def test_an_unknown_encoding_is_told(encoding: str) -> None:
    with pytest.raises(SerializationException, match=f"^Unsupported encoding {encoding}$"):
        converter(encoding=encoding)


def test_a_wrong_type_is_told() -> None:
    with pytest.raises(ConfigException) as raised:
        StringConverter().configure({"converter.type": "bogus"})
    assert str(raised.value) == (
        "Invalid value bogus for configuration converter.type: String must be one of: key, value, header"
    )


def test_headers_are_converted_alike() -> None:
    made = StringConverter()
    made.configure({"converter.type": "header"})
    assert made.from_connect_header("t", "h", None, 5) == b"5"
    assert made.to_connect_header("t", "h", b"5") == (Schema.OPTIONAL_STRING, "5")
    assert isinstance(made, Converter)
    made.close()
