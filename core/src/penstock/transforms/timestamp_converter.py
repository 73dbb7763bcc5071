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
    Schema,
    SchemaBuilder,
    Struct,
)
from penstock.api.validators import one_of
from penstock.transforms.config import REPLACE_NULL_WITH_DEFAULT_CONFIG, with_replace_null
from penstock.transforms.date_format import DateFormat
from penstock.transforms.operand import Changed, OnKey, OnValue, OperandTransformation, Record
from penstock.transforms.requirements import require_map, require_struct_or_none
from penstock.transforms.schemas import Reader, SchemaCache, StructMaker, conforming, like, reader
from penstock.transforms.timestamp_values import (
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
        self._defaults = self.config.get_bool(REPLACE_NULL_WITH_DEFAULT_CONFIG)
        self._wholes = SchemaCache(self._whole)
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

    def _without_schema(self, value: object) -> object:
        if not self._field:
            return self._untyped(value)
        found = dict(require_map(value, _PURPOSE))
        found[self._field] = self._untyped(found.get(self._field))
        return found

    def _whole(self, schema: Schema) -> tuple[Schema, Converter]:
        return self._conversion.schema(optional=schema.optional), self._conversion.of_schema(schema)

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
