"""What the config topic says, as a value that never changes, and the pure step from one to the next (spec 9.2, 9.3).

The tail thread applies records and publishes the new state; everybody else holds on to the one they were given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from penstock.ids import TaskId
from penstock.states import TargetState
from penstock.storage import config_records as records
from penstock.storage.codec import Config
from penstock.storage.config_events import (
    ConfigEvent,
    ConnectorRemoved,
    ConnectorUpdated,
    LoggerLevelSet,
    RestartRequested,
    SessionKeyChanged,
    TargetStateChanged,
    TasksUpdated,
)
from penstock.storage.config_records import ConfigRecord
from penstock.storage.connector_entry import UNKNOWN, ConnectorEntry, committed, configured, removed, wanted
from penstock.storage.session_key import SessionKey


@dataclass(frozen=True, slots=True)
class ClusterState:
    """A snapshot. ``offset`` is that of the last record read plus one, -1 before any; workers compare it (spec 15.3)."""

    offset: int = -1
    entries: Mapping[str, ConnectorEntry] = field(default_factory=lambda: MappingProxyType({}))
    session_key: SessionKey | None = None

    def connectors(self) -> list[str]:
        """The names of the connectors that exist."""
        return [name for name, entry in self.entries.items() if entry.config is not None]

    def contains(self, connector: str) -> bool:
        """Whether a connector exists."""
        return self._entry(connector).config is not None

    def config(self, connector: str) -> Config | None:
        """Its configuration as written, references unresolved; None when it does not exist."""
        return self._entry(connector).config

    def target_state(self, connector: str) -> TargetState | None:
        """What is wanted of it. Known also for a connector that is only about to be created."""
        return self._entry(connector).target

    def tasks(self, connector: str) -> list[TaskId]:
        """Its tasks; none while their configurations are incomplete."""
        entry = self._entry(connector)
        if entry.inconsistent or entry.task_count is None:
            return []
        return [TaskId(connector, number) for number in range(entry.task_count)]

    def task_count(self, connector: str) -> int:
        """How many tasks the last commit names, complete or not."""
        return self._entry(connector).task_count or 0

    def task_config(self, task: TaskId) -> Config | None:
        """A task's configuration, references unresolved; None when there is no such task."""
        return self._entry(task.connector).tasks.get(task.task)

    def task_configs(self, connector: str) -> list[Config]:
        """The configurations of all its tasks, in order."""
        configs = self._entry(connector).tasks
        return [configs[number] for number in sorted(configs)]

    def applied_config(self, connector: str) -> Config | None:
        """The connector configuration from which its tasks were made; tasks restart when it differs (spec 15.6)."""
        return self._entry(connector).applied

    def generation(self, connector: str) -> int | None:
        """Counts the complete sets of task configurations; None before the first."""
        return self._entry(connector).generation

    def is_inconsistent(self, connector: str) -> bool:
        """Whether compaction left an incomplete set of task configurations: they must be generated again."""
        return self._entry(connector).inconsistent

    def pending_fencing(self, connector: str) -> bool:
        """Whether task configurations were written since the last task count record."""
        return self._entry(connector).pending_fencing

    def task_count_record(self, connector: str) -> int | None:
        """How many producers the last fencing was for."""
        return self._entry(connector).task_count_record

    def _entry(self, connector: str) -> ConnectorEntry:
        return self.entries.get(connector, UNKNOWN)

    def apply(self, record: ConfigRecord, offset: int) -> tuple[ClusterState, list[ConfigEvent]]:
        """The state after the record at ``offset``, and what happened."""
        return self.apply_all([(record, offset)])

    def apply_all(self, batch: Iterable[tuple[ConfigRecord, int]]) -> tuple[ClusterState, list[ConfigEvent]]:
        """The state after records in their order, and all that happened. Costs one copy of the names for all of them."""
        entries = dict(self.entries)
        offset, key = self.offset, self.session_key
        events: list[ConfigEvent] = []
        for record, at in batch:
            if isinstance(record, records.Ignored) and not record.readable:
                continue
            offset = at + 1
            if isinstance(record, records.Ignored):
                continue
            if isinstance(record, records.NewSessionKey):
                key = record.key
                events.append(SessionKeyChanged(key))
            elif isinstance(record, records.Restart):
                events.append(RestartRequested(record.connector, record.only_failed, record.include_tasks))
            elif isinstance(record, records.LoggerLevel):
                events.append(LoggerLevelSet(record.namespace, record.level))
            else:
                _apply_to_entry(entries, record, events.append)
        return ClusterState(offset, MappingProxyType(entries), key), events


_EntryRecord = (
    records.ConnectorConfig | records.TaskConfig | records.TasksCommit | records.WantedState | records.TaskCount
)


def _apply_to_entry(
    entries: dict[str, ConnectorEntry], record: _EntryRecord, happened: Callable[[ConfigEvent], None]
) -> None:
    name = record.task.connector if isinstance(record, records.TaskConfig) else record.connector
    old = entries.get(name, UNKNOWN)
    if isinstance(record, records.ConnectorConfig):
        new = removed(old) if record.config is None else configured(old, record.config)
        if record.config is not None:
            happened(ConnectorUpdated(name, created=old.config is None))
        elif old.config is not None:
            happened(ConnectorRemoved(name))
    elif isinstance(record, records.TaskConfig):
        new = replace(old, deferred={**(old.deferred or {}), record.task.task: record.config})
    elif isinstance(record, records.TasksCommit):
        new = committed(old, record.count)
        if old.config is not None:
            updated = () if new.inconsistent else sorted(old.deferred or ())
            happened(TasksUpdated(name, tuple(TaskId(name, number) for number in updated)))
    elif isinstance(record, records.WantedState):
        new = wanted(old, record.state)
        # the removal of a wanted state comes with that of the connector, which tells enough
        if record.state is not None and record.state is not old.target and old.config is not None:
            happened(TargetStateChanged(name, record.state))
    else:
        new = replace(old, task_count_record=record.count, pending_fencing=False)
    if new == UNKNOWN:
        entries.pop(name, None)
    else:
        entries[name] = new
