"""What is derived from schemas, and the structs that go with them."""

from __future__ import annotations

import pytest
from tests.unit.transforms.support import ORDER, city, order

from penstock.api import DataException, Schema, SchemaBuilder, Struct, Type
from penstock.transforms.schemas import SchemaCache, StructMaker, like_of_same_type, reader


def test_a_schema_is_asked_for_once_however_it_comes() -> None:
    asked: list[Schema] = []

    def derive(schema: Schema) -> str:
        asked.append(schema)
        return schema.type.value

    cache = SchemaCache(derive)
    twins = [SchemaBuilder.array(Schema.STRING).build() for _ in range(2)]
    assert [cache.get(schema) for schema in (*twins, Schema.STRING, *twins)] == ["array"] * 2 + ["string"] + [
        "array"
    ] * 2
    assert asked == [twins[0], Schema.STRING]


def test_what_fails_is_not_kept() -> None:
    def derive(schema: Schema) -> str:
        raise DataException(f"no {schema}")

    cache = SchemaCache(derive)
    for _ in range(2):
        with pytest.raises(DataException, match=r"no Schema\{STRING\}"):
            cache.get(Schema.STRING)


def test_a_cache_does_not_fill_the_memory() -> None:
    cache = SchemaCache(lambda schema: schema)
    for version in range(SchemaCache.LIMIT * 3):
        cache.get(Schema(Type.STRING, version=version))
    assert len(cache._known) <= SchemaCache.LIMIT


def test_nulls_become_defaults_when_that_is_wanted() -> None:
    struct = order()
    assert reader(ORDER, defaults=True)(struct) == [7, None, "M", city()]
    assert reader(ORDER, defaults=False)(struct) is struct.values
    full = order(size="L", note="")
    assert reader(ORDER, defaults=True)(full) is full.values


def test_a_null_that_is_required_is_told() -> None:
    make = StructMaker(ORDER)
    assert make([1, None, None, city()]) == Struct(ORDER, {"id": 1, "address": city()})
    with pytest.raises(DataException) as caught:
        make([1, None, None, None])
    assert str(caught.value) == 'Invalid value: null used for required field: "address", schema type: STRUCT'
    with pytest.raises(DataException, match='"id"'):
        make.check([None, None, None, None])
    lone = SchemaBuilder.struct().field("a", Schema.STRING).build()
    with pytest.raises(DataException, match='"a"'):
        StructMaker(lone)([None])
    nothing = SchemaBuilder.struct().build()
    assert StructMaker(nothing)([]).values == []


def test_arrays_keep_their_elements_schema() -> None:
    array = SchemaBuilder.array(Schema.INT8).name("n").version(3).doc("d").parameter("p", "q").optional().build()
    copy = like_of_same_type(array).build()
    assert (copy.name, copy.version, copy.doc, dict(copy.parameters or {})) == ("n", 3, "d", {"p": "q"})
    assert copy.value_schema == Schema.INT8
    assert not copy.optional
