"""Answers from snapshots: nothing here waits, writes or asks a child (spec 1.5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from penstock.api.exceptions import ConnectException, NotFoundException
from penstock.api.hooks import PluginKind
from penstock.discovery.plugins import CONNECTORS, PluginIndex
from penstock.herder.results import (
    ConnectorInfo,
    ConnectorStatus,
    ConnectorType,
    InstanceStatus,
    PluginInfo,
    TaskConfig,
)
from penstock.ids import TaskId
from penstock.storage.cluster_state import ClusterState
from penstock.storage.codec import StoredStatus
from penstock.storage.status_store import StatusStore

_LISTED = (PluginKind.SINK, PluginKind.SOURCE)
_LISTED_ALSO = (
    PluginKind.TRANSFORMATION,
    PluginKind.PREDICATE,
    PluginKind.CONVERTER,
    PluginKind.HEADER_CONVERTER,
)


class Reads:
    """Usable from any thread."""

    def __init__(self, snapshot: Callable[[], ClusterState], statuses: StatusStore, index: PluginIndex) -> None:
        self._snapshot = snapshot
        self._statuses = statuses
        self._index = index

    def connectors(self) -> list[str]:
        """Names of all connectors."""
        return list(self._snapshot().connectors())

    def config(self, name: str) -> Mapping[str, str | None]:
        """The raw config. Raises NotFoundException."""
        config = self._snapshot().config(name)
        if config is None:
            raise NotFoundException(f"Connector {name} not found")
        return config

    def info(self, name: str) -> ConnectorInfo:
        """Config, tasks and type. Raises NotFoundException."""
        config = self.config(name)
        return ConnectorInfo(name, config, tuple(self._snapshot().tasks(name)), self.type_of(config))

    def task_configs(self, name: str) -> list[TaskConfig]:
        """The raw task configs. Raises NotFoundException."""
        self.config(name)
        state = self._snapshot()
        return [TaskConfig(task, state.task_config(task) or {}) for task in state.tasks(name)]

    def status(self, name: str) -> ConnectorStatus:
        """State of the connector and its tasks. Raises NotFoundException."""
        statuses = self._statuses.snapshot()
        stored = statuses.connector(name)
        if stored is None:
            raise NotFoundException(f"No status found for connector {name}")
        config = self._snapshot().config(name)
        return ConnectorStatus(
            name=name,
            connector=_instance(stored),
            tasks=tuple((number, _instance(task)) for number, task in statuses.tasks(name)),
            type=ConnectorType.UNKNOWN if config is None else self.type_of(config),
        )

    def task_status(self, task: TaskId) -> InstanceStatus:
        """State of one task. Raises NotFoundException."""
        stored = self._statuses.snapshot().task(task)
        if stored is None:
            raise NotFoundException(f"No status found for task {task}")
        return _instance(stored)

    def topics(self, name: str) -> list[str]:
        """The topics that a connector used; none for an unknown one."""
        return [status.topic for status in self._statuses.snapshot().topics(name)]

    def type_of(self, config: Mapping[str, str | None]) -> ConnectorType:
        """Source or sink, by the class; UNKNOWN when it cannot be found."""
        try:
            kind = self._index.find(CONNECTORS, config.get("connector.class") or "").kind
        except ConnectException:
            return ConnectorType.UNKNOWN
        return ConnectorType.SOURCE if kind is PluginKind.SOURCE else ConnectorType.SINK

    def plugins(self, *, connectors_only: bool) -> list[PluginInfo]:
        """The listing of ``GET /connector-plugins``: kind by kind, by name."""
        kinds = _LISTED if connectors_only else _LISTED + _LISTED_ALSO
        return [
            PluginInfo(plugin.name, kind.value, plugin.version)
            for kind in kinds
            for plugin in sorted(self._index.plugins, key=lambda plugin: plugin.name)
            if plugin.kind is kind
        ]


def _instance(stored: StoredStatus) -> InstanceStatus:
    return InstanceStatus(stored.state, stored.worker_id, stored.version, stored.trace)
