"""Connectors and tasks that run on threads of a test, with a handle each."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from penstock.api.connector import Connector
from penstock.states import State, TargetState
from penstock.tasks.contexts import RunningConnectorContext
from penstock.tasks.control import Control
from penstock.tasks.runner import run_task
from penstock.tasks.spec import TaskSpec
from penstock.testing.link import MemoryLink
from penstock.testing.waiting import PATIENCE_S


class RunningTask:
    """A task on a thread of its own, run by the code that runs it in production."""

    def __init__(self, spec: TaskSpec, link: MemoryLink) -> None:
        self._spec = spec
        self._link = link
        self._control = Control(TargetState.STARTED)
        self._thread = threading.Thread(
            target=run_task, args=(spec, self._control, link), name=str(spec.task), daemon=True
        )
        self._thread.start()

    @property
    def name(self) -> str:
        """As in logs: the connector's name and the task's number."""
        return str(self._spec.task)

    @property
    def state(self) -> State | None:
        """What it reported last; None at first."""
        return self._link.states[-1] if self._link.states else None

    @property
    def trace(self) -> str | None:
        """Why it failed."""
        return self._link.trace

    @property
    def is_alive(self) -> bool:
        """Whether its thread runs."""
        return self._thread.is_alive()

    def wait_for(self, state: State, timeout_s: float = PATIENCE_S) -> None:
        """Wait until it reports this state. Raises AssertionError with its trace when it does not, or has ended instead."""
        __tracebackhide__ = True
        if not self._link.wait_for(state, timeout_s):
            found = "silent" if self.state is None else self.state.value
            raise AssertionError(f"task {self.name} is {found} where it should be {state.value}\n{self.trace or ''}")

    def pause(self) -> None:
        """Want it to pause, and wait for that."""
        self._control.transition(TargetState.PAUSED)
        self.wait_for(State.PAUSED)

    def resume(self) -> None:
        """Want it to go on, and wait for that."""
        self._control.transition(TargetState.STARTED)
        self.wait_for(State.RUNNING)

    def ask_to_stop(self, timeout_s: float) -> None:
        """Want it to end."""
        self._control.stop(timeout_s)

    def stop(self, timeout_s: float = PATIENCE_S) -> None:
        """Have it end, last commit included. Raises AssertionError when it hangs."""
        __tracebackhide__ = True
        self.ask_to_stop(timeout_s)
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            raise AssertionError(
                f"task {self.name} did not stop within {timeout_s:g} s: wait with self.context.wait(seconds)"
            )


class RunningConnector:
    """A started connector with its tasks."""

    def __init__(
        self,
        name: str,
        connector: Connector,
        context: RunningConnectorContext,
        link: MemoryLink,
        tasks: Sequence[RunningTask],
    ) -> None:
        self.name = name
        self.connector = connector
        self.tasks = tuple(tasks)
        self._context = context
        self._link = link
        self._stopped = False

    @property
    def task(self) -> RunningTask:
        """The only task. Raises AssertionError when there are more or none."""
        assert len(self.tasks) == 1, f"{self.name} has {len(self.tasks)} tasks"
        return self.tasks[0]

    @property
    def error(self) -> str | None:
        """The trace of the error that the connector raised through its context, if it did."""
        return self._link.trace

    @property
    def reconfigurations(self) -> int:
        """How often the connector asked that its tasks be configured anew."""
        return self._link.reconfigured

    def wait_until_running(self, timeout_s: float = PATIENCE_S) -> None:
        """Wait until every task runs."""
        __tracebackhide__ = True
        for task in self.tasks:
            task.wait_for(State.RUNNING, timeout_s)

    def stop(self, timeout_s: float = PATIENCE_S) -> None:
        """Stop the tasks, all at once, then the connector. Idempotent. Raises AssertionError when a task hangs."""
        __tracebackhide__ = True
        if self._stopped:
            return
        self._stopped = True
        for task in self.tasks:
            task.ask_to_stop(timeout_s)
        for task in self.tasks:
            task.stop(timeout_s)
        self._context.close()
        self.connector.stop()
