"""From state reports to the status store (spec 9.4, 14.1). On the herder thread."""

from __future__ import annotations

from concurrent.futures import Future

from penstock.clock import Clock
from penstock.ids import TaskId
from penstock.states import State
from penstock.storage.codec import StoredStatus, TopicStatus
from penstock.storage.status_store import Instance, StatusStore
from penstock.storage.steps import in_order

_CONDITIONAL = frozenset({State.FAILED, State.UNASSIGNED})
"""Written only if nobody newer wrote meanwhile (spec 9.4 "safe puts")."""


class Statuses:
    """Writes what instances of this worker report. ``generation`` is the group's, 0 in solo wirings.

    The store's snapshot lags behind what was put, so what was reported is remembered here for the tombstones.
    """

    def __init__(self, store: StatusStore, worker_id: str, clock: Clock, generation: int = 0) -> None:
        self._store = store
        self._worker_id = worker_id
        self._clock = clock
        self.generation = generation
        self._restarting: set[Instance] = set()
        self._tasks: dict[str, set[TaskId]] = {}
        self._topics: dict[str, set[str]] = {}

    def report(self, instance: Instance, state: State, version: str | None, trace: str | None = None) -> None:
        """A connector instance or a task reported a state."""
        if instance in self._restarting:
            if state is State.UNASSIGNED:
                return  # the predecessor's end would hide that a restart is under way
            self._restarting.discard(instance)
        self._put(instance, state, version, trace)

    def restarting(self, instance: Instance, trace: str | None) -> None:
        """A restart was asked for: RESTARTING stays visible until the successor reports (spec 1.8)."""
        self._put(instance, State.RESTARTING, None, trace)
        self._restarting.add(instance)

    def topic(self, task: TaskId, topic: str) -> None:
        """A task used a topic for the first time; one record a connector and topic (KIP-558)."""
        known = self._topics.setdefault(task.connector, set())
        if topic in known or self._store.snapshot().topic(task.connector, topic) is not None:
            return
        known.add(topic)
        self._store.put_topic(TopicStatus(topic, task.connector, task.task, self._clock.time_ms()))

    def refresh(self) -> Future[None]:
        """Done when everything that was put before can be read."""
        return in_order(self._store.flush, self._store.refresh, failure="Error trying to read to end of status log")

    def forget_topics(self, name: str) -> None:
        """Reset the topics that a connector used."""
        topics = self._topics.pop(name, set()) | {status.topic for status in self._store.snapshot().topics(name)}
        for topic in sorted(topics):
            self._store.delete_topic(name, topic)

    def forget_task(self, task: TaskId) -> None:
        """The task is wanted no more and has stopped."""
        self._restarting.discard(task)
        self._tasks.get(task.connector, set()).discard(task)
        self._put(task, State.DESTROYED, None, None)

    def forget(self, name: str) -> None:
        """The connector was deleted and everything of it has stopped: tombstones, tasks first (spec 14.1)."""
        known = self._tasks.pop(name, set())
        stored = {TaskId(name, number) for number, _ in self._store.snapshot().tasks(name)}
        for task in sorted(known | stored):
            self.forget_task(task)
        self._restarting.discard(name)
        self._put(name, State.DESTROYED, None, None)

    def _put(self, instance: Instance, state: State, version: str | None, trace: str | None) -> None:
        status = StoredStatus(state, self._worker_id, self.generation, trace, version)
        if isinstance(instance, TaskId) and state is not State.DESTROYED:
            self._tasks.setdefault(instance.connector, set()).add(instance)
        if state in _CONDITIONAL:
            self._store.put_safe(instance, status)
        else:
            self._store.put(instance, status)
