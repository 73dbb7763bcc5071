"""Requests that wait until a connector runs a certain version of its work, or is gone."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from penstock.herder.loop import fail, succeed
from penstock.herder.running import Token
from penstock.ids import TaskId


@dataclass(frozen=True, slots=True)
class _Waiter:
    token: Token
    reached: Future[None]

    def serve(self, error: BaseException | None) -> None:
        """End the wait."""
        if error is None:
            succeed(self.reached, None)
        else:
            fail(self.reached, error)


@dataclass(frozen=True, slots=True)
class _Outcome:
    token: Token
    error: BaseException | None


class FirstReports:
    """Tasks that were started and have not said anything yet. On the herder thread.

    A request that starts tasks waits a moment for them, so that the status its client asks for next has them.
    """

    def __init__(self) -> None:
        self._silent: set[TaskId] = set()
        self._waiting: list[tuple[set[TaskId], Callable[[], None]]] = []

    def started(self, task: TaskId) -> None:
        """The task was started."""
        self._silent.add(task)

    def reported(self, task: TaskId) -> None:
        """The task reported its first state, or is gone."""
        self._silent.discard(task)
        for entry in list(self._waiting):
            entry[0].discard(task)
            if not entry[0]:
                self._waiting.remove(entry)
                entry[1]()

    def wait(self, connector: str, then: Callable[[], None]) -> Callable[[], None]:
        """Call ``then`` once all tasks of the connector have reported: now if none is silent. The result gives the wait
        up, and calls ``then`` unless that was done."""
        entry = ({task for task in self._silent if task.connector == connector}, then)
        if not entry[0]:
            then()
            return lambda: None
        self._waiting.append(entry)

        def give_up() -> None:
            if entry in self._waiting:
                self._waiting.remove(entry)
                then()

        return give_up


class Waiters:
    """Who waits for which connector. On the herder thread. A waiter is served by its version or any later one."""

    def __init__(self) -> None:
        self._started: dict[str, list[_Waiter]] = {}
        self._outcomes: dict[str, _Outcome] = {}
        self._gone: dict[str, list[Future[None]]] = {}
        self._halted: dict[str, list[Future[None]]] = {}

    def until_started(self, name: str, token: Token) -> Future[None]:
        """Done when the connector runs this version and its tasks were recomputed; failed when its start fails."""
        waiter = _Waiter(token, Future())
        outcome = self._outcomes.get(name)
        if outcome is not None and outcome.token >= token:
            waiter.serve(outcome.error)  # the store's listener may have set things going before the writer waits
        else:
            self._started.setdefault(name, []).append(waiter)
        return waiter.reached

    def until_gone(self, name: str) -> Future[None]:
        """Done when the connector and its tasks have stopped and are forgotten."""
        gone: Future[None] = Future()
        self._gone.setdefault(name, []).append(gone)
        return gone

    def until_halted(self, name: str) -> Future[None]:
        """Done when the connector answered to a pause or stop and no task of it is left."""
        halted: Future[None] = Future()
        self._halted.setdefault(name, []).append(halted)
        return halted

    @property
    def halting(self) -> tuple[str, ...]:
        """Connectors whose stop somebody waits for."""
        return tuple(self._halted)

    def halted(self, name: str) -> None:
        """The connector has stopped."""
        for halted in self._halted.pop(name, []):
            succeed(halted, None)

    def started(self, name: str, token: Token, error: BaseException | None = None) -> None:
        """The connector got as far as it gets with this version."""
        self._outcomes[name] = _Outcome(token, error)
        waiting = self._started.pop(name, [])
        later = [waiter for waiter in waiting if waiter.token > token]
        if later:
            self._started[name] = later
        for waiter in waiting:
            if waiter.token <= token:
                waiter.serve(error)

    def gone(self, name: str) -> None:
        """The connector has gone; whoever waited for its start will not see it."""
        self._outcomes.pop(name, None)
        for gone in self._gone.pop(name, []):
            succeed(gone, None)
        for waiter in self._started.pop(name, []):
            succeed(waiter.reached, None)

    @property
    def leaving(self) -> tuple[str, ...]:
        """Connectors whose end somebody waits for."""
        return tuple(self._gone)
