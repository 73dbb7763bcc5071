"""Schemas that Avro and Parquet can hold, with values that fit them."""

from __future__ import annotations

from itertools import count
from typing import Any

from hypothesis import strategies as st

from penstock.api import Schema, SchemaBuilder, Struct, as_key
from tests.unit.converters.strategies import Case, leaves, primitive_cases, texts

_numbers = count()
_names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,5}", fullmatch=True)


@st.composite
def nested(draw: st.DrawFn, inner: st.SearchStrategy[Case]) -> Case:
    """A list, a map or a struct of what is inside, perhaps optional."""
    kind = draw(st.sampled_from(["list", "map", "struct"]))
    if kind == "struct":
        return draw(structs(inner))
    case = draw(inner)
    values: st.SearchStrategy[Any]
    if kind == "list":
        builder, values = SchemaBuilder.array(case.schema), st.lists(case.values, max_size=3)
    else:
        keys = draw(st.just(Case(Schema.STRING, texts)) | primitive_cases)
        drawn = keys.values.filter(lambda key: key != 0) if keys.schema.type.value.startswith("float") else keys.values
        builder = SchemaBuilder.map(keys.schema, case.schema)
        values = st.dictionaries(drawn.map(as_key), case.values, max_size=3)
    if draw(st.booleans()):
        return Case(builder.build(), values)
    return Case(builder.optional().build(), st.none() | values)


@st.composite
def structs(draw: st.DrawFn, inner: st.SearchStrategy[Case], *, top: bool = False) -> Case:
    """A struct of one field at least, under a name that no other has, or none."""
    names = draw(st.lists(_names, min_size=1, max_size=4, unique=True))
    fields = [draw(inner) for _ in names]
    builder = SchemaBuilder.struct()
    if draw(st.booleans()):
        builder.name(f"com.example.S{next(_numbers)}").version(draw(st.integers(1, 9)))
    for name, field in zip(names, fields, strict=True):
        builder.field(name, field.schema)
    may_be_null = not top and draw(st.booleans())
    schema = builder.optional().build() if may_be_null else builder.build()
    values = st.tuples(*(field.values for field in fields)).map(lambda drawn: Struct.of(schema, drawn))
    return Case(schema, st.none() | values if may_be_null else values)


cases = st.recursive(leaves(), nested, max_leaves=6)
records = structs(cases, top=True)
