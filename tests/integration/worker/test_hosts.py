"""Connector instances that share the host process of their distribution, and questions to plugins."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from tests.integration.worker.harness import MARGIN_S, PATIENCE_S, Harness, descriptor, exists

from penstock.api.exceptions import ConfigException, ConnectException
from penstock.states import State, TargetState
from penstock.worker.calls import PluginError


def test_a_connector_starts_is_asked_and_stops() -> None:
    with Harness() as harness:
        harness.start_connector("c", generation=5).result(PATIENCE_S)
        running = harness.listener.wait_for_state("c", State.RUNNING)
        assert (running.version, running.generation) == ("4.5.6", 5)
        assert harness.worker.task_configs("c", 2).result(PATIENCE_S) == [{"task": "0"}, {"task": "1"}]
        harness.worker.stop_connectors(["c", "nobody"]).result(PATIENCE_S)
        assert harness.listener.states("c") == [State.RUNNING, State.UNASSIGNED]


def test_connectors_of_a_distribution_share_a_process_and_others_have_their_own() -> None:
    with Harness() as harness:
        harness.start_connector("a").result(PATIENCE_S)
        first = harness.host_pid()
        harness.start_connector("b").result(PATIENCE_S)
        assert harness.host_pid() == first
        other = harness.worker.call(descriptor("other-dist"), "pid", {}, 20).result(PATIENCE_S)
        assert other != first


def test_a_failing_start_fails_the_future_with_the_plugins_text() -> None:
    with Harness() as harness:
        with pytest.raises(ConnectException, match=r"^no such host$") as raised:
            harness.start_connector("c", "fail-in-start").result(PATIENCE_S)
        assert isinstance(raised.value.__cause__, PluginError)
        assert "ValueError: no such host" in str(raised.value.__cause__)
        assert harness.listener.states("c") == [State.FAILED]


def test_initial_states_and_transitions() -> None:
    with Harness() as harness:
        harness.start_connector("c", target=TargetState.PAUSED).result(PATIENCE_S)
        harness.worker.transition_connector("c", TargetState.STARTED).result(PATIENCE_S)
        harness.worker.transition_connector("c", TargetState.STOPPED).result(PATIENCE_S)
        assert harness.listener.states("c") == [State.PAUSED, State.RUNNING, State.STOPPED]


def test_wishes_for_unknown_connectors_fail() -> None:
    with Harness() as harness:
        for future in (
            harness.worker.transition_connector("c", TargetState.PAUSED),
            harness.worker.task_configs("c", 1),
        ):
            with pytest.raises(ConnectException, match=r"^Connector c is not running on this worker$"):
                future.result(PATIENCE_S)


def test_reconfiguration_and_raised_errors_are_told() -> None:
    with Harness() as harness:
        harness.start_connector("c", "reconfigure").result(PATIENCE_S)
        harness.listener.wait_for(lambda event: event.kind == "reconfigure" and event.subject == "c")
        harness.start_connector("d", "raise-error").result(PATIENCE_S)
        failed = harness.listener.wait_for_state("d", State.FAILED)
        assert failed.trace == "org.apache.kafka.connect.errors.ConnectException: lost the database\n"


def test_a_connector_that_hangs_in_stop_is_killed_with_its_host_and_the_others_go_on() -> None:
    with Harness(options={"connector_stop_s": 0.5}) as harness:
        harness.start_connector("bad", "hang-in-stop").result(PATIENCE_S)
        harness.start_connector("good").result(PATIENCE_S)
        before = harness.host_pid()
        asked = time.monotonic()
        harness.worker.stop_connectors(["bad"]).result(PATIENCE_S)
        assert time.monotonic() - asked < 0.5 + MARGIN_S
        assert "in run" in harness.log.wait_for_text("connector bad did not stop within 0.5 s").getMessage()
        assert harness.listener.states("bad") == [State.RUNNING, State.UNASSIGNED]
        harness.listener.wait_for_state("good", State.RUNNING, 2)
        assert State.FAILED not in harness.listener.states("good")
        assert harness.host_pid() != before
        assert harness.worker.task_configs("good", 1).result(PATIENCE_S) == [{"task": "0"}]


@pytest.mark.parametrize("act", ["hang-in-start", "gil-in-start"])
def test_a_connector_that_hangs_in_start_can_be_stopped(act: str) -> None:
    with Harness(options={"connector_stop_s": 0.5}) as harness:
        started = harness.start_connector("bad", act)
        stopped = harness.worker.stop_connectors(["bad"])
        stopped.result(PATIENCE_S)
        with pytest.raises(ConnectException, match=r"^Connector bad was stopped$"):
            started.result(PATIENCE_S)
        assert harness.listener.states("bad") == [State.UNASSIGNED]


@pytest.mark.parametrize("call", ["hang", "gil"])
def test_a_question_that_hangs_fails_at_its_deadline_and_the_host_is_replaced(call: str) -> None:
    with Harness() as harness:
        harness.start_connector("good").result(PATIENCE_S)
        before = harness.host_pid()
        future = harness.call(call, {"name": "orders"}, 0.5)
        asked = time.monotonic()
        with pytest.raises(ConnectException) as raised:
            future.result(PATIENCE_S)
        assert time.monotonic() - asked < 0.5 + MARGIN_S
        assert str(raised.value) == (
            f"{call} of sample.module.Source for connector orders was not answered within 0.5 s. The process that it hangs "
            "in is killed; its stacks are in the worker's log"
        )
        assert harness.host_pid() != before
        harness.listener.wait_for_state("good", State.RUNNING, 2)
        assert State.FAILED not in harness.listener.states("good")
        assert not exists(before)


def test_an_instance_that_does_not_answer_has_failed() -> None:
    with Harness(options={"call_deadline_s": 0.5}) as harness:
        harness.start_connector("bad", "hang-in-task-configs").result(PATIENCE_S)
        with pytest.raises(ConnectException, match=r"^task_configs of connector bad was not answered within 0.5 s"):
            harness.worker.task_configs("bad", 1).result(PATIENCE_S)
        failed = harness.listener.wait_for_state("bad", State.FAILED)
        assert failed.trace is not None
        assert "task_configs of connector bad was not answered within 0.5 s" in failed.trace
        with pytest.raises(ConnectException, match=r"^Cannot transition connector to PAUSED since it has failed$"):
            harness.worker.transition_connector("bad", TargetState.PAUSED).result(PATIENCE_S)
        with pytest.raises(ConnectException, match=r"^Connector bad has failed and runs no more$"):
            harness.worker.task_configs("bad", 1).result(PATIENCE_S)
        harness.worker.transition_connector("bad", TargetState.STOPPED).result(PATIENCE_S)
        harness.worker.stop_connectors(["bad"]).result(PATIENCE_S)
        assert harness.listener.states("bad") == [State.RUNNING, State.FAILED, State.STOPPED, State.UNASSIGNED]


def test_questions_of_others_survive_a_host_that_is_killed(tmp_path: Path) -> None:
    with Harness() as harness:
        harness.host_pid()
        hung = harness.call("hang", {}, 1.5)
        innocent = harness.call("slow-once", {"file": str(tmp_path / "there")}, 20)
        with pytest.raises(ConnectException):
            hung.result(PATIENCE_S)
        assert innocent.result(PATIENCE_S) == "answered the second time"


def test_answers_are_plain_data_and_exceptions_keep_their_class() -> None:
    with Harness() as harness:
        assert harness.call("echo", {"a": [b"x", None, 1.5]}).result(PATIENCE_S) == [
            {"a": [b"x", None, 1.5]},
            "sample.module.Source",
            "worker:8083",
        ]
        with pytest.raises(ConfigException, match=r"^Invalid value x for configuration y$"):
            harness.call("raise").result(PATIENCE_S)
        with pytest.raises(
            ConnectException, match=r"The plugin's answer is no plain data: Result holds what cannot be sent"
        ):
            harness.call("object").result(PATIENCE_S)
        with pytest.raises(ConnectException, match=r"^unknown call what$"):
            harness.call("what").result(PATIENCE_S)


def test_a_question_that_crashes_its_host_is_asked_twice_and_then_fails() -> None:
    with Harness() as harness:
        with pytest.raises(ConnectException) as raised:
            harness.call("crash").result(PATIENCE_S)
        assert str(raised.value) == (
            "crash of sample.module.Source: the process that it was asked in was killed by signal 11 (SIGSEGV). "
            "A library in native code has crashed"
        )
        told = "Connector host of sample-dist was killed by signal 11"
        harness.log.wait_for(lambda record: told in record.getMessage(), count=2)


def test_connectors_of_a_host_that_died_start_again_once_and_then_have_failed() -> None:
    with Harness() as harness:
        harness.start_connector("c").result(PATIENCE_S)
        os.kill(harness.host_pid(), signal.SIGKILL)
        harness.listener.wait_for_state("c", State.RUNNING, 2)
        os.kill(harness.host_pid(), signal.SIGKILL)
        failed = harness.listener.wait_for_state("c", State.FAILED)
        assert failed.trace is not None
        assert "The process that ran connector c was killed by signal 9 (SIGKILL)" in failed.trace


def test_a_connector_that_crashes_its_host_at_start_fails_its_start() -> None:
    with Harness() as harness:
        with pytest.raises(
            ConnectException, match=r"^The process that ran connector c was killed by signal 11 \(SIGSEGV\)"
        ):
            harness.start_connector("c", "crash-in-start").result(PATIENCE_S)
        assert harness.listener.states("c") == [State.FAILED]


def test_a_connector_thread_that_ends_unasked_has_failed() -> None:
    with Harness() as harness:
        harness.start_connector("c", "return")
        failed = harness.listener.wait_for_state("c", State.FAILED)
        assert failed.trace == (
            "org.apache.kafka.connect.errors.ConnectException: Connector c has ended though nobody had asked it to\n"
        )


def test_an_idle_host_ends_and_comes_back_when_needed() -> None:
    with Harness(options={"host_idle_s": 0.1}) as harness:
        before = harness.host_pid()
        deadline = time.monotonic() + PATIENCE_S
        while exists(before):  # nobody tells when a process is gone
            assert time.monotonic() < deadline
            os.sched_yield()
        assert harness.host_pid() != before


def test_a_start_over_a_running_connector_stops_it_first() -> None:
    with Harness() as harness:
        harness.start_connector("c", generation=1).result(PATIENCE_S)
        harness.start_connector("c", generation=2).result(PATIENCE_S)
        told = [(event.state, event.generation) for event in harness.listener.all()]
        assert told == [(State.RUNNING, 1), (State.UNASSIGNED, 1), (State.RUNNING, 2)]


def test_a_stop_takes_back_a_start_that_waits() -> None:
    with Harness() as harness:
        harness.start_connector("c", generation=1).result(PATIENCE_S)
        second = harness.start_connector("c", generation=2)
        harness.worker.stop_connectors(["c"]).result(PATIENCE_S)
        with pytest.raises(ConnectException, match=r"^Connector c was stopped before it was started$"):
            second.result(PATIENCE_S)


def test_wishes_to_a_worker_that_has_ended_are_answered() -> None:
    with Harness() as harness:
        harness.stop()
        with pytest.raises(ConnectException, match=r"^The worker has ended$"):
            harness.start_connector("c").result(PATIENCE_S)
        with pytest.raises(ConnectException, match=r"^The worker has ended$"):
            harness.call("echo").result(PATIENCE_S)
        harness.worker.stop_connectors(["c"]).result(PATIENCE_S)
