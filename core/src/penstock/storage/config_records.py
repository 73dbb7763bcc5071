"""Reading the config topic: one record in, one value of the classes below out (spec 9.2).

What cannot be used is told by :class:`Ignored`, with Connect's wording, and never raises: a bad record must not stop a worker.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from penstock import jackson
from penstock.ids import TaskId
from penstock.states import TargetState
from penstock.storage import codec
from penstock.storage.codec import Config
from penstock.storage.session_key import SessionKey


@dataclass(frozen=True, slots=True)
class ConnectorConfig:
    """A connector's configuration; None: it was removed."""

    connector: str
    config: Config | None


@dataclass(frozen=True, slots=True)
class TaskConfig:
    """A task's configuration, not in force before the next :class:`TasksCommit`."""

    task: TaskId
    config: Config


@dataclass(frozen=True, slots=True)
class TasksCommit:
    """The connector has ``count`` tasks, whose configurations came before."""

    connector: str
    count: int


@dataclass(frozen=True, slots=True)
class WantedState:
    """What is wanted of a connector; None: said no more."""

    connector: str
    state: TargetState | None


@dataclass(frozen=True, slots=True)
class TaskCount:
    """The producers of older task generations were fenced, and the next ones are ``count``."""

    connector: str
    count: int


@dataclass(frozen=True, slots=True)
class NewSessionKey:
    """A new key for internal requests."""

    key: SessionKey


@dataclass(frozen=True, slots=True)
class Restart:
    """A restart of a connector and its tasks was asked for."""

    connector: str
    only_failed: bool
    include_tasks: bool


@dataclass(frozen=True, slots=True)
class LoggerLevel:
    """A log level for every worker."""

    namespace: str
    level: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """A record that means nothing. ``readable``: its value is JSON, so it counts in the config offset all the same."""

    reason: str
    readable: bool = True


ConfigRecord = (
    ConnectorConfig
    | TaskConfig
    | TasksCommit
    | WantedState
    | TaskCount
    | NewSessionKey
    | Restart
    | LoggerLevel
    | Ignored
)


def decode(key: bytes | None, value: bytes | None) -> ConfigRecord:
    """The meaning of a record. Restarts and levels are to be obeyed only if they came after start-up; that is the
    reader's business."""
    try:
        parsed = jackson.loads(value) if value and not value.isspace() else None  # Connect reads blanks as null
    except ValueError as error:
        return Ignored(f"Failed to convert config data to Kafka Connect format: {error}", readable=False)
    name = (key or b"").decode("utf-8", "replace")
    for prefix, read in _READERS.items():
        if name.startswith(prefix):
            return read(name.removeprefix(prefix), parsed)
    if name == codec.SESSION_KEY:
        return _session_key(parsed)
    return Ignored(f"Discarding config update record with invalid key: {name}")


def _target_state(connector: str, value: object) -> ConfigRecord:
    if value is None:
        return WantedState(connector, None)
    if not isinstance(value, Mapping):
        return _wrong_format("target state", connector, value)
    name = value.get("state.v2")
    if not isinstance(name, str):  # an older worker wrote only the older field
        name = value.get("state")
    if not isinstance(name, str):
        return Ignored(
            f"Invalid data for target state for connector '{connector}': 'state' field should be a String but is {_kind(name)}"
        )
    if name not in TargetState.__members__:
        return Ignored(f"Invalid target state for connector '{connector}': {name}")
    return WantedState(connector, TargetState[name])


def _connector(connector: str, value: object) -> ConfigRecord:
    if value is None:
        return ConnectorConfig(connector, None)
    if not isinstance(value, Mapping):
        return _wrong_format("configuration", connector, value)
    properties = value.get("properties")
    if not isinstance(properties, Mapping):
        return Ignored(
            f"Invalid data for config for connector '{connector}': 'properties' field should be a Map but is {_kind(properties)}"
        )
    return ConnectorConfig(connector, _texts(properties))


def _task(name: str, value: object) -> ConfigRecord:
    connector, _, number = name.rpartition("-")
    if not (connector and number.isascii() and number.isdigit()):
        return Ignored(
            f"Ignoring task configuration because {codec.TASK_PREFIX}{name} couldn't be parsed as a task config key"
        )
    task = TaskId(connector, int(number))
    if value is None:
        return Ignored(f"Ignoring task configuration for task {task} because it is unexpectedly null")
    if not isinstance(value, Mapping):
        return Ignored(
            f"Ignoring task configuration for task {task} because the value is not a Map but is {_kind(value)}"
        )
    properties = value.get("properties")
    if not isinstance(properties, Mapping):
        return Ignored(
            f"Invalid data for config of task {task} 'properties' field should be a Map but is {_kind(properties)}"
        )
    return TaskConfig(task, _texts(properties))


def _commit(connector: str, value: object) -> ConfigRecord:
    count = _count(value, "tasks")
    if count is None:
        return _wrong_format("tasks configuration commit", connector, value)
    return TasksCommit(connector, count)


def _task_count(connector: str, value: object) -> ConfigRecord:
    count = _count(value, "task-count")
    if count is None:
        return _wrong_format("task count record", connector, value)
    return TaskCount(connector, count)


def _restart(connector: str, value: object) -> ConfigRecord:
    if not isinstance(value, Mapping):
        return Ignored(f"Ignoring restart request because the value is not a Map but is {_kind(value)}")
    only_failed, include_tasks = value.get("only-failed"), value.get("include-tasks")
    return Restart(connector, only_failed is True, include_tasks is True)  # anything else counts as false


def _logger_level(namespace: str, value: object) -> ConfigRecord:
    level = value.get("level") if isinstance(value, Mapping) else None
    if isinstance(level, str):
        return LoggerLevel(namespace, level)
    if value is None:
        return Ignored(f"Ignoring logging level for namespace {namespace} because it is unexpectedly null")
    if not isinstance(value, Mapping):
        return Ignored(
            f"Ignoring logging level for namespace {namespace} because the value is not a Map but is {_kind(value)}"
        )
    return Ignored(
        f"Invalid data for logging level key 'level' field with namespace {namespace}; should be a String but it is {_kind(level)}"
    )


def _session_key(value: object) -> ConfigRecord:
    if not isinstance(value, Mapping):
        reason = "it is unexpectedly null" if value is None else f"the value is not a Map but is {_kind(value)}"
        return Ignored(f"Ignoring session key because {reason}")
    key, algorithm, created = value.get("key"), value.get("algorithm"), value.get("creation-timestamp")
    if not isinstance(key, str):
        return Ignored(f"Invalid data for session key 'key' field should be a String but is {_kind(key)}")
    if not isinstance(algorithm, str):
        return Ignored(
            f"Invalid data for session key 'algorithm' field should be a String but it is {_kind(algorithm)}"
        )
    if not isinstance(created, int) or isinstance(created, bool):
        return Ignored(
            f"Invalid data for session key 'creation-timestamp' field should be a long but it is {_kind(created)}"
        )
    try:
        decoded = base64.b64decode(key, validate=True)
    except binascii.Error as error:
        return Ignored(f"Invalid data for session key 'key' field should be Base64: {error}")
    return NewSessionKey(SessionKey(decoded, algorithm, created))


_READERS: dict[str, Callable[[str, object], ConfigRecord]] = {
    codec.TARGET_STATE_PREFIX: _target_state,
    codec.CONNECTOR_PREFIX: _connector,
    codec.TASK_PREFIX: _task,
    codec.COMMIT_PREFIX: _commit,
    codec.RESTART_PREFIX: _restart,
    codec.FENCING_PREFIX: _task_count,
    codec.LOGGER_PREFIX: _logger_level,
}


def _wrong_format(what: str, connector: str, value: object) -> Ignored:
    article = "connector " if what.startswith("tasks") else ""
    return Ignored(
        f"Ignoring {article}{what} for connector '{connector}' because it is in the wrong format: {_kind(value)}"
    )


def _count(value: object, field: str) -> int | None:
    count = value.get(field) if isinstance(value, Mapping) else None
    return count if isinstance(count, int) and not isinstance(count, bool) else None


def _texts(properties: Mapping[str, object]) -> Config:
    """Properties are text. A number or object that somebody else wrote is kept as its JSON."""
    return {
        name: value if value is None or isinstance(value, str) else jackson.dumps(value).decode()
        for name, value in properties.items()
    }


def _kind(value: object) -> str:
    """The Java class that Connect would name."""
    if isinstance(value, bool):
        return "java.lang.Boolean"
    names: dict[type, str] = {int: "Long", float: "Double", str: "String"}
    if value is None:
        return "null"
    if type(value) in names:
        return f"java.lang.{names[type(value)]}"
    return "java.util.HashMap" if isinstance(value, Mapping) else "java.util.ArrayList"
