"""Records to transform, and transformations to do it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from penstock.api import Schema, SchemaBuilder, SinkRecord, SourceRecord, Struct, TimestampType

CITY = SchemaBuilder.struct().field("city", Schema.STRING).field("zip", Schema.OPTIONAL_INT32).build()
ORDER = (
    SchemaBuilder.struct()
    .name("com.example.Order")
    .version(2)
    .field("id", Schema.INT64)
    .field("note", Schema.OPTIONAL_STRING)
    .field("size", SchemaBuilder.string().optional().default("M").build())
    .field("address", CITY)
    .build()
)


def configured(cls: type[Any], config: Mapping[str, str | None] | None = None, **settings: str | None) -> Any:
    """A plugin as the runtime makes it. Keys with dots come in ``config``."""
    plugin = cls()
    props = {**(config or {}), **settings}
    plugin.use_config(props)
    plugin.configure(props)
    return plugin


def city(name: str = "Bergen") -> Struct:
    return Struct(CITY).put("city", name)


def order(**values: object) -> Struct:
    """An order with an id and an address."""
    struct = Struct(ORDER, {"id": 7, "address": city()})
    for name, value in values.items():
        struct.put(name, value)
    return struct


def source(value: object, schema: Schema | None = None, **more: Any) -> SourceRecord:
    return SourceRecord("orders", value, value_schema=schema, **more)


def sink(value: object, schema: Schema | None = None, **more: Any) -> SinkRecord:
    given = {"timestamp": 1_700_000_000_123, "timestamp_type": TimestampType.CREATE_TIME, **more}
    return SinkRecord("orders", 3, 42, value, value_schema=schema, **given)
