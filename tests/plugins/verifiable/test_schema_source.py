"""SchemaSource: so many records a task, with one schema or with two that take turns."""

from __future__ import annotations

import json

import pytest

from penstock.api import ConnectException, Schema, SourceRecord, Struct, Type
from penstock_verifiable.schema_source import FIRST_SCHEMA, SECOND_SCHEMA, SchemaSourceConnector, SchemaSourceTask
from tests.plugins.fakes import FakeOffsets, polled_records, started_source

PROPS = {"name": "s", "id": "2", "topic": "t", "num.messages": "3"}


def all_records(task: SchemaSourceTask) -> list[SourceRecord]:
    found = []
    while records := polled_records(task):
        found += records
    return found


def test_as_many_records_as_asked_for_and_then_none(capsys: pytest.CaptureFixture[str]) -> None:
    task = SchemaSourceTask()
    context = started_source(task, PROPS)

    records = all_records(task)

    assert [record.source_offset for record in records] == [{"seqno": number} for number in range(3)]
    assert {record.value_schema for record in records} == {FIRST_SCHEMA}
    assert context.waits == [1.0]
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        {"task": 2, "seqno": number} for number in range(3)
    ]


def test_a_record() -> None:
    task = SchemaSourceTask()
    started_source(task, PROPS | {"partition.count": "2"})

    record = all_records(task)[1]

    assert isinstance(record.value, Struct)
    record.value.validate()
    assert (record.topic, record.kafka_partition, record.key, record.key_schema) == ("t", 2, "key", Schema.STRING)
    assert record.source_partition == {"id": 2}
    names = ["boolean", "int", "long", "float", "double", "partitioning", "id", "seqno"]
    assert [field.name for field in FIRST_SCHEMA.fields] == names
    assert [record.value[name] for name in names] == pytest.approx([True, 12, 12, 12.2, 12.2, 1, 2, 1])


def test_two_schemas_take_turns() -> None:
    task = SchemaSourceTask()
    started_source(task, PROPS | {"multiple.schema": "True"})

    records = all_records(task)

    assert [record.value_schema for record in records] == [FIRST_SCHEMA, SECOND_SCHEMA, FIRST_SCHEMA]
    assert isinstance(records[1].value, Struct)
    assert records[1].value["string"] == "def"
    records[1].value.validate()
    assert (FIRST_SCHEMA.name, FIRST_SCHEMA.version, SECOND_SCHEMA.version) == ("record", 1, 2)
    string = SECOND_SCHEMA.field("string")
    assert string is not None
    assert (string.schema.type, string.schema.default, string.schema.optional) == (Type.STRING, "abc", False)


def test_goes_on_after_the_last_number_and_makes_as_many_again() -> None:
    offsets = FakeOffsets()
    offsets.stored.append(({"id": 2}, {"seqno": 9}))
    task = SchemaSourceTask()
    started_source(task, PROPS, offsets)

    assert [record.source_offset for record in all_records(task)] == [{"seqno": number} for number in (10, 11, 12)]


def test_a_throttled_source_waits() -> None:
    task = SchemaSourceTask()
    context = started_source(task, PROPS | {"throughput": "0"})

    assert task.poll() is None
    assert context.waits == [1.0]


@pytest.mark.parametrize("key", ["num.messages", "partition.count", "throughput", "id"])
def test_a_wrong_number_is_told(key: str) -> None:
    with pytest.raises(ConnectException, match=r"^Invalid SchemaSourceTask configuration$") as refused:
        started_source(SchemaSourceTask(), PROPS | {key: "many"})

    assert str(refused.value.__cause__) == f"Invalid value many for configuration {key}: Not a number of type LONG"


def test_there_are_exactly_as_many_tasks_as_are_allowed() -> None:
    connector = SchemaSourceConnector()
    connector.use_config({"topic": "t"})

    assert connector.task_configs(2) == [{"topic": "t", "id": "0"}, {"topic": "t", "id": "1"}]
