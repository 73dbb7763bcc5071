"""ExtractField: replaces a key or value by one of its fields (spec 6.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from penstock.api import ConfigDef, ConfigType, Field, Importance, RecordColumns, Schema, StructColumn
from penstock.transforms.columns import Column, column_reader, maps_of
from penstock.transforms.config import REPLACE_NULL_WITH_DEFAULT_CONFIG, with_replace_null
from penstock.transforms.field_path import (
    FIELD_SYNTAX_VERSION_CONFIG,
    FieldPath,
    FieldSyntaxVersion,
    with_field_syntax,
)
from penstock.transforms.operand import Changed, ChangedColumn, OnKey, OnValue, OperandTransformation, Record
from penstock.transforms.requirements import require_map_or_none, require_struct_or_none
from penstock.transforms.schemas import SchemaCache

FIELD_CONFIG = "field"

_PURPOSE = "field extraction"


class UnknownFieldError(ValueError):
    """The schema has no such field: a mistake in the configuration, which Connect doesn't tolerate."""

    connect_name: ClassVar[str] = "java.lang.IllegalArgumentException"


class ExtractField(OperandTransformation):
    """Takes a field, with its schema where there is one; null stays null."""

    CONFIG: ClassVar[ConfigDef] = with_field_syntax(
        with_replace_null(
            ConfigDef().define(
                FIELD_CONFIG, ConfigType.STRING, importance=Importance.MEDIUM, doc="The field to take out."
            )
        )
    )

    def configure(self, configs: Mapping[str, object]) -> None:  # noqa: ARG002
        self._text = self.config.get_string(FIELD_CONFIG)
        version = FieldSyntaxVersion(self.config.get_string(FIELD_SYNTAX_VERSION_CONFIG).upper())
        self._path = FieldPath(self._text, version)
        self._defaults = self.config.get_bool(REPLACE_NULL_WITH_DEFAULT_CONFIG)
        self._fields = SchemaCache(self._find)

    def change(self, record: Record, schema: Schema | None, value: object) -> Changed:  # noqa: ARG002
        if schema is None:
            found = require_map_or_none(value, _PURPOSE)
            return None, None if found is None else self._path.value_in_map(found)
        struct = require_struct_or_none(value, _PURPOSE, schema)
        field = self._fields.get(schema)  # a field that is missing is told for null values too
        return field.schema, None if struct is None else self._path.value_in_struct(struct, defaults=self._defaults)

    def change_columns(self, batch: RecordColumns, schema: Schema | None, values: Column) -> ChangedColumn | None:  # noqa: ARG002
        if schema is None:
            maps = maps_of(values)
            return None if maps is None else (None, list(map(self._path.value_in_map, maps)))
        structs = StructColumn.of(schema, values)
        if structs is None:
            return None
        field = self._fields.get(schema)
        if len(self._path.steps) == 1:
            return field.schema, column_reader(schema, defaults=self._defaults)(structs)[field.index]
        return field.schema, [self._path.value_in_struct(struct, defaults=self._defaults) for struct in structs]

    def _find(self, schema: Schema) -> Field:
        field = self._path.field_of(schema)
        if field is None:
            raise UnknownFieldError(f"Unknown field: {self._text}")
        return field


class ExtractFieldKey(OnKey, ExtractField):
    """Takes a field of the key."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.transforms.ExtractField$Key"


class ExtractFieldValue(OnValue, ExtractField):
    """Takes a field of the value."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.transforms.ExtractField$Value"
