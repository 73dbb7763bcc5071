"""The one loop under the supervisor: sockets, timers, and actions that other threads hand in."""

from __future__ import annotations

import heapq
import itertools
import logging
import queue
import selectors
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from penstock.clock import SYSTEM_CLOCK, Clock

LOG = logging.getLogger(__name__)

Action = Callable[[], None]


class HasFileno(Protocol):
    """What can be watched."""

    def fileno(self) -> int: ...


class Timer:
    """A deadline; ``cancel`` when it was met. Cancelling twice, or too late, is fine."""

    __slots__ = ("action", "due")

    def __init__(self, due: float, action: Action) -> None:
        self.due = due
        self.action: Action | None = action

    def cancel(self) -> None:
        """The action will not be called."""
        self.action = None


class EventLoop:
    """Runs on one thread; only :meth:`post` and :meth:`stop` may be called from others, also from signal handlers.

    Actions must not block. What an action raises is logged and the loop goes on: a fault in handling one child must not end
    the supervision of all others.
    """

    def __init__(self, clock: Clock = SYSTEM_CLOCK) -> None:
        self._clock = clock
        self._selector = selectors.DefaultSelector()
        self._posted: queue.SimpleQueue[Action] = queue.SimpleQueue()
        self._timers: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()
        self._running = True
        self._wake_read, self._wake_write = socket.socketpair()
        self._wake_read.setblocking(False)
        self._wake_write.setblocking(False)
        self.watch(self._wake_read, self._drain_wake)

    def post(self, action: Action) -> bool:
        """Have ``action`` called on the loop's thread, in the order of posting. False when the loop has ended: it will not
        be called."""
        if not self._running:
            return False
        self._posted.put(action)
        with suppress(OSError):  # full: a wake is under way; closed: the loop has ended
            self._wake_write.send(b"\0")
        return True

    def later(self, delay_s: float, action: Action) -> Timer:
        """Call ``action`` after so many seconds."""
        timer = Timer(self._clock.monotonic() + delay_s, action)
        heapq.heappush(self._timers, (timer.due, next(self._order), timer))
        return timer

    def watch(self, source: HasFileno, on_readable: Action, on_writable: Action | None = None) -> None:
        """Call ``on_readable`` when there is something to read, and ``on_writable`` (if given) when there is room to write.
        Watching again replaces."""
        events = selectors.EVENT_READ | (0 if on_writable is None else selectors.EVENT_WRITE)
        callbacks = (on_readable, on_writable)
        if self._is_watched(source):
            self._selector.modify(source.fileno(), events, callbacks)
        else:
            self._selector.register(source.fileno(), events, callbacks)

    def forget(self, source: HasFileno) -> None:
        """Watch it no more. Before closing it; forgetting what is not watched is fine."""
        if source.fileno() >= 0 and self._is_watched(source):
            self._selector.unregister(source.fileno())

    def run(self) -> None:
        """Serve until :meth:`stop`; then close everything."""
        while self._running:
            self.turn()
        while not self._posted.empty():
            self._call_posted()
        self.close()

    def close(self) -> None:
        """Let go of the loop's own sockets."""
        self._selector.close()
        self._wake_read.close()
        self._wake_write.close()

    def stop(self) -> None:
        """Have :meth:`run` return."""
        self.post(self._end)

    def turn(self) -> None:
        """Wait for something to happen and serve it."""
        for key, events in self._selector.select(self._patience()):
            on_readable, on_writable = key.data
            if events & selectors.EVENT_WRITE and on_writable is not None and self._is_current(key):
                self._call(on_writable)
            if events & selectors.EVENT_READ and self._is_current(key):
                self._call(on_readable)
        self._fire_timers()
        self._call_posted()

    def _end(self) -> None:
        self._running = False

    def _is_current(self, key: selectors.SelectorKey) -> bool:
        # what was called before in this turn may have closed this one, and its number may belong to another by now
        found = self._selector.get_map().get(key.fileobj)
        return found is not None and found.data is key.data

    def _is_watched(self, source: HasFileno) -> bool:
        return source.fileno() in self._selector.get_map()

    def _patience(self) -> float | None:
        while self._timers and self._timers[0][2].action is None:
            heapq.heappop(self._timers)
        return max(0.0, self._timers[0][0] - self._clock.monotonic()) if self._timers else None

    def _fire_timers(self) -> None:
        now = self._clock.monotonic()
        while self._timers and self._timers[0][0] <= now:
            timer = heapq.heappop(self._timers)[2]
            if timer.action is not None:
                self._call(timer.action)

    def _call_posted(self) -> None:
        for _ in range(self._posted.qsize()):  # what these post in turn waits for the next turn: sockets come first
            self._call(self._posted.get_nowait())

    def _call(self, action: Action) -> None:
        try:
            action()
        except Exception:
            LOG.exception("The supervisor failed to handle an event; it goes on")

    def _drain_wake(self) -> None:
        with suppress(BlockingIOError):  # another turn has drained it
            self._wake_read.recv(4096)
