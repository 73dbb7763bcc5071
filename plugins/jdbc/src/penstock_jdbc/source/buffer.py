"""The bounded buffer between the reading thread and the task's own."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Final

from penstock.api import SourceBatch

MOST_BATCHES: Final = 8
"""Of large rows a batch holds few, by their size: as many rows as of small ones would not fit into memory."""


class BatchBuffer:
    """Batches in order, ``capacity`` rows and ``MOST_BATCHES`` of them, or a single one that is larger. A failure comes after what
    was put before."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._changed = threading.Condition()
        self._batches: deque[SourceBatch] = deque()
        self._rows = 0
        self._closed = False
        self._failure: BaseException | None = None

    def put(self, batch: SourceBatch) -> bool:
        """Add a batch, waiting for room; false when the buffer was closed meanwhile."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._has_room(len(batch)))
            if self._closed:
                return False
            self._batches.append(batch)
            self._rows += len(batch)
            self._changed.notify_all()
            return True

    def _has_room(self, rows: int) -> bool:
        fits = len(self._batches) < MOST_BATCHES and self._rows + rows <= self._capacity
        return fits or not self._batches

    def fail(self, error: BaseException) -> None:
        """Have :meth:`take` raise ``error`` once all batches are taken."""
        with self._changed:
            self._failure = error
            self._changed.notify_all()

    def take(self, seconds: float, given_up: Callable[[], bool]) -> SourceBatch | None:
        """The next batch, after at most ``seconds``; None when there is none, or ``given_up`` says so. Raises the failure."""
        with self._changed:
            self._changed.wait_for(lambda: self._batches or self._failure is not None or given_up(), timeout=seconds)
            if self._batches:
                batch = self._batches.popleft()
                self._rows -= len(batch)
                self._changed.notify_all()
                return batch
            if self._failure is not None:
                raise self._failure
            return None

    def close(self) -> None:
        """Take nothing more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def wait_closed(self, seconds: float) -> bool:
        """Sleep until closed, for at most ``seconds``; whether it is closed."""
        with self._changed:
            return self._changed.wait_for(lambda: self._closed, timeout=max(0.0, seconds))
