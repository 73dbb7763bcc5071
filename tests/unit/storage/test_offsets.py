"""The JSON text of source partitions and offsets; expected texts and messages are Connect 4.3.1's."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from penstock.api.exceptions import DataException
from penstock.api.schema_builder import SchemaBuilder
from penstock.api.struct import Struct
from penstock.storage.offsets import decode_offset, decode_partition, encode_offset, encode_partition


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "1"),
        (-(2**63), "-9223372036854775808"),
        (1.5, "1.5"),
        (1e10, "1.0E10"),
        (float("nan"), '"NaN"'),
        (True, "true"),
        ("s", '"s"'),
        ("é😀", '"é\\uD83D\\uDE00"'),
        (b"\x01\x02", '"AQI="'),
        (bytearray(b"\x01\x02"), '"AQI="'),
        (None, "null"),
    ],
)
def test_primitives(value: object, text: str) -> None:
    assert encode_partition({"k": value}).decode() == f'{{"k":{text}}}'
    assert encode_offset({"k": value}) == encode_partition({"k": value})


def test_order_of_keys_is_the_connectors() -> None:
    assert encode_partition({"b": 1, "a": 2}) == b'{"b":1,"a":2}'


def test_none() -> None:
    assert encode_partition(None) == b"null"
    assert encode_offset(None) is None
    assert encode_offset({}) == b"{}"


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ([], "ARRAY"),
        ((1,), "ARRAY"),
        ({}, "MAP"),
        (Struct(SchemaBuilder.struct().build()), "STRUCT"),
        (Decimal("1.5"), "class decimal.Decimal"),
        (dt.date(2020, 1, 1), "class datetime.date"),
        ({1}, "class set"),
        (2**63, "an integer beyond 64 bits: 9223372036854775808"),
    ],
)
def test_other_values_are_refused(value: object, kind: str) -> None:
    with pytest.raises(DataException) as refused:
        encode_offset({"k": value})
    assert str(refused.value) == f"Offsets may only contain primitive types as values, but field k contains {kind}"


@pytest.mark.parametrize(
    ("offset", "message"),
    [
        ({1: 2}, "Offsets may only use String keys"),
        ({None: 2}, "Offsets may only use String keys"),
        ("x", "Offsets must be specified as a Map"),
    ],
)
def test_other_shapes_are_refused(offset: object, message: str) -> None:
    with pytest.raises(DataException) as refused:
        encode_partition(offset)  # type: ignore[arg-type]
    assert str(refused.value) == message


def test_decoding() -> None:
    assert decode_offset(b'{"a":1,"b":1.0,"c":"AQI=","d":null,"e":true}') == {
        "a": 1,
        "b": 1.0,
        "c": "AQI=",
        "d": None,
        "e": True,
    }
    assert isinstance(decode_partition(b'{"b":1.0}')["b"], float)


@pytest.mark.parametrize(
    ("text", "message"),
    [(b"{", "A stored offset is not JSON: b'{'"), (b"[1]", "A stored offset is not a JSON object: b'[1]'")],
)
def test_what_is_stored_may_be_damaged(text: bytes, message: str) -> None:
    with pytest.raises(DataException) as refused:
        decode_offset(text)
    assert str(refused.value) == message
