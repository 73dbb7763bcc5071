"""When another schema needs another file (spec 8), by the recordings and by rule."""

from __future__ import annotations

import re

import pytest

from penstock.api import (
    ConnectException,
    PartialBatch,
    Schema,
    SchemaBuilder,
    SchemaProjectorException,
    SinkRecord,
    Struct,
)
from penstock_s3.config.choices import Compatibility
from penstock_s3.formats.schema_change import Change, decide, projected
from tests.compat.s3.objects import differences, told
from tests.plugins.s3.formats.replay import Json, lines, records, settings_of, written

_OFFSET = re.compile(r"\+(\d+)\.")
VECTORS = [
    vector
    for vector in lines("rotation.jsonl")
    if vector["id"].startswith(("compat/", "compat-name/"))
    and "partitioner.class" not in vector["config"]
    and "create_status" not in vector["expect"]
]


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["id"] for vector in VECTORS])
def test_files_are_cut_and_filled_as_recorded(vector: Json) -> None:
    expected = {recorded["key"]: recorded for recorded in vector["expect"].get("objects", [])}
    failed = any(task["state"] == "FAILED" for task in vector["expect"]["tasks"])
    found: dict[str, bytes] = {}
    if failed:
        with pytest.raises(ConnectException):
            _write(vector, found)
    else:
        _write(vector, found)
    assert len(found) == len(expected)
    for key, data in found.items():
        recorded = next(recorded for name, recorded in expected.items() if name.endswith(key))
        assert not differences(recorded, told(recorded["key"], data), schemaless=False)


def _write(vector: Json, found: dict[str, bytes]) -> None:
    """Every finished file, as a task with one file a partition would cut them: by schema, then by size."""
    settings = settings_of(vector["config"])
    name = vector["config"]["schema.compatibility"]
    mode = Compatibility[name] if name in Compatibility.__members__ else Compatibility.NONE
    size = int(vector["config"]["flush.size"])
    for (topic, partition), all_records in records(vector).items():
        held: list[SinkRecord] = []
        schema: Schema | None = None

        def finish(held: list[SinkRecord], schema: Schema | None, values: list[object], place: str) -> None:
            extension = {"json": "json", "avro": "avro", "parquet": "snappy.parquet"}[settings.kind.value]
            found[f"{place}+{held[0].kafka_offset:010d}.{extension}"] = written(settings, schema, values)

        values: list[object] = []
        for record in all_records:
            if held and decide(mode, schema, record.value_schema) is Change.ROTATE:
                finish(held, schema, values, f"{topic}+{partition}")
                held, values = [], []
            if not held:
                schema = record.value_schema
            held.append(record)
            change = decide(mode, schema, record.value_schema)
            if change is Change.PROJECT:
                assert schema is not None
                assert record.value_schema is not None
                values += projected(record.value_schema, [record.value], schema)
            else:
                values.append(record.value)
            if len(held) >= size:
                finish(held, schema, values, f"{topic}+{partition}")
                held, values = [], []


def version(number: int, **more: Schema) -> Schema:
    """A struct of this version with an int32 and these fields."""
    builder = SchemaBuilder.struct().name("S").version(number).field("a", Schema.INT32)
    for name, schema in more.items():
        builder.field(name, schema)
    return builder.build()


V1 = version(1)
V2 = version(2, b=Schema.OPTIONAL_STRING)
REQUIRED = version(3, b=Schema.OPTIONAL_STRING, r=Schema.STRING)


@pytest.mark.parametrize(
    ("mode", "file", "record", "change"),
    [
        (Compatibility.NONE, V1, V1, Change.NONE),
        (Compatibility.NONE, V1, V2, Change.ROTATE),
        (Compatibility.NONE, None, None, Change.NONE),
        (Compatibility.BACKWARD, V1, V2, Change.ROTATE),
        (Compatibility.BACKWARD, V2, V1, Change.PROJECT),
        (Compatibility.FULL, V1, V2, Change.ROTATE),
        (Compatibility.FULL, V2, V1, Change.PROJECT),
        (Compatibility.FORWARD, V1, V2, Change.PROJECT),
        (Compatibility.FORWARD, V2, V1, Change.ROTATE),
        (Compatibility.BACKWARD, REQUIRED, V2, Change.ROTATE),
    ],
)
def test_modes(mode: Compatibility, file: Schema | None, record: Schema | None, change: Change) -> None:
    assert decide(mode, file, record) is change


def _enum(*symbols: str) -> Schema:
    builder = SchemaBuilder.string().name("E").version(1).parameter("io.confluent.connect.avro.Enum", "E")
    for symbol in symbols:
        builder.parameter(f"io.confluent.connect.avro.Enum.{symbol}", symbol)
    return builder.build()


def test_an_enum_may_grow_in_the_file_but_not_in_the_record() -> None:
    assert decide(Compatibility.BACKWARD, _enum("A", "B"), _enum("A")) is Change.PROJECT
    assert decide(Compatibility.BACKWARD, _enum("A"), _enum("A", "B")) is Change.ROTATE
    assert projected(_enum("A"), ["A"], _enum("A", "B")) == ["A"]


def test_documentation_makes_no_difference() -> None:
    other = (
        SchemaBuilder.struct()
        .name("S")
        .version(1)
        .field("a", Schema.INT32)
        .parameter("connect.record.doc", "text")
        .parameter("io.confluent.connect.avro.field.doc.a", "text")
        .build()
    )
    assert decide(Compatibility.BACKWARD, V1, other) is Change.PROJECT
    assert projected(other, [Struct(other, {"a": 1})], V1) == [Struct(V1, {"a": 1})]


def test_schemas_need_versions() -> None:
    with pytest.raises(SchemaProjectorException, match=r"^Schema version required for FORWARD compatibility$"):
        decide(Compatibility.FORWARD, V1, Schema.INT32)


def test_schemaless_values_never_share_a_file_with_others() -> None:
    with pytest.raises(SchemaProjectorException, match=r"^Switch between schema-based and schema-less data is not"):
        decide(Compatibility.NONE, V1, None)


def test_what_cannot_be_projected_is_told_alone() -> None:
    text = version(1, b=Schema.STRING)
    with pytest.raises(PartialBatch) as raised:
        projected(version(1), [Struct(version(1), {"a": 1})], text)
    assert raised.value.index == 0
    assert "Required field `b` is missing from source schema" in str(raised.value.error)
