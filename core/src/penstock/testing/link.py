"""What a runner tells its worker, kept for a test to look at."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future

from penstock.states import State
from penstock.storage.offsets import OffsetEntry

_FINAL = (State.FAILED, State.UNASSIGNED)


class MemoryLink:
    """A :class:`penstock.tasks.link.WorkerLink`. ``store`` is shared by all runs of one connector, so that offsets survive."""

    def __init__(self, store: dict[bytes, bytes | None]) -> None:
        self._store = store
        self._news = threading.Condition()
        self.states: list[State] = []
        self.trace: str | None = None
        """The trace of the last failure."""
        self.topics: list[str] = []
        self.reconfigured = 0
        """How often the connector asked for new task configs."""

    def wait_for(self, state: State, timeout_s: float) -> bool:
        """Wait until this is the last reported state; False when time is up, or another state is final."""
        with self._news:
            self._news.wait_for(lambda: self.states and self.states[-1] in (state, *_FINAL), timeout_s)
            return self.states[-1:] == [state]

    def ready(self, version: str | None, config_ttl_ms: int | None) -> None:
        """Versions are of no interest here."""

    def state(self, state: State, trace: str | None = None) -> None:
        with self._news:
            self.states.append(state)
            self.trace = trace or self.trace
            self._news.notify_all()

    def offsets(self, entries: Sequence[OffsetEntry]) -> Future[None]:
        self._store.update((entry.partition, entry.offset) for entry in entries)
        done: Future[None] = Future()
        done.set_result(None)
        return done

    def read_offsets(self, partitions: Sequence[bytes]) -> Future[list[bytes | None]]:
        done: Future[list[bytes | None]] = Future()
        done.set_result([self._store.get(partition) for partition in partitions])
        return done

    def topic_active(self, topic: str) -> None:
        self.topics.append(topic)

    def beat(self, progress: int) -> None:
        """Nobody counts."""

    def reconfigure(self) -> None:
        self.reconfigured += 1

    def error_raised(self, trace: str) -> None:
        self.state(State.FAILED, trace)
