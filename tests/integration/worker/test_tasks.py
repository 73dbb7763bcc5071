"""Tasks in processes of their own, well-behaved and not."""

from __future__ import annotations

import os
import signal
import time

import pytest
from tests.integration.worker.harness import MARGIN_S, PATIENCE_S, Harness, exists

from penstock.ids import TaskId
from penstock.log.address import LogAddress, LogKind
from penstock.logcontext import context_of
from penstock.states import State, TargetState
from penstock.worker.options import LOG_MODULES, PRELOAD

SECONDS = 1.0


def test_a_task_reports_runs_and_stops() -> None:
    with Harness() as harness:
        task = harness.start_task(generation=7)
        running = harness.listener.wait_for_state(task, State.RUNNING)
        assert (running.version, running.generation, running.trace) == ("1.2.3", 7, None)
        harness.worker.stop_tasks([task]).result(PATIENCE_S)
        assert harness.listener.states(task) == [State.RUNNING, State.UNASSIGNED]
        assert harness.listener.all()[-1].version is None


def test_stopping_what_does_not_run_is_done_at_once() -> None:
    with Harness() as harness:
        harness.worker.stop_tasks([TaskId("nobody", 0)]).result(PATIENCE_S)
        harness.worker.stop_tasks([]).result(PATIENCE_S)


def test_offsets_are_stored_read_and_refused() -> None:
    with Harness() as harness:
        task = harness.start_task("offsets")
        assert harness.listener.wait_for_topic(task) == repr([b'{"position":7}', None])
        assert harness.listener.wait_for_topic(task, 2) == "ConnectException: the log is full"
        assert harness.offsets.stored == {("x", b'{"file":"a"}'): b'{"position":7}'}


def test_a_segfault_shows_as_failed_with_the_signal_and_the_stack() -> None:
    with Harness() as harness:
        task = harness.start_task("segfault")
        failed = harness.listener.wait_for_state(task, State.FAILED)
        assert failed.trace is not None
        assert failed.trace.splitlines()[0] == (
            "org.apache.kafka.connect.errors.ConnectException: Task process for x-0 was killed by signal 11 (SIGSEGV). "
            "A library in native code has crashed"
        )
        assert "in crash" in failed.trace
        harness.log.wait_for_text("Fatal Python error: Segmentation fault")
        assert failed.version == "1.2.3"


def test_an_exit_shows_as_failed_with_the_code_and_the_last_output() -> None:
    with Harness() as harness:
        task = harness.start_task("exit")
        failed = harness.listener.wait_for_state(task, State.FAILED)
        assert failed.trace == (
            "org.apache.kafka.connect.errors.ConnectException: Task process for x-0 ended with exit code 3 before it "
            "reported an end. Something in it called os._exit, or it could not start at all\n"
            "Its last output was:\n\tthese are my last words\n"
        )


def test_sys_exit_in_a_plugin_is_a_failure() -> None:
    with Harness() as harness:
        failed = harness.listener.wait_for_state(harness.start_task("sys-exit"), State.FAILED)
        assert failed.trace is not None
        assert "ended with exit code 1" in failed.trace
        assert "SystemExit: no more" in failed.trace


@pytest.mark.parametrize("act", ["suicide", "leak"])
def test_a_kill_that_the_worker_did_not_send_is_told_with_what_is_likely(act: str) -> None:
    with Harness() as harness:
        failed = harness.listener.wait_for_state(harness.start_task(act), State.FAILED)
        assert failed.trace is not None
        assert (
            "Task process for x-0 was killed by signal 9 (SIGKILL). This worker did not send it: most likely"
            in failed.trace
        )
        assert "out-of-memory killer" in failed.trace


def test_a_task_that_fails_by_itself_reports_once_and_its_process_ends() -> None:
    with Harness() as harness:
        task = harness.start_task("fail")
        failed = harness.listener.wait_for_state(task, State.FAILED)
        assert failed.trace == "org.apache.kafka.connect.errors.ConnectException: it broke\n"
        harness.worker.stop_tasks([task]).result(PATIENCE_S)
        assert harness.listener.states(task) == [State.RUNNING, State.FAILED]


@pytest.mark.parametrize(("act", "frame"), [("deaf", "in run_task"), ("gil", "in hold_the_gil")])
def test_a_hung_task_is_killed_at_the_deadline_and_its_stacks_are_logged(act: str, frame: str) -> None:
    with Harness(options={"task_stop_s": SECONDS}) as harness:
        task = harness.start_task(act)
        harness.listener.wait_for_state(task, State.RUNNING)
        asked = time.monotonic()
        harness.worker.stop_tasks([task]).result(PATIENCE_S)
        assert SECONDS <= time.monotonic() - asked < SECONDS + MARGIN_S
        assert harness.listener.states(task) == [State.RUNNING, State.UNASSIGNED]
        record = harness.log.wait_for_text("Task process for x-0 is killed: it did not stop within 1 s")
        assert frame in record.getMessage()
        assert context_of(record) == "[x|task-0] "


def test_tasks_that_hang_share_the_deadline() -> None:
    with Harness(options={"task_stop_s": SECONDS}) as harness:
        tasks = [harness.start_task("deaf", number) for number in range(3)]
        for task in tasks:
            harness.listener.wait_for_state(task, State.RUNNING)
        asked = time.monotonic()
        harness.worker.stop_tasks(tasks).result(PATIENCE_S)
        assert time.monotonic() - asked < SECONDS + MARGIN_S


def test_a_task_whose_plugin_is_not_made_in_time_has_failed() -> None:
    with Harness(options={"ready_s": 0.5}) as harness:
        failed = harness.listener.wait_for_state(harness.start_task("hang-before-ready"), State.FAILED)
        assert failed.trace is not None
        assert failed.trace.startswith(
            "org.apache.kafka.connect.errors.ConnectException: Task process for x-0 was killed by the worker: "
            "its plugin was not imported and made within 0.5 s"
        )
        assert "in run_task" in harness.log.wait_for_text("Its stacks:").getMessage()


def test_a_crash_while_stopping_counts_as_stopped() -> None:
    with Harness() as harness:
        task = harness.start_task("crash-at-stop")
        harness.listener.wait_for_state(task, State.RUNNING)
        harness.worker.stop_tasks([task]).result(PATIENCE_S)
        assert harness.listener.states(task) == [State.RUNNING, State.UNASSIGNED]
        harness.log.wait_for_text("killed by signal 11")


def test_a_flood_of_output_is_contained() -> None:
    with Harness() as harness:
        task = harness.start_task("flood")
        harness.listener.wait_for_state(task, State.RUNNING)
        told = harness.log.wait_for_text("lines of output were not logged: at most 500 a second are")
        assert context_of(told) == "[x|task-0] "
        asked = time.monotonic()
        assert harness.call("echo", {"a": 1}).result(PATIENCE_S)
        assert time.monotonic() - asked < 0.5 + MARGIN_S, "the flood keeps the supervisor busy"
        printed = [
            record
            for record in harness.log.all()
            if record.name == "penstock.output" and "x" * 199 in record.getMessage()
        ]
        assert len(printed) >= 500
        harness.worker.stop_tasks([task]).result(PATIENCE_S)


def test_a_flood_of_log_records_is_cut_and_told() -> None:
    with Harness() as harness:
        task = harness.start_task("log-flood")
        harness.listener.wait_for_topic(task)
        harness.worker.stop_tasks([task]).result(PATIENCE_S)
        harness.stop()
        records = [record for record in harness.log.all() if record.name == "sample"]
        assert 0 < len(records) <= 10_000
        assert [record.getMessage() for record in records[:3]] == ["record 0", "record 1", "record 2"]


def test_logs_and_prints_of_a_task_carry_its_context() -> None:
    with Harness() as harness:
        harness.start_task("log", number=3, connector="orders")
        hello = harness.log.wait_for_text("hello from the task")
        assert (hello.name, hello.levelname, context_of(hello)) == ("sample", "INFO", "[orders|task-3] ")
        assert hello.threadName == "task-thread-orders-3"
        caught = harness.log.wait_for_text("caught")
        assert caught.exc_text is not None
        assert "ValueError: with \\udcff in it" in caught.exc_text
        printed = harness.log.wait_for_text("printed by the task")
        assert (printed.name, context_of(printed)) == ("penstock.output", "[orders|task-3] ")


def test_levels_reach_running_and_later_tasks() -> None:
    with Harness() as harness:
        harness.worker.set_log_levels({"sample": 50})
        task = harness.start_task("log")
        harness.log.wait_for_text("printed by the task")
        harness.worker.stop_tasks([task]).result(PATIENCE_S)
        assert not [text for text in harness.log.texts() if "hello from the task" in text]


def test_transitions_reach_the_tasks_of_their_connector() -> None:
    with Harness() as harness:
        task, other = harness.start_task("transitions"), harness.start_task("transitions", connector="y")
        for each in (task, other):
            harness.listener.wait_for_state(each, State.RUNNING)
        harness.worker.transition_tasks("x", TargetState.PAUSED)
        harness.listener.wait_for_state(task, State.PAUSED)
        harness.worker.transition_tasks("x", TargetState.STARTED)
        harness.listener.wait_for_state(task, State.RUNNING, 2)
        harness.worker.transition_tasks("x", TargetState.STOPPED)
        harness.listener.wait_for_state(task, State.UNASSIGNED)
        assert set(harness.listener.states(other)) == {State.RUNNING}


def test_a_start_over_a_running_task_stops_it_first() -> None:
    with Harness() as harness:
        task = harness.start_task(generation=1)
        harness.listener.wait_for_state(task, State.RUNNING)
        harness.start_task(generation=2)
        harness.listener.wait_for_state(task, State.RUNNING, 2)
        told = [(event.state, event.generation) for event in harness.listener.all()]
        assert told == [(State.RUNNING, 1), (State.UNASSIGNED, 1), (State.RUNNING, 2)]


def test_a_stop_also_takes_back_a_start_that_waits() -> None:
    with Harness() as harness:
        task = harness.start_task(generation=1)
        harness.listener.wait_for_state(task, State.RUNNING)
        harness.start_task(generation=2)
        harness.worker.stop_tasks([task]).result(PATIENCE_S)
        harness.stop()
        assert {event.generation for event in harness.listener.all()} == {1}


def test_a_lease_that_is_not_extended_ends_the_task() -> None:
    with Harness() as harness:
        task = harness.start_task()
        harness.listener.wait_for_state(task, State.RUNNING)
        harness.worker.extend_leases(0.2)
        harness.listener.wait_for_state(task, State.UNASSIGNED)


def test_leases_in_time_keep_the_task_and_reach_later_ones() -> None:
    with Harness() as harness:
        harness.worker.extend_leases(60)
        early, late = harness.start_task(number=0), harness.start_task(number=1)
        harness.listener.wait_for_state(early, State.RUNNING)
        harness.listener.wait_for_state(late, State.RUNNING)
        harness.worker.extend_leases(0.2)
        harness.listener.wait_for_state(early, State.UNASSIGNED)
        harness.listener.wait_for_state(late, State.UNASSIGNED)


def test_a_hung_child_whose_lease_ran_out_ends_itself() -> None:
    with Harness() as harness:
        task = harness.start_task("deaf")
        harness.listener.wait_for_state(task, State.RUNNING)
        harness.worker.extend_leases(0.1)
        harness.listener.wait_for_state(task, State.UNASSIGNED)
        harness.log.wait_for_text("ended itself: the worker did not extend its lease in time")


@pytest.mark.parametrize("kind", list(LogKind))
def test_children_have_a_neutral_main_and_nothing_of_rest_or_herder(kind: LogKind) -> None:
    with Harness(options={"preload": PRELOAD}, address=LogAddress(kind, "nowhere:1")) as harness:
        modules = harness.listener.wait_for_topic(harness.start_task("modules")).split()
        forbidden = ("starlette", "uvicorn", "kafka", "penstock.rest", "penstock.herder", "penstock.cli")
        assert {*PRELOAD, LOG_MODULES[kind]} <= set(modules)
        assert ("confluent_kafka" in modules) is (kind is LogKind.KAFKA), "only what the worker's log needs"
        assert [name for name in modules if name.startswith(forbidden)] == []
        assert not [name for name in modules if name.startswith(("pytest", "_pytest"))], "the worker's main leaked in"


def test_stop_of_the_worker_stops_tasks_and_leaves_no_process() -> None:
    with Harness() as harness:
        task = harness.start_task()
        harness.start_connector("c").result(PATIENCE_S)
        harness.listener.wait_for_state(task, State.RUNNING)
        pid = harness.host_pid()
        harness.stop()
        assert not exists(pid)
        assert harness.listener.states(task) == [State.RUNNING, State.UNASSIGNED]
        assert harness.listener.states("c") == [State.RUNNING, State.UNASSIGNED]


def test_children_survive_the_signals_that_a_terminal_sends_to_all() -> None:
    with Harness() as harness:
        harness.start_connector("c").result(PATIENCE_S)
        pid = harness.host_pid()
        os.kill(pid, signal.SIGINT)
        os.kill(pid, signal.SIGTERM)
        assert harness.host_pid() == pid
