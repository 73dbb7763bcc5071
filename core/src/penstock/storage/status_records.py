"""Reading the status topic: one record in, one value of the classes below out (spec 9.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from penstock import jackson
from penstock.ids import TaskId
from penstock.states import State
from penstock.storage import codec
from penstock.storage.codec import StoredStatus, TopicStatus


@dataclass(frozen=True, slots=True)
class ConnectorStatusRecord:
    """A connector's status; None: it is no more."""

    connector: str
    status: StoredStatus | None


@dataclass(frozen=True, slots=True)
class TaskStatusRecord:
    """A task's status; None: it is no more."""

    task: TaskId
    status: StoredStatus | None


@dataclass(frozen=True, slots=True)
class TopicStatusRecord:
    """A connector's use of a topic; None: forgotten."""

    connector: str
    topic: str
    status: TopicStatus | None


@dataclass(frozen=True, slots=True)
class Discarded:
    """A record that means nothing."""

    reason: str


StatusRecord = ConnectorStatusRecord | TaskStatusRecord | TopicStatusRecord | Discarded


def decode(key: bytes | None, value: bytes | None) -> StatusRecord:
    """The meaning of a record. Never raises."""
    name = (key or b"").decode("utf-8", "replace")
    try:
        if name.startswith(codec.CONNECTOR_STATUS_PREFIX):
            return _connector(name, value)
        if name.startswith(codec.TASK_STATUS_PREFIX):
            return _task(name, value)
        if name.startswith(codec.TOPIC_STATUS_PREFIX):
            return _topic(name, value)
    except (ValueError, TypeError, KeyError) as error:
        return Discarded(f"Failed to parse status with key {name}: {error}")
    return Discarded(f"Discarding record with invalid key {name}")


def _connector(name: str, value: bytes | None) -> StatusRecord:
    connector = name.removeprefix(codec.CONNECTOR_STATUS_PREFIX)
    if not connector:
        return Discarded(f"Discarding record with invalid connector status key {name}")
    return ConnectorStatusRecord(connector, _status(value))


def _task(name: str, value: bytes | None) -> StatusRecord:
    connector, _, number = name.removeprefix(codec.TASK_STATUS_PREFIX).rpartition("-")
    if not (connector and number.isascii() and number.isdigit()):
        return Discarded(f"Discarding record with invalid task status key {name}")
    return TaskStatusRecord(TaskId(connector, int(number)), _status(value))


def _topic(name: str, value: bytes | None) -> StatusRecord:
    topic, colon, _ = name.removeprefix(codec.TOPIC_STATUS_PREFIX).partition(":")
    # no look at what stands between the colon and the connector's name: it is skipped by its length (as Connect does)
    connector = name[len(codec.TOPIC_STATUS_PREFIX) + len(topic) + len(codec.TOPIC_STATUS_SEPARATOR) :]
    if not (topic and colon and connector):
        return Discarded(f"Discarding record with invalid topic status key {name}")
    if not value:
        return TopicStatusRecord(connector, topic, None)
    content = _object(_object(jackson.loads(value))["topic"])
    status = TopicStatus(
        _text(content["name"]),
        _text(content["connector"]),
        _integer(content["task"]),
        _integer(content["discoverTimestamp"]),
    )
    return TopicStatusRecord(connector, topic, status)


def _status(value: bytes | None) -> StoredStatus | None:
    if not value:
        return None
    content = _object(jackson.loads(value))
    return StoredStatus(
        state=State[_text(content["state"])],
        worker_id=_text(content["worker_id"]),
        generation=_integer(content["generation"]),
        trace=_optional_text(content.get("trace")),
        version=_optional_text(content.get("version")),
    )


def _object(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise TypeError(f"expected an object, found {value!r}")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a text, found {value!r}")
    return value


def _optional_text(value: object) -> str | None:
    return None if value is None else _text(value)


def _integer(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"expected an integer, found {value!r}")
    return value
