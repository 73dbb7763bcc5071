"""The shape of records that go to one table with the same schemas: which columns, and where each value comes from."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from penstock.api import Schema, SinkSlice, Struct, StructColumn, Type
from penstock_jdbc.database.identifiers import TableId
from penstock_jdbc.sink.fields import KAFKA_COLUMNS, SinkField, TableFields
from penstock_jdbc.sink.settings import PrimaryKeyMode, SinkSettings

Column = Sequence[object]
"""The values of one column, an item a row."""


class Part(enum.Enum):
    """The part of a record that a column is filled from."""

    KEY = enum.auto()
    KEY_FIELD = enum.auto()
    VALUE = enum.auto()
    VALUE_FIELD = enum.auto()
    TOPIC = enum.auto()
    PARTITION = enum.auto()
    OFFSET = enum.auto()


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a column's values come from; ``place`` counts the fields of the struct; ``default`` stands in for null."""

    part: Part
    place: int = 0
    default: object = None


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """Made once for a table and a pair of schemas, compared by identity. Without a value schema it is for tombstones."""

    table: TableId
    fields: TableFields
    origins: tuple[Origin, ...]
    """In the order of ``fields.all``."""

    @classmethod
    def of(
        cls,
        table: TableId,
        fields: TableFields,
        settings: SinkSettings,
        schemas: tuple[Schema | None, Schema | None],
    ) -> Shape:
        """The shape of records with these key and value schemas."""
        return cls(table, fields, tuple(_origin(field, settings, *schemas) for field in fields.all))

    def columns(self, records: SinkSlice, start: int, stop: int, *, keys_only: bool = False) -> list[Column]:
        """The values of records ``start`` to ``stop`` of a slice, by column."""
        wanted = [
            origin for field, origin in zip(self.fields.all, self.origins, strict=True) if field.is_key or not keys_only
        ]
        parts = {origin.part for origin in wanted}
        keys: Sequence[Column] = _struct_columns(records.keys, start, stop) if Part.KEY_FIELD in parts else ()
        values: Sequence[Column] = _struct_columns(records.values, start, stop) if Part.VALUE_FIELD in parts else ()
        columns: list[Column] = []
        for origin in wanted:
            match origin.part:
                case Part.VALUE_FIELD:
                    column = values[origin.place]
                case Part.KEY_FIELD:
                    column = keys[origin.place]
                case Part.VALUE:
                    column = records.values[start:stop]
                case Part.KEY:
                    column = (records.keys or ())[start:stop]
                case Part.TOPIC:
                    column = [records.topic] * (stop - start)
                case Part.PARTITION:
                    column = [records.kafka_partition] * (stop - start)
                case Part.OFFSET:
                    column = records.offsets[start:stop]
            if origin.default is not None:
                column = [origin.default if value is None else value for value in column]
            columns.append(column)
        return columns


def joined(pieces: Sequence[list[Column]]) -> list[Column]:
    """Rows of several pieces, one behind the other."""
    if len(pieces) == 1:
        return pieces[0]
    return [[value for column in columns for value in column] for columns in zip(*pieces, strict=True)]


def picked(columns: Sequence[Column], places: Iterable[int]) -> list[Column]:
    """The rows at these places, in this order."""
    wanted = list(places)
    return [[column[place] for place in wanted] for column in columns]


def mapped(convert: Callable[[Any], object], column: Column) -> Column:
    """``convert`` over what is not null."""
    if None in column:
        return [None if value is None else convert(value) for value in column]
    return list(map(convert, column))


def _struct_columns(structs: Sequence[object] | None, start: int, stop: int) -> Sequence[Column]:
    if isinstance(structs, StructColumn):
        if start == 0 and stop == len(structs):
            return structs.columns
        return [column[start:stop] for column in structs.columns]
    chosen = cast("Sequence[Struct]", (structs or ())[start:stop])
    return cast("list[Column]", list(zip(*[struct.values for struct in chosen], strict=True)))


def _origin(field: SinkField, settings: SinkSettings, key_schema: Schema | None, value_schema: Schema | None) -> Origin:
    if field.is_key and settings.pk_mode is PrimaryKeyMode.KAFKA:
        names = settings.pk_fields or KAFKA_COLUMNS
        return Origin((Part.TOPIC, Part.PARTITION, Part.OFFSET)[names.index(field.name)])
    if field.is_key and settings.pk_mode is PrimaryKeyMode.RECORD_KEY:
        if key_schema is not None and key_schema.type is Type.STRUCT:
            return Origin(Part.KEY_FIELD, key_schema.index_by_name[field.name], field.schema.default)
        return Origin(Part.KEY)
    if value_schema is None or value_schema.type is not Type.STRUCT:
        return Origin(Part.VALUE)
    # A key's field takes its schema's default for a null whatever the setting says (spec jdbc 13.7).
    default = field.schema.default if field.is_key or settings.replace_null_with_default else None
    return Origin(Part.VALUE_FIELD, value_schema.index_by_name[field.name], default)
