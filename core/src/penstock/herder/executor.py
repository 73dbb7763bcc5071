"""Carries out what ``reconcile`` decides, and knows what runs (design section 6). All on the herder thread."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import Future

from penstock.api.exceptions import ConnectException
from penstock.discovery.plugins import CONNECTORS, PluginIndex
from penstock.errors.trace import format_trace
from penstock.herder.loop import EventLoop
from penstock.herder.policy import HerderPolicy
from penstock.herder.reconcile import Actions, reconcile
from penstock.herder.running import Phase, Running, Token
from penstock.herder.statuses import Statuses
from penstock.herder.waiting import FirstReports, Waiters
from penstock.herder.wanted import WorkVersions
from penstock.ids import TaskId
from penstock.states import State, TargetState
from penstock.storage.cluster_state import ClusterState
from penstock.worker.worker import ConnectorStart, TaskStart, Worker

logger = logging.getLogger(__name__)


class Executor:
    """Steps from what runs to what is wanted. ``on_started(name)`` is called when a connector runs and its tasks are due to
    be recomputed."""

    def __init__(
        self,
        loop: EventLoop,
        worker: Worker,
        index: PluginIndex,
        snapshot: Callable[[], ClusterState],
        statuses: Statuses,
        policy: HerderPolicy,
    ) -> None:
        self._loop = loop
        self._worker = worker
        self._index = index
        self._snapshot = snapshot
        self._statuses = statuses
        self._policy = policy
        self.versions = WorkVersions()
        self.waiters = Waiters()
        self.first_reports = FirstReports()
        self.connectors: dict[str, Running] = {}
        self.tasks: dict[TaskId, Running] = {}
        self.on_started: Callable[[str], None] = lambda _name: None

    def step(self) -> None:
        """Look at what is wanted and do what is next. Called after every event that could change either side."""
        state = self._snapshot()
        wanted = self.versions.wanted(state)
        self._carry_out(reconcile(wanted, self.connectors, self.tasks), state, self.versions)
        for name in self.waiters.leaving:
            if name not in wanted.connectors and name not in self.connectors and not self.has_tasks(name):
                self._statuses.forget(name)
                if self._policy.forgets_topics_of_deleted:
                    self._statuses.forget_topics(name)
                self.waiters.gone(name)
        for name in self.waiters.halting:
            running = self.connectors.get(name)
            if not self.has_tasks(name) and (running is None or self._halted(running)):
                self.waiters.halted(name)

    def runs(self, name: str) -> bool:
        """Whether an instance of the connector is up and nothing else is under way with it."""
        running = self.connectors.get(name)
        return running is not None and running.phase is Phase.STARTED and running.target is TargetState.STARTED

    @staticmethod
    def _halted(running: Running) -> bool:
        return running.settled and running.target is not TargetState.STARTED

    def stop_all(self) -> Future[None]:
        """Stop everything, tasks first, for the end of the worker; done when all are gone."""
        done: Future[None] = Future()
        tasks = self._worker.stop_tasks(tuple(self.tasks))

        def stop_connectors(_tasks: Future[None]) -> None:
            stopped = self._worker.stop_connectors(tuple(self.connectors))
            self._loop.when_done(stopped, lambda _stopped: done.set_result(None))

        self._loop.when_done(tasks, stop_connectors)
        return done

    def _carry_out(self, actions: Actions, state: ClusterState, versions: WorkVersions) -> None:
        self._stop_tasks(actions.stop_tasks)
        for name in actions.stop_connectors:
            self._stop_connector(name)
        for name, target in actions.transition_connectors:
            self._transition(name, target)
        for task, target in actions.transition_tasks:
            self.tasks[task].target = target
        for connector, target in {(task.connector, target) for task, target in actions.transition_tasks}:
            self._worker.transition_tasks(connector, target)
        for name in actions.start_connectors:
            self._start_connector(name, state, versions.connector(name))
        wanted = versions.wanted(state).tasks
        for task in actions.start_tasks:
            self._start_task(task, state, *wanted[task])

    def _stop_tasks(self, tasks: Iterable[TaskId]) -> None:
        stopping = tuple(tasks)
        if not stopping:
            return
        for task in stopping:
            self.tasks[task].enter(Phase.STOPPING)

        def stopped(_done: Future[None]) -> None:
            wanted = self.versions.wanted(self._snapshot()).tasks
            for task in stopping:
                del self.tasks[task]
                self.first_reports.reported(task)
                if task not in wanted:
                    self._statuses.forget_task(task)
            self.step()

        with self._loop.stages.during(f"stopping {len(stopping)} tasks"):
            self._loop.when_done(self._worker.stop_tasks(stopping), stopped)

    def _stop_connector(self, name: str) -> None:
        self.connectors[name].enter(Phase.STOPPING)

        def stopped(_done: Future[None]) -> None:
            del self.connectors[name]
            self.step()

        with self._loop.stages.during(f"stopping connector {name}"):
            self._loop.when_done(self._worker.stop_connectors((name,)), stopped)

    def _start_connector(self, name: str, state: ClusterState, token: Token) -> None:
        target = state.target_state(name) or TargetState.STARTED
        config = state.config(name) or {}
        running = self.connectors[name] = Running(token, target)
        try:
            descriptor = self._index.find(CONNECTORS, config.get("connector.class") or "")
        except ConnectException as error:
            self._statuses.report(name, State.FAILED, None, format_trace(error))
            running.enter(Phase.STARTED)
            running.settled = True
            self.waiters.started(name, token, error)
            return
        start = ConnectorStart(
            name=name, descriptor=descriptor, config=config, target=target, generation=self._statuses.generation
        )
        with self._loop.stages.during(f"starting connector {name}"):
            started = self._worker.start_connector(start)
        self._loop.when_done(started, lambda done: self._started(name, running, done))

    def _started(self, name: str, running: Running, done: Future[None]) -> None:
        if self.connectors.get(name) is not running or running.phase is not Phase.STARTING:
            return  # replaced or stopped meanwhile
        running.enter(Phase.STARTED)
        self._reached(name, running, done)

    def _transition(self, name: str, target: TargetState) -> None:
        running = self.connectors[name]
        running.target = target
        running.settled = False
        moved = self._worker.transition_connector(name, target)

        def reached(done: Future[None]) -> None:
            if self.connectors.get(name) is running and running.phase is Phase.STARTED:
                self._reached(name, running, done)

        self._loop.when_done(moved, reached)

    def _reached(self, name: str, running: Running, done: Future[None]) -> None:
        """A start or transition ended: who waits learns of a failure now, of success once tasks were recomputed."""
        error = done.exception()
        running.settled = True
        if error is not None:
            logger.error("Connector %s did not reach %s: %s", name, running.target.value, error)
            self.waiters.started(name, running.token, error)
        elif running.target is TargetState.STARTED:
            self.on_started(name)
        else:
            self.waiters.started(name, running.token)
        self.step()

    def _start_task(self, task: TaskId, state: ClusterState, token: Token, target: TargetState) -> None:
        # The config under which the task configs were made: a newer one waits for the connector to make new ones.
        config = state.applied_config(task.connector) or state.config(task.connector) or {}
        try:
            descriptor = self._index.find(CONNECTORS, config.get("connector.class") or "")
        except ConnectException as error:
            self.tasks[task] = Running(token, target, Phase.STARTED)
            self._statuses.report(task, State.FAILED, None, format_trace(error))
            return
        self.tasks[task] = Running(token, target, Phase.STARTED)
        self.first_reports.started(task)
        self._worker.start_task(
            TaskStart(
                task=task,
                descriptor=descriptor,
                connector_config=config,
                task_config=state.task_config(task) or {},
                target=target,
                generation=self._statuses.generation,
            )
        )

    def has_tasks(self, name: str) -> bool:
        """Whether any task of the connector is here, if only to end."""
        return any(task.connector == name for task in self.tasks)
