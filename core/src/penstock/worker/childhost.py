"""Inside the host process of a distribution: its connector instances, a thread each, and questions to its plugins."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol, cast

from penstock import logcontext
from penstock.api.exceptions import ConnectException
from penstock.discovery.plugins import PluginDescriptor, load_target
from penstock.errors.trace import class_name, format_trace
from penstock.states import TargetState
from penstock.tasks.control import Control
from penstock.tasks.link import WorkerLink
from penstock.tasks.spec import ConnectorSpec, WorkerSettings
from penstock.worker.childlink import ChildChannel, FrameLink
from penstock.worker.frames import (
    Call,
    Ended,
    Entries,
    Failure,
    FrameError,
    OffsetsRead,
    OffsetsStored,
    Result,
    StartConnector,
    Stop,
    Transition,
    sendable,
)

TASK_CONFIGS = "task_configs"
"""The call that goes to a running instance; all others are answered by an instance of their own."""


class Runner(Protocol):
    """What a host needs of ``tasks.connector.ConnectorRunner``."""

    def run(self) -> None: ...
    def transition(self, target: TargetState) -> Future[None]: ...
    def task_configs(self, max_tasks: int) -> Future[list[dict[str, str]]]: ...


MakeRunner = Callable[[ConnectorSpec, Control, WorkerLink], Runner]
Answer = Callable[[str, dict[str, Any], PluginDescriptor, WorkerSettings], object]


@dataclass(frozen=True, slots=True)
class _Lane:
    name: str
    runner: Runner
    control: Control
    link: FrameLink


class Host:
    """``handle``, ``extend_lease`` and ``stop_all`` are called on the control thread only."""

    def __init__(self, settings: WorkerSettings, entries: Entries, channel: ChildChannel) -> None:
        self._settings = settings
        self._entries = entries
        self._channel = channel
        self._lanes: dict[int, _Lane] = {}

    def handle(self, frame: StartConnector | Transition | Stop | Call | OffsetsRead | OffsetsStored) -> None:
        """Serve a frame; never waits."""
        if isinstance(frame, StartConnector):
            self._start(frame)
        elif isinstance(frame, Call):
            self._call(frame)
        elif (lane := self._lanes.get(frame.lane)) is not None:
            self._tell(lane, frame)
        elif isinstance(frame, Transition) and frame.call is not None:
            self._refuse(frame.call, ConnectException("The connector has ended"))

    def extend_lease(self, valid_for_s: float) -> None:
        """The worker may run these connectors for so long."""
        for lane in tuple(self._lanes.values()):  # their threads take themselves out
            lane.control.extend_lease(valid_for_s)

    def stop_all(self) -> None:
        """The lease ran out: end them all."""
        for lane in tuple(self._lanes.values()):  # their threads take themselves out
            lane.control.stop(0.0)

    def _start(self, start: StartConnector) -> None:
        make = cast("MakeRunner", load_target(self._entries.connector))
        spec = ConnectorSpec(
            name=start.name,
            descriptor=start.descriptor,
            config=start.config,
            generation=start.generation,
            settings=self._settings,
        )
        control = Control(start.target)
        link = FrameLink(start.lane, self._channel)
        runner = make(spec, control, link)
        self._lanes[start.lane] = _Lane(start.name, runner, control, link)
        thread = threading.Thread(
            target=self._run, args=(start.lane, start.name, runner), name=f"connector-thread-{start.name}", daemon=True
        )
        thread.start()
        self._answer_later(start.call, runner.transition(start.target))

    def _run(self, lane: int, name: str, runner: Runner) -> None:
        """A connector's thread."""
        logcontext.enter(logcontext.connector_text(name))
        try:
            runner.run()
        finally:
            self._lanes.pop(lane, None)
            self._channel.send(Ended(lane))

    def _tell(self, lane: _Lane, frame: Transition | Stop | OffsetsRead | OffsetsStored) -> None:
        if isinstance(frame, Stop):
            lane.control.stop(frame.deadline_ms / 1000)
        elif isinstance(frame, OffsetsStored):
            lane.link.stored(frame)
        elif isinstance(frame, OffsetsRead):
            lane.link.read(frame)
        else:
            lane.control.transition(frame.target)
            reached = lane.runner.transition(frame.target)
            if frame.call is not None:
                self._answer_later(frame.call, reached)

    def _call(self, call: Call) -> None:
        if call.lane is None:
            name = str(call.arguments.get("name") or call.descriptor.name)
            threading.Thread(target=self._ask, args=(call, name), name=f"call-{call.name}-{name}", daemon=True).start()
            return
        lane = self._lanes.get(call.lane)
        if lane is None:
            self._refuse(call.call, ConnectException("The connector has ended"))
        elif call.name == TASK_CONFIGS:
            self._answer_later(call.call, lane.runner.task_configs(int(call.arguments["max_tasks"])))
        else:
            self._refuse(call.call, ConnectException(f"A connector instance does not answer {call.name}"))

    def _ask(self, call: Call, name: str) -> None:
        """A call's own thread: the plugin may take its time, or hang."""
        logcontext.enter(logcontext.connector_text(name))
        try:
            answer = cast("Answer", load_target(self._entries.call))
            self._reply(call.call, answer(call.name, call.arguments, call.descriptor, self._settings))
        except BaseException as error:  # noqa: BLE001  # goes to who asked, sys.exit() too
            self._refuse(call.call, error)

    def _answer_later(self, call: int, future: Future[Any]) -> None:
        future.add_done_callback(lambda done: self._settle(call, done))

    def _settle(self, call: int, done: Future[Any]) -> None:
        error = ConnectException("Cancelled by a newer request") if done.cancelled() else done.exception()
        if error is None:
            self._reply(call, done.result())
        else:
            self._refuse(call, error)

    def _reply(self, call: int, value: object) -> None:
        try:
            self._channel.send(Result(call, value, None))
        except FrameError as error:
            self._refuse(call, ConnectException(f"The plugin's answer is no plain data: {error}"))

    def _refuse(self, call: int, error: BaseException) -> None:
        failure = Failure(class_name(error), sendable(str(error)), sendable(format_trace(error)))
        self._channel.send(Result(call, None, failure))
