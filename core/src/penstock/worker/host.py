"""The host of a distribution's connectors: one process at a time, replaced when it died or had to be killed (design 5)."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection
from concurrent.futures import Future

from penstock.api.exceptions import ConnectException
from penstock.states import State, TargetState
from penstock.worker.calls import NOT_AGAIN, TRANSITION, OpenCall, pending
from penstock.worker.connectorrun import ConnectorRun
from penstock.worker.death import CLASS, Death
from penstock.worker.frames import (
    Beat,
    Call,
    Ended,
    ErrorRaised,
    Leave,
    Levels,
    Offsets,
    ReadOffsets,
    Ready,
    Reconfigure,
    Result,
    StateChanged,
    Stop,
    TopicActive,
    ToWorker,
    Transition,
)
from penstock.worker.loop import Timer
from penstock.worker.process import ChildProcess
from penstock.worker.shared import Shared

LEAVE_S = 5.0
ATTEMPTS = 2
"""How often a question is asked whose host died before it was answered."""

FromLane = Ready | StateChanged | Offsets | ReadOffsets | TopicActive | Reconfigure | ErrorRaised | Beat | Ended


class Incarnation:
    """One process of a host, and which instances run in it by lane."""

    def __init__(self, host: Host, shared: Shared) -> None:
        self._host = host
        self.lanes: dict[int, ConnectorRun] = {}
        self.guilty: set[ConnectorRun] = set()
        """Instances because of which it is killed: they are not started again."""
        self.process = shared.make_process(
            f"Connector host of {host.distribution}", f"host {host.distribution}", f"[{host.distribution}|host] ", self
        )
        shared.nursery.spawn(host.distribution, self.process)

    def on_up(self) -> None:
        """What it was told waits in its socket; there is nothing to do."""

    def on_frame(self, frame: ToWorker) -> None:
        """From the process."""
        self._host.on_frame(self, frame)

    def on_exit(self, death: Death) -> None:
        """The process is gone."""
        self._host.on_exit(self, death)


class Host:
    """Starts connectors and asks questions in whatever process there is. While one is being killed, wishes wait for the
    next. Belongs to the supervisor's thread."""

    def __init__(self, distribution: str, shared: Shared) -> None:
        self.distribution = distribution
        self._shared = shared
        self._current: Incarnation | None = None
        self._open: dict[int, OpenCall] = {}
        self._idle: Timer | None = None

    @property
    def process(self) -> ChildProcess | None:
        """The process, if there is one now."""
        return None if self._current is None else self._current.process

    def start(self, run: ConnectorRun, done: Collection[Future[None]]) -> None:
        """Start an instance; the futures tell when its target was reached."""
        incarnation = self._incarnation()
        call = self._register(OpenCall(TRANSITION, {}, run.start.descriptor, run, list(done)))
        lane = self._shared.next_lane()
        incarnation.lanes[lane] = run
        incarnation.process.send(run.frame(lane, call))
        self._shared.send_lease(incarnation.process)

    def stop(self, run: ConnectorRun, deadline_s: float) -> Future[None]:
        """Have an instance end within so many seconds, or kill the process."""
        ended: Future[None] = pending()
        run.stopped.append(ended)
        if run.lane is None:
            self._finish(run)
        elif not run.stopping:
            self._tell(Stop(run.lane, round(deadline_s * 1000)))
            reason = f"connector {run.name} did not stop within {deadline_s:g} s"
            run.stop_by = self._shared.loop.later(deadline_s, lambda: self._kill(reason, run))
        return ended

    def transition(self, run: ConnectorRun, target: TargetState, done: Future[None]) -> None:
        """Want another state of an instance."""
        run.target = target
        if run.lane is not None:
            call = self._register(OpenCall(TRANSITION, {}, run.start.descriptor, run, [done]))
            self._tell(Transition(run.lane, target, call))
        elif target is TargetState.STOPPED:
            run.report(self._shared.listener, State.STOPPED)
            done.set_result(None)
        else:
            done.set_exception(ConnectException(f"Cannot transition connector to {target.value} since it has failed"))

    def ask(self, call: OpenCall) -> None:
        """Ask a question; its deadline counts from now."""
        if call.run is not None and call.run.lane is None:
            call.fail(ConnectException(f"Connector {call.run.name} has failed and runs no more"))
            return
        process = self._incarnation().process
        number = self._register(call)
        call.start_deadline(self._shared.loop, lambda: self._call_missed(number))
        lane = None if call.run is None else call.run.lane
        process.send(Call(number, lane, call.name, call.arguments, call.descriptor))

    def leave(self) -> None:
        """End the process: it hosts nothing any more."""
        current, self._current = self._current, None
        self._cancel_idle()
        if current is not None:
            process = current.process
            process.send(Leave())
            process.drain()
            self._shared.loop.later(LEAVE_S, lambda: process.kill(f"it did not end within {LEAVE_S:g} s"))

    def send_lease(self) -> None:
        """Extend the lease."""
        if self._current is not None:
            self._shared.send_lease(self._current.process)

    def set_levels(self, levels: dict[str, int]) -> None:
        """Logging levels changed."""
        self._tell(Levels(levels))

    def on_frame(self, incarnation: Incarnation, frame: ToWorker) -> None:
        """From a process."""
        if isinstance(frame, Result):
            if (call := self._open.pop(frame.call, None)) is not None:
                call.settle(frame)
                self._look_whether_idle()
        elif isinstance(frame, FromLane) and (run := incarnation.lanes.get(frame.lane)) is not None:
            if isinstance(frame, Ended):
                del incarnation.lanes[frame.lane]
                self._ended(run)
            else:
                self._take(run, frame)

    def on_exit(self, incarnation: Incarnation, death: Death) -> None:
        """A process is gone: whatever had a place in it finds another, or fails."""
        if incarnation is not self._current:  # it was told to leave
            return
        self._current = None
        if death.killed_for is None:  # else it was logged with the stacks
            process = incarnation.process
            self._shared.sink.say(logging.ERROR, process.context, death.cause(process.who), __name__)
        for run in incarnation.lanes.values():
            run.lane = None
        for run in incarnation.lanes.values():
            if run.stopping:
                self._finish(run)
            elif run not in incarnation.guilty and self._may_restart(run, death):
                self.start(run, [future for call in self._take_calls(run, {TRANSITION}) for future in call.done])
            else:
                self._fail(run, death.trace(f"The process that ran connector {run.name}"))
        self._ask_again(death)
        self._look_whether_idle()

    def _incarnation(self) -> Incarnation:
        self._cancel_idle()
        if self._current is None:
            self._current = Incarnation(self, self._shared)
            self._shared.send_lease(self._current.process)
        return self._current

    def _register(self, call: OpenCall) -> int:
        number = self._shared.next_call()
        self._open[number] = call
        return number

    def _tell(self, frame: Stop | Transition | Levels) -> None:
        if self._current is not None:
            self._current.process.send(frame)

    def _take(self, run: ConnectorRun, frame: FromLane) -> None:
        listener = self._shared.listener
        if isinstance(frame, Ready):
            run.version = frame.version
        elif isinstance(frame, StateChanged):
            run.report(listener, frame.state, frame.trace)
        elif isinstance(frame, ErrorRaised):
            run.report(listener, State.FAILED, frame.trace)
        elif isinstance(frame, Reconfigure):
            listener.on_reconfigure(run.name)
        elif isinstance(frame, Offsets | ReadOffsets) and self._current is not None:
            self._shared.offsets.serve(run.name, frame, self._current.process.send)

    def _ended(self, run: ConnectorRun) -> None:
        run.lane = None
        if run.stopping:
            self._finish(run)
        elif run.reported is not State.FAILED:
            self._fail(run, f"{CLASS}: Connector {run.name} has ended though nobody had asked it to\n")
        self._look_whether_idle()

    def _finish(self, run: ConnectorRun) -> None:
        for call in self._take_calls(run):
            call.fail(ConnectException(f"Connector {run.name} was stopped"))
        run.end(self._shared.listener)

    def _fail(self, run: ConnectorRun, trace: str) -> None:
        run.report(self._shared.listener, State.FAILED, trace)
        for call in self._take_calls(run):
            call.fail(ConnectException(trace.splitlines()[0].removeprefix(f"{CLASS}: ")))

    def _may_restart(self, run: ConnectorRun, death: Death) -> bool:
        """Whether to start it again. What was at rest when the worker killed its process for another's fault is, always.
        Otherwise it may itself be the cause: it is started again once, and has FAILED when that does not help."""
        at_rest = all(call.run is not run or call.name != TRANSITION for call in self._open.values())
        if death.killed_for is not None and at_rest:
            return True
        now = time.monotonic()
        if run.restarted_at is not None and now - run.restarted_at < self._shared.options.restart_window_s:
            return False
        run.restarted_at = now
        return True

    def _ask_again(self, death: Death) -> None:
        asked = [number for number, call in self._open.items() if call.name != TRANSITION]
        for call in [self._open.pop(number) for number in asked]:
            if call.attempts < ATTEMPTS and call.name not in NOT_AGAIN:
                self.ask(call)
            else:
                call.fail(ConnectException(f"{call.title}: {death.cause('the process that it was asked in')}"))

    def _take_calls(self, run: ConnectorRun, names: Collection[str] | None = None) -> list[OpenCall]:
        taken = [
            number for number, call in self._open.items() if call.run is run and (names is None or call.name in names)
        ]
        return [self._open.pop(number) for number in taken]

    def _call_missed(self, number: int) -> None:
        call = self._open.pop(number)
        text = f"{call.title} was not answered within {call.deadline_s:g} s"
        self._kill(text, call.run)
        call.fail(
            ConnectException(f"{text}. The process that it hangs in is killed; its stacks are in the worker's log")
        )

    def _kill(self, reason: str, guilty: ConnectorRun | None) -> None:
        if self._current is not None:
            if guilty is not None:
                self._current.guilty.add(guilty)
            self._current.process.kill(reason)

    def _look_whether_idle(self) -> None:
        if self._current is not None and not self._current.lanes and not self._open and self._idle is None:
            self._idle = self._shared.loop.later(self._shared.options.host_idle_s, self.leave)

    def _cancel_idle(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
