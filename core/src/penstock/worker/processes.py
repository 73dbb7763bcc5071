"""The worker with a process per task: hands every wish to the supervisor's thread."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future

from penstock.discovery.plugins import PluginDescriptor
from penstock.ids import TaskId
from penstock.tasks.spec import WorkerSettings
from penstock.tasks.state import TargetState
from penstock.worker.calls import OpenCall, pending
from penstock.worker.offsets import OffsetStore
from penstock.worker.options import WorkerOptions
from penstock.worker.shared import Shared
from penstock.worker.supervisor import Supervisor
from penstock.worker.worker import ConnectorStart, TaskStart, WorkerListener


class ProcessWorker:
    """A :class:`penstock.worker.worker.Worker`."""

    def __init__(self, settings: WorkerSettings, offsets: OffsetStore, options: WorkerOptions) -> None:
        self._shared = Shared(settings, offsets, options)
        self._supervisor = Supervisor(self._shared)

    def attach(self, listener: WorkerListener) -> None:
        self._shared.attach(listener)

    def run(self) -> None:
        self._supervisor.run()

    def stop(self) -> None:
        self._post(self._supervisor.shut_down)

    def start_connector(self, start: ConnectorStart) -> Future[None]:
        done: Future[None] = pending()
        self._post(lambda: self._supervisor.start_connector(start, done))
        return done

    def stop_connectors(self, names: Collection[str]) -> Future[None]:
        wanted = tuple(names)
        return self._forward(lambda: self._supervisor.stop_connectors(wanted))

    def transition_connector(self, name: str, target: TargetState) -> Future[None]:
        done: Future[None] = pending()
        self._post(lambda: self._supervisor.transition_connector(name, target, done))
        return done

    def task_configs(self, name: str, max_tasks: int) -> Future[list[dict[str, str]]]:
        done: Future[list[dict[str, str]]] = pending()
        self._post(lambda: self._supervisor.task_configs(name, max_tasks, done))
        return done

    def start_task(self, start: TaskStart) -> None:
        self._post(lambda: self._supervisor.start_task(start))

    def stop_tasks(self, tasks: Collection[TaskId]) -> Future[None]:
        wanted = tuple(tasks)
        return self._forward(lambda: self._supervisor.stop_tasks(wanted))

    def transition_tasks(self, connector: str, target: TargetState) -> None:
        self._post(lambda: self._supervisor.transition_tasks(connector, target))

    def call(
        self, descriptor: PluginDescriptor, name: str, arguments: Mapping[str, object], deadline_s: float
    ) -> Future[object]:
        done: Future[object] = pending()
        call = OpenCall(name, dict(arguments), descriptor, None, [done], deadline_s)
        self._post(lambda: self._supervisor.ask(call))
        return done

    def extend_leases(self, valid_for_s: float) -> None:
        self._post(lambda: self._supervisor.extend_leases(valid_for_s))

    def set_log_levels(self, levels: Mapping[str, int]) -> None:
        kept = dict(levels)
        self._post(lambda: self._supervisor.set_levels(kept))

    def _post(self, action: Callable[[], None]) -> None:
        self._shared.loop.post(action)

    def _forward(self, act: Callable[[], Future[None]]) -> Future[None]:
        done: Future[None] = pending()
        self._post(lambda: act().add_done_callback(lambda _: done.set_result(None)))
        return done
