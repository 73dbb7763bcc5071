"""What the config, status and offset topics hold: keys and values exactly as Connect 4.3.1 writes them (spec 9.2-9.5, 14.4).

Keys are plain text, values JSON without a schema. :mod:`penstock.storage.config_records` and
:mod:`penstock.storage.status_records` read them back.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from penstock import jackson
from penstock.ids import TaskId
from penstock.states import State, TargetState
from penstock.storage.session_key import SessionKey

CONNECTOR_PREFIX = "connector-"
TASK_PREFIX = "task-"
COMMIT_PREFIX = "commit-"
TARGET_STATE_PREFIX = "target-state-"
FENCING_PREFIX = "tasks-fencing-"
RESTART_PREFIX = "restart-connector-"
LOGGER_PREFIX = "logger-cluster-"
SESSION_KEY = "session-key"

CONNECTOR_STATUS_PREFIX = "status-connector-"
TASK_STATUS_PREFIX = "status-task-"
TOPIC_STATUS_PREFIX = "status-topic-"
TOPIC_STATUS_SEPARATOR = ":connector-"

Config = Mapping[str, str | None]
"""A connector's or task's configuration; a key may have null as its value."""


@dataclass(frozen=True, slots=True)
class StoredStatus:
    """What a worker reported of a connector or task. ``generation`` is the worker group's; ``version`` the plugin's, None
    when it was not made (yet)."""

    state: State
    worker_id: str
    generation: int
    trace: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class TopicStatus:
    """A topic that a connector used, and the task that used it first (KIP-558). The timestamp is in ms since the epoch."""

    topic: str
    connector: str
    task: int
    discover_timestamp: int


class Record(NamedTuple):
    """A key and its value, encoded; a value of None is a tombstone."""

    key: bytes
    value: bytes | None


def _record(key: str, value: object) -> Record:
    return Record(key.encode("utf-8", "replace"), None if value is None else jackson.dumps(value))


def connector_config(connector: str, config: Config | None) -> Record:
    """A connector's configuration; None removes the connector."""
    return _record(CONNECTOR_PREFIX + connector, None if config is None else {"properties": config})


def task_config(task: TaskId, config: Config) -> Record:
    """A task's configuration; in force once the commit record follows."""
    return _record(f"{TASK_PREFIX}{task}", {"properties": config})


def tasks_commit(connector: str, count: int) -> Record:
    """The task configurations before it are complete and there are ``count``."""
    return _record(COMMIT_PREFIX + connector, {"tasks": count})


def target_state(connector: str, state: TargetState | None) -> Record:
    """What is wanted. Workers before 3.5 know no STOPPED and read ``state``."""
    if state is None:
        return _record(TARGET_STATE_PREFIX + connector, None)
    old = TargetState.PAUSED if state is TargetState.STOPPED else state
    return _record(TARGET_STATE_PREFIX + connector, {"state": old.value, "state.v2": state.value})


def task_count(connector: str, count: int) -> Record:
    """How many transactional producers the running task generation has (spec 9.12)."""
    return _record(FENCING_PREFIX + connector, {"task-count": count})


def session_key(key: SessionKey) -> Record:
    """The key that signs internal requests from now on."""
    value = {
        "key": base64.b64encode(key.key).decode(),
        "algorithm": key.algorithm,
        "creation-timestamp": key.creation_timestamp,
    }
    return _record(SESSION_KEY, value)


def restart_request(connector: str, *, only_failed: bool, include_tasks: bool) -> Record:
    """Every worker restarts what it runs of this connector."""
    return _record(RESTART_PREFIX + connector, {"include-tasks": include_tasks, "only-failed": only_failed})


def logger_level(namespace: str, level: str) -> Record:
    """Every worker sets this level (KIP-976)."""
    return _record(LOGGER_PREFIX + namespace, {"level": level})


def connector_status(connector: str, status: StoredStatus) -> Record:
    """A connector's status; DESTROYED is a tombstone."""
    return _record(CONNECTOR_STATUS_PREFIX + connector, _status(status))


def task_status(task: TaskId, status: StoredStatus) -> Record:
    """A task's status; DESTROYED is a tombstone."""
    return _record(f"{TASK_STATUS_PREFIX}{task}", _status(status))


def topic_status(status: TopicStatus) -> Record:
    """A connector used a topic."""
    value = {
        "name": status.topic,
        "connector": status.connector,
        "task": status.task,
        "discoverTimestamp": status.discover_timestamp,
    }
    return _record(_topic_status_key(status.topic, status.connector), {"topic": value})


def no_topic_status(topic: str, connector: str) -> Record:
    """Forget that a connector used a topic."""
    return _record(_topic_status_key(topic, connector), None)


def offset_key(connector: str, partition: bytes) -> bytes:
    """The offset topic's key for a connector's source partition, given as JSON text."""
    return b"[" + jackson.dumps(connector) + b"," + partition + b"]"


def _topic_status_key(topic: str, connector: str) -> str:
    return f"{TOPIC_STATUS_PREFIX}{topic}{TOPIC_STATUS_SEPARATOR}{connector}"


def _status(status: StoredStatus) -> Mapping[str, object] | None:
    if status.state is State.DESTROYED:
        return None
    return {
        "state": status.state.value,
        "trace": status.trace,
        "worker_id": status.worker_id,
        "generation": status.generation,
        "version": status.version,
    }
