"""What a transformation demands of a record's data, in Connect's words (spec 6.1). All functions raise DataException."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.api import ConnectRecord, DataException, Schema, SinkRecord, Struct
from penstock.api.javaclass import java_class_name


def require_map(value: object, purpose: str) -> Mapping[object, object]:
    """A map, which is all that schemaless data may be when its fields are wanted."""
    if isinstance(value, Mapping):
        return value
    raise DataException(
        f"Only Map objects supported in absence of schema for [{purpose}], found: {_class_or_null(value, None)}"
    )


def require_map_or_none(value: object, purpose: str) -> Mapping[object, object] | None:
    """A map, or None."""
    return None if value is None else require_map(value, purpose)


def require_struct(value: object, purpose: str, schema: Schema | None = None) -> Struct:
    """A Struct, which is all that data with a schema may be when its fields are wanted; ``schema`` tells the class of
    what was found instead."""
    if isinstance(value, Struct):
        return value
    raise DataException(f"Only Struct objects supported for [{purpose}], found: {_class_or_null(value, schema)}")


def require_struct_or_none(value: object, purpose: str, schema: Schema | None = None) -> Struct | None:
    """A Struct, or None."""
    return None if value is None else require_struct(value, purpose, schema)


def require_schema(schema: Schema | None, purpose: str) -> Schema:
    """A schema."""
    if schema is None:
        raise DataException(f"Schema required for [{purpose}]")
    return schema


def require_sink_record(record: ConnectRecord, purpose: str) -> SinkRecord:
    """A record that was read from the log."""
    if isinstance(record, SinkRecord):
        return record
    raise DataException(
        f"Only SinkRecord supported for [{purpose}], found: org.apache.kafka.connect.source.{type(record).__name__}"
    )


def class_text(value: object, schema: Schema | None = None) -> str:
    """A value's class as Java prints it: ``class java.lang.Long``."""
    return f"class {java_class_name(value, schema)}"


def _class_or_null(value: object, schema: Schema | None) -> str:
    return "null" if value is None else java_class_name(value, schema)
