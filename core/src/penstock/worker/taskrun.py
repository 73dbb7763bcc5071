"""One run of one task in a process of its own. Belongs to the supervisor's thread."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from penstock import logcontext
from penstock.ids import TaskId
from penstock.states import State, TargetState
from penstock.worker.death import Death
from penstock.worker.frames import (
    Beat,
    Levels,
    Offsets,
    ReadOffsets,
    Ready,
    StartTask,
    StateChanged,
    Stop,
    TopicActive,
    ToWorker,
    Transition,
)
from penstock.worker.loop import Timer
from penstock.worker.process import ChildProcess
from penstock.worker.shared import Shared
from penstock.worker.worker import TaskStart


class TaskRun:
    """From the wish to start a task until its process is gone."""

    def __init__(self, start: TaskStart, shared: Shared, on_gone: Callable[[TaskRun], None]) -> None:
        self._start = start
        self._shared = shared
        self._on_gone = on_gone
        self._lane = shared.next_lane()
        self._reported: State | None = None
        self._version: str | None = None
        self._stop_by: Timer | None = None
        self._last_beat = time.monotonic()
        self._who = f"Task process for {start.task}"
        self._process = shared.make_process(self._who, f"task {start.task}", logcontext.task_text(start.task), self)
        self._ready_by: Timer | None = None
        self._process.send(
            StartTask(
                self._lane,
                start.task,
                start.descriptor,
                dict(start.connector_config),
                dict(start.task_config),
                start.target,
                start.generation,
            )
        )
        shared.send_lease(self._process)
        shared.nursery.spawn(start.descriptor.distribution, self._process)

    @property
    def task(self) -> TaskId:
        """Which task."""
        return self._start.task

    @property
    def process(self) -> ChildProcess:
        """Its process."""
        return self._process

    def stop(self, deadline_s: float) -> None:
        """Have it end within so many seconds, or be killed. The first deadline holds."""
        if self._stop_by is None:
            self._process.send(Stop(self._lane, round(deadline_s * 1000)))
            self._process.drain()
            self._stop_by = self._shared.loop.later(deadline_s, lambda: self._not_stopped(deadline_s))

    def transition(self, target: TargetState) -> None:
        """Want another state; STOPPED ends the task."""
        self._process.send(Transition(self._lane, target))
        if target is TargetState.STOPPED:
            self.stop(self._shared.options.task_stop_s)

    def set_levels(self, levels: dict[str, int]) -> None:
        """Logging levels changed."""
        self._process.send(Levels(levels))

    def on_up(self) -> None:
        """Its process has come up; now the plugin must."""
        self._ready_by = self._shared.loop.later(self._shared.options.ready_s, self._not_ready)

    def on_frame(self, frame: ToWorker) -> None:
        """From the child."""
        if isinstance(frame, Ready):
            self._version = frame.version
            self._cancel_ready_deadline()
        elif isinstance(frame, StateChanged):
            self._report(frame.state, frame.trace)
        elif isinstance(frame, Offsets | ReadOffsets):
            self._shared.offsets.serve(self.task.connector, frame, self._process.send)
        elif isinstance(frame, Beat):
            self._last_beat = time.monotonic()
        elif isinstance(frame, TopicActive):
            self._shared.listener.on_topic_active(self.task, frame.topic)

    def on_exit(self, death: Death) -> None:
        """The process is gone."""
        self._cancel_ready_deadline()
        stopping = self._stop_by is not None
        if self._stop_by is not None:
            self._stop_by.cancel()
        if self._reported not in (State.FAILED, State.UNASSIGNED):
            if death.killed_for is None:  # else it was logged with the stacks
                self._shared.sink.say(logging.ERROR, self._process.context, death.cause(self._who), __name__)
            if stopping or death.lost_lease:
                self._report(State.UNASSIGNED, None)
            else:
                self._report(State.FAILED, death.trace(self._who))
        self._on_gone(self)

    def _report(self, state: State, trace: str | None) -> None:
        self._reported = state
        version = None if state is State.UNASSIGNED else self._version
        if state is State.FAILED:
            self._cancel_ready_deadline()
        self._shared.listener.on_task_state(self.task, self._start.generation, state, version, trace)

    def _not_stopped(self, deadline_s: float) -> None:
        idle_s = time.monotonic() - self._last_beat
        self._process.kill(f"it did not stop within {deadline_s:g} s (its loop last went round {idle_s:.1f} s ago)")

    def _not_ready(self) -> None:
        self._process.kill(f"its plugin was not imported and made within {self._shared.options.ready_s:g} s")

    def _cancel_ready_deadline(self) -> None:
        if self._ready_by is not None:
            self._ready_by.cancel()
            self._ready_by = None
