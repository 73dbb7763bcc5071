"""SimpleHeaderConverter (spec 5.5)."""

from __future__ import annotations

import datetime as dt
import decimal
import logging

import pytest

from penstock.api import logical, values
from penstock.api.exceptions import DataException
from penstock.api.schema import Schema
from penstock.converters import SimpleHeaderConverter

CONVERTER = SimpleHeaderConverter()


@pytest.mark.parametrize(
    ("value", "data", "schema", "back"),
    [
        ("text", b"text", Schema.STRING, "text"),
        ("7", b"7", Schema.INT8, 7),
        (300, b"300", Schema.INT16, 300),
        (True, b"true", Schema.BOOLEAN, True),
        (dt.date(2019, 8, 23), b"2019-08-23", logical.Date.SCHEMA, dt.date(2019, 8, 23)),
        ("", b"", Schema.STRING, ""),
        (b"\x01", b"AQ==", Schema.STRING, "AQ=="),
        (None, None, None, None),
        ("\ud83d", b"?", Schema.STRING, "?"),
    ],
)
def test_values_come_back_in_the_narrowest_type(
    value: object, data: bytes | None, schema: Schema | None, back: object
) -> None:
    assert CONVERTER.from_connect_header("t", "h", None, value) == data
    assert CONVERTER.to_connect_header("t", "h", data) == (schema, back)


def test_a_text_that_spells_null_is_nothing_at_all() -> None:
    assert CONVERTER.to_connect_header("t", "h", b"null") is None


def test_malformed_text_is_replaced() -> None:
    assert CONVERTER.to_connect_header("t", "h", b"a\xff") == (Schema.STRING, "a\ufffd")


def test_a_value_of_an_unknown_class_is_told() -> None:
    with pytest.raises(DataException, match=r"^Failed to serialize unexpected value type .*Lock"):
        CONVERTER.from_connect_header("t", "h", None, Lock())


class Lock:
    """Nothing that Connect knows."""


def test_text_that_cannot_be_parsed_is_told_or_kept_as_bytes(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def stumble(error: Exception) -> None:
        def raising(_: str | None) -> None:
            raise error

        monkeypatch.setattr(values, "parse_string", raising)

    stumble(KeyError("x"))
    with pytest.raises(DataException, match=r"^Failed to deserialize value for header 'h' on topic 't'$"):
        CONVERTER.to_connect_header("t", "h", b"a")
    stumble(TypeError("x"))
    with caplog.at_level(logging.WARNING):
        assert CONVERTER.to_connect_header("t", "h", b"a") == (Schema.BYTES, b"a")
    assert caplog.messages == ["Failed to deserialize value for header 'h' on topic 't', so using byte array"]


def test_a_value_that_comes_again_is_converted_once_and_a_changed_one_anew() -> None:
    converter = SimpleHeaderConverter()
    text, items = "x" * 3, ["a"]
    amount = decimal.Decimal("1.50")
    given = [
        (Schema.STRING, text, b"xxx"),
        (Schema.STRING, text, b"xxx"),
        (logical.Decimal.schema(2), amount, b"1.50"),
        (None, items, b'["a"]'),
        (Schema.STRING, "y", b"y"),
        (Schema.INT64, -(1 << 63), b"-9223372036854775808"),
        (None, True, b"true"),
        (Schema.STRING, None, None),
    ]
    for schema, value, encoded in given:
        assert converter.from_connect_header("t", "h", schema, value) == encoded
    items.append("b")
    assert converter.from_connect_header("t", "h", None, items) == b'["a","b"]'
    for number in range(200):
        assert converter.from_connect_header("t", str(number), Schema.STRING, text) == b"xxx"
    assert len(converter._last) <= 64
