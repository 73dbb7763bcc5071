"""HoistField: wraps a key or value into a struct or map with one field (spec 6.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from penstock.api import (
    ConfigDef,
    ConfigType,
    Importance,
    RecordColumns,
    Schema,
    SchemaBuilder,
    Struct,
    StructColumn,
    Type,
    validate_value,
)
from penstock.transforms.columns import Column
from penstock.transforms.operand import Changed, ChangedColumn, OnKey, OnValue, OperandTransformation, Record
from penstock.transforms.schemas import SchemaCache, check_struct

FIELD_CONFIG = "field"


class HoistField(OperandTransformation):
    """Wraps; null too, where its schema allows it."""

    CONFIG: ClassVar[ConfigDef] = ConfigDef().define(
        FIELD_CONFIG,
        ConfigType.STRING,
        importance=Importance.MEDIUM,
        doc="The name of the one field of the struct or map that is made.",
    )

    def configure(self, configs: Mapping[str, object]) -> None:  # noqa: ARG002
        self._name = self.config.get_string(FIELD_CONFIG, None)
        self._wrapped = SchemaCache(self._wrap)

    def change(self, record: Record, schema: Schema | None, value: object) -> Changed:  # noqa: ARG002
        if schema is None:
            return None, {self._name: value}
        wrapped = self._wrapped.get(schema)
        if isinstance(value, Struct) and value.schema is schema:
            check_struct(value)
        else:
            validate_value(schema, value, self._name)
        return wrapped, Struct.of(wrapped, [value])

    def change_columns(self, batch: RecordColumns, schema: Schema | None, values: Column) -> ChangedColumn | None:  # noqa: ARG002
        if schema is None:
            name = self._name
            return None, [{name: value} for value in values]
        wrapped = self._wrapped.get(schema)
        if schema.type is Type.STRUCT:
            structs = StructColumn.of(schema, values)  # none lacks a required value
            return None if structs is None else (wrapped, StructColumn(wrapped, [structs]))
        for value in values:
            validate_value(schema, value, self._name)
        return wrapped, StructColumn(wrapped, [values])

    def _wrap(self, schema: Schema) -> Schema:
        # A name that is null gets as far as here, as in Connect, and is refused by the builder.
        return SchemaBuilder.struct().field(self._name or "", schema).build()


class HoistFieldKey(OnKey, HoistField):
    """Wraps the key."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.transforms.HoistField$Key"


class HoistFieldValue(OnValue, HoistField):
    """Wraps the value."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.transforms.HoistField$Value"
