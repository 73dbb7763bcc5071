"""The herder thread: one queue, one event after another, nothing that waits (design section 4).

Requests, answers of children and of stores, and state reports all become events. An event never blocks: what takes time is
a future whose completion is an event again. So one hanging connector never stops the others, nor REST.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final, TypeVar

from penstock.api.exceptions import ConnectException
from penstock.clock import Clock
from penstock.herder.stage import StageKeeper

logger = logging.getLogger(__name__)

T = TypeVar("T")
Event = Callable[[], None]

_IDLE_S: Final = 3600.0


class EventLoop:
    """Runs events in the order in which they were posted, timers when they are due."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.stages = StageKeeper(clock)
        """What the herder thread is doing; its events mark what may take time."""
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._timers: list[tuple[float, int, Event]] = []
        self._numbers = itertools.count()
        self._stopped = threading.Event()
        self._open: set[Future[Any]] = set()
        self._open_lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="herder", daemon=True)

    def start(self) -> None:
        """Begin to serve events."""
        self._thread.start()

    def stop(self) -> None:
        """Serve what was posted before, then end; requests that are not answered by then are told so. From any thread
        but the herder's."""
        self._events.put(None)
        self._thread.join()
        with self._open_lock:
            unanswered = list(self._open)
        for request in unanswered:
            fail(request, ConnectException("Worker is shutting down"))

    def post(self, event: Event) -> None:
        """Have ``event`` run on the herder thread. From any thread; after a stop it is dropped."""
        if not self._stopped.is_set():
            self._events.put(event)

    def after(self, seconds: float, event: Event) -> None:
        """Have ``event`` run later. On the herder thread."""
        heapq.heappush(self._timers, (self._clock.monotonic() + seconds, next(self._numbers), event))

    def when_done(self, future: Future[T], event: Callable[[Future[T]], None]) -> None:
        """Have ``event(future)`` run on the herder thread once the future is done. From any thread."""
        future.add_done_callback(lambda done: self.post(lambda: event(done)))

    def call(self, act: Callable[[Future[T]], None]) -> Future[T]:
        """Post ``act`` with a future that it completes, now or later; what it raises goes into the future."""
        result: Future[T] = self.request()

        def run() -> None:
            try:
                act(result)
            except Exception as error:  # noqa: BLE001  # goes to who asked
                fail(result, error)

        self.post(run)
        return result

    def request(self) -> Future[Any]:
        """A future that is failed at the end of the loop, if nobody completed it before. From any thread."""
        opened: Future[Any] = Future()
        if self._stopped.is_set():
            opened.set_exception(ConnectException("Worker is shutting down"))
            return opened
        with self._open_lock:
            self._open.add(opened)
        opened.add_done_callback(self._answered)
        return opened

    def _answered(self, request: Future[Any]) -> None:
        with self._open_lock:
            self._open.discard(request)

    def _run(self) -> None:
        while True:
            timeout = _IDLE_S
            if self._timers:
                timeout = max(0.0, self._timers[0][0] - self._clock.monotonic())
            try:
                event = self._events.get(timeout=timeout)
            except queue.Empty:
                self._run_timers()
                continue
            if event is None:
                self._stopped.set()
                return
            self._run_event(event)
            self._run_timers()

    def _run_timers(self) -> None:
        while self._timers and self._timers[0][0] <= self._clock.monotonic():
            self._run_event(heapq.heappop(self._timers)[2])

    @staticmethod
    def _run_event(event: Event) -> None:
        try:
            event()
        except Exception:
            logger.exception("Uncaught exception in the herder; the event is given up, the worker goes on")


def succeed(future: Future[T], value: T) -> None:
    """Complete a future unless its waiter gave up."""
    if not future.done():
        future.set_result(value)


def fail(future: Future[T], error: BaseException) -> None:
    """Fail a future unless its waiter gave up."""
    if not future.done():
        future.set_exception(error)
