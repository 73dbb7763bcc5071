"""Structs: storing, reading, comparing."""

from __future__ import annotations

import datetime as dt
import math

import pytest

from penstock.api import DataException, Date, Float32, Int32, Int64, Schema, SchemaBuilder, Struct

INNER = SchemaBuilder.struct().optional().field("x", Schema.INT32).build()
SCHEMA = (
    SchemaBuilder.struct()
    .field("i8", Schema.OPTIONAL_INT8)
    .field("i64", Schema.INT64)
    .field("f32", Schema.OPTIONAL_FLOAT32)
    .field("f64", Schema.OPTIONAL_FLOAT64)
    .field("bytes", Schema.OPTIONAL_BYTES)
    .field("dflt", SchemaBuilder.string().default("d").build())
    .field("list", SchemaBuilder.array(Schema.INT16).optional().build())
    .field("map", SchemaBuilder.map(Schema.STRING, Schema.BOOLEAN).optional().build())
    .field("inner", INNER)
    .field("day", Date.builder().optional().build())
    .build()
)


def test_put_and_get() -> None:
    struct = Struct(SCHEMA).put("i64", 5).put("list", [1, 2]).put("inner", Struct(INNER).put("x", 1))
    assert struct["i64"] == struct.get("i64") == struct.get_int64("i64") == 5
    assert struct.get_array("list") == [1, 2]
    assert struct.get_struct("inner") == Struct(INNER, {"x": 1})
    assert struct.get_map("map") is None
    struct.validate()


def test_only_get_gives_the_default() -> None:
    struct = Struct(SCHEMA)
    assert struct["dflt"] == "d"
    assert struct.get(SCHEMA.fields[5]) == "d"
    assert struct.get_without_default("dflt") is None
    assert struct.get_string("dflt") is None


def test_plain_numbers_fit_by_their_range() -> None:
    struct = Struct(SCHEMA).put("i8", 127).put("f64", 0.1)
    with pytest.raises(DataException, match=r'type INT8: class java.lang.Long for field: "i8"'):
        struct.put("i8", 128)
    with pytest.raises(DataException, match=r'type INT64: class java.math.BigInteger for field: "i64"'):
        struct.put("i64", 1 << 63)
    with pytest.raises(DataException, match=r'type FLOAT64: class java.lang.Long for field: "f64"'):
        struct.put("f64", 1)
    with pytest.raises(DataException, match=r'type INT64: class java.lang.Boolean for field: "i64"'):
        struct.put("i64", True)
    assert struct["i8"] == 127


def test_sized_numbers_fit_their_own_type_only() -> None:
    struct = Struct(SCHEMA).put("i64", Int64(1))
    with pytest.raises(DataException, match=r"class java.lang.Integer"):
        struct.put("i64", Int32(1))
    with pytest.raises(DataException, match=r"class java.lang.Float"):
        struct.put("f64", Float32(1))


def test_float32_is_stored_as_one() -> None:
    struct = Struct(SCHEMA).put("f32", 1.1)
    assert struct.get_float32("f32") == Float32(1.1) != 1.1
    assert str(struct) == "Struct{f32=1.1}"
    assert Struct(SCHEMA).put("f32", 1e300)["f32"] == math.inf


def test_text_leaves_out_what_is_null() -> None:
    struct = Struct(SCHEMA).put("i64", 5).put("map", {"k": True}).put("inner", Struct(INNER).put("x", 1))
    assert str(struct) == repr(struct) == "Struct{i64=5,map={k=true},inner=Struct{x=1}}"


def test_equality_and_hash() -> None:
    one, other = Struct(SCHEMA, {"i64": 1, "list": [1]}), Struct(SCHEMA, {"i64": 1, "list": [1]})
    assert one == other
    assert hash(one) == hash(other)
    assert {one: "found"}[other] == "found"
    assert one != other.put("i64", 2)
    assert one != Struct(INNER)
    assert one != "Struct"
    nan = Struct(SCHEMA).put("f64", math.nan)
    assert nan == Struct(SCHEMA).put("f64", float("nan"))
    assert Struct(SCHEMA).put("f64", 0.0) != Struct(SCHEMA).put("f64", -0.0)


def test_around_stored_values() -> None:
    struct = Struct.of(INNER, [7])
    assert struct["x"] == 7
    assert struct == Struct(INNER).put("x", 7)


def test_getters_go_by_type() -> None:
    struct = Struct(SCHEMA).put("bytes", memoryview(b"ab")).put("day", dt.date(2024, 1, 1))
    assert struct.get_bytes("bytes") == b"ab"
    with pytest.raises(DataException, match=r"^Field 'bytes' is not of type STRING$"):
        struct.get_string("bytes")
    with pytest.raises(
        TypeError, match=r"Field 'day' holds a logical value of .*date.*, which is no INT32; use get\(\)"
    ):
        struct.get_int32("day")
    assert struct["day"] == dt.date(2024, 1, 1)


def test_what_is_unknown_is_told() -> None:
    with pytest.raises(DataException, match=r"^zz is not a valid field name$"):
        Struct(SCHEMA).put("zz", 1)
    with pytest.raises(DataException, match=r"^zz is not a valid field name$"):
        Struct(SCHEMA).get("zz")
    with pytest.raises(DataException, match=r"^null is not a valid field name$"):
        Struct(SCHEMA).get(None)  # type: ignore[arg-type]
    with pytest.raises(DataException, match=r"^Not a struct schema: Schema\{STRING\}$"):
        Struct(Schema.STRING)


def test_validate_asks_for_required_fields() -> None:
    with pytest.raises(DataException) as raised:
        Struct(SCHEMA).validate()
    assert str(raised.value) == 'Invalid value: null used for required field: "i64", schema type: INT64'


def test_inner_struct_needs_the_same_schema() -> None:
    other = SchemaBuilder.struct().field("x", Schema.INT32).build()
    with pytest.raises(DataException, match=r"^Struct schemas do not match.$"):
        Struct(SCHEMA).put("inner", Struct(other))
    with pytest.raises(DataException, match=r"null used for required"):
        Struct(SCHEMA).put("inner", Struct(INNER))
