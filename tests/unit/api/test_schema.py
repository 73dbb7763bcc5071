"""Schemas and their builder: what the recordings do not ask."""

from __future__ import annotations

import copy
from decimal import Decimal

import pytest

from penstock.api import DataException, Field, Int8, Schema, SchemaBuilder, SchemaBuilderException, Struct, Type


def order() -> Schema:
    return (
        SchemaBuilder.struct()
        .name("com.example.Order")
        .version(1)
        .doc("an order")
        .parameter("k", "v")
        .field("id", Schema.INT64)
        .field("note", SchemaBuilder.string().optional().default("none"))
        .build()
    )


def test_equal_by_structure_with_equal_hashes() -> None:
    assert order() == order()
    assert hash(order()) == hash(order())
    assert order() is not order()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Schema.STRING, Schema.OPTIONAL_STRING),
        (Schema.INT32, Schema.INT64),
        (Schema(Type.INT32, default=1), Schema(Type.INT32, default=2)),
        (Schema(Type.INT32, default=1), Schema(Type.INT32, default=Int8(1))),
        (Schema(Type.FLOAT64, default=0.0), Schema(Type.FLOAT64, default=-0.0)),
        (Schema(Type.BYTES, default=Decimal("1.0")), Schema(Type.BYTES, default=Decimal("1.00"))),
        (Schema(Type.STRING, parameters={}), Schema(Type.STRING)),
        (Schema(Type.ARRAY, value_schema=Schema.STRING), Schema(Type.ARRAY, value_schema=None)),
        (Schema.STRING, "Schema{STRING}"),
    ],
)
def test_every_attribute_counts(one: Schema, other: object) -> None:
    assert one != other


def test_nan_defaults_are_equal() -> None:
    assert Schema(Type.FLOAT64, default=float("nan")) == Schema(Type.FLOAT64, default=float("nan"))


def test_schema_with_a_default_that_has_no_hash_is_hashable() -> None:
    listed = SchemaBuilder.array(Schema.STRING).default(["a"]).build()
    assert {listed: 1}[SchemaBuilder.array(Schema.STRING).default(["a"]).build()] == 1


def test_constants_are_shared_and_complete() -> None:
    for kind in Type:
        if kind.is_primitive:
            assert getattr(Schema, kind.name) == Schema(kind)
            assert getattr(Schema, f"OPTIONAL_{kind.name}") == Schema(kind, optional=True)


def test_immutable() -> None:
    schema = order()
    with pytest.raises(AttributeError, match=r"a Schema is immutable; build another one to change 'name'"):
        schema.name = "other"
    with pytest.raises(AttributeError, match=r"a Schema is immutable; 'name' cannot be deleted"):
        del schema.name
    with pytest.raises(TypeError):
        schema.parameters["k"] = "other"  # type: ignore[index]
    assert copy.deepcopy(schema) is schema
    assert copy.copy(schema) is schema


def test_text() -> None:
    assert str(Schema.STRING) == "Schema{STRING}"
    assert repr(order()) == "Schema{com.example.Order:STRUCT}"
    assert str(Field("a", 0, Schema.INT8)) == "Field{name=a, index=0, schema=Schema{INT8}}"


def test_fields_are_found_by_name_and_place() -> None:
    schema = order()
    assert [field.name for field in schema.fields] == ["id", "note"]
    assert schema.field("note") == Field("note", 1, SchemaBuilder.string().optional().default("none").build())
    assert schema.field("zz") is None
    assert schema.index_by_name == {"id": 0, "note": 1}


def test_inner_schemas_only_where_they_are() -> None:
    with pytest.raises(DataException, match=r"^Cannot list fields on non-struct type$"):
        _ = Schema.STRING.fields
    with pytest.raises(DataException, match=r"^Cannot look up fields on non-struct type$"):
        Schema.STRING.field("a")
    with pytest.raises(DataException, match=r"^Cannot look up key schema on non-map type$"):
        _ = SchemaBuilder.array(Schema.STRING).build().key_schema
    with pytest.raises(DataException, match=r"^Cannot look up value schema on non-array and non-map type$"):
        _ = Schema.STRING.value_schema


def test_validate_value_of_a_schema() -> None:
    Schema.INT64.validate_value(1)
    with pytest.raises(DataException, match=r"class java.lang.String for value"):
        Schema.INT64.validate_value("1")


def test_builders_stand_for_what_they_build() -> None:
    built = SchemaBuilder.map(SchemaBuilder.string(), SchemaBuilder.array(SchemaBuilder.int8())).build()
    assert built == SchemaBuilder.map(Schema.STRING, SchemaBuilder.array(Schema.INT8).build()).build()


@pytest.mark.parametrize("kind", [kind for kind in Type if kind.is_primitive])
def test_one_factory_a_type(kind: Type) -> None:
    factory = getattr(SchemaBuilder, "bool" if kind is Type.BOOLEAN else kind.value)
    assert factory().build() == Schema(kind)


def test_null_element_schemas() -> None:
    assert SchemaBuilder.array_of_null().build().value_schema is None
    assert SchemaBuilder.map_of_null().build().key_schema is None
    with_keys = SchemaBuilder.map_with_null_values(Schema.STRING).build()
    assert (with_keys.key_schema, with_keys.value_schema) == (Schema.STRING, None)


def test_builder_shows_what_it_has() -> None:
    builder = SchemaBuilder.struct().field("a", Schema.INT8)
    assert builder.type is Type.STRUCT
    assert [field.name for field in builder.fields] == ["a"]
    assert builder.find_field("a") == Field("a", 0, Schema.INT8)
    assert builder.find_field("b") is None
    mapped = SchemaBuilder.map(Schema.STRING, Schema.INT8)
    assert (mapped.key_schema, mapped.value_schema) == (Schema.STRING, Schema.INT8)


def test_building_on_leaves_what_was_built() -> None:
    builder = SchemaBuilder.struct().field("a", Schema.INT8)
    before = builder.build()
    builder.field("b", Schema.INT8).parameter("k", "v")
    assert [field.name for field in before.fields] == ["a"]
    assert before.parameters is None


@pytest.mark.parametrize(
    ("attribute", "first", "second"), [("name", "a", "b"), ("doc", "a", "a"), ("version", 1, 2), ("default", 1, 1)]
)
def test_setters_are_for_once(attribute: str, first: object, second: object) -> None:
    builder = getattr(SchemaBuilder.int32(), attribute)(first)
    with pytest.raises(SchemaBuilderException) as raised:
        getattr(builder, attribute)(second)
    assert str(raised.value) == f"Invalid SchemaBuilder call: {attribute} has already been set."


def test_optional_and_required_exclude_each_other() -> None:
    assert SchemaBuilder.int8().optional().optional().build().optional
    assert SchemaBuilder.int8().version(1).version(1).build().version == 1
    with pytest.raises(SchemaBuilderException, match=r"optional has already been set"):
        SchemaBuilder.int8().required().optional()
    with pytest.raises(SchemaBuilderException, match=r"optional has already been set"):
        SchemaBuilder.int8().optional().required()


def test_wrong_default_tells_why_in_its_cause() -> None:
    with pytest.raises(SchemaBuilderException, match=r"^Invalid default value$") as raised:
        SchemaBuilder.int8().default(300)
    assert "class java.lang.Long" in str(raised.value.__cause__)
    with pytest.raises(SchemaBuilderException, match=r"^Invalid default value$"):
        SchemaBuilder.struct().default(Struct(SchemaBuilder.struct().build()))


def test_builder_refuses_what_is_missing() -> None:
    for call, text in (
        (lambda: SchemaBuilder(None), "type cannot be null"),
        (lambda: SchemaBuilder.array(None), "valueSchema cannot be null."),
        (lambda: SchemaBuilder.map(None, Schema.INT8), "keySchema cannot be null."),
        (lambda: SchemaBuilder.map(Schema.INT8, None), "valueSchema cannot be null."),
        (lambda: SchemaBuilder.struct().field("", Schema.INT8), "fieldName cannot be null."),
        (lambda: SchemaBuilder.struct().field("a", None), "fieldSchema for field a cannot be null."),
        (lambda: SchemaBuilder.int8().field("a", Schema.INT8), "Cannot create fields on type INT8"),
        (
            lambda: SchemaBuilder.struct().field("a", Schema.INT8).field("a", Schema.INT8),
            "Cannot create field because of field name duplication a",
        ),
    ):
        with pytest.raises(SchemaBuilderException) as raised:
            call()
        assert str(raised.value) == text
