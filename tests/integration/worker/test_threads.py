"""The same runners on threads of the worker (``task.isolation=thread``)."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from tests.integration.worker import samples
from tests.integration.worker.harness import PATIENCE_S, Harness

from penstock.api.exceptions import ConfigException, ConnectException
from penstock.logcontext import context_of
from penstock.states import State, TargetState
from penstock.worker.build import Isolation


@pytest.fixture
def held() -> Iterator[None]:
    """Hangs on request hold until the test is over."""
    samples.RELEASED.clear()
    yield
    samples.RELEASED.set()


def threads(**options: object) -> Harness:
    return Harness(Isolation.THREAD, options=options)


def test_a_task_runs_on_a_named_thread_of_the_worker_and_stops() -> None:
    with threads() as harness:
        task = harness.start_task(generation=3)
        running = harness.listener.wait_for_state(task, State.RUNNING)
        assert (running.version, running.generation) == ("1.2.3", 3)
        assert "task-thread-x-0" in [thread.name for thread in threading.enumerate()]
        harness.worker.stop_tasks([task]).result(PATIENCE_S)
        assert harness.listener.states(task) == [State.RUNNING, State.UNASSIGNED]


def test_offsets_are_stored_read_and_refused() -> None:
    with threads() as harness:
        task = harness.start_task("offsets")
        assert harness.listener.wait_for_topic(task) == repr([b'{"position":7}', None])
        assert harness.listener.wait_for_topic(task, 2) == "ConnectException: the log is full"


def test_what_a_task_logs_carries_its_context() -> None:
    with threads() as harness:
        harness.start_task("log")
        assert context_of(harness.log.wait_for_text("hello from the task")) == "[x|task-0] "


def test_a_thread_that_ends_with_an_exception_has_failed() -> None:
    with threads() as harness:
        failed = harness.listener.wait_for_state(harness.start_task("sys-exit"), State.FAILED)
        assert failed.trace is not None
        assert "SystemExit: no more" in failed.trace


@pytest.mark.usefixtures("held")
def test_a_thread_that_does_not_stop_is_left_alone_and_its_stack_is_logged() -> None:
    with threads(task_stop_s=0.3) as harness:
        task = harness.start_task("hang-until-released")
        harness.listener.wait_for_state(task, State.RUNNING)
        harness.worker.stop_tasks([task]).result(PATIENCE_S)
        told = harness.log.wait_for_text("task-thread-x-0 did not stop within 0.3 s. A thread cannot be killed")
        assert "in run_task" in told.getMessage()
        assert context_of(told) == "[x|task-0] "
        assert harness.listener.states(task) == [State.RUNNING, State.UNASSIGNED]
        second = harness.start_task()
        harness.listener.wait_for_state(second, State.RUNNING, 2)


def test_connectors_transition_answer_and_stop() -> None:
    with threads() as harness:
        harness.start_connector("c").result(PATIENCE_S)
        assert harness.worker.task_configs("c", 2).result(PATIENCE_S) == [{"task": "0"}, {"task": "1"}]
        harness.worker.transition_connector("c", TargetState.PAUSED).result(PATIENCE_S)
        harness.worker.stop_connectors(["c", "nobody"]).result(PATIENCE_S)
        assert harness.listener.states("c") == [State.RUNNING, State.PAUSED, State.UNASSIGNED]
        with pytest.raises(ConnectException, match=r"^Connector c is not running on this worker$"):
            harness.worker.task_configs("c", 1).result(PATIENCE_S)


def test_news_of_connectors_are_told() -> None:
    with threads() as harness:
        harness.start_connector("c", "reconfigure").result(PATIENCE_S)
        harness.listener.wait_for(lambda event: event.kind == "reconfigure" and event.subject == "c")
        harness.start_connector("d", "raise-error").result(PATIENCE_S)
        harness.listener.wait_for_state("d", State.FAILED)
        with pytest.raises(ValueError, match=r"^no such host$"):
            harness.start_connector("e", "fail-in-start").result(PATIENCE_S)


@pytest.mark.usefixtures("held")
def test_questions_are_answered_or_fail_at_their_deadline() -> None:
    with threads() as harness:
        echoed = harness.call("echo", {"a": 1}).result(PATIENCE_S)
        assert echoed == [{"a": 1}, "sample.module.Source", "worker:8083"]
        with pytest.raises(ConfigException, match=r"^Invalid value x for configuration y$"):
            harness.call("raise").result(PATIENCE_S)
        with pytest.raises(ConnectException) as raised:
            harness.call("hang", {}, 0.2).result(PATIENCE_S)
        assert str(raised.value) == (
            "hang of sample.module.Source was not answered within 0.2 s. The thread that it hangs in cannot be killed"
        )


def test_starts_over_running_ones_stop_them_first() -> None:
    with threads() as harness:
        task = harness.start_task(generation=1)
        harness.listener.wait_for_state(task, State.RUNNING)
        harness.start_task(generation=2)
        harness.listener.wait_for_state(task, State.RUNNING, 2)
        harness.start_connector("c", generation=1).result(PATIENCE_S)
        harness.start_connector("c", generation=2).result(PATIENCE_S)
        told = [(event.state, event.generation) for event in harness.listener.all() if event.subject == task]
        assert told == [(State.RUNNING, 1), (State.UNASSIGNED, 1), (State.RUNNING, 2)]


def test_transitions_pause_and_end_tasks() -> None:
    with threads() as harness:
        task = harness.start_task("transitions")
        harness.listener.wait_for_state(task, State.RUNNING)
        harness.worker.transition_tasks("x", TargetState.PAUSED)
        harness.listener.wait_for_state(task, State.PAUSED)
        harness.worker.transition_tasks("x", TargetState.STOPPED)
        harness.listener.wait_for_state(task, State.UNASSIGNED)


@pytest.mark.usefixtures("held")
def test_a_stop_takes_back_starts_that_wait() -> None:
    with threads() as harness:
        task = harness.start_task("slow-to-stop", generation=1)
        harness.start_connector("c", "slow-to-stop", generation=1).result(PATIENCE_S)
        harness.start_task(generation=2)
        second = harness.start_connector("c", generation=2)
        stops = [harness.worker.stop_tasks([task]), harness.worker.stop_connectors(["c"])]
        samples.RELEASED.set()
        for stop in stops:
            stop.result(PATIENCE_S)
        with pytest.raises(ConnectException, match=r"^Connector c was stopped before it was started$"):
            second.result(PATIENCE_S)
        harness.stop()
        assert {event.generation for event in harness.listener.all()} == {1}
