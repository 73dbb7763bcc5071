"""TimestampConverter: between texts, Unix times and Connect's Date, Time and Timestamp (spec 6.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from penstock.api import (
    ConfigDef,
    ConfigException,
    ConfigType,
    Field,
    Importance,
    RecordColumns,
    Schema,
    SchemaBuilder,
    Struct,
    StructColumn,
)
from penstock.api.validators import one_of
from penstock.transforms.columns import Column, ColumnReader, column_reader, maps_of
from penstock.transforms.config import REPLACE_NULL_WITH_DEFAULT_CONFIG, with_replace_null
from penstock.transforms.date_format import DateFormat
from penstock.transforms.operand import Changed, ChangedColumn, OnKey, OnValue, OperandTransformation, Record
from penstock.transforms.requirements import require_map, require_struct_or_none
from penstock.transforms.schemas import Reader, SchemaCache, StructMaker, conforming, like, reader
from penstock.transforms.timestamp_values import (
    ColumnConverter,
    Converter,
    TimestampConversion,
    TimestampKind,
    UnixPrecision,
)

FIELD_CONFIG = "field"
TARGET_TYPE_CONFIG = "target.type"
FORMAT_CONFIG = "format"
UNIX_PRECISION_CONFIG = "unix.precision"

_PURPOSE = "converting timestamp formats"


@dataclass(frozen=True, slots=True)
class _Plan:
    """For one struct schema: what makes the new structs, how to read, and what to convert at which place, if there is the field."""

    make: StructMaker
    read: Reader
    place: int | None
    convert: Converter
    read_columns: ColumnReader
    convert_column: ColumnConverter


class TimestampConverter(OperandTransformation):
    """Converts a field, or the whole; null stays null."""

    CONFIG: ClassVar[ConfigDef] = with_replace_null(
        ConfigDef()
        .define(
            FIELD_CONFIG,
            ConfigType.STRING,
            default="",
            importance=Importance.HIGH,
            doc="The field with the timestamp; empty if the whole key or value is one.",
        )
        .define(
            TARGET_TYPE_CONFIG,
            ConfigType.STRING,
            importance=Importance.HIGH,
            validator=one_of(*(kind.value for kind in TimestampKind)),
            doc="What the timestamp becomes: string, unix, Date, Time or Timestamp.",
        )
        .define(
            FORMAT_CONFIG,
            ConfigType.STRING,
            default="",
            importance=Importance.MEDIUM,
            doc="How texts are read and written: a pattern of Java's <code>SimpleDateFormat</code>, in UTC.",
        )
        .define(
            UNIX_PRECISION_CONFIG,
            ConfigType.STRING,
            default=UnixPrecision.MILLISECONDS.value,
            importance=Importance.LOW,
            validator=one_of(*(precision.value for precision in UnixPrecision)),
            doc="The unit of Unix times, read and written: seconds, milliseconds, microseconds or nanoseconds. What is "
            "finer than a millisecond is lost on the way.",
        )
    )

    def configure(self, configs: Mapping[str, object]) -> None:  # noqa: ARG002
        self._field = self.config.get_string(FIELD_CONFIG, None)
        target = TimestampKind(self.config.get_string(TARGET_TYPE_CONFIG))
        pattern = self.config.get_string(FORMAT_CONFIG, None)
        if target is TimestampKind.STRING and not pattern:
            raise ConfigException(
                "TimestampConverter requires format option to be specified when using string timestamps"
            )
        self._conversion = TimestampConversion(
            target, _format(pattern) if pattern else None, UnixPrecision(self.config.get_string(UNIX_PRECISION_CONFIG))
        )
        self._untyped = self._conversion.of_values()
        self._untyped_column = self._conversion.of_columns(None)
        self._defaults = self.config.get_bool(REPLACE_NULL_WITH_DEFAULT_CONFIG)
        self._wholes = SchemaCache(self._whole)
        self._whole_columns = SchemaCache(self._whole_column)
        self._plans = SchemaCache(self._plan)

    def change(self, record: Record, schema: Schema | None, value: object) -> Changed:  # noqa: ARG002
        if schema is None and value is None:
            return None, None
        if self._field is None:
            raise ConfigException.of(
                FIELD_CONFIG, None, "TimestampConverter needs a field, or an empty text for the whole"
            )
        if schema is None:
            return None, self._without_schema(value)
        if not self._field:
            whole, convert = self._wholes.get(schema)
            return whole, convert(value)
        struct = require_struct_or_none(value, _PURPOSE, schema)
        plan = self._plans.get(schema)
        return plan.make.schema, None if struct is None else _converted(plan, conforming(struct, schema))

    def change_columns(self, batch: RecordColumns, schema: Schema | None, values: Column) -> ChangedColumn | None:  # noqa: ARG002
        if self._field is None:
            return None
        if schema is None:
            return self._without_schemas(values)
        if not self._field:
            whole, convert = self._whole_columns.get(schema)
            return whole, convert(values)
        structs = StructColumn.of(schema, values)
        if structs is None:
            return None
        plan = self._plans.get(schema)
        columns = plan.read_columns(structs)
        if plan.place is not None:
            columns[plan.place] = plan.convert_column(columns[plan.place])
        return plan.make.schema, StructColumn(plan.make.schema, columns, len(structs))

    def _without_schemas(self, values: Column) -> ChangedColumn | None:
        if not self._field:
            return None, self._untyped_column(values)
        maps, field = maps_of(values), self._field
        if maps is None:
            return None
        converted = self._untyped_column([value.get(field) for value in maps])
        return None, [{**value, field: item} for value, item in zip(maps, converted, strict=True)]

    def _without_schema(self, value: object) -> object:
        if not self._field:
            return self._untyped(value)
        found = dict(require_map(value, _PURPOSE))
        found[self._field] = self._untyped(found.get(self._field))
        return found

    def _whole(self, schema: Schema) -> tuple[Schema, Converter]:
        return self._conversion.schema(optional=schema.optional), self._conversion.of_schema(schema)

    def _whole_column(self, schema: Schema) -> tuple[Schema, ColumnConverter]:
        return self._conversion.schema(optional=schema.optional), self._conversion.of_columns(schema)

    def _plan(self, schema: Schema) -> _Plan:
        builder = like(schema, SchemaBuilder.struct())
        chosen: Field | None = None
        for field in schema.fields:
            new = field.schema
            if field.name == self._field:
                chosen, new = field, self._conversion.schema(optional=field.schema.optional)
            builder.field(field.name, new)
        if schema.optional:
            builder.optional()
        converted = builder.build()
        plan = _Plan(
            StructMaker(converted),
            reader(schema, defaults=self._defaults),
            None if chosen is None else chosen.index,
            self._untyped if chosen is None else self._conversion.of_schema(chosen.schema),
            column_reader(schema, defaults=self._defaults),
            self._conversion.of_columns(None if chosen is None else chosen.schema),
        )
        if not isinstance(schema.default, Struct):
            return plan
        return replace(plan, make=StructMaker(_with_default(converted, _converted(plan, schema.default))))


def _converted(plan: _Plan, struct: Struct) -> Struct:
    row = plan.read(struct).copy()
    if plan.place is not None:
        row[plan.place] = plan.convert(row[plan.place])
    return plan.make(row)


def _with_default(schema: Schema, default: Struct) -> Schema:
    """The schema with a default, whose own schema is the one without: it cannot contain itself."""
    return Schema(
        schema.type,
        optional=schema.optional,
        name=schema.name,
        version=schema.version,
        doc=schema.doc,
        parameters=schema.parameters,
        default=default,
        fields=schema.fields,
    )


def _format(pattern: str) -> DateFormat:
    try:
        return DateFormat(pattern)
    except ValueError as error:
        raise ConfigException.of(
            f"TimestampConverter requires a SimpleDateFormat-compatible pattern for string timestamps: {pattern}",
            f"java.lang.IllegalArgumentException: {error}",
        ) from error


class TimestampConverterKey(OnKey, TimestampConverter):
    """Converts the key or a field of it."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.transforms.TimestampConverter$Key"


class TimestampConverterValue(OnValue, TimestampConverter):
    """Converts the value or a field of it."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.transforms.TimestampConverter$Value"
