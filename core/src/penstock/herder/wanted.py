"""What should run here, derived from the config store's snapshot and from restarts that were asked for."""

from __future__ import annotations

from collections import Counter

from penstock.herder.reconcile import Wanted
from penstock.herder.running import Token
from penstock.ids import TaskId
from penstock.states import TargetState
from penstock.storage.cluster_state import ClusterState


class WorkVersions:
    """Counts what the snapshot does not tell: each write of a config, and each restart. On the herder thread.

    A config that is written again unchanged restarts its connector (spec live, surprise 20), so equality would not do.
    """

    def __init__(self) -> None:
        self._writes: Counter[str] = Counter()
        self._connector_restarts: Counter[str] = Counter()
        self._task_restarts: Counter[TaskId] = Counter()

    def connector_written(self, name: str) -> None:
        """The connector's config was written."""
        self._writes[name] += 1

    def restart_connector(self, name: str) -> None:
        """A new instance of the connector is wanted."""
        self._connector_restarts[name] += 1

    def restart_task(self, task: TaskId) -> None:
        """A new instance of the task is wanted."""
        self._task_restarts[task] += 1

    def connector(self, name: str) -> Token:
        """The version of a connector's work."""
        return Token(self._writes[name], self._connector_restarts[name])

    def wanted(self, state: ClusterState) -> Wanted:
        """Everything in the snapshot, with its version: in solo wirings this worker runs it all."""
        connectors = {
            name: (self.connector(name), state.target_state(name) or TargetState.STARTED) for name in state.connectors()
        }
        tasks = {  # none of a stopped connector: they are started anew by a resume
            task: (
                Token(state.generation(task.connector) or 0, self._task_restarts[task]),
                connectors[task.connector][1],
            )
            for name in connectors
            for task in state.tasks(name)
            if connectors[name][1] is not TargetState.STOPPED
        }
        return Wanted(connectors, tasks)
