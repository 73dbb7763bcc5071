"""What the herder is doing, for the sentence that a timed-out request carries (spec 1.3)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from penstock.clock import Clock


@dataclass(frozen=True, slots=True)
class Stage:
    """One thing the herder did or does; times in milliseconds since the epoch."""

    description: str
    started_ms: int
    completed_ms: int | None = None

    def summary(self) -> str:
        """Connect's sentence."""
        if self.completed_ms is None:
            return f"The worker is currently {self.description}, which began at {_instant(self.started_ms)}"
        return (
            f"The last operation the worker completed was {self.description}, which began at "
            f"{_instant(self.started_ms)} and completed at {_instant(self.completed_ms)}"
        )


class StageKeeper:
    """Keeps the open stages, a stack, and the last completed one. Written by the herder thread, read by any."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._open: list[Stage] = []
        self._last: Stage | None = None

    @contextmanager
    def during(self, description: str) -> Iterator[None]:
        """Mark a piece of work of the herder thread."""
        stage = Stage(description, self._clock.time_ms())
        with self._lock:
            self._open.append(stage)
        try:
            yield
        finally:
            with self._lock:
                self._open.remove(stage)
                self._last = Stage(description, stage.started_ms, self._clock.time_ms())

    def summary(self) -> str:
        """The sentence for now; empty before anything was done."""
        with self._lock:
            stage = self._open[-1] if self._open else self._last
        return "" if stage is None else stage.summary()


def _instant(ms: int) -> str:
    text = datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
