"""Runs of records for partitioners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from penstock.api import Headers, Schema, SchemaBuilder, SinkSlice, Struct
from penstock_s3.config.choices import Escaping, Extractor, Partitioning, SchemaAffix
from penstock_s3.config.settings import PartitionSettings

HOUR = 3_600_000
NOON = 1_700_049_600_000  # 2023-11-15T12:00Z

SETTINGS = PartitionSettings(
    kind=Partitioning.DEFAULT,
    delim="/",
    fields=(),
    duration_ms=HOUR,
    path_format="yyyy-MM-dd-HH",
    locale="en",
    timezone="UTC",
    extractor=Extractor.RECORD,
    timestamp_field="timestamp",
    affix=SchemaAffix.NONE,
    tombstone=None,
    template="",
    escaping=Escaping.NONE,
    custom="",
)


def settings(**changes: object) -> PartitionSettings:
    return replace(SETTINGS, **changes)  # type: ignore[arg-type]


def run(
    values: Sequence[object],
    schema: Schema | None = None,
    *,
    times: Sequence[int | None] | None = None,
    keys: Sequence[object] | None = None,
    headers: Sequence[Headers | None] | None = None,
) -> SinkSlice:
    return SinkSlice(
        topic="orders",
        kafka_partition=7,
        offsets=range(len(values)),
        values=values,
        value_schema=schema,
        timestamps=times,
        keys=keys,
        headers=headers,
    )


def struct_schema(**fields: Schema) -> Schema:
    builder = SchemaBuilder.struct().name("com.example.Order")
    for name, schema in fields.items():
        builder = builder.field(name, schema)
    return builder.build()


def structs(schema: Schema, *rows: dict[str, object]) -> list[Struct]:
    return [Struct(schema, row) for row in rows]
