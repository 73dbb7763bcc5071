"""From chunks of rows to columns of records, planned once per result set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from penstock.api import DataException, Schema, SchemaBuilder, Struct, StructColumn
from penstock_jdbc.source.columns import Column
from penstock_jdbc.source.facts import ColumnFacts
from penstock_jdbc.source.fields import FieldPlan, FieldRules, field_plans

Row = Sequence[Any]


def structs_of(schema: Schema, fields: Sequence[Column], count: int) -> Sequence[Struct]:
    """Structs of ``schema`` with these columns, which fit it but for nulls. Raises DataException where a required one is
    missing: what a query makes of a column that may not be null, as an outer join does."""
    for field, column in zip(schema.fields, fields, strict=True):
        if not field.schema.optional and None in column:
            Struct(schema).put(field.name, None)
    return StructColumn(schema, fields, count)


class RowPlan:
    """What is known of all rows of one result set: the schema of their records, and how columns become fields."""

    def __init__(self, name: str | None, columns: Sequence[ColumnFacts], rules: FieldRules) -> None:
        """``name`` is the schema's. Raises DataException when no column is left."""
        self.columns = tuple(columns)
        self.fields: tuple[FieldPlan, ...] = tuple(field_plans(columns, rules))
        builder = SchemaBuilder.struct()
        if name is not None:
            builder.name(name)
        for field in self.fields:
            builder.field(field.name, field.schema)
        self.schema: Schema = builder.build()

    def values(self, columns: Sequence[Column], count: int) -> list[Column]:
        """The columns of the fields for ``count`` rows; ``columns`` are the driver's."""
        assert count or not columns
        return [
            columns[field.place] if field.convert is None else field.convert(columns[field.place])
            for field in self.fields
        ]

    def structs(self, fields: Sequence[Column], count: int) -> Sequence[Struct]:
        """The records' values, as columns as long as nobody looks at one."""
        return structs_of(self.schema, fields, count)

    def field(self, name: str) -> FieldPlan | None:
        """The field of this very name."""
        return next((field for field in self.fields if field.name == name), None)

    def field_in_any_case(self, name: str) -> FieldPlan:
        """The field of this name, else the only one that differs in case alone. Raises DataException."""
        exact = self.field(name)
        if exact is not None:
            return exact
        found = [field for field in self.fields if field.name.lower() == name.lower()]
        if len(found) == 1:
            return found[0]
        names = ",".join(field.name for field in self.fields)
        if not found:
            raise DataException(f"Timestamp column {name} not found in {names}")
        raise DataException(
            f"Timestamp column {name} not found in case-sensitive search, and there are several columns of that name in "
            f"another case: {', '.join(field.name for field in found)}. Write it as the database does"
        )
