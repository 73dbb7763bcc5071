"""The life of a task, from its START frame to its last report (spec 4.3, 14.1). Runs on the child's main thread."""

from __future__ import annotations

import enum
import logging
from collections.abc import Callable
from typing import Protocol

from penstock.api.task import Task
from penstock.errors.stopping import Stopping
from penstock.states import State, TargetState
from penstock.tasks.control import Control
from penstock.tasks.link import WorkerLink
from penstock.tasks.spec import TaskSpec
from penstock.tasks.traces import public_trace

logger = logging.getLogger(__name__)


FINAL_COMMIT_SHARE = 0.7
"""Of what is left of a stop's deadline: the rest is for ``task.stop`` and for closing, before the task is killed."""


class Phase(enum.Enum):
    """How far a task got; decides what is undone at its end."""

    MADE = enum.auto()
    INITIALIZED = enum.auto()
    STARTED = enum.auto()


class Runner(Protocol):
    """What source and sink runners have in common."""

    def iterate(self) -> None: ...
    def pause(self) -> None:
        """Returns when the target is no longer PAUSED, or on a stop."""

    def finish(self, timeout_s: float) -> None: ...
    def close(self) -> None: ...


class RunningTask(Protocol):
    """A task put together by ``build.py``: its instance, its runner, and how it is started."""

    @property
    def task(self) -> Task: ...
    @property
    def runner(self) -> Runner: ...
    @property
    def version(self) -> str | None: ...
    @property
    def config_ttl_ms(self) -> int | None: ...
    @property
    def flush_timeout_s(self) -> float: ...
    def open_reporters(self) -> None:
        """Make what failed records are reported to; a dead letter topic is created here."""

    def initialize(self) -> None:
        """``task.initialize`` with its context."""

    def start(self) -> None:
        """``task.start`` with its config, and for sinks the subscription."""


def run_task(spec: TaskSpec, control: Control, link: WorkerLink) -> None:
    """Run one task until it ends. Reports its own states; never raises."""
    from penstock.tasks.build import build_task  # imports converters and plugins: only in the child that needs them

    try:
        running = build_task(spec, control, link)
    except Exception as error:
        logger.exception("Failed to start task %s", spec.task)
        link.state(State.FAILED, public_trace(error))
        return
    link.ready(running.version, running.config_ttl_ms)
    _Life(spec, running, control, link).run()


class _Life:
    """One run of one task."""

    def __init__(self, spec: TaskSpec, running: RunningTask, control: Control, link: WorkerLink) -> None:
        self._spec = spec
        self._running = running
        self._control = control
        self._link = link
        self._phase = Phase.MADE

    def run(self) -> None:
        failure: BaseException | None = None
        try:
            if self._wait_for_start():
                self._initialize_and_start()
                self._loop()
        except Stopping:
            logger.info("%s stopped while it waited to send or to try again", self._spec.task)
        except Exception as error:  # noqa: BLE001  # whatever a plugin raises ends the task, not the child
            failure = error
        failure = self._finish(failure)
        self._report_end(failure)

    def _wait_for_start(self) -> bool:
        """A task that begins paused reports so before anything of the plugin is called (spec 4.3)."""
        if self._wants(TargetState.PAUSED):
            self._link.state(State.PAUSED)
            while self._wants(TargetState.PAUSED):
                self._control.wait_while(TargetState.PAUSED, 3600)
        return self._wants(TargetState.STARTED)

    def _wants(self, target: TargetState) -> bool:
        """Whether the worker wants this state, and no stop."""
        return self._control.target is target and not self._control.stopping

    def _initialize_and_start(self) -> None:
        self._running.open_reporters()  # not before a pause is over (spec 4.3)
        self._phase = Phase.INITIALIZED  # once initialize was tried, stop is called at the end (spec 4.4)
        self._running.initialize()
        self._running.start()
        self._phase = Phase.STARTED
        self._link.state(State.RUNNING)

    def _loop(self) -> None:
        runner = self._running.runner
        while True:
            if self._wants(TargetState.STARTED):
                runner.iterate()
            elif self._wants(TargetState.PAUSED):
                self._link.state(State.PAUSED)
                runner.pause()
                if self._wants(TargetState.STARTED):
                    self._link.state(State.RUNNING)
            else:
                return

    def _finish(self, failure: BaseException | None) -> BaseException | None:
        """Last commit, ``task.stop``, close; the first failure wins, later ones are logged."""
        steps: list[tuple[str, Callable[[], None]]] = []
        if self._phase is Phase.STARTED:
            steps.append(("final commit", lambda: self._running.runner.finish(self._commit_budget())))
        if self._phase is not Phase.MADE:
            steps.append(("stop", self._running.task.stop))
        steps.append(("close", self._running.runner.close))
        for name, step in steps:
            try:
                step()
            except Exception as error:
                logger.exception("%s: the %s of the task failed", self._spec.task, name)
                if failure is None and name == "final commit":
                    failure = error
        return failure

    def _commit_budget(self) -> float:
        """Seconds for the final commit: ``offset.flush.timeout.ms``, but never so long that ``task.stop`` is not reached."""
        remaining = self._control.remaining_s
        usual = self._running.flush_timeout_s
        return usual if remaining is None else min(usual, FINAL_COMMIT_SHARE * remaining)

    def _report_end(self, failure: BaseException | None) -> None:
        if failure is None:
            self._link.state(State.UNASSIGNED)
        elif self._control.stopping:
            logger.error("%s failed while it was being stopped", self._spec.task, exc_info=failure)
            self._link.state(State.UNASSIGNED)  # spec 4.3: a failure while stopping is logged only
        else:
            logger.error(
                "%s Task threw an uncaught and unrecoverable exception. Task is being killed and will not recover until "
                "manually restarted",
                self._spec.task,
                exc_info=failure,
            )
            self._link.state(State.FAILED, public_trace(failure))
