"""From state reports to the status store (spec 9.4, 14.1). On the herder thread."""

from __future__ import annotations

from penstock.ids import TaskId
from penstock.storage.status_store import StatusStore, StoredStatus
from penstock.tasks.state import State

_CONDITIONAL = frozenset({State.FAILED, State.UNASSIGNED})
"""Written only if nobody newer wrote meanwhile (spec 9.4 "safe puts")."""


class Statuses:
    """Writes what instances of this worker report. ``generation`` is the group's, 0 in solo wirings."""

    def __init__(self, store: StatusStore, worker_id: str, generation: int = 0) -> None:
        self._store = store
        self._worker_id = worker_id
        self.generation = generation
        self._restarting: set[str | TaskId] = set()

    def connector(self, name: str, state: State, version: str | None, trace: str | None = None) -> None:
        """A connector instance reported a state."""
        if self._hidden(name, state):
            return
        self._store.put_connector(name, self._stored(state, version, trace), safe=state in _CONDITIONAL)

    def task(self, task: TaskId, state: State, version: str | None, trace: str | None = None) -> None:
        """A task reported a state."""
        if self._hidden(task, state):
            return
        self._store.put_task(task, self._stored(state, version, trace), safe=state in _CONDITIONAL)

    def restarting(self, instance: str | TaskId, trace: str | None) -> None:
        """A restart was asked for: RESTARTING stays visible until the successor reports (spec 1.8)."""
        status = self._stored(State.RESTARTING, None, trace)
        if isinstance(instance, TaskId):
            self._store.put_task(instance, status, safe=False)
        else:
            self._store.put_connector(instance, status, safe=False)
        self._restarting.add(instance)

    def forget(self, name: str) -> None:
        """The connector was deleted and everything of it has stopped: tombstones, tasks first."""
        self._store.remove_connector(name)

    def _hidden(self, instance: str | TaskId, state: State) -> bool:
        """The predecessor's UNASSIGNED would hide that a restart is under way."""
        if instance not in self._restarting:
            return False
        if state is State.UNASSIGNED:
            return True
        self._restarting.discard(instance)
        return False

    def _stored(self, state: State, version: str | None, trace: str | None) -> StoredStatus:
        return StoredStatus(
            state=state.value, trace=trace, worker_id=self._worker_id, generation=self.generation, version=version
        )
