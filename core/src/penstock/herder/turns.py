"""One change of a connector at a time, so that the records of two of them never mix in the config log (spec 9.3)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future

from penstock.herder.loop import EventLoop

Change = Callable[[], Future[None]]
"""Begins a change; its future ends the turn. Handles its own errors."""


class Turns:
    """On the herder thread. A turn lasts while records are written (a deletion: until everything has stopped), never for
    as long as a connector takes to start: who hangs there can still be deleted."""

    def __init__(self, loop: EventLoop) -> None:
        self._loop = loop
        self._waiting: dict[str, deque[Change]] = {}

    def take(self, name: str, change: Change) -> None:
        """Make the change now, or when those before it have ended."""
        if name in self._waiting:
            self._waiting[name].append(change)
        else:
            self._waiting[name] = deque()
            self._loop.when_done(change(), lambda _ended: self._next(name))

    def _next(self, name: str) -> None:
        if not self._waiting[name]:
            del self._waiting[name]
            return
        change = self._waiting[name].popleft()
        self._loop.when_done(change(), lambda _ended: self._next(name))
