"""What the worker wants of a runner, as the runner's thread sees it."""

from __future__ import annotations

import threading
import time

from penstock.tasks.state import TargetState


class Control:
    """Shared between the thread that hears the worker (calls ``transition``, ``stop``) and the runner's main thread.

    ``stop`` wins over every transition and is final. ``deadline`` is monotonic time by which the runner must be done.
    """

    def __init__(self, target: TargetState) -> None:
        self._changed = threading.Condition()
        self._target = target
        self._stopping = False
        self._deadline: float | None = None

    @property
    def target(self) -> TargetState:
        return self._target

    @property
    def stopping(self) -> bool:
        """Asked often: a plain read."""
        return self._stopping

    @property
    def deadline(self) -> float | None:
        """Monotonic seconds; None while not stopping."""
        return self._deadline

    def transition(self, target: TargetState) -> None:
        """Want another state. STOPPED ends a task as a stop does (spec 4.3); the sender follows it with ``stop``."""
        with self._changed:
            self._target = target
            self._changed.notify_all()

    def stop(self, deadline_s: float) -> None:
        """End within ``deadline_s`` seconds from now."""
        with self._changed:
            self._stopping = True
            self._deadline = time.monotonic() + deadline_s
            self._changed.notify_all()

    def wait(self, seconds: float) -> bool:
        """Sleep until time is up or anything changes; True when stopping. This is ``context.wait``."""
        with self._changed:
            before = self._target
            self._changed.wait_for(lambda: self._stopping or self._target is not before, timeout=max(0.0, seconds))
            return self._stopping

    def wait_while_paused(self, seconds: float) -> None:
        """Sleep while the target stays PAUSED, for at most ``seconds``."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._stopping or self._target is not TargetState.PAUSED, timeout=max(0.0, seconds)
            )
