"""What the status topic says, as a value that never changes, and the pure step from one to the next (spec 9.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TypeVar

from penstock.ids import TaskId
from penstock.states import State
from penstock.storage.codec import StoredStatus, TopicStatus
from penstock.storage.status_records import (
    ConnectorStatusRecord,
    Discarded,
    StatusRecord,
    TaskStatusRecord,
    TopicStatusRecord,
)

_K = TypeVar("_K")
_V = TypeVar("_V")
_NO_TASKS: Mapping[int, StoredStatus] = MappingProxyType({})
_NO_TOPICS: Mapping[str, TopicStatus] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class StatusEntry:
    """All that was reported under one connector's name."""

    connector: StoredStatus | None = None
    tasks: Mapping[int, StoredStatus] = field(default_factory=lambda: _NO_TASKS)
    topics: Mapping[str, TopicStatus] = field(default_factory=lambda: _NO_TOPICS)


_NOTHING = StatusEntry()


@dataclass(frozen=True, slots=True)
class StatusState:
    """A snapshot."""

    entries: Mapping[str, StatusEntry] = field(default_factory=lambda: MappingProxyType({}))

    def connectors(self) -> list[str]:
        """The names with a connector status."""
        return [name for name, entry in self.entries.items() if entry.connector is not None]

    def connector(self, connector: str) -> StoredStatus | None:
        """A connector's last status."""
        return self._entry(connector).connector

    def task(self, task: TaskId) -> StoredStatus | None:
        """A task's last status."""
        return self._entry(task.connector).tasks.get(task.task)

    def tasks(self, connector: str) -> list[tuple[int, StoredStatus]]:
        """The last status of each task, by id."""
        return sorted(self._entry(connector).tasks.items())

    def topics(self, connector: str) -> list[TopicStatus]:
        """The topics that a connector used, in the order in which they were found."""
        return list(self._entry(connector).topics.values())

    def topic(self, connector: str, topic: str) -> TopicStatus | None:
        """Whether, and first by which task, a connector used a topic."""
        return self._entry(connector).topics.get(topic)

    def _entry(self, connector: str) -> StatusEntry:
        return self.entries.get(connector, _NOTHING)

    def apply(self, record: StatusRecord) -> StatusState:
        """The state after a record."""
        return self.apply_all([record])

    def apply_all(self, records: Iterable[StatusRecord]) -> StatusState:
        """The state after records in their order. Costs one copy of the names for all of them."""
        entries = dict(self.entries)
        for record in records:
            if isinstance(record, Discarded):
                continue
            name = record.task.connector if isinstance(record, TaskStatusRecord) else record.connector
            new = _applied(entries.get(name, _NOTHING), record)
            if new == _NOTHING:
                entries.pop(name, None)
            else:
                entries[name] = new
        return StatusState(MappingProxyType(entries))


def _applied(entry: StatusEntry, record: ConnectorStatusRecord | TaskStatusRecord | TopicStatusRecord) -> StatusEntry:
    if isinstance(record, ConnectorStatusRecord):
        if record.status is None:  # with a connector go its tasks
            return replace(entry, connector=None, tasks=_NO_TASKS)
        return replace(entry, connector=record.status)
    if isinstance(record, TopicStatusRecord):
        return replace(entry, topics=_changed(entry.topics, record.topic, record.status))
    cached = entry.tasks.get(record.task.task)
    if record.status is not None and cached is not None and _is_late(record.status, cached):
        return entry
    return replace(entry, tasks=_changed(entry.tasks, record.task.task, record.status))


def _is_late(status: StoredStatus, cached: StoredStatus) -> bool:
    """While tasks move between workers, the old worker's UNASSIGNED may come after the new one's RUNNING."""
    return status.state is State.UNASSIGNED and cached.state is State.RUNNING and status.generation <= cached.generation


def _changed(old: Mapping[_K, _V], key: _K, value: _V | None) -> Mapping[_K, _V]:
    """A copy in which ``key`` has another value, or is missing when that is None."""
    new = dict(old)
    if value is None:
        new.pop(key, None)
    else:
        new[key] = value
    return MappingProxyType(new)
