"""The workbench: connectors inside a test, and what it says when something does not come about."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import pytest

from penstock.api import (
    ConfigDef,
    ConfigException,
    ConfigType,
    SinkConnector,
    SinkTask,
    SourceConnector,
    SourceRecord,
    SourceTask,
    TopicPartition,
)
from penstock.testing import State, Workbench, eventually

released = threading.Event()


class OneTask(SourceTask):
    """Polls one record, then does what ``mode`` says."""

    def start(self, props: Mapping[str, str]) -> None:
        self.done = self.context.offset_storage_reader.offset({"p": 1}) is not None
        if self.config["mode"] == "start fails":
            raise RuntimeError("no start")

    def poll(self) -> list[SourceRecord] | None:
        mode = self.config.get_string("mode")
        if self.done:
            if mode == "hang":
                released.wait(20)
            if mode == "poll fails":
                raise RuntimeError("no more")
            self.context.wait(1)
            return None
        self.done = True
        return [SourceRecord("ones", {"a": 1}, source_partition={"p": 1}, source_offset={"n": 5})]


class One(SourceConnector):
    CONFIG = (
        ConfigDef()
        .define("mode", ConfigType.STRING, default="", doc="What to do wrong.")
        .define("tasks", ConfigType.INT, default=1, doc="How many tasks.")
    )
    task_class = OneTask
    stopped = False

    def start(self, props: Mapping[str, str]) -> None:
        if self.config["mode"] == "asks":
            self.context.request_task_reconfiguration()
            self.context.raise_error(RuntimeError("lost the source"))

    def task_configs(self, max_tasks: int) -> list[dict[str, str]]:
        return super().task_configs(max_tasks) * self.config.get_int("tasks")

    def stop(self) -> None:
        type(self).stopped = True


class KeepTask(SinkTask):
    def put(self, records) -> None:
        kept.extend(record.value for record in records)


class Keep(SinkConnector):
    task_class = KeepTask


kept: list[object] = []


def test_records_come_and_offsets_are_kept_for_the_next_run(workbench: Workbench) -> None:
    running = workbench.start(One, {}, name="one")
    [record] = workbench.wait_for_records("ones", 1)
    assert record.value == {"a": 1}
    running.stop()
    running.stop()
    assert running.task.state is State.UNASSIGNED
    assert not running.task.is_alive
    assert workbench.offsets("one") == [({"p": 1}, {"n": 5})]
    workbench.start(One, {}, name="one").stop()
    assert len(workbench.read("ones")) == 1


def test_a_sink_commits_what_it_took(workbench: Workbench) -> None:
    kept.clear()
    workbench.send("in", ["a", SourceRecord("elsewhere", "b", kafka_partition=0)])
    workbench.start(Keep, {"topics": "in"}, name="keep")
    eventually(lambda: workbench.committed("keep") == {TopicPartition("in", 0): 2}, "both are committed")
    assert kept == ["a", "b"]
    assert workbench.read("nowhere") == []


def test_the_worker_may_have_other_converters(penstock_plugins) -> None:
    strings = {"value.converter": "StringConverter"}
    with Workbench(penstock_plugins, worker=strings) as bench:
        bench.send("t", [5], partition=0)
        assert [record.value for record in bench.read("t")] == ["5"]


def test_several_tasks(workbench: Workbench) -> None:
    running = workbench.start(One, {"tasks": "2", "tasks.max": "2"})
    running.wait_until_running()
    assert [task.name for task in running.tasks] == [f"{running.name}-0", f"{running.name}-1"]
    with pytest.raises(AssertionError, match="has 2 tasks"):
        _ = running.task


def test_too_many_tasks_are_refused_and_the_connector_is_stopped(workbench: Workbench) -> None:
    One.stopped = False
    with pytest.raises(Exception, match="has generated 2 tasks, which is greater than 1"):
        workbench.start(One, {"tasks": "2"})
    assert One.stopped


def test_a_wrong_config_is_told(workbench: Workbench) -> None:
    with pytest.raises(ConfigException, match="Invalid value many for configuration tasks"):
        workbench.start(One, {"tasks": "many"})
    assert list(workbench.validate(One, {"tasks": "many", "tasks.max": "0"})) == ["tasks.max", "tasks"]
    assert workbench.validate(One, {}) == {}


def test_what_a_connector_says_through_its_context(workbench: Workbench) -> None:
    running = workbench.start(One, {"mode": "asks"})
    assert running.reconfigurations == 1
    assert running.error == "RuntimeError: lost the source"


def test_a_task_that_fails_is_told_with_its_trace(workbench: Workbench) -> None:
    running = workbench.start(One, {"mode": "start fails"})
    with pytest.raises(AssertionError, match=r"(?s)-0 is FAILED where it should be RUNNING\nRuntimeError: no start"):
        running.wait_until_running()
    with pytest.raises(
        AssertionError, match=r"(?s)a task failed before topic none had 1 records; it has 0\nRuntimeError: no"
    ):
        workbench.wait_for_records("none", 1)
    running.task.wait_for(State.FAILED)


def test_a_task_that_hangs_is_told(workbench: Workbench) -> None:
    released.clear()
    running = workbench.start(One, {"mode": "hang"})
    workbench.wait_for_records("ones", 1)
    with pytest.raises(AssertionError, match=r"did not stop within 0\.2 s: wait with self\.context\.wait\(seconds\)"):
        running.stop(0.2)
    released.set()
    eventually(lambda: not running.task.is_alive, "the task ended")


def test_records_that_never_come_are_told(workbench: Workbench) -> None:
    with pytest.raises(AssertionError) as error:
        workbench.wait_for_records("none", 3, timeout_s=0.05)
    assert str(error.value) == "within 0.05 s: topic none has 3 records, but it never was so; it has 0"


def test_a_class_inside_a_function_cannot_be_started(workbench: Workbench) -> None:
    class Local(One):
        pass

    with pytest.raises(AssertionError, match="is defined inside a function, where it cannot be imported"):
        workbench.start(Local, {})
