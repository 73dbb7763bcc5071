"""The life of a connector instance, on its own thread in the host of its distribution (spec 4.2)."""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from penstock.api.exceptions import ConnectException
from penstock.states import State, TargetState
from penstock.tasks.contexts import RunningConnectorContext
from penstock.tasks.control import Control
from penstock.tasks.link import WorkerLink
from penstock.tasks.spec import ConnectorSpec
from penstock.tasks.task_count import TooManyTasksError
from penstock.tasks.traces import public_trace

if TYPE_CHECKING:
    from penstock.tasks.build import BuiltConnector

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Transition:
    target: TargetState
    done: Future[None]


@dataclass(frozen=True, slots=True)
class _TaskConfigs:
    max_tasks: int
    done: Future[list[dict[str, str]]]


class _Stop:
    """Ends the loop."""


_STOP: Final = _Stop()

T = TypeVar("T")


class ConnectorRunner:
    """``run`` is the connector's thread; the other methods are called by the host's control thread and return at once.

    States, as reported: RUNNING, PAUSED, STOPPED after a transition; FAILED when anything of the plugin raises; UNASSIGNED
    at the end. A failed connector accepts STOPPED only (spec 4.2 item 5); from there it may be started again (spec 14.2),
    unless it could not even be made.
    """

    def __init__(self, spec: ConnectorSpec, control: Control, link: WorkerLink) -> None:
        self._spec = spec
        self._control = control
        self._link = link
        self._inbox: queue.SimpleQueue[_Transition | _TaskConfigs | _Stop] = queue.SimpleQueue()
        self._built: BuiltConnector | None = None
        self._state = State.UNASSIGNED
        self._failure: BaseException | None = None
        self._context = RunningConnectorContext(control, link, self._raised)
        control.on_change(self._look_for_stop)

    def transition(self, target: TargetState) -> Future[None]:
        """Want another state; done when it is reached, failed with what the plugin raised."""
        done: Future[None] = Future()
        self._inbox.put(_Transition(target, done))
        return done

    def task_configs(self, max_tasks: int) -> Future[list[dict[str, str]]]:
        """Ask the connector for its task configs."""
        done: Future[list[dict[str, str]]] = Future()
        self._inbox.put(_TaskConfigs(max_tasks, done))
        return done

    def run(self) -> None:
        """Make the connector and serve requests until stopped. Never raises."""
        try:
            self._make()
        except Exception as error:
            logger.exception("Failed to make connector %s", self._spec.name)
            self._fail(error)
        while True:
            request = self._inbox.get()
            if isinstance(request, _Stop):
                break
            if isinstance(request, _Transition):
                self._serve(request.done, lambda target=request.target: self._change(target))  # type: ignore[misc]
            else:
                self._serve(request.done, lambda count=request.max_tasks: self._configs(count))  # type: ignore[misc]
        self._end()

    def _make(self) -> None:
        from penstock.tasks.build import build_connector  # imports the plugin: only here

        built = build_connector(self._spec)
        self._link.ready(built.version, built.config_ttl_ms)
        built.connector.initialize(self._context)
        self._built = built

    def _serve(self, done: Future[T], act: Callable[[], T]) -> None:
        try:
            done.set_result(act())
        except Exception as error:  # noqa: BLE001  # goes to who asked
            done.set_exception(error)

    def _change(self, target: TargetState) -> None:
        if self._failure is not None and target is not TargetState.STOPPED:
            if self._built is None:  # it was never made: who asks for its start learns why
                raise self._failure
            raise ConnectException(f"Cannot transition connector to {target.value} since it has failed")
        if target is TargetState.STARTED:
            self._start()
        else:
            self._halt(target)

    def _start(self) -> None:
        if self._state is State.RUNNING:
            return
        assert self._built is not None
        try:
            self._built.connector.start(self._built.props)
        except Exception as error:
            logger.exception("Error while starting connector %s", self._spec.name)
            self._fail(error)
            raise
        if self._failure is not None:  # raised through the context by what it started: it has failed, and said so
            raise self._failure
        self._report(State.RUNNING)

    def _halt(self, target: TargetState) -> None:
        reached = State.PAUSED if target is TargetState.PAUSED else State.STOPPED
        try:
            if self._state is State.RUNNING and self._built is not None:
                self._built.connector.stop()
        except Exception as error:
            logger.exception("Error while stopping connector %s", self._spec.name)
            if target is TargetState.PAUSED:  # spec 4.2 item 5: a failing stop still reports STOPPED, but not PAUSED
                self._fail(error)
                raise
        if target is TargetState.STOPPED and self._built is not None:
            self._failure = None  # whatever it was, a start from here is a new one
        self._report(reached)

    def _configs(self, max_tasks: int) -> list[dict[str, str]]:
        """``max_tasks`` 0 means as configured. Raises, and fails the connector, when it makes too many (KIP-1004)."""
        from penstock.tasks.division import divide

        if self._built is None:
            raise self._failure or ConnectException(f"Connector {self._spec.name} was not made")
        try:
            return divide(self._spec, self._built, max_tasks)
        except TooManyTasksError as error:
            self._fail(error)
            raise

    def _end(self) -> None:
        try:
            if self._state is State.RUNNING and self._built is not None:
                self._built.connector.stop()
        except Exception:
            logger.exception("Error while shutting down connector %s", self._spec.name)
        finally:
            self._context.close()  # until here ``stop`` may use it, to read offsets or to hand over
        if self._failure is None or self._state is not State.FAILED:
            self._report(State.UNASSIGNED)

    def _report(self, state: State) -> None:
        self._state = state
        self._link.state(state)

    def _fail(self, error: BaseException) -> None:
        self._failure = error
        self._state = State.FAILED
        self._link.state(State.FAILED, public_trace(error))

    def _raised(self, error: BaseException) -> None:
        """The connector raised an error through its context, on any thread: it has failed from now on."""
        self._failure = self._failure or error
        self._state = State.FAILED
        self._link.error_raised(public_trace(error))

    def _look_for_stop(self) -> None:
        if self._control.stopping:
            self._inbox.put(_STOP)
