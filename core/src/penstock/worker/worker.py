"""The face of the worker: what runs connectors and tasks, as the herder sees it.

Implemented with a process per task (``processes.py``) and, for a debugger, with threads (``threads.py``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from penstock.discovery.plugins import PluginDescriptor
from penstock.ids import TaskId
from penstock.states import State, TargetState
from penstock.tasks.spec import RawConfig


class WorkerListener(Protocol):
    """Told what happens to connectors and tasks. Called on a thread of the worker: it must only enqueue.

    ``generation`` is that of the start; ``version`` the plugin's once it was made, None for UNASSIGNED; ``trace`` belongs
    to FAILED.
    """

    def on_connector_state(
        self, name: str, generation: int, state: State, version: str | None, trace: str | None
    ) -> None: ...
    def on_task_state(
        self, task: TaskId, generation: int, state: State, version: str | None, trace: str | None
    ) -> None: ...
    def on_topic_active(self, task: TaskId, topic: str) -> None:
        """A topic was used for the first time by this run of the task (KIP-558)."""

    def on_reconfigure(self, connector: str) -> None:
        """The connector asks for new task configs (spec 9.8)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorStart:
    """Run a connector instance and bring it to ``target``. The config is raw (design decision 13)."""

    name: str
    descriptor: PluginDescriptor
    config: RawConfig
    target: TargetState
    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskStart:
    """Run a task. ``descriptor`` is its connector's; both configs are raw."""

    task: TaskId
    descriptor: PluginDescriptor
    connector_config: RawConfig
    task_config: RawConfig
    target: TargetState
    generation: int


class Worker(Protocol):
    """Every method but :meth:`run` may be called from any thread and returns at once. Futures are completed on a thread of
    the worker: what is called when they are done must not block."""

    def attach(self, listener: WorkerListener) -> None:
        """Whom to tell. Once, before anything is started."""

    def run(self) -> None:
        """Serve until :meth:`stop`. Called on the worker's main thread (design section 4)."""

    def stop(self) -> None:
        """Stop what still runs, as ``stop_connectors`` and ``stop_tasks`` do, and then have :meth:`run` return."""

    def start_connector(self, start: ConnectorStart) -> Future[None]:
        """Done when the target was reached; failed with the exception's text when it was not: the connector has FAILED. An
        earlier instance of the name is stopped first."""

    def stop_connectors(self, names: Collection[str]) -> Future[None]:
        """Done when all have ended. One that does not end in 5 s (spec 8.5) is killed, with the host that it hangs in;
        what else runs there is started again. Names that do not run are passed over."""

    def transition_connector(self, name: str, target: TargetState) -> Future[None]:
        """Done when the state is reached, else failed (spec 4.2)."""

    def task_configs(self, name: str, max_tasks: int) -> Future[list[dict[str, str]]]:
        """Ask the running instance for its task configs."""

    def start_task(self, start: TaskStart) -> None:
        """What becomes of it is told to the listener. An earlier run of the task is stopped first."""

    def stop_tasks(self, tasks: Collection[TaskId]) -> Future[None]:
        """Done when all are gone. They are told together and have ``task.shutdown.graceful.timeout.ms`` in total; then
        their stacks are logged and they are killed. Tasks that do not run are passed over."""

    def transition_tasks(self, connector: str, target: TargetState) -> None:
        """Want another state of all tasks of a connector. STOPPED ends them (spec 4.3)."""

    def call(
        self, descriptor: PluginDescriptor, name: str, arguments: Mapping[str, object], deadline_s: float
    ) -> Future[object]:
        """Ask a plugin something (``tasks.plugin_calls`` has the names and what they answer): plain data, or the exception
        that the plugin raised, by its Connect class. A plugin that does not answer in time is killed with its host, and
        the future fails with a ConnectException that says so."""

    def extend_leases(self, valid_for_s: float) -> None:
        """The worker is a member of its group for so long: its children may work (design 4b). Once it was called, children
        end when it is not called again in time; never called by a worker that is alone."""

    def set_log_levels(self, levels: Mapping[str, int]) -> None:
        """Set logging levels by logger name ("" is the root) in all children, those that are there and those to come."""
