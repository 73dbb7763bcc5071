"""The thread that looks after the embedded log while its clients are busy: it renews the leases of consumers between their
polls, and does the housekeeping when it is this process's turn. It runs while a producer or a group member is open."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from penstock.clock import Clock
from penstock.log.embedded_config import ConsumerSettings
from penstock.log.embedded_member import Membership
from penstock.log.embedded_store import Patience
from penstock.log.errors import LogError, LogInterruptedError
from penstock.log.sqlite_keeping import Keeper
from penstock.log.sqlite_process import is_gone, this_process
from penstock.log.sqlite_store import SqliteStore

logger = logging.getLogger(__name__)

_KEEPING_INTERVAL_S = 5.0


class Caretaker:
    """One a :class:`~penstock.log.sqlite.SqliteLog`; also the :class:`~penstock.log.embedded_member.Lifeline` of its members."""

    def __init__(self, open_store: Callable[[], SqliteStore], clock: Clock) -> None:
        self._open_store = open_store
        self._clock = clock
        self._lock = threading.Lock()
        self._users = 0
        self._members: set[Membership] = set()
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def process(self) -> str:
        return this_process()

    def lease_s(self, settings: ConsumerSettings) -> float:
        return settings.session_timeout_s

    def is_gone(self, process: str) -> bool:
        return is_gone(process)

    def attach(self, membership: Membership) -> None:
        with self._lock:
            self._members.add(membership)
        self.enter()

    def detach(self, membership: Membership) -> None:
        with self._lock:
            if membership not in self._members:
                return
            self._members.remove(membership)
        self.leave()

    def enter(self) -> None:
        """A client is open that needs the thread."""
        with self._lock:
            self._users += 1
            self._wake.set()
            if self._thread is None:
                self._stop, self._wake = threading.Event(), threading.Event()
                self._thread = threading.Thread(
                    target=self._run, args=(self._stop, self._wake), name="penstock-log-caretaker", daemon=True
                )
                self._thread.start()

    def leave(self) -> None:
        """It is closed. The last one waits for the thread's end, which is never far."""
        with self._lock:
            self._users -= 1
            thread = self._thread if self._users == 0 else None
            if thread is not None:
                self._thread = None
                self._stop.set()
                self._wake.set()
        if thread is not None:
            thread.join()

    def _run(self, stop: threading.Event, wake: threading.Event) -> None:
        try:
            store = self._open_store()
        except LogError:
            logger.exception("The caretaker of the embedded log cannot open it; the log's clients will tell the same")
            return
        try:
            keeper = Keeper(store, self._clock, stop.is_set)
            while True:
                wake.clear()  # before looking: whoever sets it later is seen by the wait
                if stop.is_set():
                    return
                self._guarded(lambda: self._give_signs(store, stop))
                self._guarded(keeper.turn)
                wake.wait(min([member.lease_s / 4 for member in self._attached()] + [_KEEPING_INTERVAL_S]))
        finally:
            store.close()

    def _attached(self) -> list[Membership]:
        with self._lock:
            return list(self._members)

    def _give_signs(self, store: SqliteStore, stop: threading.Event) -> None:
        for member in self._attached():
            member.sign_of_life(store, Patience(self._clock.monotonic() + member.lease_s, stop.is_set))

    def _guarded(self, work: Callable[[], None]) -> None:
        """The thread outlives a failure, which may pass; clients meet the same error in their own calls."""
        try:
            work()
        except LogInterruptedError:
            logger.debug("The caretaker of the embedded log was stopped at work")
        except LogError as error:
            logger.warning("The caretaker of the embedded log could not do its work, and will try again: %s", error)
