"""All that the config topic says of one connector, and how its records change that (spec 9.2, 9.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from penstock.states import TargetState
from penstock.storage.codec import Config

_NOTHING: Mapping[int, Config] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ConnectorEntry:
    """All that is known of one name. A removed connector leaves its generation and fencing behind."""

    config: Config | None = None
    target: TargetState | None = None
    task_count: int | None = None
    tasks: Mapping[int, Config] = field(default_factory=lambda: _NOTHING)
    deferred: Mapping[int, Config] | None = None
    """Task configurations that wait for their commit; None before the first one."""
    inconsistent: bool = False
    """The last commit came with an incomplete set of task configurations, as compaction leaves it."""
    applied: Config | None = None
    """The connector configuration that was in force when the tasks were configured."""
    generation: int | None = None
    task_count_record: int | None = None
    pending_fencing: bool = False


UNKNOWN = ConnectorEntry()
"""What is known of a name that the log does not mention."""


def configured(old: ConnectorEntry, config: Config) -> ConnectorEntry:
    return replace(old, config=config, target=old.target or TargetState.STARTED)


def removed(old: ConnectorEntry) -> ConnectorEntry:
    return replace(old, config=None, task_count=None, tasks=_NOTHING, deferred=None, applied=None)


def committed(old: ConnectorEntry, count: int) -> ConnectorEntry:
    if old.config is None:
        return removed(old)  # the connector was deleted, and compaction left its tasks behind
    deferred = old.deferred or {}
    # Ids beyond the count are left over by compaction: an older, larger set that a smaller one followed.
    if not all(number in deferred for number in range(count)):
        return replace(
            old,
            task_count=count,
            deferred=None if old.deferred is None else _NOTHING,
            inconsistent=True,
            pending_fencing=True,
        )
    generation = old.generation
    if old.deferred is not None:
        generation = 0 if generation is None else generation + 1
    return replace(
        old,
        task_count=count,
        tasks={number: deferred[number] for number in range(count)},
        deferred=None if old.deferred is None else _NOTHING,
        inconsistent=False,
        applied=old.config,
        generation=generation,
        pending_fencing=True,
    )


def wanted(old: ConnectorEntry, state: TargetState | None) -> ConnectorEntry:
    if state is None and old.config is not None:
        state = TargetState.STARTED
    return replace(old, target=state)
