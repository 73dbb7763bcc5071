"""ValueToKey: makes the key from fields of the value (spec 6.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from penstock.api import (
    ConfigDef,
    ConfigType,
    DataException,
    Importance,
    RecordColumns,
    Schema,
    SchemaBuilder,
    StructColumn,
    Transformation,
)
from penstock.api.validators import unique_list
from penstock.transforms.columns import ColumnReader, column_reader, maps_of
from penstock.transforms.config import REPLACE_NULL_WITH_DEFAULT_CONFIG, with_replace_null
from penstock.transforms.operand import Record
from penstock.transforms.requirements import require_map, require_struct
from penstock.transforms.schemas import Reader, SchemaCache, StructMaker, reader

FIELDS_CONFIG = "fields"

_PURPOSE = "copying fields from value to key"


class ValueToKey(Transformation[Record]):
    """The key becomes a struct, or without a schema a map, of fields of the value in the order of the configuration."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.transforms.ValueToKey"
    CONFIG: ClassVar[ConfigDef] = with_replace_null(
        ConfigDef().define(
            FIELDS_CONFIG,
            ConfigType.LIST,
            importance=Importance.HIGH,
            validator=unique_list(empty_allowed=False, null_allowed=False),
            doc="The fields of the value that make up the key.",
        )
    )

    def configure(self, configs: Mapping[str, object]) -> None:  # noqa: ARG002
        self._names = self.config.get_list(FIELDS_CONFIG)
        self._defaults = self.config.get_bool(REPLACE_NULL_WITH_DEFAULT_CONFIG)
        self._plans = SchemaCache(self._plan)

    def apply(self, record: Record) -> Record:
        if record.value_schema is None:
            found = require_map(record.value, _PURPOSE)
            return record.replace(key_schema=None, key={name: found.get(name) for name in self._names})
        struct = require_struct(record.value, _PURPOSE, record.value_schema)
        make, read, _, places = self._plans.get(struct.schema)
        values = read(struct)
        key = make([values[place] for place in places])
        return record.replace(key_schema=make.schema, key=key, value_schema=struct.schema)

    def apply_batch(self, batch: RecordColumns) -> Sequence[RecordColumns] | None:
        if batch.value_schema is None:
            maps, names = maps_of(batch.values), self._names
            if maps is None:
                return None
            return [batch.with_key(None, [{name: value.get(name) for name in names} for value in maps])]
        structs = StructColumn.of(batch.value_schema, batch.values)
        if structs is None:
            return None
        make, _, read, places = self._plans.get(batch.value_schema)
        columns = read(structs)
        keys = StructColumn(make.schema, [columns[place] for place in places], len(structs))
        return [replace(batch, key_schema=make.schema, keys=keys, values=structs)]

    def _plan(self, schema: Schema) -> tuple[StructMaker, Reader, ColumnReader, list[int]]:
        """What makes keys, how to read the value, also in columns, and where the key's fields are in it."""
        builder = SchemaBuilder.struct()
        places = []
        for name in self._names:
            field = schema.field(name)
            if field is None:
                raise DataException(f"Field does not exist: {name}")
            builder.field(name, field.schema)
            places.append(field.index)
        return (
            StructMaker(builder.build()),
            reader(schema, defaults=self._defaults),
            column_reader(schema, defaults=self._defaults),
            places,
        )
