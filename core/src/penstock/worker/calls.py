"""Questions and requests to a connector host that wait for their RESULT. Belongs to the supervisor's thread."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from penstock.api import exceptions
from penstock.api.exceptions import ConnectException, KafkaException
from penstock.discovery.plugins import PluginDescriptor
from penstock.worker.frames import Failure, Result
from penstock.worker.loop import Action, EventLoop, Timer

if TYPE_CHECKING:
    from penstock.worker.connectorrun import ConnectorRun

TRANSITION = "transition"
"""The name of what is no question but the wish for another state."""

NOT_AGAIN = frozenset({"alter_offsets", "alter_sink_offsets"})
"""Calls that may have taken effect when their host died: they are not made a second time."""


class PluginError(Exception):
    """What a plugin raised in another process; stands as the cause of the exception that is raised here. Its text is the
    trace over there."""


_KINDS: Mapping[str, type[Exception]] = {
    kind.connect_name: kind
    for kind in vars(exceptions).values()
    if isinstance(kind, type) and issubclass(kind, (ConnectException, KafkaException))
}


def pending() -> Future[Any]:
    """A future that its receiver cannot cancel: what it stands for happens anyway."""
    future: Future[Any] = Future()
    future.set_running_or_notify_cancel()
    return future


def as_exception(failure: Failure) -> Exception:
    """The exception as it was raised, where it is one of ours; anything else becomes a ConnectException with its text."""
    error = _KINDS.get(failure.kind, ConnectException)(failure.message or failure.kind)
    error.__cause__ = PluginError(failure.trace)
    return error


@dataclass(slots=True, eq=False)
class OpenCall:
    """One request. ``run`` is the instance that it goes to, if to one. ``done`` may hold the futures of earlier requests
    that this one stands for."""

    name: str
    arguments: dict[str, Any]
    descriptor: PluginDescriptor
    run: ConnectorRun | None
    done: list[Future[Any]]
    deadline_s: float | None = None
    _timer: Timer | None = None
    attempts: int = 0

    @property
    def title(self) -> str:
        """What was asked, and whom, for messages."""
        if self.run is not None:
            return f"{self.name} of connector {self.run.name}"
        name = self.arguments.get("name")
        return f"{self.name} of {self.descriptor.name}" + (f" for connector {name}" if name else "")

    def start_deadline(self, loop: EventLoop, missed: Action) -> None:
        """It is asked (again); ``missed`` is called when the answer does not come in time."""
        self.attempts += 1
        self._cancel()
        if self.deadline_s is not None:
            self._timer = loop.later(self.deadline_s, missed)

    def settle(self, result: Result) -> None:
        """The answer came."""
        self._cancel()
        for future in self.done:
            if result.failure is None:
                future.set_result(result.value)
            else:
                future.set_exception(as_exception(result.failure))

    def fail(self, error: Exception) -> None:
        """There will be no answer."""
        self._cancel()
        for future in self.done:
            future.set_exception(error)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
