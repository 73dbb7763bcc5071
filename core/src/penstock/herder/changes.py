"""Requests that change connectors: validate, write, and answer when the policy says (spec 1.7, 1.8, 10)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from penstock.api.exceptions import AlreadyExistsException, NotFoundException
from penstock.herder.executor import Executor
from penstock.herder.loop import EventLoop, fail, succeed
from penstock.herder.policy import Answer, HerderPolicy
from penstock.herder.reads import Reads
from penstock.herder.requests import Config, RestartRequest
from penstock.herder.restart import plan_restart
from penstock.herder.results import ConfigInfos, ConnectorStatus, CreatedConnector, RequestRefused
from penstock.herder.statuses import Statuses
from penstock.herder.turns import Change, Turns
from penstock.herder.validation import refuse_invalid
from penstock.ids import TaskId
from penstock.states import TargetState
from penstock.storage.config_store import ConfigStore

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
    turns: Turns


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

        def remove(result: Future[None]) -> Future[None]:
            self._parts.reads.config(name)
            gone = self._parts.executor.waiters.until_gone(name)
            with self._parts.loop.stages.during(f"removing the config for connector {name} from the config topic"):
                removed = self._parts.store.remove_connector(name)
            self._follow(removed, result, lambda: self._follow(gone, result, lambda: self._shown(result, lambda: None)))
            return result  # the turn lasts until all is gone: a new connector of the name waits for it

        return self._in_turn(name, remove)

    def target(self, name: str, target: TargetState) -> Future[None]:
        """Pause and resume: answered once the wish is stored (spec 1.5)."""

        def write(result: Future[None]) -> Future[None]:
            if self._parts.store.snapshot().config(name) is None:
                raise NotFoundException(f"Unknown connector {name}")
            self._write_target(name, target, result, lambda: succeed(result, None))
            return result

        return self._in_turn(name, write)

    def stop(self, name: str) -> Future[None]:
        """Stop: the empty set of tasks is written before the target state (spec 9.3, 15.2). Answered once the tasks have
        ended where the policy waits for starts, too: offsets may be changed from then on."""
        policy = self._parts.policy

        def write(result: Future[None]) -> Future[None]:
            if self._parts.store.snapshot().config(name) is None:
                raise RequestRefused(policy.stop_unknown_status, policy.stop_unknown.format(connector=name))
            with self._parts.loop.stages.during(
                f"writing the STOPPED target stage for connector {name} to the config topic"
            ):
                written = self._parts.store.put_task_configs(name, [])
            shown: Future[None] = Future()
            result.add_done_callback(lambda _answered: succeed(shown, None))
            self._follow(
                written,
                result,
                lambda: self._write_target(name, TargetState.STOPPED, result, lambda: self._halt(name, result, shown)),
            )
            return shown

        return self._in_turn(name, write)

    def _halt(self, name: str, result: Future[None], shown: Future[None]) -> None:
        succeed(shown, None)  # the records are written: the turn is over, the stop itself may take its time
        if self._parts.policy.answer is Answer.AFTER_WRITE:
            succeed(result, None)
            return
        halted = self._parts.executor.waiters.until_halted(name)
        self._follow(halted, result, lambda: self._shown(result, lambda: None))
        self._parts.executor.step()

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
        result: Future[CreatedConnector] = self._parts.loop.request()
        self._validate_then_write(write, result)
        return result

    def _validate_then_write(self, write: _Write, result: Future[CreatedConnector]) -> None:
        """Validation waits for a child, so it must not hold the herder thread; the write comes back to it."""

        def validated(done: Future[ConfigInfos]) -> None:
            try:
                refuse_invalid(done.result())
            except Exception as error:  # noqa: BLE001  # the request's own failure
                fail(result, error)
            else:
                self._parts.turns.take(write.name, self._guarded(result, lambda: self._write(write, result)))

        self._parts.loop.when_done(self._validate(write.config), validated)

    def _write(self, write: _Write, result: Future[CreatedConnector]) -> Future[None]:
        """In the connector's turn, which lasts until the config is stored, not until the connector started."""
        state = self._parts.store.snapshot()
        exists = state.config(write.name) is not None
        if exists and not write.may_replace:
            raise AlreadyExistsException(f"Connector {write.name} already exists")
        initial = write.initial
        if not exists and initial is None and state.target_state(write.name) not in (None, TargetState.STARTED):
            initial = TargetState.STARTED  # a predecessor's wish is no wish for this one
        with self._parts.loop.stages.during(f"writing a config for connector {write.name} to the config topic"):
            written = self._parts.store.put_connector(write.name, write.config, initial)

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
        return written

    def _in_turn(self, name: str, change: Callable[[Future[T]], Future[Any]]) -> Future[T]:
        """A request that writes: it comes when earlier writes for the connector have ended."""

        def begin(result: Future[T]) -> None:
            self._parts.turns.take(name, self._guarded(result, lambda: change(result)))

        return self._parts.loop.call(begin)

    @staticmethod
    def _guarded(result: Future[Any], change: Callable[[], Future[Any]]) -> Change:
        """What a change raises is its request's failure, and ends its turn."""

        def guarded() -> Future[Any]:
            try:
                return change()
            except Exception as error:  # noqa: BLE001  # the request's own failure
                fail(result, error)
                return result

        return guarded

    def _until_started(self, name: str) -> Future[None]:
        executor = self._parts.executor
        return executor.waiters.until_started(name, executor.versions.connector(name))

    def _write_target(self, name: str, target: TargetState, result: Future[None], then: Callable[[], None]) -> None:
        """Store the wish and go on once the snapshot shows it: the next request must see it."""
        written = self._parts.store.put_target_state(name, target)
        self._follow(written, result, lambda: self._follow(self._parts.store.refresh(), result, then))

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
