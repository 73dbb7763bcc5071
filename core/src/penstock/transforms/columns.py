"""What transformations of columns share: how to read a column of structs, and of maps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from penstock.api import Schema, StructColumn
from penstock.transforms.schemas import default_of

Column = Sequence[object]
ColumnReader = Callable[[StructColumn], list[Column]]
"""The values of structs of one schema, a column a field."""

_ONLY_MAPS = frozenset({dict})


def column_reader(schema: Schema, *, defaults: bool) -> ColumnReader:
    """Reads columns as :func:`penstock.transforms.schemas.reader` reads structs."""
    by_index = [(field.index, field.schema) for field in schema.fields if field.schema.default is not None]
    if not defaults or not by_index:
        return lambda structs: list(structs.columns)

    def read(structs: StructColumn) -> list[Column]:
        columns = list(structs.columns)
        for index, field_schema in by_index:
            if None in columns[index]:
                default = default_of(field_schema)
                columns[index] = [default if value is None else value for value in columns[index]]
        return columns

    return read


def maps_of(values: Column) -> Sequence[dict[Any, object]] | None:
    """The values, if they are all maps of the common class."""
    return values if _ONLY_MAPS.issuperset(map(type, values)) else None  # type: ignore[return-value]  # just looked at


def each(convert: Callable[[Any], object], column: Column) -> Column:
    """A column converted, nulls excepted."""
    if None in column:
        return [None if value is None else convert(value) for value in column]
    return list(map(convert, column))
