"""Transformations of structs and maps, beyond what the recordings show: plain Python values, and whose objects are kept."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from tests.unit.transforms.support import CITY, ORDER, city, configured, order, sink, source

from penstock import transforms
from penstock.api import (
    ConfigException,
    DataException,
    Date,
    Float32,
    Headers,
    Instant,
    Int8,
    Int32,
    Schema,
    SchemaBuilder,
    Struct,
    Time,
    Timestamp,
)
from penstock.api import Decimal as ConnectDecimal
from penstock.transforms.extract_field import UnknownFieldError

STRUCT_CASES: list[tuple[type[Any], dict[str, str]]] = [
    (transforms.CastValue, {"spec": "id:string"}),
    (transforms.FlattenValue, {}),
    (transforms.HeaderFromValue, {"fields": "note", "headers": "n", "operation": "move"}),
    (transforms.HoistFieldValue, {"field": "order"}),
    (transforms.InsertFieldValue, {"topic.field": "topic"}),
    (transforms.MaskFieldValue, {"fields": "id"}),
    (transforms.ReplaceFieldValue, {"renames": "id:number"}),
    (transforms.SetSchemaMetadataValue, {"schema.name": "Other"}),
    (transforms.TimestampConverterValue, {"target.type": "Date", "field": "id"}),
    (transforms.ValueToKey, {"fields": "id"}),
]


@pytest.mark.parametrize(("cls", "config"), STRUCT_CASES)
def test_what_was_given_stays_as_it_was(cls: type[Any], config: dict[str, str]) -> None:
    value = order()
    record = source(value, ORDER, headers=Headers().add_string("h", "x"))
    kept = (list(value.values), list(record.headers))
    changed = configured(cls, config).apply(record)
    assert changed is not record
    changed.headers.clear()
    made = changed.key if cls is transforms.ValueToKey else changed.value
    made.values.append("more")
    assert (value.values, list(record.headers)) == kept


@pytest.mark.parametrize(("cls", "config"), STRUCT_CASES)
def test_a_schema_is_derived_once(cls: type[Any], config: dict[str, str]) -> None:
    transformation = configured(cls, config)
    first, second = (transformation.apply(source(order(id=number), ORDER)) for number in (1, 2))
    twin = SchemaBuilder.struct().name("com.example.Order").version(2)
    for field in ORDER.fields:
        twin.field(field.name, field.schema)
    schema = twin.build()
    third = transformation.apply(source(Struct.of(schema, order().values), schema))
    assert first.value_schema is second.value_schema
    assert first.key_schema is second.key_schema
    assert third.value_schema == first.value_schema
    if cls is not transforms.MaskFieldValue and cls is not transforms.ValueToKey:  # they keep the schema
        assert third.value_schema is first.value_schema


def test_numbers_are_plain_under_a_schema_and_sized_without() -> None:
    cast = configured(transforms.CastValue, spec="a:int8,b:float32,c:int64,d:float64")
    schema = SchemaBuilder.struct()
    for name in "abcd":
        schema.field(name, Schema.STRING)
    built = schema.build()
    struct = cast.apply(source(Struct.of(built, ["5", "1.5", "7", "2.5"]), built)).value
    assert struct.values == [5, 1.5, 7, 2.5]
    assert [type(value) for value in struct.values] == [int, float, int, float]
    untyped = cast.apply(source({"a": "5", "b": "1.5", "c": "7", "d": "2.5"})).value
    assert [type(value) for value in untyped.values()] == [Int8, Float32, int, float]


def test_a_cast_that_fails_tells_the_first_mistake() -> None:
    cast = configured(transforms.CastValue, spec="b:int32")
    schema = SchemaBuilder.struct().field("a", Schema.STRING).field("b", Schema.STRING).build()
    with pytest.raises(DataException) as caught:
        cast.apply(source(Struct.of(schema, [None, "x"]), schema))
    assert str(caught.value) == 'Invalid value: null used for required field: "a", schema type: STRING'
    with pytest.raises(DataException, match=r"Value \(x\) was out of range for requested data type"):
        cast.apply(source(Struct.of(schema, ["y", "x"]), schema))


@pytest.mark.parametrize(
    ("text", "number"),
    [("16777217", 16777216.0), ("0x1p3", 8.0), (" 1.5f", 1.5), ("-0", -0.0), ("1e40", float("inf"))],
)
def test_texts_become_floats_rounded_once(text: str, number: float) -> None:
    assert configured(transforms.CastValue, spec="float32").apply(source(text, Schema.STRING)).value == number


def test_a_cast_that_a_pattern_of_pairs_cannot_tell_is_refused() -> None:
    with pytest.raises(ConfigException) as caught:
        configured(transforms.CastValue, spec=":")
    assert str(caught.value) == "Invalid value [:] for configuration renames: Invalid rename mapping: :"


def test_dates_of_python_are_masked_by_the_epoch_of_their_kind() -> None:
    mask = configured(transforms.MaskFieldValue, fields="d,t,s,far,n")
    values = {
        "d": dt.date(2024, 1, 1),
        "t": dt.time(12),
        "s": dt.datetime(2024, 1, 1, tzinfo=dt.UTC),
        "far": Instant(10**15),
        "n": Decimal("1.50"),
    }
    epoch = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    assert mask.apply(source(values)).value == {
        "d": epoch.date(),
        "t": dt.time(),
        "s": epoch,
        "far": epoch,
        "n": Decimal(0),
    }
    schema = SchemaBuilder.struct().field("d", Date.SCHEMA).field("t", Time.SCHEMA).field("s", Timestamp.SCHEMA).build()
    struct = Struct(schema, {name: values[name] for name in "dts"})
    assert mask.apply(source(struct, schema)).value.values == [epoch.date(), dt.time(), epoch]


def test_a_replacement_takes_the_width_of_what_it_replaces() -> None:
    mask = configured(transforms.MaskFieldValue, fields="a,b", replacement="300")
    assert mask.apply(source({"a": Int8(1), "b": 2.0})).value == {"a": Int8(44), "b": 300.0}
    schema = SchemaBuilder.struct().field("a", Schema.INT8).field("b", ConnectDecimal.schema(0)).build()
    assert mask.apply(source(Struct(schema, {"a": 1, "b": Decimal(5)}), schema)).value.values == [44, Decimal(300)]


def test_a_field_that_is_missing_in_a_header_from_is_named() -> None:
    move = configured(transforms.HeaderFromValue, fields="id,nothing", headers="i,n", operation="copy")
    with pytest.raises(DataException, match="Field does not exist: nothing"):
        move.apply(source(order(), ORDER))


def test_a_field_that_is_missing_in_the_schema_is_fatal() -> None:
    with pytest.raises(UnknownFieldError, match=r"^Unknown field: nothing$"):
        configured(transforms.ExtractFieldValue, field="nothing").apply(source(None, ORDER))


def test_keys_that_are_no_texts_are_refused() -> None:
    with pytest.raises(DataException) as flat:
        configured(transforms.FlattenValue).apply(source({"a": {1: "x"}}))
    assert str(flat.value) == (
        "Flatten joins names of fields, which must be texts; found a key of class java.lang.Long"
    )
    with pytest.raises(DataException) as replaced:
        configured(transforms.ReplaceFieldValue, exclude="a").apply(source({Int32(1): "x"}))
    assert str(replaced.value) == (
        "ReplaceField knows fields by name, and names must be texts; found a key of class java.lang.Integer"
    )


def test_renames_must_not_be_null() -> None:
    with pytest.raises(ConfigException) as caught:
        configured(transforms.ReplaceFieldValue, renames=None)
    assert str(caught.value) == (
        "Invalid value null for configuration renames: must be a list of pairs, and may be empty"
    )


def test_a_record_may_say_another_schema_than_its_struct_has() -> None:
    other = SchemaBuilder.struct().field("zip", Schema.OPTIONAL_INT32).field("city", Schema.STRING).build()
    flat = configured(transforms.FlattenValue).apply(source(city(), other))
    assert flat.value.get("city") == "Bergen"
    narrower = SchemaBuilder.struct().field("town", Schema.STRING).build()
    with pytest.raises(DataException, match="town is not a valid field name"):
        configured(transforms.FlattenValue).apply(source(city(), narrower))


def test_the_default_of_a_nested_struct_stands_in_for_null() -> None:
    nested = Schema(CITY.type, optional=True, fields=CITY.fields, default=Struct(CITY, {"city": "Oslo"}))
    schema = SchemaBuilder.struct().field("id", Schema.INT64).field("address", nested).build()
    changed = configured(transforms.MaskFieldValue, fields="id").apply(source(Struct.of(schema, [1, None]), schema))
    assert changed.value.get("address").get("city") == "Oslo"
    changed.value.validate()


def test_what_a_struct_lacks_is_told_when_it_is_hoisted() -> None:
    hoist = configured(transforms.HoistFieldValue, field="f")
    with pytest.raises(DataException, match='null used for required field: "id"'):
        hoist.apply(source(Struct(ORDER, {"address": city()}), ORDER))
    with pytest.raises(DataException, match=r"Invalid Java object for schema with type STRING: class java.lang.Long"):
        hoist.apply(source(5, Schema.STRING))
    assert hoist.apply(source(order(), ORDER)).value.get("f") == order()


def test_insertions_know_what_a_record_is() -> None:
    insert = configured(
        transforms.InsertFieldValue,
        {"partition.field": "p", "offset.field": "o", "timestamp.field": "t", "static.field": "s", "static.value": "x"},
    )
    untyped = insert.apply(sink({"id": 1})).value
    assert untyped == {"id": 1, "p": Int32(3), "o": 42, "t": 1_700_000_000_123, "s": "x"}
    assert type(untyped["p"]) is Int32
    typed = insert.apply(sink(order(), ORDER)).value
    assert typed.get("t") == dt.datetime(2023, 11, 14, 22, 13, 20, 123_000, tzinfo=dt.UTC)
    with pytest.raises(DataException) as caught:
        insert.apply(source({"id": 1}))
    assert str(caught.value) == (
        "Only SinkRecord supported for [field insertion], found: org.apache.kafka.connect.source.SourceRecord"
    )
