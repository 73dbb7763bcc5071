"""The worker with threads instead of processes (``task.isolation=thread``): for a debugger, and for authors' tests.

The same runners, the same face. What only a process can give is missing: a plugin that hangs, crashes or leaks does so to
the worker.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, cast

from penstock import logcontext
from penstock.api.exceptions import ConnectException
from penstock.discovery.plugins import PluginDescriptor, load_target
from penstock.ids import TaskId
from penstock.states import State, TargetState
from penstock.tasks.control import Control
from penstock.tasks.spec import ConnectorSpec, TaskSpec, WorkerSettings
from penstock.worker.calls import pending
from penstock.worker.child import RunTask
from penstock.worker.childhost import Answer, MakeRunner, Runner
from penstock.worker.childlog import apply_levels
from penstock.worker.loop import EventLoop
from penstock.worker.offsets import OffsetStore
from penstock.worker.options import WorkerOptions
from penstock.worker.supervisor import all_of, not_running, not_started
from penstock.worker.threadlink import RunningThread, ThreadLink
from penstock.worker.worker import ConnectorStart, TaskStart, WorkerListener


@dataclass(frozen=True, slots=True)
class _Connector:
    runner: Runner
    thread: RunningThread


@dataclass(frozen=True, slots=True)
class _TaskReport:
    listener: WorkerListener
    start: TaskStart

    def state(self, state: State, version: str | None, trace: str | None) -> None:
        self.listener.on_task_state(self.start.task, self.start.generation, state, version, trace)

    def topic_active(self, topic: str) -> None:
        self.listener.on_topic_active(self.start.task, topic)

    def reconfigure(self) -> None:
        """Tasks don't ask for it."""


@dataclass(frozen=True, slots=True)
class _ConnectorReport:
    listener: WorkerListener
    start: ConnectorStart

    def state(self, state: State, version: str | None, trace: str | None) -> None:
        self.listener.on_connector_state(self.start.name, self.start.generation, state, version, trace)

    def topic_active(self, topic: str) -> None:
        """Connectors have no topics."""

    def reconfigure(self) -> None:
        self.listener.on_reconfigure(self.start.name)


class ThreadWorker:
    """A :class:`penstock.worker.worker.Worker`. Its state is touched on the loop's thread only."""

    def __init__(self, settings: WorkerSettings, offsets: OffsetStore, options: WorkerOptions) -> None:
        self._settings = settings
        self._offsets = offsets
        self._options = options
        self._loop = EventLoop()
        self._listener: WorkerListener | None = None
        self._tasks: dict[TaskId, tuple[Control, RunningThread]] = {}
        self._connectors: dict[str, _Connector] = {}
        self._next_tasks: dict[TaskId, TaskStart] = {}
        """Starts that wait for an earlier run to end; and the same for connectors."""
        self._next_connectors: dict[str, tuple[ConnectorStart, Future[None]]] = {}

    def attach(self, listener: WorkerListener) -> None:
        self._listener = listener

    def run(self) -> None:
        self._loop.run()

    def stop(self) -> None:
        self._loop.post(self._shut_down)

    def start_connector(self, start: ConnectorStart) -> Future[None]:
        done: Future[None] = pending()
        self._loop.post(lambda: self._start_connector(start, done))
        return done

    def stop_connectors(self, names: Collection[str]) -> Future[None]:
        done: Future[None] = pending()
        wanted = tuple(names)
        self._loop.post(lambda: _follow(self._stop_connectors(wanted), done))
        return done

    def transition_connector(self, name: str, target: TargetState) -> Future[None]:
        done: Future[None] = pending()
        self._loop.post(lambda: self._transition(name, target, done))
        return done

    def task_configs(self, name: str, max_tasks: int) -> Future[list[dict[str, str]]]:
        done: Future[list[dict[str, str]]] = pending()
        self._loop.post(lambda: self._ask_task_configs(name, max_tasks, done))
        return done

    def start_task(self, start: TaskStart) -> None:
        self._loop.post(lambda: self._start_task(start))

    def stop_tasks(self, tasks: Collection[TaskId]) -> Future[None]:
        done: Future[None] = pending()
        wanted = tuple(tasks)
        self._loop.post(lambda: _follow(self._stop_tasks(wanted), done))
        return done

    def transition_tasks(self, connector: str, target: TargetState) -> None:
        self._loop.post(lambda: self._transition_tasks(connector, target))

    def call(
        self, descriptor: PluginDescriptor, name: str, arguments: Mapping[str, object], deadline_s: float
    ) -> Future[object]:
        done: Future[object] = pending()
        answered: Future[object] = Future()
        threading.Thread(
            target=self._answer, args=(descriptor, name, dict(arguments), answered), name=f"call-{name}", daemon=True
        ).start()
        title = f"{name} of {descriptor.name}"
        self._loop.post(lambda: self._follow_in_time(answered, done, deadline_s, title))
        return done

    def extend_leases(self, valid_for_s: float) -> None:
        self._loop.post(lambda: self._extend(valid_for_s))

    def set_log_levels(self, levels: Mapping[str, int]) -> None:
        apply_levels(levels)

    # ---- on the loop

    def _start_task(self, start: TaskStart) -> None:
        if (earlier := self._tasks.get(start.task)) is not None:
            self._next_tasks[start.task] = start
            earlier[1].stop(self._options.task_stop_s)
            return
        assert self._listener is not None
        control = Control(start.target)
        link = ThreadLink(start.task.connector, self._loop, self._offsets, _TaskReport(self._listener, start))
        context = logcontext.task_text(start.task)
        thread = RunningThread(self._loop, f"task-thread-{start.task}", context, control, link)
        self._tasks[start.task] = (control, thread)
        spec = TaskSpec(
            task=start.task,
            descriptor=start.descriptor,
            connector_config=start.connector_config,
            task_config=start.task_config,
            generation=start.generation,
            settings=self._settings,
        )
        run_task = cast("RunTask", load_target(self._options.entries.task))
        thread.start(lambda: run_task(spec, control, link), lambda: self._forget_task(start.task))

    def _forget_task(self, task: TaskId) -> None:
        del self._tasks[task]
        if (following := self._next_tasks.pop(task, None)) is not None:
            self._start_task(following)

    def _stop_tasks(self, tasks: Collection[TaskId]) -> Future[None]:
        for task in tasks:
            self._next_tasks.pop(task, None)
        threads = [self._tasks[task][1] for task in tasks if task in self._tasks]
        return all_of([thread.stop(self._options.task_stop_s) for thread in threads])

    def _transition_tasks(self, connector: str, target: TargetState) -> None:
        for task, (control, thread) in list(self._tasks.items()):
            if task.connector == connector:
                control.transition(target)
                if target is TargetState.STOPPED:
                    thread.stop(self._options.task_stop_s)

    def _start_connector(self, start: ConnectorStart, done: Future[None]) -> None:
        if (earlier := self._connectors.get(start.name)) is not None:
            self._forget_next(start.name)
            self._next_connectors[start.name] = (start, done)
            earlier.thread.stop(self._options.connector_stop_s)
            return
        assert self._listener is not None
        control = Control(start.target)
        link = ThreadLink(start.name, self._loop, self._offsets, _ConnectorReport(self._listener, start))
        spec = ConnectorSpec(
            name=start.name,
            descriptor=start.descriptor,
            config=start.config,
            generation=start.generation,
            settings=self._settings,
        )
        runner = cast("MakeRunner", load_target(self._options.entries.connector))(spec, control, link)
        context = logcontext.connector_text(start.name)
        thread = RunningThread(self._loop, f"connector-thread-{start.name}", context, control, link)
        self._connectors[start.name] = _Connector(runner, thread)
        thread.start(runner.run, lambda: self._forget_connector(start.name))
        _follow(runner.transition(start.target), done)

    def _forget_connector(self, name: str) -> None:
        del self._connectors[name]
        if (following := self._next_connectors.pop(name, None)) is not None:
            self._start_connector(*following)

    def _forget_next(self, name: str) -> None:
        if (following := self._next_connectors.pop(name, None)) is not None:
            following[1].set_exception(not_started(name))

    def _stop_connectors(self, names: Collection[str]) -> Future[None]:
        for name in names:
            self._forget_next(name)
        threads = [self._connectors[name].thread for name in names if name in self._connectors]
        return all_of([thread.stop(self._options.connector_stop_s) for thread in threads])

    def _transition(self, name: str, target: TargetState, done: Future[None]) -> None:
        if (connector := self._connectors.get(name)) is None:
            done.set_exception(not_running(name))
        else:
            _follow(connector.runner.transition(target), done)

    def _ask_task_configs(self, name: str, max_tasks: int, done: Future[Any]) -> None:
        if (connector := self._connectors.get(name)) is None:
            done.set_exception(not_running(name))
        else:
            configs = connector.runner.task_configs(max_tasks)
            self._follow_in_time(configs, done, self._options.call_deadline_s, f"task_configs of connector {name}")

    def _answer(
        self, descriptor: PluginDescriptor, name: str, arguments: dict[str, Any], answered: Future[object]
    ) -> None:
        """A call's own thread."""
        logcontext.enter(logcontext.connector_text(str(arguments.get("name") or descriptor.name)))
        try:
            answer = cast("Answer", load_target(self._options.entries.call))
            answered.set_result(answer(name, arguments, descriptor, self._settings))
        except BaseException as error:  # noqa: BLE001  # goes to who asked
            answered.set_exception(error)

    def _follow_in_time(self, source: Future[Any], done: Future[Any], deadline_s: float, title: str) -> None:
        text = f"{title} was not answered within {deadline_s:g} s. The thread that it hangs in cannot be killed"
        timer = self._loop.later(deadline_s, lambda: done.set_exception(ConnectException(text)))

        def settle() -> None:
            if not done.done():
                timer.cancel()
                _copy(source, done)

        source.add_done_callback(lambda _: self._loop.post(settle))

    def _extend(self, valid_for_s: float) -> None:
        for control, _ in self._tasks.values():
            control.extend_lease(valid_for_s)

    def _shut_down(self) -> None:
        stopped = all_of([self._stop_tasks(list(self._tasks)), self._stop_connectors(list(self._connectors))])
        stopped.add_done_callback(lambda _: self._loop.stop())


def _follow(source: Future[Any], done: Future[Any]) -> None:
    source.add_done_callback(lambda _: _copy(source, done))


def _copy(source: Future[Any], done: Future[Any]) -> None:
    error = source.exception()
    if error is None:
        done.set_result(source.result())
    else:
        done.set_exception(error)
