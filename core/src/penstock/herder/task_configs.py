"""Dividing the work: ask the connector for task configs, store them if they changed (spec 4.2, 9.8, 10)."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future

from penstock.herder.executor import Executor
from penstock.herder.loop import EventLoop
from penstock.herder.running import Token
from penstock.herder.turns import Turns
from penstock.states import TargetState
from penstock.storage.cluster_state import ClusterState
from penstock.storage.config_store import ConfigStore
from penstock.worker.worker import Worker

logger = logging.getLogger(__name__)

RETRY_BASE_S = 0.25
RETRY_MAX_S = 60.0
FIRST_REPORT_S = 1.0
"""How long a request waits for its tasks to show in the status."""

AS_CONFIGURED = 0
"""The child knows the resolved ``tasks.max`` of the connector, the worker does not (design decision 13)."""


def retry_delay_s(attempt: int) -> float:
    """The pause before try number ``attempt`` + 1: doubling from 250 ms to a minute (spec 14.9)."""
    return min(RETRY_MAX_S, RETRY_BASE_S * 2.0 ** min(attempt - 1, 20))


def task_configs_changed(state: ClusterState, name: str, configs: Sequence[Mapping[str, str | None]]) -> bool:
    """Whether tasks must be restarted: other configs, another number, or another connector config than the one under
    which the present ones were made (spec 15.6: a converter-only change must restart tasks)."""
    present = [state.task_config(task) for task in state.tasks(name)]
    if [dict(config) for config in configs] != [dict(config or {}) for config in present]:
        return True
    applied = state.applied_config(name)
    return bool(present) and applied is not None and dict(applied) != dict(state.config(name) or {})


class TaskConfigurer:
    """On the herder thread. One round a connector at a time; a request during a round leads to another round after it."""

    def __init__(self, loop: EventLoop, worker: Worker, store: ConfigStore, executor: Executor, turns: Turns) -> None:
        self._loop = loop
        self._worker = worker
        self._store = store
        self._executor = executor
        self._turns = turns
        self._busy: set[str] = set()
        self._again: set[str] = set()
        self._attempts: Counter[str] = Counter()
        self.has_failed: Callable[[str], bool] = lambda _name: False
        executor.on_started = self.request

    def request(self, name: str) -> None:
        """Recompute the tasks of a connector, if it runs (spec live, REST 6: not while it is paused or stopped)."""
        running = self._executor.connectors.get(name)
        if running is None or not self._executor.runs(name):
            return
        if name in self._busy:
            self._again.add(name)
            return
        self._busy.add(name)
        token = running.token
        with self._loop.stages.during(f"generating task configs for connector {name}"):
            asked = self._worker.task_configs(name, AS_CONFIGURED)
        self._loop.when_done(asked, lambda done: self._made(name, token, done))

    def _made(self, name: str, token: Token, done: Future[list[dict[str, str]]]) -> None:
        error = done.exception()
        if error is not None:
            self._end_round(name)
            self._failed(name, token, error)
            return
        self._turns.take(name, lambda: self._write(name, token, done.result()))

    def _write(self, name: str, token: Token, configs: list[dict[str, str]]) -> Future[None]:
        """In the connector's turn: what was computed may be out of date by now."""
        ended: Future[None] = Future()
        if not self._is_current(name, token):
            self._end_round(name)
            ended.set_result(None)
        elif not task_configs_changed(self._store.snapshot(), name, configs):
            self._end_round(name)
            self._complete(name, token)
            ended.set_result(None)
        else:
            with self._loop.stages.during(
                f"writing {len(configs)} task configs for connector {name} to the config topic"
            ):
                written = self._store.put_task_configs(name, configs)
            self._loop.when_done(written, lambda stored: self._written(name, token, stored, ended))
        return ended

    def _is_current(self, name: str, token: Token) -> bool:
        running = self._executor.connectors.get(name)
        wanted = self._store.snapshot().target_state(name) in (None, TargetState.STARTED)
        return wanted and running is not None and running.token == token and self._executor.runs(name)

    def _written(self, name: str, token: Token, stored: Future[None], ended: Future[None]) -> None:
        self._end_round(name)
        error = stored.exception()
        if error is not None:
            self._failed(name, token, error)
        else:
            self._executor.step()  # starts the tasks, so that who waits sees them
            self._complete(name, token)
        ended.set_result(None)

    def _end_round(self, name: str) -> None:
        self._busy.discard(name)
        if name in self._again:
            self._again.discard(name)
            self._loop.post(lambda: self.request(name))

    def _complete(self, name: str, token: Token) -> None:
        """Done, once new tasks have reported; one that hangs in its start keeps the request for a moment only."""
        self._attempts.pop(name, None)
        give_up = self._executor.first_reports.wait(name, lambda: self._executor.waiters.started(name, token))
        self._loop.after(FIRST_REPORT_S, give_up)

    def _failed(self, name: str, token: Token, error: BaseException) -> None:
        """The request fails; the work is tried again, unless the connector itself has failed over it."""
        self._executor.waiters.started(name, token, error)
        running = self._executor.connectors.get(name)
        if running is None or running.token != token:
            return  # gone or replaced: its successor asks anew
        if self.has_failed(name):
            return
        self._attempts[name] += 1
        delay = retry_delay_s(self._attempts[name])
        logger.error("Failed to reconfigure the tasks of connector %s, retrying in %.2f s: %s", name, delay, error)
        self._loop.after(delay, lambda: self.request(name))
