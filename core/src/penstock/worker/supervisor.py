"""Everything that runs in child processes, on one thread: the worker's main thread (design section 4)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import Future
from typing import Any

from penstock.api.exceptions import ConnectException
from penstock.ids import TaskId
from penstock.states import TargetState
from penstock.worker.calls import OpenCall, pending
from penstock.worker.childhost import TASK_CONFIGS
from penstock.worker.connectorrun import ConnectorRun
from penstock.worker.host import Host
from penstock.worker.shared import Shared
from penstock.worker.taskrun import TaskRun
from penstock.worker.worker import ConnectorStart, TaskStart

EXIT_GRACE_S = 5.0
"""What a killed child may take to be gone, on top of its deadline, before the worker ends without having seen it."""


class Supervisor:
    """Every method but :meth:`run` is called on the thread that runs it, by way of ``shared.loop.post``."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._tasks: dict[TaskId, TaskRun] = {}
        self._connectors: dict[str, ConnectorRun] = {}
        self._hosts: dict[str, Host] = {}
        self._gone: dict[TaskId, list[Future[None]]] = {}
        self._next_tasks: dict[TaskId, TaskStart] = {}
        """Starts that wait for an earlier run of the task to be gone; and the same for connectors."""
        self._next_connectors: dict[str, tuple[ConnectorStart, Future[None]]] = {}

    def run(self) -> None:
        """Serve until :meth:`shut_down` is through."""
        self._shared.loop.run()
        self._shared.sink.close()

    def start_task(self, start: TaskStart) -> None:
        """Start a task, once an earlier run of it is gone."""
        if (earlier := self._tasks.get(start.task)) is None:
            self._tasks[start.task] = TaskRun(start, self._shared, self._task_gone)
        else:
            self._next_tasks[start.task] = start
            earlier.stop(self._shared.options.task_stop_s)

    def stop_tasks(self, tasks: Collection[TaskId]) -> Future[None]:
        """Stop tasks together."""
        for task in tasks:
            self._next_tasks.pop(task, None)
        runs = [self._tasks[task] for task in dict.fromkeys(tasks) if task in self._tasks]
        for run in runs:
            run.stop(self._shared.options.task_stop_s)
        return all_of([self._gone_future(run.task) for run in runs])

    def transition_tasks(self, connector: str, target: TargetState) -> None:
        """Want another state of a connector's tasks."""
        for run in list(self._tasks.values()):
            if run.task.connector == connector:
                run.transition(target)

    def start_connector(self, start: ConnectorStart, done: Future[None]) -> None:
        """Start a connector, once an earlier instance of it has ended."""
        if (earlier := self._connectors.get(start.name)) is None:
            run = ConnectorRun(start, start.target, on_end=self._connector_ended)
            self._connectors[start.name] = run
            self._host(start.descriptor.distribution).start(run, [done])
        else:
            self._forget_next(start.name)
            self._next_connectors[start.name] = (start, done)
            self._host_of(earlier).stop(earlier, self._shared.options.connector_stop_s)

    def stop_connectors(self, names: Collection[str]) -> Future[None]:
        """Stop connectors together."""
        for name in names:
            self._forget_next(name)
        runs = [self._connectors[name] for name in dict.fromkeys(names) if name in self._connectors]
        deadline_s = self._shared.options.connector_stop_s
        return all_of([self._host_of(run).stop(run, deadline_s) for run in runs])

    def transition_connector(self, name: str, target: TargetState, done: Future[None]) -> None:
        """Want another state of a connector."""
        run = self._connectors.get(name)
        if run is None:
            done.set_exception(not_running(name))
        else:
            self._host_of(run).transition(run, target, done)

    def task_configs(self, name: str, max_tasks: int, done: Future[Any]) -> None:
        """Ask a running connector."""
        run = self._connectors.get(name)
        if run is None:
            done.set_exception(not_running(name))
            return
        arguments = {"max_tasks": max_tasks}
        call = OpenCall(
            TASK_CONFIGS, arguments, run.start.descriptor, run, [done], self._shared.options.call_deadline_s
        )
        self._host_of(run).ask(call)

    def ask(self, call: OpenCall) -> None:
        """Ask a plugin."""
        self._host(call.descriptor.distribution).ask(call)

    def extend_leases(self, valid_for_s: float) -> None:
        """Tell all children how long they may work."""
        self._shared.extend_leases(valid_for_s)
        for run in self._tasks.values():
            self._shared.send_lease(run.process)
        for host in self._hosts.values():
            host.send_lease()

    def set_levels(self, levels: Mapping[str, int]) -> None:
        """Tell all children the logging levels."""
        self._shared.set_levels(levels)
        for run in self._tasks.values():
            run.set_levels(dict(levels))
        for host in self._hosts.values():
            host.set_levels(dict(levels))

    def shut_down(self) -> None:
        """Stop everything that runs, then hosts, then forkservers, then the loop."""
        options = self._shared.options
        stopped = all_of([self.stop_tasks(list(self._tasks)), self.stop_connectors(list(self._connectors))])
        stopped.add_done_callback(lambda _: self._leave())
        last_s = max(options.task_stop_s, options.connector_stop_s) + options.stacks_s + EXIT_GRACE_S
        self._shared.loop.later(last_s, self._shared.give_up_processes)

    def _leave(self) -> None:
        for host in self._hosts.values():
            host.leave()
        self._shared.when_no_process_is_left(self._end)

    def _end(self) -> None:
        self._shared.nursery.close()
        self._shared.loop.stop()

    def _host(self, distribution: str) -> Host:
        host = self._hosts.get(distribution)
        if host is None:
            host = self._hosts[distribution] = Host(distribution, self._shared)
        return host

    def _host_of(self, run: ConnectorRun) -> Host:
        return self._host(run.start.descriptor.distribution)

    def _connector_ended(self, run: ConnectorRun) -> None:
        del self._connectors[run.name]
        if (following := self._next_connectors.pop(run.name, None)) is not None:
            self._shared.loop.post(lambda: self.start_connector(*following))

    def _forget_next(self, name: str) -> None:
        if (following := self._next_connectors.pop(name, None)) is not None:
            following[1].set_exception(not_started(name))

    def _gone_future(self, task: TaskId) -> Future[None]:
        future: Future[None] = pending()
        self._gone.setdefault(task, []).append(future)
        return future

    def _task_gone(self, run: TaskRun) -> None:
        del self._tasks[run.task]
        for future in self._gone.pop(run.task, ()):
            future.set_result(None)
        if (following := self._next_tasks.pop(run.task, None)) is not None:
            self.start_task(following)


def all_of(futures: Iterable[Future[None]]) -> Future[None]:
    """Done when all are; they are completed on one thread."""
    together: Future[None] = pending()
    waiting = set(futures)

    def one_less(future: Future[None]) -> None:
        waiting.discard(future)
        if not waiting:
            together.set_result(None)

    if not waiting:
        together.set_result(None)
    for future in tuple(waiting):
        future.add_done_callback(one_less)
    return together


def not_running(name: str) -> ConnectException:
    """What is said to a wish for a connector that is not there."""
    return ConnectException(f"Connector {name} is not running on this worker")


def not_started(name: str) -> ConnectException:
    """What becomes of a start that waited for an earlier instance to end when the connector is stopped meanwhile."""
    return ConnectException(f"Connector {name} was stopped before it was started")
