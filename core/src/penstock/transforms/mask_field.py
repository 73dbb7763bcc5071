"""MaskField: hides the content of fields (spec 6.2; KIP-437 for the replacement)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import ClassVar

from penstock.api import ConfigDef, ConfigType, Importance, RecordColumns, Schema, StructColumn
from penstock.api.javahash import hash_order
from penstock.api.validators import non_empty, unique_list
from penstock.transforms.columns import Column, ColumnReader, column_reader, each, maps_of
from penstock.transforms.config import REPLACE_NULL_WITH_DEFAULT_CONFIG, with_replace_null
from penstock.transforms.mask_values import null_value, replaced
from penstock.transforms.operand import Changed, ChangedColumn, OnKey, OnValue, OperandTransformation, Record
from penstock.transforms.requirements import require_map, require_struct
from penstock.transforms.schemas import Reader, SchemaCache, StructMaker, reader

FIELDS_CONFIG = "fields"
REPLACEMENT_CONFIG = "replacement"

_PURPOSE = "mask fields"


class MaskField(OperandTransformation):
    """Puts the null of its type, or a replacement, into each listed field that is not null. The schema stays."""

    CONFIG: ClassVar[ConfigDef] = with_replace_null(
        ConfigDef()
        .define(
            FIELDS_CONFIG,
            ConfigType.LIST,
            importance=Importance.HIGH,
            validator=unique_list(empty_allowed=False, null_allowed=False),
            doc="The fields to mask.",
        )
        .define(
            REPLACEMENT_CONFIG,
            ConfigType.STRING,
            default=None,
            importance=Importance.LOW,
            validator=non_empty(),
            doc="What to put into the fields, which must hold numbers or texts. If not set: zero, an empty text and the "
            "like.",
        )
    )

    def configure(self, configs: Mapping[str, object]) -> None:  # noqa: ARG002
        self._names = hash_order(self.config.get_list(FIELDS_CONFIG))  # the order in which Connect fails
        self._replacement = self.config.get_string(REPLACEMENT_CONFIG, None)
        self._defaults = self.config.get_bool(REPLACE_NULL_WITH_DEFAULT_CONFIG)
        self._plans = SchemaCache(self._plan)

    def change(self, record: Record, schema: Schema | None, value: object) -> Changed:  # noqa: ARG002
        if schema is None:
            masked = dict(require_map(value, _PURPOSE))
            for name in self._names:
                masked[name] = self._masked(masked.get(name), None)
            return None, masked
        struct = require_struct(value, _PURPOSE, schema)
        make, read, _, places = self._plans.get(struct.schema)
        masked_struct = make(read(struct).copy())
        row = masked_struct.values
        for place, field_schema in places:
            row[place] = self._masked(row[place], field_schema)
        return schema, masked_struct

    def change_columns(self, batch: RecordColumns, schema: Schema | None, values: Column) -> ChangedColumn | None:  # noqa: ARG002
        if schema is None:
            maps = maps_of(values)
            if maps is None:
                return None
            masked = [{**value} for value in maps]
            for name in self._names:
                for value in masked:
                    value[name] = self._masked(value.get(name), None)
            return None, masked
        structs = StructColumn.of(schema, values)
        if structs is None:
            return None
        _, _, read, places = self._plans.get(schema)
        columns = read(structs)
        for place, field_schema in places:
            columns[place] = each(partial(self._masked, schema=field_schema), columns[place])
        return schema, StructColumn(schema, columns, len(structs))

    def _masked(self, value: object, schema: Schema | None) -> object:
        if value is None:
            return None
        return null_value(value, schema) if self._replacement is None else replaced(value, schema, self._replacement)

    def _plan(self, schema: Schema) -> tuple[StructMaker, Reader, ColumnReader, list[tuple[int, Schema]]]:
        """What makes structs, how to read them, also in columns, and the fields to mask with their places."""
        masked = [(field.index, field.schema) for field in schema.fields if field.name in self._names]
        return (
            StructMaker(schema),
            reader(schema, defaults=self._defaults),
            column_reader(schema, defaults=self._defaults),
            masked,
        )


class MaskFieldKey(OnKey, MaskField):
    """Masks fields of the key."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.transforms.MaskField$Key"


class MaskFieldValue(OnValue, MaskField):
    """Masks fields of the value."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.transforms.MaskField$Value"
