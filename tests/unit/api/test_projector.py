"""Projection: beyond the recordings."""

from __future__ import annotations

import pytest

from penstock.api import Schema, SchemaBuilder, SchemaProjectorException, Struct, project

OLD = SchemaBuilder.struct().field("a", Schema.INT32).field("gone", Schema.STRING).build()


def test_fields_are_widened_added_and_left_out() -> None:
    new = SchemaBuilder.struct().field("a", Schema.FLOAT64).field("b", SchemaBuilder.int8().default(7)).build()
    assert project(OLD, Struct(OLD, {"a": 1, "gone": "x"}), new) == Struct(new, {"a": 1.0, "b": 7})


def test_nested() -> None:
    source = SchemaBuilder.map(Schema.STRING, SchemaBuilder.array(Schema.INT8)).build()
    target = SchemaBuilder.map(Schema.STRING, SchemaBuilder.array(Schema.INT64)).build()
    assert project(source, {"a": [1]}, target) == {"a": [1]}


def test_default_for_a_null() -> None:
    assert project(Schema.OPTIONAL_INT8, None, SchemaBuilder.int8().default(3).build()) == 3
    assert project(Schema.OPTIONAL_INT8, 1, SchemaBuilder.int8().default(3).build()) == 1


def test_missing_field_and_the_way_to_it() -> None:
    new = SchemaBuilder.struct().field("b", Schema.INT8).build()
    with pytest.raises(SchemaProjectorException) as raised:
        project(OLD, Struct(OLD), new)
    assert str(raised.value) == "Required field `b` is missing from source schema: Schema{STRUCT}"
    changed = SchemaBuilder.struct().field("a", Schema.STRING).build()
    with pytest.raises(SchemaProjectorException, match=r"^Error projecting a$") as raised:
        project(OLD, Struct(OLD), changed)
    assert str(raised.value.__cause__) == "Schema type mismatch. source type: INT32 and target type: STRING"


def test_value_of_another_kind() -> None:
    listed = SchemaBuilder.array(Schema.INT8).build()
    mapped = SchemaBuilder.map(Schema.INT8, Schema.INT8).build()
    with pytest.raises(TypeError, match=r"a Struct was to be projected, but the value is of <class 'int'>"):
        project(OLD, 1, OLD)
    with pytest.raises(TypeError, match=r"a list with element schemas was to be projected"):
        project(listed, 1, listed)
    with pytest.raises(TypeError, match=r"a map with key and value schemas was to be projected"):
        project(mapped, 1, mapped)
