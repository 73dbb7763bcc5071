"""A worker without children: it remembers what it was asked for, and the test decides how it ends."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field

from penstock.discovery.plugins import PluginDescriptor
from penstock.ids import TaskId
from penstock.states import State, TargetState
from penstock.worker.worker import ConnectorStart, TaskStart, WorkerListener


def done(value: object = None) -> Future:
    future: Future = Future()
    future.set_result(value)
    return future


def failed(error: Exception) -> Future:
    future: Future = Future()
    future.set_exception(error)
    return future


@dataclass
class FakeWorker:
    """Starts succeed at once and report RUNNING unless ``start_error``; task configs are ``configs``."""

    configs: list[dict[str, str]] = field(default_factory=lambda: [{"task.class": "T"}])
    start_error: Exception | None = None
    configs_error: Exception | None = None
    stop_gate: Future | None = None
    acts: list[tuple[str, object]] = field(default_factory=list)
    starts: list[ConnectorStart] = field(default_factory=list)
    task_starts: list[TaskStart] = field(default_factory=list)

    def attach(self, listener: WorkerListener) -> None:
        self.listener = listener

    def run(self) -> None:
        return

    def stop(self) -> None:
        self.acts.append(("stop", None))

    def start_connector(self, start: ConnectorStart) -> Future[None]:
        self.acts.append(("start", start.name))
        self.starts.append(start)
        if self.start_error is not None:
            self.listener.on_connector_state(start.name, 0, State.FAILED, None, f"trace: {self.start_error}")
            return failed(self.start_error)
        reached = {
            TargetState.STARTED: State.RUNNING,
            TargetState.PAUSED: State.PAUSED,
            TargetState.STOPPED: State.STOPPED,
        }
        self.listener.on_connector_state(start.name, 0, reached[start.target], "1", None)
        return done()

    def stop_connectors(self, names: Collection[str]) -> Future[None]:
        self.acts += [("stop", name) for name in names]
        for name in names:
            self.listener.on_connector_state(name, 0, State.UNASSIGNED, None, None)
        return self.stop_gate or done()

    def transition_connector(self, name: str, target: TargetState) -> Future[None]:
        self.acts.append((target.value.lower(), name))
        reached = {
            TargetState.STARTED: State.RUNNING,
            TargetState.PAUSED: State.PAUSED,
            TargetState.STOPPED: State.STOPPED,
        }
        self.listener.on_connector_state(name, 0, reached[target], "1", None)
        return done()

    def task_configs(self, name: str, max_tasks: int) -> Future[list[dict[str, str]]]:
        self.acts.append(("configs", name))
        return failed(self.configs_error) if self.configs_error else done(self.configs)

    def start_task(self, start: TaskStart) -> None:
        self.acts.append(("start", start.task))
        self.task_starts.append(start)
        state = State.RUNNING if start.target is TargetState.STARTED else State.PAUSED
        self.listener.on_task_state(start.task, 0, state, "1", None)

    def stop_tasks(self, tasks: Collection[TaskId]) -> Future[None]:
        self.acts += [("stop", task) for task in tasks]
        for task in tasks:
            self.listener.on_task_state(task, 0, State.UNASSIGNED, None, None)
        return done()

    def transition_tasks(self, connector: str, target: TargetState) -> None:
        self.acts.append((f"tasks {target.value.lower()}", connector))

    def call(
        self, descriptor: PluginDescriptor, name: str, arguments: Mapping[str, object], deadline_s: float
    ) -> Future:
        self.acts.append(("call", name))
        return done({"name": "x", "error_count": 0, "groups": [], "configs": []})

    def extend_leases(self, valid_for_s: float) -> None:
        return

    def set_log_levels(self, levels: Mapping[str, int]) -> None:
        return
