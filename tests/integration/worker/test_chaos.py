"""Children and forkservers killed at random while connectors and tasks come and go: every wish is answered."""

from __future__ import annotations

import os
import random
import signal
from concurrent.futures import Future, wait
from contextlib import suppress
from typing import Any

import pytest
from tests.integration.worker.harness import PATIENCE_S, Harness, children_of, index_of

from penstock.api.exceptions import ConnectException
from penstock.ids import TaskId
from penstock.states import State, TargetState

ROUNDS = 60


def kill_one(chance: random.Random, others: frozenset[int]) -> None:
    """Kill a process of the worker under test; ``others`` are those of other tests, such as a broker."""
    children = sorted(set(children_of(os.getpid())) - others)
    if children:
        with suppress(ProcessLookupError):  # it has just ended by itself
            os.kill(chance.choice(children), chance.choice([signal.SIGKILL, signal.SIGSEGV]))


def act(harness: Harness, chance: random.Random) -> list[Future[Any]]:
    """One random wish."""
    name = f"c{chance.randrange(4)}"
    task = TaskId(name, chance.randrange(3))
    match chance.randrange(8):
        case 0 | 1:
            harness.start_task("", task.task, name)
            return []
        case 2:
            return [harness.worker.stop_tasks([task])]
        case 3 | 4:
            return [harness.start_connector(name)]
        case 5:
            return [harness.worker.stop_connectors([name])]
        case 6:
            return [harness.call("echo", {"round": 1}), harness.worker.task_configs(name, 2)]
        case _:
            return [harness.worker.transition_connector(name, chance.choice(list(TargetState)))]


@pytest.mark.parametrize("seed", range(3))
def test_random_kills_leave_no_wish_unanswered(seed: int) -> None:
    chance = random.Random(seed)
    others = frozenset(children_of(os.getpid()))
    index = index_of(("sample-dist", "tests.integration.worker.samples:ConnectorRunner"))
    with Harness(index=index, options={"task_stop_s": 1.0, "connector_stop_s": 1.0}) as harness:
        wishes: list[Future[Any]] = []
        for _ in range(ROUNDS):
            wishes += act(harness, chance)
            if wishes and chance.random() < 0.5:
                wait([wishes[-1]], PATIENCE_S)  # so that kills also meet what is up and running
            if chance.random() < 0.3:
                kill_one(chance, others)
        refused = 0
        for wish in wishes:
            try:
                wish.result(PATIENCE_S)
            except ConnectException:
                refused += 1
        assert refused < len(wishes)
        names = [f"c{number}" for number in range(4)]
        harness.worker.stop_tasks([TaskId(name, number) for name in names for number in range(3)]).result(PATIENCE_S)
        harness.worker.stop_connectors(names).result(PATIENCE_S)
        harness.stop()
        assert "The supervisor failed to handle an event; it goes on" not in harness.log.texts()
        for subject in {event.subject for event in harness.listener.all()}:
            assert harness.listener.states(subject)[-1] in (State.UNASSIGNED, State.FAILED)
        assert set(children_of(os.getpid())) <= others
