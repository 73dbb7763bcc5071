"""VerifiableSource and VerifiableSink: numbered records, told on standard output when made, committed and flushed."""

from __future__ import annotations

import json
from importlib import import_module
from importlib.metadata import entry_points

import pytest

import penstock_verifiable
from penstock.api import ConnectException, RecordMetadata, Schema, SourceRecord, SourceTask, Struct, Type
from penstock_verifiable.numbering import Throttle
from penstock_verifiable.sink import VerifiableSinkConnector, VerifiableSinkTask
from penstock_verifiable.source import COMPLETE_VALUE_SCHEMA, VerifiableSourceConnector, VerifiableSourceTask
from tests.plugins.fakes import FakeContext, FakeOffsets, batch_of_columns, polled_records, started_sink, started_source

PROPS = {"name": "v", "id": "3", "topic": "t", "throughput": "-1"}


def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    for line in lines:
        assert line.pop("time_ms") > 1_700_000_000_000
    return lines


def test_all_stand_behind_the_entry_point_under_their_java_names() -> None:
    (door,) = [point for point in entry_points(group="penstock") if point.name == "verifiable"]
    assert door.load() is penstock_verifiable

    plugins = [*penstock_verifiable.penstock_sources(), *penstock_verifiable.penstock_sinks()]

    assert [plugin.connect_name for plugin in plugins] == [
        f"org.apache.kafka.connect.tools.{name}"
        for name in (
            "VerifiableSourceConnector",
            "SchemaSourceConnector",
            "MockSourceConnector",
            "VerifiableSinkConnector",
            "MockSinkConnector",
        )
    ]
    for plugin in plugins:
        connector = getattr(import_module(plugin.target.split(":")[0]), plugin.target.split(":")[1])
        module, name = connector.task_class.split(":")
        task = getattr(import_module(module), name)
        assert plugin.connect_name is not None
        assert connector.connect_name == plugin.connect_name
        assert task.connect_name == plugin.connect_name.replace("Connector", "Task")
        assert list(connector.CONFIG) == []
        assert connector().validate({"name": "v"}) == []


def test_records_are_numbered_and_told(capsys: pytest.CaptureFixture[str]) -> None:
    task = VerifiableSourceTask()
    started_source(task, PROPS)

    first, second = [*polled_records(task), *polled_records(task)]

    assert (first.topic, first.key, first.key_schema, first.value, first.value_schema) == (
        "t",
        3,
        Schema.INT32,
        0,
        Schema.INT64,
    )
    assert (first.source_partition, first.source_offset) == ({"id": 3}, {"seqno": 0})
    assert (second.value, second.source_offset) == (1, {"seqno": 1})
    assert told(capsys) == [{"name": "v", "task": 3, "topic": "t", "seqno": seqno} for seqno in range(2)]


def test_a_record_is_told_again_when_the_log_has_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert VerifiableSourceTask.commit_record is not SourceTask.commit_record  # so the runtime calls it
    task = VerifiableSourceTask()
    started_source(task, PROPS | {"complete.record.data": "TRUE"})
    (record,) = polled_records(task)
    capsys.readouterr()

    task.commit_record(record, RecordMetadata("t", 0, 7))

    assert told(capsys) == [{"name": "v", "task": 3, "topic": "t", "seqno": 0, "committed": True}]


def test_complete_records_are_structs(capsys: pytest.CaptureFixture[str]) -> None:
    task = VerifiableSourceTask()
    started_source(task, PROPS | {"complete.record.data": "true"})

    (record,) = polled_records(task)

    assert record.value_schema is COMPLETE_VALUE_SCHEMA
    assert isinstance(record.value, Struct)
    record.value.validate()
    assert [record.value[name] for name in ("name", "task", "topic", "seqno")] == ["v", 3, "t", 0]
    assert json.loads(capsys.readouterr().out)["time_ms"] == record.value["time_ms"]
    assert [(field.name, field.schema.type) for field in COMPLETE_VALUE_SCHEMA.fields] == [
        ("name", Type.STRING), ("task", Type.INT32), ("topic", Type.STRING), ("time_ms", Type.INT64), ("seqno", Type.INT64),
    ]  # fmt: skip


def test_goes_on_after_the_last_number_that_was_stored() -> None:
    offsets = FakeOffsets()
    offsets.stored.append(({"id": 3}, {"seqno": 41}))
    task = VerifiableSourceTask()
    started_source(task, PROPS, offsets)

    assert [record.value for record in polled_records(task)] == [42]


def test_an_offset_without_a_number_is_refused() -> None:
    offsets = FakeOffsets()
    offsets.stored.append(({"id": 3}, {"position": 41}))

    with pytest.raises(ConnectException) as refused:
        started_source(VerifiableSourceTask(), PROPS, offsets)

    assert str(refused.value) == "The stored offset of {'id': 3} holds no number under 'seqno': {'position': 41}"


@pytest.mark.parametrize(
    ("key", "value", "shown"), [("throughput", None, "null"), ("throughput", "fast", "fast"), ("id", None, "null")]
)
def test_a_missing_or_wrong_number_is_told(key: str, value: str | None, shown: str) -> None:
    props = {name: text for name, text in (PROPS | {key: value}).items() if text is not None}

    with pytest.raises(ConnectException, match=r"^Invalid VerifiableSourceTask configuration$") as refused:
        started_source(VerifiableSourceTask(), props)

    assert str(refused.value.__cause__) == f"Invalid value {shown} for configuration {key}: Not a number of type LONG"


def test_a_sink_needs_its_number_too() -> None:
    with pytest.raises(ConnectException, match=r"^Invalid VerifiableSinkTask configuration$"):
        started_sink(VerifiableSinkTask(), {"name": "v"})


@pytest.mark.parametrize("connector_class", [VerifiableSourceConnector, VerifiableSinkConnector])
def test_there_are_exactly_as_many_tasks_as_are_allowed(
    connector_class: type[VerifiableSourceConnector | VerifiableSinkConnector],
) -> None:
    connector = connector_class()
    connector.use_config({"topic": "t", "throughput": "10"})

    assert connector.task_configs(3) == [{"topic": "t", "throughput": "10", "id": str(number)} for number in range(3)]


def test_a_source_does_not_say_whether_it_can_do_exactly_once() -> None:
    assert VerifiableSourceConnector().exactly_once_support({}) is None


def test_the_sink_tells_what_came_and_what_was_flushed(capsys: pytest.CaptureFixture[str]) -> None:
    task = VerifiableSinkTask()
    started_sink(task, PROPS | {"id": "1"})
    task.put(batch_of_columns([10, 11], keys=[3, 4], first_offset=100))
    came = told(capsys)
    task.flush({})
    flushed = told(capsys)
    task.flush({})

    assert came == [
        {"name": "v", "task": 3, "sinkTask": 1, "topic": "t", "seqno": 10, "offset": 100},
        {"name": "v", "task": 4, "sinkTask": 1, "topic": "t", "seqno": 11, "offset": 101},
    ]
    assert flushed == [line | {"flushed": True} for line in came]
    assert told(capsys) == []


def test_the_sink_tells_any_value(capsys: pytest.CaptureFixture[str]) -> None:
    task = VerifiableSinkTask()
    started_sink(task, PROPS)
    task.put(batch_of_columns([None, "é", b"x", {"a": [1.5]}]))

    assert [line["seqno"] for line in told(capsys)] == [None, "é", "b'x'", {"a": [1.5]}]


class Clock:
    """Stands still until somebody waits."""

    def __init__(self) -> None:
        self.now = 100.0
        self.context = FakeContext()
        self.context.on_wait = self.advance

    def __call__(self) -> float:
        return self.now

    def advance(self) -> None:
        self.now += self.context.waits[-1]


def test_throughput_is_kept_by_waiting() -> None:
    clock = Clock()
    throttle = Throttle(10, clock)

    assert all(throttle.wait(clock.context) for _ in range(21))

    assert clock.now == pytest.approx(102.0)
    assert len(clock.context.waits) == 20


def test_time_lost_is_made_up_for() -> None:
    clock = Clock()
    throttle = Throttle(10, clock)
    clock.now += 2

    assert all(throttle.wait(clock.context) for _ in range(20))
    assert clock.context.waits == []


def test_a_slow_throughput_waits_in_steps_of_a_second() -> None:
    clock = Clock()
    throttle = Throttle(1, clock)
    throttle.wait(clock.context)
    throttle._started += 2  # as if the next were due in three seconds

    assert [throttle.wait(clock.context) for _ in range(3)] == [False, False, True]
    assert clock.context.waits == pytest.approx([1.0, 1.0, 1.0])


def test_stopping_ends_the_wait() -> None:
    clock = Clock()
    throttle = Throttle(1, clock)
    throttle.wait(clock.context)
    clock.context.stopping = True

    assert throttle.wait(clock.context) is False


@pytest.mark.parametrize(("per_second", "answer", "waits"), [(-1, True, []), (0, False, [1.0])])
def test_no_limit_and_no_records_at_all(per_second: int, answer: bool, waits: list[float]) -> None:
    context = FakeContext()

    assert Throttle(per_second).wait(context) is answer
    assert context.waits == waits


def test_a_throttled_source_returns_none_while_it_waits() -> None:
    task = VerifiableSourceTask()
    context = started_source(task, PROPS | {"throughput": "0"})

    assert task.poll() is None
    assert context.waits == [1.0]


def test_records_are_source_records() -> None:
    task = VerifiableSourceTask()
    started_source(task, PROPS)
    polled = task.poll()

    assert polled is not None
    assert isinstance(polled[0], SourceRecord)
