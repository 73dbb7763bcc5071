"""Requests that come while others are under way: nothing is lost, mixed up or left unanswered."""

from __future__ import annotations

from concurrent.futures import Future

import pytest
from tests.support.worker import eventually
from tests.unit.herder.fake_worker import done
from tests.unit.herder.wired import CONFIG, WAIT, Wired

from penstock.api.exceptions import AlreadyExistsException, ConnectException, NotFoundException
from penstock.herder.results import RequestRefused
from penstock.ids import TaskId
from penstock.states import State, TargetState


def test_of_two_posts_for_one_name_the_second_is_refused(wired: Wired) -> None:
    first, second = wired.create(), wired.create(config={**CONFIG, "x": "2"})
    assert first.result(WAIT).created
    with pytest.raises(AlreadyExistsException, match=r"^Connector c already exists$"):
        second.result(WAIT)
    assert wired.herder.connector_config("c").result(WAIT) == CONFIG


def test_a_new_connector_waits_until_its_predecessor_is_gone(wired: Wired) -> None:
    wired.create().result(WAIT)
    wired.worker.stop_gate = gate = Future()
    deleted = wired.herder.delete_connector("c")
    eventually(lambda: ("stop", "c") in wired.worker.acts, "the stop was asked for", WAIT)
    created = wired.create(config={**CONFIG, "x": "new"})
    again = wired.herder.delete_connector("d")
    with pytest.raises(NotFoundException):  # other connectors are not held up
        again.result(WAIT)
    assert not created.done()
    wired.worker.stop_gate = None
    gate.set_result(None)
    deleted.result(WAIT)
    assert created.result(WAIT).info.config["x"] == "new"
    wired.wait_for(State.RUNNING, State.RUNNING)


def test_a_pause_beside_a_delete_leaves_nothing_to_the_next_connector(wired: Wired) -> None:
    wired.create().result(WAIT)
    deleted, paused = wired.herder.delete_connector("c"), wired.herder.pause("c")
    deleted.result(WAIT)
    with pytest.raises(NotFoundException, match=r"^Unknown connector c$"):
        paused.result(WAIT)
    wired.create().result(WAIT)
    wired.wait_for(State.RUNNING, State.RUNNING)


def test_a_leftover_target_state_is_no_wish_for_a_new_connector(wired: Wired) -> None:
    wired.configs.put_target_state("c", TargetState.PAUSED).result(WAIT)
    wired.configs.refresh().result(WAIT)
    wired.create().result(WAIT)
    wired.wait_for(State.RUNNING, State.RUNNING)


def test_a_stop_is_answered_when_the_tasks_have_ended(wired: Wired) -> None:
    wired.create().result(WAIT)
    gate: Future[None] = Future()
    wired.worker.stop_tasks = lambda tasks: gate  # type: ignore[method-assign]
    stopped = wired.herder.stop_connector("c")
    eventually(lambda: wired.configs.snapshot().target_state("c") is TargetState.STOPPED, "the wish is stored", WAIT)
    assert not stopped.done()
    with pytest.raises(RequestRefused, match="must be in the STOPPED state"):
        wired.herder.reset_offsets("c").result(WAIT)  # the task would store its own on its way out
    gate.set_result(None)
    stopped.result(WAIT)
    del wired.worker.stop_tasks
    assert "reset successfully" in wired.herder.reset_offsets("c").result(WAIT)


def test_task_configs_that_come_after_a_stop_are_dropped(wired: Wired) -> None:
    wired.create().result(WAIT)
    answer: Future[list[dict[str, str]]] = Future()
    asked: list[str] = []
    wired.worker.task_configs = lambda name, _count: asked.append(name) or answer  # type: ignore[method-assign]
    wired.herder.on_reconfigure("c")
    eventually(lambda: asked, "the connector was asked", WAIT)
    wired.herder.stop_connector("c").result(WAIT)
    answer.set_result([{"n": "late"}])
    assert wired.herder.health().result(WAIT).code == 200  # the answer was served before
    assert wired.configs.snapshot().tasks("c") == []
    del wired.worker.task_configs
    wired.worker.acts.clear()
    wired.herder.resume("c").result(WAIT)
    wired.wait_for(State.RUNNING, State.RUNNING)
    assert ("start", TaskId("c", 0)) in wired.worker.acts


def test_rounds_of_task_configs_never_mix(wired: Wired) -> None:
    wired.create().result(WAIT)
    rounds: list[int] = []

    def configs(_name: str, _count: int) -> Future:
        rounds.append(1 + len(rounds) % 3)
        return done([{"round": str(len(rounds)), "n": str(number)} for number in range(rounds[-1])])

    wired.worker.task_configs = configs  # type: ignore[method-assign]
    for _ in range(40):
        wired.herder.on_reconfigure("c")
    eventually(lambda: not wired.herder._configurer._busy and len(rounds) > 1, "the rounds are over", WAIT)

    def whole() -> bool:
        state = wired.configs.snapshot()
        found = [dict(state.task_config(task) or {}) for task in state.tasks("c")]
        return bool(found) and len({config["round"] for config in found}) == 1 and len(found) == rounds[-1]

    eventually(whole, "one whole set", WAIT)
    assert not wired.configs.snapshot().is_inconsistent("c")


def test_what_is_still_asked_at_the_end_is_told_so(wired: Wired) -> None:
    wired.worker.start_connector = lambda start: Future()  # type: ignore[method-assign]
    waiting = wired.create()
    eventually(lambda: wired.herder.connectors() == ["c"], "the config is written", WAIT)
    wired.herder.stop().result(WAIT)
    wired.herder.close()
    with pytest.raises(ConnectException, match=r"^Worker is shutting down$"):
        waiting.result(WAIT)
    with pytest.raises(ConnectException, match=r"^Worker is shutting down$"):
        wired.herder.health().result(WAIT)
