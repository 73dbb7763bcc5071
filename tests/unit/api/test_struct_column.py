"""Structs as columns are the structs, and nothing else passes for them."""

from __future__ import annotations

import pytest

from penstock.api import Schema, SchemaBuilder, Struct
from penstock.api.struct_column import StructColumn

SCHEMA = SchemaBuilder.struct().field("id", Schema.INT32).field("note", Schema.OPTIONAL_STRING).build()
SAME = SchemaBuilder.struct().field("id", Schema.INT32).field("note", Schema.OPTIONAL_STRING).build()
OTHER = SchemaBuilder.struct().field("id", Schema.INT64).field("note", Schema.OPTIONAL_STRING).build()


def structs(schema: Schema = SCHEMA) -> list[Struct]:
    return [Struct(schema, {"id": number, "note": f"n{number}" if number % 2 else None}) for number in range(5)]


def test_structs_become_columns_and_columns_structs() -> None:
    column = StructColumn.of(SCHEMA, structs())
    assert column is not None
    assert [list(part) for part in column.columns] == [[0, 1, 2, 3, 4], [None, "n1", None, "n3", None]]
    assert StructColumn(SCHEMA, column.columns) == structs()
    assert StructColumn(SCHEMA, column.columns)[-1] == structs()[-1]
    assert StructColumn(SCHEMA, column.columns)[1:3] == structs()[1:3]


def test_a_part_of_columns_is_columns() -> None:
    column = StructColumn.of(SCHEMA, structs())
    assert column is not None
    part = StructColumn(SCHEMA, column.columns)[1:4]
    assert isinstance(part, StructColumn)
    assert (len(part), len(part[3:])) == (3, 0)
    assert part == structs()[1:4]


def test_structs_are_made_once() -> None:
    column = StructColumn(SCHEMA, [[1, 2], [None, "x"]])
    assert len(column) == 2
    assert column[0] is next(iter(column))


def test_some_of_them_can_be_taken() -> None:
    column = StructColumn.of(SCHEMA, structs())
    assert column is not None
    assert column.select([True, False, False, True, False]) == [structs()[0], structs()[3]]


def test_structs_without_fields_are_counted() -> None:
    empty = SchemaBuilder.struct().build()
    assert StructColumn(empty, [], 3) == [Struct(empty)] * 3


def test_an_equal_schema_is_as_good_as_the_same() -> None:
    assert StructColumn.of(SCHEMA, structs(SAME)) == structs(SAME)
    column = StructColumn.of(SCHEMA, structs())
    assert column is not None
    assert StructColumn.of(SAME, column) is column


@pytest.mark.parametrize(
    "values", [[], [*structs(), None], [*structs(), {"id": 1}], [*structs(), Struct(SCHEMA)], structs(OTHER)]
)
def test_what_is_no_column_of_structs_is_none(values: list[object]) -> None:
    assert StructColumn.of(SCHEMA, values) is None


def test_a_part_of_columns_stays_columns() -> None:
    part = StructColumn(SCHEMA, [[1, 2, 3], ["a", None, "c"]])[1:]
    assert isinstance(part, StructColumn)
    assert [list(column) for column in part.columns] == [[2, 3], [None, "c"]]
    assert len(StructColumn(SchemaBuilder.struct().build(), [], 5)[1:3]) == 2
