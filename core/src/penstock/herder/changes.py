"""Requests that change connectors: validate, write, and answer when the policy says (spec 1.7, 1.8, 10)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TypeVar

from penstock.api.exceptions import AlreadyExistsException, NotFoundException
from penstock.herder.executor import Executor
from penstock.herder.loop import EventLoop, fail, succeed
from penstock.herder.policy import Answer, HerderPolicy
from penstock.herder.reads import Reads
from penstock.herder.requests import Config, RestartRequest
from penstock.herder.restart import plan_restart
from penstock.herder.results import ConfigInfos, ConnectorStatus, CreatedConnector, RequestRefused
from penstock.herder.statuses import Statuses
from penstock.herder.validation import refuse_invalid
from penstock.ids import TaskId
from penstock.storage.config_store import ConfigStore
from penstock.tasks.state import TargetState

T = TypeVar("T")
Validate = Callable[[Config], Future[ConfigInfos]]


@dataclass(frozen=True, slots=True)
class _Write:
    """A config to be written: by POST (only if new, with an initial state), PUT or PATCH."""

    name: str
    config: Config
    initial: TargetState | None
    may_replace: bool


@dataclass(frozen=True, slots=True)
class HerderParts:
    """What requests work with."""

    loop: EventLoop
    policy: HerderPolicy
    store: ConfigStore
    executor: Executor
    reads: Reads
    statuses: Statuses


class Changes:
    """Every method posts to the herder thread and returns a future."""

    def __init__(self, parts: HerderParts, validate: Validate) -> None:
        self._parts = parts
        self._validate = validate

    def create(self, name: str, config: Config, initial: TargetState | None) -> Future[CreatedConnector]:
        """POST: validation comes first, then existence (spec 1.7 item 3)."""
        return self._checked(_Write(name, config, initial, may_replace=False))

    def put(self, name: str, config: Config) -> Future[CreatedConnector]:
        """PUT: create or replace."""
        return self._checked(_Write(name, config, None, may_replace=True))

    def patch(self, name: str, patch: Config) -> Future[CreatedConnector]:
        """PATCH: merge, a null removes; the result is validated as a whole (KIP-477)."""

        def merge(result: Future[CreatedConnector]) -> None:
            merged = {**self._parts.reads.config(name), **patch}
            kept = {key: value for key, value in merged.items() if not (key in patch and value is None)}
            self._validate_then_write(_Write(name, kept, None, may_replace=True), result)

        return self._parts.loop.call(merge)

    def delete(self, name: str) -> Future[None]:
        """DELETE: answered once everything of the connector has stopped."""

        def remove(result: Future[None]) -> None:
            self._parts.reads.config(name)
            gone = self._parts.executor.waiters.until_gone(name)
            with self._parts.loop.stages.during(f"removing the config for connector {name} from the config topic"):
                removed = self._parts.store.remove_connector(name)
            self._follow(removed, result, lambda: self._follow(gone, result, lambda: self._shown(result, lambda: None)))

        return self._parts.loop.call(remove)

    def target(self, name: str, target: TargetState) -> Future[None]:
        """Pause and resume: answered once the wish is stored (spec 1.5)."""

        def write(result: Future[None]) -> None:
            if self._parts.store.snapshot().config(name) is None:
                raise NotFoundException(f"Unknown connector {name}")
            self._write_target(name, target, result)

        return self._parts.loop.call(write)

    def stop(self, name: str) -> Future[None]:
        """Stop: the empty set of tasks is written before the target state (spec 9.3, 15.2)."""
        policy = self._parts.policy

        def write(result: Future[None]) -> None:
            if self._parts.store.snapshot().config(name) is None:
                raise RequestRefused(policy.stop_unknown_status, policy.stop_unknown.format(connector=name))
            with self._parts.loop.stages.during(
                f"writing the STOPPED target stage for connector {name} to the config topic"
            ):
                written = self._parts.store.put_task_configs(name, [])
            self._follow(written, result, lambda: self._write_target(name, TargetState.STOPPED, result))

        return self._parts.loop.call(write)

    def restart_connector(self, name: str) -> Future[None]:
        """Plain restart: a new instance of the connector, answered when it started."""

        def restart(result: Future[None]) -> None:
            if self._parts.store.snapshot().config(name) is None:
                raise NotFoundException(self._parts.policy.unknown_connector.format(connector=name))
            self._parts.executor.versions.restart_connector(name)
            self._follow(self._until_started(name), result, lambda: self._shown(result, lambda: None))
            self._parts.executor.step()

        return self._parts.loop.call(restart)

    def restart_task(self, task: TaskId) -> Future[None]:
        """Restart one task."""

        def restart(result: Future[None]) -> None:
            state = self._parts.store.snapshot()
            if task not in state.tasks(task.connector):
                text = self._parts.policy.unknown_task
                raise NotFoundException(text.format(connector=task.connector, task=task.task))
            self._parts.executor.versions.restart_task(task)
            self._parts.executor.step()
            self._shown(result, lambda: None)

        return self._parts.loop.call(restart)

    def restart(self, request: RestartRequest) -> Future[ConnectorStatus]:
        """Restart with parameters; the answer shows what was selected as RESTARTING (spec 1.8)."""

        def restart(result: Future[ConnectorStatus]) -> None:
            name = request.connector
            if self._parts.store.snapshot().config(name) is None:
                raise NotFoundException(f"Unknown connector: {name}")
            try:
                status = self._parts.reads.status(name)
            except NotFoundException as error:
                raise NotFoundException(f"Status for connector {name} not found") from error
            plan = plan_restart(request, status)
            executor, statuses = self._parts.executor, self._parts.statuses
            with self._parts.loop.stages.during(f"handling restart request for connector {name}"):
                if plan.connector:
                    statuses.restarting(name, plan.status.connector.trace)
                    executor.versions.restart_connector(name)
                for number, task in plan.status.tasks:
                    if number in plan.tasks:
                        statuses.restarting(TaskId(name, number), task.trace)
                        executor.versions.restart_task(TaskId(name, number))
                executor.step()
            self._shown(result, lambda: plan.status)

        return self._parts.loop.call(restart)

    def _checked(self, write: _Write) -> Future[CreatedConnector]:
        result: Future[CreatedConnector] = Future()
        self._validate_then_write(write, result)
        return result

    def _validate_then_write(self, write: _Write, result: Future[CreatedConnector]) -> None:
        """Validation waits for a child, so it must not hold the herder thread; the write comes back to it."""

        def validated(done: Future[ConfigInfos]) -> None:
            try:
                refuse_invalid(done.result())
                self._write(write, result)
            except Exception as error:  # noqa: BLE001  # the request's own failure
                fail(result, error)

        self._parts.loop.when_done(self._validate(write.config), validated)

    def _write(self, write: _Write, result: Future[CreatedConnector]) -> None:
        exists = self._parts.store.snapshot().config(write.name) is not None
        if exists and not write.may_replace:
            raise AlreadyExistsException(f"Connector {write.name} already exists")
        with self._parts.loop.stages.during(f"writing a config for connector {write.name} to the config topic"):
            written = self._parts.store.put_connector(write.name, write.config, write.initial)

        def answer() -> None:
            self._shown(result, lambda: CreatedConnector(not exists, self._parts.reads.info(write.name)))

        def stored() -> None:
            # The store told its listener before it completed the write, so this write's version is counted already.
            if self._parts.policy.answer is Answer.AFTER_WRITE:
                answer()
            else:
                self._follow(self._until_started(write.name), result, answer)
            self._parts.executor.step()

        self._follow(written, result, stored)

    def _until_started(self, name: str) -> Future[None]:
        executor = self._parts.executor
        return executor.waiters.until_started(name, executor.versions.connector(name))

    def _write_target(self, name: str, target: TargetState, result: Future[None]) -> None:
        """Store the wish and answer once the snapshot shows it: the next request must see it."""
        written = self._parts.store.put_target_state(name, target)
        shown = lambda: self._follow(self._parts.store.refresh(), result, lambda: succeed(result, None))  # noqa: E731
        self._follow(written, result, shown)

    def _shown(self, result: Future[T], value: Callable[[], T]) -> None:
        """Answer once statuses that were put before can be read: the next request must see them."""
        self._follow(self._parts.statuses.refresh(), result, lambda: succeed(result, value()))

    def _follow(self, first: Future[None], result: Future[T], then: Callable[[], None]) -> None:
        """Go on once ``first`` is done; its failure is the request's."""

        def go_on(done: Future[None]) -> None:
            error = done.exception()
            if error is not None:
                fail(result, error)
                return
            try:
                then()
            except Exception as raised:  # noqa: BLE001  # the request's own failure
                fail(result, raised)

        self._parts.loop.when_done(first, go_on)
