"""A runner on a thread of the worker, and the link that it speaks through (``task.isolation=thread``)."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Protocol

from penstock import logcontext
from penstock.states import State
from penstock.tasks.control import Control
from penstock.tasks.link import OffsetEntry
from penstock.worker.calls import pending
from penstock.worker.loop import Action, EventLoop, Timer
from penstock.worker.offsets import OffsetStore

logger = logging.getLogger(__name__)


class Report(Protocol):
    """How a runner's news reach the listener; called on the worker's loop."""

    def state(self, state: State, version: str | None, trace: str | None) -> None: ...
    def topic_active(self, topic: str) -> None: ...
    def reconfigure(self) -> None: ...


class ThreadLink:
    """A WorkerLink by direct calls. Once muted (the runner did not stop and was abandoned) nothing gets through."""

    def __init__(self, connector: str, loop: EventLoop, store: OffsetStore, report: Report) -> None:
        self._connector = connector
        self._loop = loop
        self._store = store
        self._report = report
        self._version: str | None = None
        self._muted = False
        self.reported: State | None = None

    def mute(self) -> None:
        """On the loop: let nothing through any more."""
        self._muted = True

    def ready(self, version: str | None, config_ttl_ms: int | None) -> None:  # noqa: ARG002  # the link's contract
        self._version = version

    def state(self, state: State, trace: str | None = None) -> None:
        self._pass_on(lambda: self.report(state, trace))

    def report(self, state: State, trace: str | None = None) -> None:
        """On the loop: tell the listener."""
        self.reported = state
        self._report.state(state, None if state is State.UNASSIGNED else self._version, trace)

    def offsets(self, entries: Sequence[OffsetEntry]) -> Future[None]:
        if self._muted:  # a successor may run: what this one still says must not count
            return pending()
        return self._store.set(self._connector, entries)

    def read_offsets(self, partitions: Sequence[bytes]) -> Future[list[bytes | None]]:
        return self._store.get(self._connector, partitions)

    def topic_active(self, topic: str) -> None:
        self._pass_on(lambda: self._report.topic_active(topic))

    def beat(self, progress: int) -> None:
        """Nobody counts in thread mode."""

    def reconfigure(self) -> None:
        self._pass_on(self._report.reconfigure)

    def error_raised(self, trace: str) -> None:
        self._pass_on(lambda: self.report(State.FAILED, trace))

    def _pass_on(self, action: Action) -> None:
        self._loop.post(lambda: None if self._muted else action())


class RunningThread:
    """One runner on its thread. Everything but the thread's own code happens on the loop."""

    def __init__(self, loop: EventLoop, name: str, context: str, control: Control, link: ThreadLink) -> None:
        self._loop = loop
        self._name = name
        self._context = context
        self._control = control
        self._link = link
        self._thread: threading.Thread | None = None
        self._stop_by: Timer | None = None
        self._on_end: Action = lambda: None
        self._ended: list[Future[None]] = []

    def start(self, run: Callable[[], None], on_end: Action) -> None:
        """Start the thread; ``on_end`` is called on the loop when it ended or was abandoned."""
        self._on_end = on_end
        self._thread = threading.Thread(target=self._work, args=(run,), name=self._name, daemon=True)
        self._thread.start()

    def stop(self, deadline_s: float) -> Future[None]:
        """Have it end; a thread that does not is abandoned, for a thread cannot be killed."""
        ended: Future[None] = pending()
        self._ended.append(ended)
        if self._stop_by is None:
            self._control.stop(deadline_s)
            self._stop_by = self._loop.later(deadline_s, lambda: self._abandon(deadline_s))
        return ended

    def _work(self, run: Callable[[], None]) -> None:
        logcontext.enter(self._context)
        try:
            run()
        except BaseException:
            logger.exception("%s has ended with an exception", self._name)
            trace = traceback.format_exc()
            self._loop.post(lambda: self._end(trace))
        else:
            self._loop.post(lambda: self._end(None))

    def _abandon(self, deadline_s: float) -> None:
        assert self._thread is not None
        frame = sys._current_frames().get(self._thread.ident or 0)  # noqa: SLF001  # the documented way to another thread's stack
        stack = "".join(traceback.format_stack(frame)) if frame else "(it has none)"
        logger.error(
            "%s did not stop within %g s. A thread cannot be killed: it is left alone, and may hold what it holds. "
            "Use task.isolation=process to be safe. Its stack:\n%s",
            self._name,
            deadline_s,
            stack,
            extra={"connector_context": self._context},
        )
        self._link.mute()
        self._end(None)

    def _end(self, trace: str | None) -> None:
        if self._stop_by is not None:
            self._stop_by.cancel()
            if self._link.reported not in (State.FAILED, State.UNASSIGNED):
                self._link.report(State.UNASSIGNED)
        elif trace is not None and self._link.reported is not State.FAILED:
            self._link.report(State.FAILED, trace)
        on_end, self._on_end = self._on_end, lambda: None
        on_end()
        ended, self._ended = self._ended, []
        for future in ended:
            future.set_result(None)
