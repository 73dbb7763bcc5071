"""The worker with a process per task: hands every wish to the supervisor's thread."""

from __future__ import annotations

import resource
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from typing import Any

from penstock.api.exceptions import ConnectException
from penstock.discovery.plugins import PluginDescriptor
from penstock.ids import TaskId
from penstock.states import TargetState
from penstock.tasks.spec import WorkerSettings
from penstock.worker.calls import OpenCall, pending
from penstock.worker.offsets import OffsetStore
from penstock.worker.options import WorkerOptions
from penstock.worker.shared import Shared
from penstock.worker.supervisor import Supervisor
from penstock.worker.worker import ConnectorStart, TaskStart, WorkerListener

FILES = 65_536


class ProcessWorker:
    """A :class:`penstock.worker.worker.Worker`."""

    def __init__(self, settings: WorkerSettings, offsets: OffsetStore, options: WorkerOptions) -> None:
        self._shared = Shared(settings, offsets, options)
        self._supervisor = Supervisor(self._shared)

    def attach(self, listener: WorkerListener) -> None:
        self._shared.attach(listener)

    def run(self) -> None:
        _raise_file_limit()
        self._supervisor.run()

    def stop(self) -> None:
        self._shared.loop.post(self._supervisor.shut_down)

    def start_connector(self, start: ConnectorStart) -> Future[None]:
        return self._ask(lambda done: self._supervisor.start_connector(start, done))

    def stop_connectors(self, names: Collection[str]) -> Future[None]:
        wanted = tuple(names)
        return self._forward(lambda: self._supervisor.stop_connectors(wanted))

    def transition_connector(self, name: str, target: TargetState) -> Future[None]:
        return self._ask(lambda done: self._supervisor.transition_connector(name, target, done))

    def task_configs(self, name: str, max_tasks: int) -> Future[list[dict[str, str]]]:
        return self._ask(lambda done: self._supervisor.task_configs(name, max_tasks, done))

    def start_task(self, start: TaskStart) -> None:
        self._shared.loop.post(lambda: self._supervisor.start_task(start))

    def stop_tasks(self, tasks: Collection[TaskId]) -> Future[None]:
        wanted = tuple(tasks)
        return self._forward(lambda: self._supervisor.stop_tasks(wanted))

    def transition_tasks(self, connector: str, target: TargetState) -> None:
        self._shared.loop.post(lambda: self._supervisor.transition_tasks(connector, target))

    def call(
        self, descriptor: PluginDescriptor, name: str, arguments: Mapping[str, object], deadline_s: float
    ) -> Future[object]:
        kept = dict(arguments)
        return self._ask(lambda done: self._supervisor.ask(OpenCall(name, kept, descriptor, None, [done], deadline_s)))

    def extend_leases(self, valid_for_s: float) -> None:
        self._shared.loop.post(lambda: self._supervisor.extend_leases(valid_for_s))

    def set_log_levels(self, levels: Mapping[str, int]) -> None:
        kept = dict(levels)
        self._shared.loop.post(lambda: self._supervisor.set_levels(kept))

    def _ask(self, act: Callable[[Future[Any]], None]) -> Future[Any]:
        done = pending()
        if not self._shared.loop.post(lambda: act(done)):
            done.set_exception(ConnectException("The worker has ended"))
        return done

    def _forward(self, act: Callable[[], Future[None]]) -> Future[None]:
        done: Future[None] = pending()
        if not self._shared.loop.post(lambda: act().add_done_callback(lambda _: done.set_result(None))):
            done.set_result(None)  # everything has been stopped before the worker ended
        return done


def _raise_file_limit() -> None:
    """Each child takes four descriptors; shells often allow 1,024. As much as the system lets us have, like the JVM."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
