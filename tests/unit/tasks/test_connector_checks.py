"""Connection tests and plans of connectors: within a deadline, and whatever the connector does."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import ClassVar, cast

import pytest

from penstock.api.check import Check, PlannedStep
from penstock.api.config import ConfigDef, ConfigType
from penstock.api.connector import SinkConnector, SourceConnector
from penstock.api.exceptions import ConnectException, DataException
from penstock.api.record import SinkRecord
from penstock.discovery.plugins import PluginKind
from penstock.discovery.scan import scan_plugins
from penstock.log.address import LogAddress, LogKind
from penstock.tasks.connector_checks import checks, planned
from penstock.tasks.plugin_calls import answer
from penstock.tasks.samples import Sample, read_samples
from penstock.tasks.spec import WorkerSettings

WORKER = {
    "key.converter": "org.apache.kafka.connect.storage.StringConverter",
    "value.converter": "org.apache.kafka.connect.json.JsonConverter",
}


class Plain(SourceConnector):
    """A connector that says nothing of checks."""

    CONFIG: ClassVar[ConfigDef] = ConfigDef().define("n", ConfigType.INT)


class Stepwise(SinkConnector):
    """Yields one step, then does as its config says."""

    release: ClassVar[threading.Event] = threading.Event()

    def check(self, props: Mapping[str, str]) -> Iterator[Check]:
        yield Check("first", ok=True, text="fine", milliseconds=1)
        if props["then"] == "raise":
            raise ConnectException("the host is away")
        if props["then"] == "hang":
            Stepwise.release.wait(60)
        if props["then"] == "confuse":
            yield "second"  # type: ignore[misc]

    def plan(self, props: Mapping[str, str], records: Sequence[SinkRecord]) -> Iterable[PlannedStep]:
        if props["then"] == "raise":
            raise ValueError("no such thing")
        return [PlannedStep(record.topic, str(record.value)) for record in records]


def test_by_default_the_check_is_validation() -> None:
    assert checks(Plain(), {"n": "1"}, 5) == [{"name": "configuration", "ok": True, "text": "", "milliseconds": 0}]
    assert checks(Plain(), {"n": "x"}, 5) == [
        {
            "name": "configuration",
            "ok": False,
            "text": "n: Invalid value x for configuration n: Not a number of type INT",
            "milliseconds": 0,
        }
    ]


@pytest.mark.parametrize(
    ("then", "text"),
    [
        ("raise", "org.apache.kafka.connect.errors.ConnectException: the host is away"),
        ("confuse", "TypeError: Check is expected, not str"),
    ],
)
def test_what_is_raised_is_the_last_check(then: str, text: str) -> None:
    first, last = checks(Stepwise(), {"then": then}, 5)
    assert first == {"name": "first", "ok": True, "text": "fine", "milliseconds": 1}
    assert (last["name"], last["ok"], last["text"]) == ("check", False, text)


def test_a_connector_that_hangs_is_left_behind_with_what_it_found() -> None:
    try:
        found = checks(Stepwise(), {"then": "hang"}, 0.1)
    finally:
        Stepwise.release.set()
    assert [(each["name"], each["ok"]) for each in found] == [("first", True), ("check", False)]
    assert found[1]["text"] == "There was no further answer within 0.1 s"


def test_a_plan_is_told_step_by_step() -> None:
    record = SinkRecord("t", 0, 0, "v")
    assert planned(Stepwise(), {"then": ""}, [record], 5) == [{"target": "t", "text": "v", "ok": True}]
    assert planned(Stepwise(), {"then": "raise"}, [record], 5) == [
        {"target": "", "text": "ValueError: no such thing", "ok": False}
    ]


def test_a_sink_that_plans_nothing() -> None:
    assert planned(type("Other", (SinkConnector,), {})(), {}, [], 5) == []


def settings() -> WorkerSettings:
    return WorkerSettings(props=WORKER, log=LogAddress(LogKind.SQLITE, {}), index=scan_plugins(), worker_id="w")


def test_samples_are_read_as_a_task_reads_them() -> None:
    value = b'{"schema":{"type":"struct","fields":[{"field":"n","type":"int32"}]},"payload":{"n":7}}'
    props = {
        "name": "c",
        "transforms": "r",
        "transforms.r.type": "org.apache.kafka.connect.transforms.RegexRouter",
        "transforms.r.regex": "(.*)",
        "transforms.r.replacement": "x_$1",
    }
    found = read_samples(
        [Sample("a", b"k", value), Sample("a", None, value), Sample("b", None, None)], props, settings()
    )
    assert [(record.topic, record.key, record.kafka_offset) for record in found] == [
        ("x_a", "k", 0),
        ("x_a", None, 1),
        ("x_b", None, 2),
    ]
    assert [None if record.value is None else record.value.get("n") for record in found] == [7, 7, None]


def test_a_sample_that_can_not_be_read_is_told_whatever_is_tolerated() -> None:
    with pytest.raises(DataException) as caught:
        read_samples([Sample("a", None, None), Sample("a", None, b'{"n":1}')], {"errors.tolerance": "all"}, settings())
    assert str(caught.value) == (
        "A sample record cannot be read, in stage VALUE_CONVERTER with class 'org.apache.kafka.connect.json.JsonConverter', "
        "consumed record {topic='a', partition=0, offset=1}: JsonConverter with schemas.enable requires \"schema\" and "
        '"payload" fields and may not contain additional fields. If you are trying to deserialize plain JSON data, set '
        "schemas.enable=false in your converter configuration."
    )


def test_a_plan_tells_which_sample_is_wrong() -> None:
    sink = settings().index.find((PluginKind.SINK,), "FileStreamSink")
    asked = {"name": "c", "config": {"topics": "a"}, "records": [["a", None, b"{"]], "deadline_s": 5}
    (step,) = cast("list[dict[str, object]]", answer("plan", asked, sink, settings()))
    assert (step["target"], step["ok"]) == ("", False)
    assert str(step["text"]).startswith("A sample record cannot be read, in stage VALUE_CONVERTER ")
