"""What happened in the config topic, as listeners are told (spec 9.7, 8)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from penstock.ids import TaskId
from penstock.states import TargetState
from penstock.storage.session_key import SessionKey


@dataclass(frozen=True, slots=True)
class ConnectorUpdated:
    """A connector's configuration was written. ``created``: the connector was not there before."""

    connector: str
    created: bool


@dataclass(frozen=True, slots=True)
class ConnectorRemoved:
    """A connector is no more."""

    connector: str


@dataclass(frozen=True, slots=True)
class TasksUpdated:
    """A connector's tasks were committed; ``tasks`` have a configuration that was written anew. May be none."""

    connector: str
    tasks: tuple[TaskId, ...]


@dataclass(frozen=True, slots=True)
class TargetStateChanged:
    """Another state is wanted of a connector that exists."""

    connector: str
    state: TargetState


@dataclass(frozen=True, slots=True)
class SessionKeyChanged:
    """Internal requests are signed with another key."""

    key: SessionKey


@dataclass(frozen=True, slots=True)
class RestartRequested:
    """Restart a connector and, if ``include_tasks``, its tasks; with ``only_failed`` those that failed."""

    connector: str
    only_failed: bool
    include_tasks: bool


@dataclass(frozen=True, slots=True)
class LoggerLevelSet:
    """Every worker is to set this level."""

    namespace: str
    level: str


ConfigEvent = (
    ConnectorUpdated
    | ConnectorRemoved
    | TasksUpdated
    | TargetStateChanged
    | SessionKeyChanged
    | RestartRequested
    | LoggerLevelSet
)

ConfigListener = Callable[[ConfigEvent], None]
"""Called on the tail's thread, after the snapshot that contains the change was published. Must return at once: wake somebody."""
