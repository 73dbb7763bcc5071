"""One connector instance, as the worker sees it: it may outlive the host processes that it runs in."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

from penstock.states import State, TargetState
from penstock.worker.frames import StartConnector
from penstock.worker.loop import Timer
from penstock.worker.worker import ConnectorStart, WorkerListener


@dataclass(slots=True, eq=False)
class ConnectorRun:
    """``lane`` is None while it runs nowhere: its host died and it has FAILED. Belongs to the supervisor's thread."""

    start: ConnectorStart
    target: TargetState
    lane: int | None = None
    reported: State | None = None
    version: str | None = None
    restarted_at: float | None = None
    """When it was last started again because its host had died; monotonic seconds."""

    stop_by: Timer | None = None
    stopped: list[Future[None]] = field(default_factory=list)
    on_end: Callable[[ConnectorRun], None] = lambda _run: None

    @property
    def name(self) -> str:
        """The connector's name."""
        return self.start.name

    @property
    def stopping(self) -> bool:
        """Whether it was asked to end."""
        return self.stop_by is not None

    def frame(self, lane: int, call: int) -> StartConnector:
        """The frame that starts it, with the state that is wanted now."""
        self.lane = lane
        start = self.start
        return StartConnector(
            lane, start.name, start.descriptor, dict(start.config), self.target, start.generation, call
        )

    def report(self, listener: WorkerListener, state: State, trace: str | None = None) -> None:
        """Tell the listener."""
        self.reported = state
        version = None if state is State.UNASSIGNED else self.version
        listener.on_connector_state(self.name, self.start.generation, state, version, trace)

    def end(self, listener: WorkerListener) -> None:
        """It has ended because it was asked to."""
        if self.stop_by is not None:
            self.stop_by.cancel()
        if self.reported not in (State.UNASSIGNED, State.FAILED):
            self.report(listener, State.UNASSIGNED)
        self.on_end(self)
        for future in self.stopped:
            future.set_result(None)
