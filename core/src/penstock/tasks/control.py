"""What the worker wants of a runner, as the runner's thread sees it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from penstock.clock import SYSTEM_CLOCK, Clock
from penstock.states import TargetState


class Control:
    """Shared between the thread that hears the worker (calls ``transition``, ``stop``, ``extend_lease``) and the runner's
    threads, which ask and wait.

    ``stop`` wins over every transition and is final. A lease, once granted, must be extended in time: when it has run out
    the worker may have lost the right to run this child, so it counts as stopping and nothing may be sent or committed
    any more (design 4).
    """

    def __init__(self, target: TargetState, clock: Clock = SYSTEM_CLOCK) -> None:
        self._changed = threading.Condition()
        self._clock = clock
        self._target = target
        self._stop_by: float | None = None
        self._lease_until: float | None = None
        self._wakers: list[Callable[[], None]] = []

    @property
    def target(self) -> TargetState:
        """The state that is wanted now."""
        return self._target

    @property
    def stopping(self) -> bool:
        """Whether to end. Asked once a batch."""
        return self._stop_by is not None or self.lease_expired

    @property
    def lease_expired(self) -> bool:
        """Whether the worker failed to extend the lease: end at once, send and commit nothing."""
        return self._lease_until is not None and self._clock.monotonic() > self._lease_until

    @property
    def remaining_s(self) -> float | None:
        """Seconds left of the stop's deadline (not below 0); None while not stopping."""
        return None if self._stop_by is None else max(0.0, self._stop_by - self._clock.monotonic())

    def on_change(self, waker: Callable[[], None]) -> None:
        """Have ``waker`` called (on the changing thread) at every transition and stop, to interrupt waits of other kinds."""
        with self._changed:
            self._wakers.append(waker)

    def transition(self, target: TargetState) -> None:
        """Want another state. For a task, STOPPED is followed by ``stop`` from the sender (spec 4.3)."""
        with self._changed:
            self._target = target
            self._notify()

    def stop(self, deadline_s: float) -> None:
        """End within ``deadline_s`` seconds from now."""
        with self._changed:
            self._stop_by = self._clock.monotonic() + deadline_s
            self._notify()

    def extend_lease(self, valid_for_s: float) -> None:
        """The worker is entitled to run this child for so many seconds from now."""
        self._lease_until = self._clock.monotonic() + valid_for_s

    def wait(self, seconds: float) -> bool:
        """Sleep until time is up or anything changes; True when stopping. This is ``context.wait``."""
        with self._changed:
            before = self._target
            self._changed.wait_for(lambda: self.stopping or self._target is not before, timeout=max(0.0, seconds))
            return self.stopping

    def wait_while(self, target: TargetState, seconds: float) -> None:
        """Sleep while ``target`` is what is wanted, for at most ``seconds``, or until stopping."""
        with self._changed:
            self._changed.wait_for(lambda: self.stopping or self._target is not target, timeout=max(0.0, seconds))

    def _notify(self) -> None:
        self._changed.notify_all()
        for waker in self._wakers:
            waker()
