"""SetSchemaMetadata: gives the schema of a key or value another name or version (spec 6.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from penstock.api import ConfigDef, ConfigException, ConfigType, Importance, RecordColumns, Schema, Struct, StructColumn
from penstock.transforms.columns import Column, ColumnReader, column_reader
from penstock.transforms.config import REPLACE_NULL_WITH_DEFAULT_CONFIG, with_replace_null
from penstock.transforms.operand import Changed, ChangedColumn, OnKey, OnValue, OperandTransformation, Record
from penstock.transforms.requirements import require_schema
from penstock.transforms.schemas import Reader, SchemaCache, StructMaker, conforming, reader

SCHEMA_NAME_CONFIG = "schema.name"
SCHEMA_VERSION_CONFIG = "schema.version"


class SetSchemaMetadata(OperandTransformation):
    """Renames struct schemas; of others Connect raises a DataException."""

    CONFIG: ClassVar[ConfigDef] = with_replace_null(
        ConfigDef()
        .define(
            SCHEMA_NAME_CONFIG,
            ConfigType.STRING,
            default=None,
            importance=Importance.HIGH,
            doc="The schema's new name. If not set, it keeps its own.",
        )
        .define(
            SCHEMA_VERSION_CONFIG,
            ConfigType.INT,
            default=None,
            importance=Importance.HIGH,
            doc="The schema's new version. If not set, it keeps its own.",
        )
    )

    def configure(self, configs: Mapping[str, object]) -> None:  # noqa: ARG002
        self._name = self.config.get_string(SCHEMA_NAME_CONFIG, None)
        self._version = self.config.get_int(SCHEMA_VERSION_CONFIG, None)
        self._defaults = self.config.get_bool(REPLACE_NULL_WITH_DEFAULT_CONFIG)
        if self._name is None and self._version is None:
            raise ConfigException("Neither schema name nor version configured")
        self._plans = SchemaCache(self._plan)

    def change(self, record: Record, schema: Schema | None, value: object) -> Changed | None:  # noqa: ARG002
        if value is None and schema is None:
            return None
        schema = require_schema(schema, "updating schema metadata")
        make, read, _ = self._plans.get(schema)
        if not isinstance(value, Struct):
            return make.schema, value
        return make.schema, make(read(conforming(value, schema)).copy())

    def change_columns(self, batch: RecordColumns, schema: Schema | None, values: Column) -> ChangedColumn | None:  # noqa: ARG002
        structs = None if schema is None else StructColumn.of(schema, values)
        if schema is None or structs is None:
            return None
        make, _, read = self._plans.get(schema)
        return make.schema, StructColumn(make.schema, read(structs), len(structs))

    def _plan(self, schema: Schema) -> tuple[StructMaker, Reader, ColumnReader]:
        """What makes the renamed structs, and how to read the old ones, also in columns."""
        renamed = Schema(
            schema.type,
            optional=schema.optional,
            name=self._name if self._name is not None else schema.name,
            version=self._version if self._version is not None else schema.version,
            doc=schema.doc,
            parameters=schema.parameters,
            default=schema.default,
            fields=schema.fields,  # raises for what is no struct, as in Connect
        )
        return (
            StructMaker(renamed),
            reader(schema, defaults=self._defaults),
            column_reader(schema, defaults=self._defaults),
        )


class SetSchemaMetadataKey(OnKey, SetSchemaMetadata):
    """Renames the key's schema."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.transforms.SetSchemaMetadata$Key"


class SetSchemaMetadataValue(OnValue, SetSchemaMetadata):
    """Renames the value's schema."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.transforms.SetSchemaMetadata$Value"
