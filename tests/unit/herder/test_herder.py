"""The herder over real stores (in memory) and a worker that only remembers."""

from __future__ import annotations

from concurrent.futures import Future

import pytest
from tests.support.worker import eventually
from tests.unit.herder.wired import CONFIG, WAIT, Wired

from penstock.api.exceptions import AlreadyExistsException, ConnectException, NotFoundException
from penstock.herder.requests import RestartRequest
from penstock.herder.results import ConnectorOffset, RequestRefused
from penstock.ids import TaskId
from penstock.states import State, TargetState


def test_a_created_connector_answers_with_its_tasks(wired: Wired) -> None:
    created = wired.create().result(WAIT)
    assert created.created
    assert created.info.tasks == (TaskId("c", 0),)
    assert wired.worker.acts == [("start", "c"), ("configs", "c"), ("start", TaskId("c", 0))]
    wired.wait_for(State.RUNNING, State.RUNNING)
    with pytest.raises(AlreadyExistsException, match=r"^Connector c already exists$"):
        wired.create().result(WAIT)


def test_a_start_that_fails_fails_the_request_but_keeps_the_config(wired: Wired) -> None:
    wired.worker.start_error = ConnectException("no such table")
    with pytest.raises(ConnectException, match=r"^no such table$"):
        wired.create().result(WAIT)
    wired.wait_for(State.FAILED)
    assert wired.herder.connectors() == ["c"]


def test_an_unknown_class_fails_the_connector(wired: Wired) -> None:
    with pytest.raises(ConnectException, match="Failed to find any class that implements Connector"):
        wired.create(config={"connector.class": "no.Such", "name": "c"}).result(WAIT)
    wired.wait_for(State.FAILED)


def test_an_update_restarts_the_connector_and_its_tasks_only_if_they_changed(wired: Wired) -> None:
    wired.create().result(WAIT)
    wired.worker.acts.clear()
    updated = wired.herder.put_connector_config("c", CONFIG).result(WAIT)
    assert not updated.created
    assert wired.worker.acts == [("stop", "c"), ("start", "c"), ("configs", "c")]
    wired.worker.acts.clear()
    wired.worker.configs = [{"task.class": "T", "n": str(n)} for n in range(2)]
    assert len(wired.herder.put_connector_config("c", {**CONFIG, "x": "1"}).result(WAIT).info.tasks) == 2
    wired.wait_for(State.RUNNING, State.RUNNING, State.RUNNING)
    task_starts = [act for act in wired.worker.acts if act[0] == "start" and isinstance(act[1], TaskId)]
    assert sorted(task_starts) == [("start", TaskId("c", 0)), ("start", TaskId("c", 1))]  # the new one need not wait


def test_a_change_of_the_connector_config_alone_restarts_tasks_too(wired: Wired) -> None:
    """A converter-only change does not show in the task configs (spec 15.6)."""
    wired.create().result(WAIT)
    wired.herder.put_connector_config("c", {**CONFIG, "value.converter": "V"}).result(WAIT)
    eventually(lambda: len(wired.worker.task_starts) == 2, "the task was started again", WAIT)
    assert wired.worker.task_starts[1].connector_config["value.converter"] == "V"


def test_fewer_tasks_leave_no_status_behind(wired: Wired) -> None:
    wired.worker.configs = [{"n": "0"}, {"n": "1"}]
    wired.create().result(WAIT)
    wired.wait_for(State.RUNNING, State.RUNNING, State.RUNNING)
    wired.worker.configs = [{"n": "0"}]
    wired.herder.put_connector_config("c", {**CONFIG, "x": "1"}).result(WAIT)
    wired.wait_for(State.RUNNING, State.RUNNING)


def test_a_patch_merges_and_removes(wired: Wired) -> None:
    wired.create(config={**CONFIG, "a": "1", "b": "2"}).result(WAIT)
    wired.herder.patch_connector_config("c", {"a": None, "b": "3", "d": "4"}).result(WAIT)
    assert wired.herder.connector_config("c").result(WAIT) == {**CONFIG, "b": "3", "d": "4"}
    with pytest.raises(NotFoundException, match=r"^Connector x not found$"):
        wired.herder.patch_connector_config("x", {}).result(WAIT)


def test_deleting_waits_for_the_end_and_leaves_nothing(wired: Wired) -> None:
    wired.create().result(WAIT)
    wired.wait_for(State.RUNNING, State.RUNNING)
    wired.worker.stop_gate = Future()
    deleted = wired.herder.delete_connector("c")
    eventually(lambda: ("stop", "c") in wired.worker.acts, "the stop was asked for", WAIT)
    assert not deleted.done()
    wired.worker.stop_gate.set_result(None)
    wired.worker.stop_gate = None
    deleted.result(WAIT)
    assert wired.herder.connectors() == []
    eventually(lambda: not wired.statuses.snapshot().entries, "no status is left", WAIT)
    with pytest.raises(NotFoundException, match=r"^No status found for connector c$"):
        wired.herder.connector_status("c")
    with pytest.raises(NotFoundException, match=r"^Connector c not found$"):
        wired.herder.delete_connector("c").result(WAIT)


def test_pause_and_resume_move_connector_and_tasks(wired: Wired) -> None:
    wired.create().result(WAIT)
    wired.worker.acts.clear()
    wired.herder.pause("c").result(WAIT)
    wired.herder.resume("c").result(WAIT)
    eventually(lambda: ("configs", "c") in wired.worker.acts, "tasks are recomputed after a resume", WAIT)
    assert wired.worker.acts == [
        ("paused", "c"),
        ("tasks paused", "c"),
        ("started", "c"),
        ("tasks started", "c"),
        ("configs", "c"),
    ]
    with pytest.raises(NotFoundException, match=r"^Unknown connector x$"):
        wired.herder.pause("x").result(WAIT)


def test_a_config_change_while_paused_waits_for_the_resume(wired: Wired) -> None:
    wired.create().result(WAIT)
    wired.herder.pause("c").result(WAIT)
    wired.worker.configs = [{"n": "new"}]
    wired.worker.acts.clear()
    wired.herder.put_connector_config("c", {**CONFIG, "x": "1"}).result(WAIT)
    assert ("configs", "c") not in wired.worker.acts
    wired.herder.resume("c").result(WAIT)
    eventually(lambda: wired.herder.task_configs("c").result(WAIT)[0].config == {"n": "new"}, "new task configs", WAIT)


def test_a_stop_empties_the_tasks_and_a_resume_makes_them_again(wired: Wired) -> None:
    wired.create().result(WAIT)
    wired.herder.stop_connector("c").result(WAIT)
    wired.wait_for(State.STOPPED)
    assert wired.herder.task_configs("c").result(WAIT) == []
    wired.herder.stop_connector("c").result(WAIT)
    wired.herder.resume("c").result(WAIT)
    wired.wait_for(State.RUNNING, State.RUNNING)
    with pytest.raises(RequestRefused, match=r"^No connector `x` configured$"):
        wired.herder.stop_connector("x").result(WAIT)


def test_initial_states(wired: Wired) -> None:
    assert wired.create(TargetState.PAUSED).result(WAIT).info.tasks == ()
    wired.wait_for(State.PAUSED)
    assert wired.worker.starts[0].target is TargetState.PAUSED


def test_a_plain_restart_makes_a_new_instance(wired: Wired) -> None:
    wired.create().result(WAIT)
    wired.worker.acts.clear()
    wired.herder.restart_connector("c").result(WAIT)
    assert wired.worker.acts == [("stop", "c"), ("start", "c"), ("configs", "c")]
    with pytest.raises(NotFoundException, match=r"^Connector x not found$"):
        wired.herder.restart_connector("x").result(WAIT)


def test_restart_of_a_task(wired: Wired) -> None:
    wired.create().result(WAIT)
    wired.herder.restart_task(TaskId("c", 0)).result(WAIT)
    eventually(lambda: len(wired.worker.task_starts) == 2, "the task was started again", WAIT)
    with pytest.raises(NotFoundException, match=r"^Task c-3 not found$"):
        wired.herder.restart_task(TaskId("c", 3)).result(WAIT)


def test_restart_with_parameters_shows_what_it_selected(wired: Wired) -> None:
    wired.create().result(WAIT)
    wired.wait_for(State.RUNNING, State.RUNNING)
    plan = wired.herder.restart_connector_and_tasks(RestartRequest("c", False, True)).result(WAIT)
    assert [plan.connector.state, plan.tasks[0][1].state] == [State.RESTARTING, State.RESTARTING]
    wired.wait_for(State.RUNNING, State.RUNNING)
    assert len(wired.worker.starts) == len(wired.worker.task_starts) == 2
    with pytest.raises(NotFoundException, match=r"^Unknown connector: x$"):
        wired.herder.restart_connector_and_tasks(RestartRequest("x", False, True)).result(WAIT)


def test_task_configs_that_fail_are_asked_for_again(wired: Wired) -> None:
    wired.worker.configs_error = ConnectException("database away")
    with pytest.raises(ConnectException, match=r"^database away$"):
        wired.create().result(WAIT)
    wired.worker.configs_error = None
    wired.wait_for(State.RUNNING, State.RUNNING)


def test_a_connector_may_ask_for_new_tasks(wired: Wired) -> None:
    wired.create().result(WAIT)
    wired.worker.configs = [{"n": "0"}, {"n": "1"}]
    wired.herder.on_reconfigure("c")
    wired.wait_for(State.RUNNING, State.RUNNING, State.RUNNING)


def test_topics_are_tracked_once_and_reset(wired: Wired) -> None:
    wired.create().result(WAIT)
    for topic in ("t", "t", "u"):
        wired.herder.on_topic_active(TaskId("c", 0), topic)
    eventually(lambda: wired.herder.connector_topics("c") == ["t", "u"], "both topics", WAIT)
    wired.herder.reset_topics("c").result(WAIT)
    assert wired.herder.connector_topics("c") == []


def test_offsets_of_a_running_connector_are_not_changed(wired: Wired) -> None:
    wired.create().result(WAIT)
    offsets = [ConnectorOffset({"f": "a"}, {"p": 1})]
    with pytest.raises(RequestRefused, match="must be in the STOPPED state") as refused:
        wired.herder.alter_offsets("c", offsets).result(WAIT)
    assert refused.value.status == 400
    wired.herder.stop_connector("c").result(WAIT)
    with pytest.raises(RequestRefused, match="need to be provided"):
        wired.herder.alter_offsets("c", []).result(WAIT)
    assert "altered successfully" in wired.herder.alter_offsets("c", offsets).result(WAIT)
    assert wired.herder.connector_offsets("c").result(WAIT) == offsets
    assert "reset successfully" in wired.herder.reset_offsets("c").result(WAIT)
    assert wired.herder.connector_offsets("c").result(WAIT) == []


def test_health_is_the_herder_threads_word(wired: Wired) -> None:
    assert wired.herder.health().result(WAIT).status == "healthy"
    wired.create().result(WAIT)
    assert wired.herder.stage().startswith("The last operation the worker completed was ")
