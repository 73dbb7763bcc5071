"""InsertField: adds what is known of the record, or a fixed text, as fields (spec 6.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from penstock.api import (
    ConfigDef,
    ConfigException,
    ConfigType,
    Importance,
    Int32,
    RecordColumns,
    Schema,
    SchemaBuilder,
    Struct,
    StructColumn,
    Timestamp,
    validate_value,
)
from penstock.api.javatime import datetime_of
from penstock.transforms.columns import Column, ColumnReader, column_reader, maps_of
from penstock.transforms.config import REPLACE_NULL_WITH_DEFAULT_CONFIG, with_replace_null
from penstock.transforms.operand import Changed, ChangedColumn, OnKey, OnValue, OperandTransformation, Record
from penstock.transforms.requirements import require_map, require_sink_record, require_struct
from penstock.transforms.schemas import Reader, SchemaCache, StructMaker, like, reader

TOPIC_FIELD_CONFIG = "topic.field"
PARTITION_FIELD_CONFIG = "partition.field"
OFFSET_FIELD_CONFIG = "offset.field"
TIMESTAMP_FIELD_CONFIG = "timestamp.field"
STATIC_FIELD_CONFIG = "static.field"
STATIC_VALUE_CONFIG = "static.value"

_PURPOSE = "field insertion"
_OPTIONAL_TIMESTAMP = Timestamp.builder().optional().build()
_HOW = "A <code>!</code> behind the name makes the field required, a <code>?</code> optional, which is the default."


class _NotSet:
    """The absence of something to insert."""


_NOT_SET = _NotSet()


@dataclass(frozen=True, slots=True)
class _Columns:
    """What is known of many records, and what makes values of it, with a schema and without, where that is not the same."""

    known: Callable[[RecordColumns], Column | None]
    typed: Callable[[Any], object] | None = None
    untyped: Callable[[Any], object] | None = None


_TOPICS = _Columns(lambda batch: [batch.topic] * len(batch))
_PARTITIONS = _Columns(lambda batch: batch.partitions, untyped=Int32)
_OFFSETS = _Columns(lambda batch: batch.offsets)
_TIMESTAMPS = _Columns(lambda batch: batch.timestamps, typed=datetime_of)


@dataclass(frozen=True, slots=True)
class _Insertion:
    """One field to insert: its name and schema, what to insert with a schema and without, and into many records at once."""

    name: str
    schema: Schema
    typed: Callable[[Record], object]
    untyped: Callable[[Record], object]
    columns: _Columns

    @classmethod
    def of(
        cls,
        spec: str | None,
        schemas: tuple[Schema, Schema],
        typed: Callable[[Record], object],
        columns: _Columns,
        untyped: Callable[[Record], object] | None = None,
    ) -> _Insertion | None:
        """From ``name``, ``name?`` or ``name!``; ``schemas`` are the required and the optional one."""
        if spec is None:
            return None
        name = spec[:-1] if spec.endswith(("?", "!")) else spec
        return cls(name, schemas[0] if spec.endswith("!") else schemas[1], typed, untyped or typed, columns)

    def column(self, batch: RecordColumns, *, typed: bool) -> Column | None:
        """What to insert; None where a record has nothing of the kind."""
        column = self.columns.known(batch)
        if column is None or None in column:
            return None
        convert = self.columns.typed if typed else self.columns.untyped
        return list(column) if convert is None else list(map(convert, column))


def _topic(record: Record) -> object:
    return record.topic


def _partition(record: Record) -> object:
    return _NOT_SET if record.kafka_partition is None else record.kafka_partition


def _sized_partition(record: Record) -> object:
    return _NOT_SET if record.kafka_partition is None else Int32(record.kafka_partition)


def _offset(record: Record) -> object:
    return require_sink_record(record, _PURPOSE).kafka_offset


def _timestamp(record: Record) -> object:
    return _NOT_SET if record.timestamp is None else datetime_of(record.timestamp)


def _timestamp_ms(record: Record) -> object:
    return _NOT_SET if record.timestamp is None else record.timestamp


_STRINGS = (Schema.STRING, Schema.OPTIONAL_STRING)


def _name_key(definition: ConfigDef, name: str, doc: str) -> ConfigDef:
    return definition.define(name, ConfigType.STRING, default=None, importance=Importance.MEDIUM, doc=doc)


def _config() -> ConfigDef:
    keys = ConfigDef()
    keys = _name_key(keys, TOPIC_FIELD_CONFIG, f"The field for the record's topic. {_HOW}")
    keys = _name_key(keys, PARTITION_FIELD_CONFIG, f"The field for the number of the partition. {_HOW}")
    keys = _name_key(keys, OFFSET_FIELD_CONFIG, f"The field for the record's offset; for sink connectors only. {_HOW}")
    keys = _name_key(keys, TIMESTAMP_FIELD_CONFIG, f"The field for the record's timestamp. {_HOW}")
    keys = _name_key(keys, STATIC_FIELD_CONFIG, f"The field for a fixed text. {_HOW}")
    return with_replace_null(
        _name_key(keys, STATIC_VALUE_CONFIG, f"The fixed text, if there is a {STATIC_FIELD_CONFIG}.")
    )


class InsertField(OperandTransformation):
    """Adds fields behind those that are there. A partition or timestamp that the record has not is not set."""

    CONFIG: ClassVar[ConfigDef] = _config()

    def configure(self, configs: Mapping[str, object]) -> None:  # noqa: ARG002
        text = {
            name: self.config.get_string(name, None)
            for name in self.CONFIG.keys
            if name != REPLACE_NULL_WITH_DEFAULT_CONFIG
        }
        static = text[STATIC_VALUE_CONFIG]
        wanted = (
            _Insertion.of(text[TOPIC_FIELD_CONFIG], _STRINGS, _topic, _TOPICS),
            _Insertion.of(
                text[PARTITION_FIELD_CONFIG],
                (Schema.INT32, Schema.OPTIONAL_INT32),
                _partition,
                _PARTITIONS,
                _sized_partition,
            ),
            _Insertion.of(text[OFFSET_FIELD_CONFIG], (Schema.INT64, Schema.OPTIONAL_INT64), _offset, _OFFSETS),
            _Insertion.of(
                text[TIMESTAMP_FIELD_CONFIG],
                (Timestamp.SCHEMA, _OPTIONAL_TIMESTAMP),
                _timestamp,
                _TIMESTAMPS,
                _timestamp_ms,
            ),
            _Insertion.of(
                text[STATIC_FIELD_CONFIG],
                _STRINGS,
                lambda _record: static,
                _Columns(lambda batch: [static] * len(batch)),
            ),
        )
        self._insertions = [insertion for insertion in wanted if insertion is not None]
        if not self._insertions:
            raise ConfigException("No field insertion configured")
        if wanted[-1] is not None and static is None:
            # Connect shows an object that has no text of its own; clients that compare texts see the same.
            shown = f"org.apache.kafka.connect.transforms.InsertField$InsertionSpec@{id(wanted[-1]) & 0xFFFFFFFF:x}"
            raise ConfigException.of(STATIC_VALUE_CONFIG, None, f"No value specified for static field: {shown}")
        self._defaults = self.config.get_bool(REPLACE_NULL_WITH_DEFAULT_CONFIG)
        self._plans = SchemaCache(self._plan)

    def change(self, record: Record, schema: Schema | None, value: object) -> Changed | None:
        if value is None:
            return None
        if schema is None:
            return None, self._into_map(record, require_map(value, _PURPOSE))
        struct = require_struct(value, _PURPOSE, schema)
        extended, source, read, _ = self._plans.get(struct.schema)
        row = read(struct).copy()
        source.check(row)
        for insertion in self._insertions:
            item = insertion.typed(record)
            if item is None:
                validate_value(insertion.schema, None, insertion.name)
            row.append(None if item is _NOT_SET else item)
        return extended, Struct.of(extended, row)

    def change_columns(self, batch: RecordColumns, schema: Schema | None, values: Column) -> ChangedColumn | None:
        added = [insertion.column(batch, typed=schema is not None) for insertion in self._insertions]
        items = [column for column in added if column is not None]
        if len(items) < len(added):
            return None
        if schema is None:
            maps = maps_of(values)
            return None if maps is None else (None, self._into_maps(maps, items))
        structs = StructColumn.of(schema, values)
        if structs is None:
            return None
        extended, _, _, read = self._plans.get(schema)
        return extended, StructColumn(extended, [*read(structs), *items], len(structs))

    def _into_maps(self, maps: Sequence[dict[Any, object]], items: Sequence[Column]) -> Column:
        name = self._insertions[0].name
        extended = [{**value, name: item} for value, item in zip(maps, items[0], strict=True)]
        for insertion, column in zip(self._insertions[1:], items[1:], strict=True):
            for value, item in zip(extended, column, strict=True):
                value[insertion.name] = item
        return extended

    def _into_map(self, record: Record, value: Mapping[object, object]) -> dict[object, object]:
        extended = dict(value)
        for insertion in self._insertions:
            item = insertion.untyped(record)
            if item is not _NOT_SET:
                extended[insertion.name] = item
        return extended

    def _plan(self, schema: Schema) -> tuple[Schema, StructMaker, Reader, ColumnReader]:
        """The schema with more fields, what knows the required ones of the old one, and how to read its structs."""
        builder = like(schema, SchemaBuilder.struct())
        for field in schema.fields:
            builder.field(field.name, field.schema)
        for insertion in self._insertions:
            builder.field(insertion.name, insertion.schema)
        return (
            builder.build(),
            StructMaker(schema),
            reader(schema, defaults=self._defaults),
            column_reader(schema, defaults=self._defaults),
        )


class InsertFieldKey(OnKey, InsertField):
    """Adds to the key."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.transforms.InsertField$Key"


class InsertFieldValue(OnValue, InsertField):
    """Adds to the value."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.transforms.InsertField$Value"
