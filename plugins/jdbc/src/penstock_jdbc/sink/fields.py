"""Which columns a record is written to, and which of them are its key (spec jdbc 13.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from penstock.api import ConnectException, Schema, Timestamp, Type
from penstock_jdbc.sink.settings import PrimaryKeyMode, SinkSettings

KAFKA_COLUMNS = ("__connect_topic", "__connect_partition", "__connect_offset")
"""The key columns of ``pk.mode=kafka`` unless ``pk.fields`` names three others, in this order."""

_KAFKA_SCHEMAS = (Schema.STRING, Schema.INT32, Schema.INT64)


@dataclass(frozen=True, slots=True)
class SinkField:
    """A column: its name, the schema of its values, whether it belongs to the key.

    ``holds_epoch``: one of ``timestamp.fields.list``, an INT64 or STRING that counts time from the epoch.
    """

    name: str
    schema: Schema
    is_key: bool
    holds_epoch: bool = False

    @property
    def optional(self) -> bool:
        """Whether the column may be null; one of a key never is."""
        return not self.is_key and self.schema.optional

    def __str__(self) -> str:
        key = "true" if self.is_key else "false"
        return f"SinkRecordField{{schema={self.schema}, name='{self.name}', isPrimaryKey={key}}}"


@dataclass(frozen=True, slots=True)
class TableFields:
    """The columns of records that share their schemas, in the order of the table that would be created for them."""

    all: tuple[SinkField, ...]

    @property
    def keys(self) -> tuple[SinkField, ...]:
        """The columns of the key."""
        return tuple(field for field in self.all if field.is_key)

    @property
    def others(self) -> tuple[SinkField, ...]:
        """The columns beside the key."""
        return tuple(field for field in self.all if not field.is_key)


def shown(fields: Sequence[SinkField]) -> str:
    """Fields as error texts list them."""
    return "[" + ", ".join(map(str, fields)) + "]"


def fields_of(
    table: str, settings: SinkSettings, key_schema: Schema | None, value_schema: Schema | None
) -> TableFields:
    """The columns for records with these schemas; no value schema means tombstones. Raises ConnectException.

    ``table`` is the bare name of the table, for error texts.
    """
    keys = _key_fields(table, settings, key_schema, value_schema)
    values = _value_fields(settings, value_schema, frozenset(keys))
    found = {**keys, **values}
    if not found:
        raise ConnectException(f"No fields found using key and value schemas for table: {table}")
    epoch = settings.timestamp_fields
    fields = {
        name: SinkField(name, schema, name in keys, holds_epoch=name in epoch and _may_count_time(schema))
        for name, schema in found.items()
    }
    return TableFields(tuple(fields[name] for name in _ordered(fields, settings, value_schema)))


def _may_count_time(schema: Schema) -> bool:
    """A Timestamp is a time already, whatever ``timestamp.fields.list`` says."""
    return schema.type in (Type.INT64, Type.STRING) and schema.name != Timestamp.LOGICAL_NAME


def _ordered(fields: dict[str, SinkField], settings: SinkSettings, value_schema: Schema | None) -> list[str]:
    """Kafka's default columns, then as the value has them, then the rest by the alphabet."""
    first = [name for name in KAFKA_COLUMNS if name in fields]
    if value_schema is None:
        valued: list[str] = []
    elif value_schema.type is Type.STRUCT:
        valued = [field.name for field in value_schema.fields if field.name in fields and field.name not in first]
    else:
        valued = [settings.string_column]
    known = {*first, *valued}
    return [*first, *valued, *sorted(name for name in fields if name not in known)]


def _key_fields(
    table: str, settings: SinkSettings, key_schema: Schema | None, value_schema: Schema | None
) -> dict[str, Schema]:
    match settings.pk_mode:
        case PrimaryKeyMode.NONE:
            return {}
        case PrimaryKeyMode.KAFKA:
            return _kafka_key(table, settings.pk_fields)
        case PrimaryKeyMode.RECORD_KEY:
            return _record_key(table, settings.pk_fields, key_schema)
        case PrimaryKeyMode.RECORD_VALUE:
            return _record_value(table, settings.pk_fields, value_schema)


def _kafka_key(table: str, names: tuple[str, ...]) -> dict[str, Schema]:
    if names and len(names) != len(KAFKA_COLUMNS):
        raise ConnectException(
            f"PK mode for table '{table}' is KAFKA so there should either be no field names defined for defaults "
            f"{_listed(KAFKA_COLUMNS)} to be applicable, or exactly 3, defined fields are: {_listed(names)}"
        )
    return dict(zip(names or KAFKA_COLUMNS, _KAFKA_SCHEMAS, strict=True))


def _record_key(table: str, names: tuple[str, ...], schema: Schema | None) -> dict[str, Schema]:
    if schema is None:
        raise ConnectException(f"PK mode for table '{table}' is RECORD_KEY, but record key schema is missing")
    if schema.type is Type.STRUCT:
        return _chosen(table, "RECORD_KEY", "key", names, schema)
    if not schema.type.is_primitive:
        raise ConnectException(f"Key schema must be primitive type or Struct, but is of type: {schema.type.name}")
    if len(names) != 1:
        raise ConnectException(
            "Need exactly one PK column defined since the key schema for records is a primitive type, "
            f"defined columns are: {_listed(names)}"
        )
    return {names[0]: schema}


def _record_value(table: str, names: tuple[str, ...], schema: Schema | None) -> dict[str, Schema]:
    if schema is None:
        raise ConnectException(f"PK mode for table '{table}' is RECORD_VALUE, but record value schema is missing")
    if schema.type is not Type.STRUCT:
        raise ConnectException("pk.mode record_value is not supported with String value schemas")
    return _chosen(table, "RECORD_VALUE", "value", names, schema)


def _chosen(table: str, mode: str, part: str, names: tuple[str, ...], schema: Schema) -> dict[str, Schema]:
    declared = {field.name: field.schema for field in schema.fields}
    for name in names:
        if name not in declared:
            raise ConnectException(
                f"PK mode for table '{table}' is {mode} with configured PK fields {_listed(names)}, but record {part} "
                f"schema does not contain field: {name}"
            )
    return {name: declared[name] for name in names} if names else declared


def _value_fields(settings: SinkSettings, schema: Schema | None, keys: frozenset[str]) -> dict[str, Schema]:
    if schema is None:
        return {}
    if schema.type is Type.STRING:
        if settings.string_column in keys:
            raise ConnectException(
                f"The column '{settings.string_column}' for String values (string.output.value.column.name) is also a column "
                "of the key; choose another name for one of them"
            )
        return {settings.string_column: Schema.OPTIONAL_STRING}
    if schema.type is not Type.STRUCT:
        raise ConnectException(f"Value schema must be of type Struct, but is of type: {schema.type.name}")
    wanted = settings.fields_whitelist
    return {
        field.name: field.schema
        for field in schema.fields
        if field.name not in keys and (not wanted or field.name in wanted)
    }


def _listed(names: Sequence[str]) -> str:
    return "[" + ", ".join(names) + "]"
