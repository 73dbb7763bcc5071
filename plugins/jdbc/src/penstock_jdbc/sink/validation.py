"""Whether a record can be written at all (spec jdbc 13.2): the checks, and Java's texts, which clients see."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from penstock.api import ConnectException, Instant, Schema, SinkSlice, Struct, StructColumn, Type
from penstock_jdbc.sink.settings import PrimaryKeyMode, SinkSettings

_INTEGERS = {Type.INT8: "Byte", Type.INT16: "Short", Type.INT32: "Integer", Type.INT64: "Long"}
_CLASSES: Mapping[type, str] = {
    bool: "Boolean",
    str: "String",
    bytes: "byte[]",
    bytearray: "byte[]",
    memoryview: "HeapByteBuffer",
    list: "ArrayList",
    tuple: "ArrayList",
    dict: "HashMap",
    Struct: "Struct",
    Decimal: "BigDecimal",
    Instant: "Date",
}


class RecordCheck:
    """Finds the first record of a slice that has no key or value where one is needed."""

    def __init__(self, settings: SinkSettings) -> None:
        self._settings = settings
        needs_key = settings.pk_mode is PrimaryKeyMode.RECORD_KEY or settings.delete_enabled
        self._checks: list[Callable[[SinkSlice, int, int], int | None]] = []
        self._texts: list[Callable[[SinkSlice, int], str]] = []
        if needs_key:
            self._checks.append(_first_without_key)
            self._texts.append(self._key_text)
        if not settings.delete_enabled:
            self._checks.append(_first_without_value)
            self._texts.append(self._value_text)

    def first_invalid(self, records: SinkSlice, start: int) -> tuple[int, ConnectException] | None:
        """The first record from ``start`` on that can't be written, and why; None when all can."""
        found: tuple[int, ConnectException] | None = None
        stop = len(records)
        for check, text in zip(self._checks, self._texts, strict=True):
            place = check(records, start, stop)
            if place is not None:
                found, stop = (place, ConnectException(text(records, place))), place
        refused = self._field_options(records)
        if refused is not None and (found is None or found[0] > start):
            return start, refused
        return found

    def _field_options(self, records: SinkSlice) -> ConnectException | None:
        schema, given = records.value_schema, self._settings.field_options
        if schema is None or schema.type is not Type.STRING or not given:
            return None
        return ConnectException(
            f"Sink connector '{self._settings.connector}' is configured with field-level options that are not applicable to "
            f"String values: {', '.join(given)}. Remove these options, or have the upstream producer emit Struct values "
            "instead."
        )

    def _key_text(self, records: SinkSlice, place: int) -> str:
        key = None if records.keys is None else records.keys[place]
        return (
            f"{self._beginning('records with a non-null key and non-null Struct or primitive key schema')}"
            f"{_position(records, place)} with a {_class_of(key, records.key_schema)} key and {_type_of(records.key_schema)} "
            "key schema."
        )

    def _value_text(self, records: SinkSlice, place: int) -> str:
        value, schema = records.values[place], records.value_schema
        wanted = "records with a non-null Struct or String value and non-null Struct or String schema"
        return (
            f"{self._beginning(wanted)}{_position(records, place)} with a {_class_of(value, schema)} value and "
            f"{_type_of(schema)} value schema."
        )

    def _beginning(self, wanted: str) -> str:
        settings = self._settings
        deletes = "true" if settings.delete_enabled else "false"
        return (
            f"Sink connector '{settings.connector}' is configured with 'delete.enabled={deletes}' and "
            f"'pk.mode={settings.pk_mode.value}' and therefore requires {wanted}, but found record at "
        )


def _first_without_key(records: SinkSlice, start: int, stop: int) -> int | None:
    schema = records.key_schema
    if schema is None or not (schema.type is Type.STRUCT or schema.type.is_primitive):
        return start if start < stop else None
    return _first_null(records.keys, start, stop)


def _first_without_value(records: SinkSlice, start: int, stop: int) -> int | None:
    schema = records.value_schema
    if schema is None or schema.type not in (Type.STRUCT, Type.STRING):
        return start if start < stop else None
    return _first_null(records.values, start, stop)


def _first_null(column: Sequence[object] | None, start: int, stop: int) -> int | None:
    if column is None:
        return start if start < stop else None
    if isinstance(column, StructColumn):
        return None  # none of its structs is null
    # "in" would compare structs with None, which costs a call each.
    return next((place for place in range(start, stop) if column[place] is None), None)


def _position(records: SinkSlice, place: int) -> str:
    timestamp = None if records.timestamps is None else records.timestamps[place]
    shown = "null" if timestamp is None else timestamp
    return (
        f"(topic='{records.topic}',partition={records.kafka_partition},offset={records.offsets[place]},"
        f"timestamp={shown})"
    )


def _type_of(schema: Schema | None) -> str:
    if schema is None:
        return "null"
    return "Struct" if schema.type is Type.STRUCT else schema.type.value


def _class_of(value: object, schema: Schema | None) -> str:
    """The simple name of the value's class in Java."""
    if value is None:
        return "null"
    if isinstance(value, int) and not isinstance(value, bool):
        return _INTEGERS.get(schema.type, "Long") if schema is not None else "Long"
    if isinstance(value, float):
        return "Float" if schema is not None and schema.type is Type.FLOAT32 else "Double"
    return next((name for kind, name in _CLASSES.items() if isinstance(value, kind)), "Date")
