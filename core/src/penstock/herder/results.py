"""What the herder answers, as frozen values; ``rest/models.py`` gives them Connect's JSON shapes (spec 1.5, 1.10)."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from penstock.ids import TaskId
from penstock.states import State


class ConnectorType(enum.Enum):
    """The ``type`` of a connector; UNKNOWN when its class cannot be found here."""

    SOURCE = "source"
    SINK = "sink"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ConnectorInfo:
    """``GET /connectors/{c}``. The config is raw: references are not resolved."""

    name: str
    config: Mapping[str, str | None]
    tasks: tuple[TaskId, ...]
    type: ConnectorType


@dataclass(frozen=True, slots=True)
class CreatedConnector:
    """Answer to POST and PUT: whether the connector is new."""

    created: bool
    info: ConnectorInfo


@dataclass(frozen=True, slots=True)
class InstanceStatus:
    """State of a connector instance or of one task. ``version`` is the plugin's, None when it was not made (yet)."""

    state: State
    worker_id: str
    version: str | None
    trace: str | None = None


@dataclass(frozen=True, slots=True)
class ConnectorStatus:
    """``GET /connectors/{c}/status``; tasks by id, in order."""

    name: str
    connector: InstanceStatus
    tasks: tuple[tuple[int, InstanceStatus], ...]
    type: ConnectorType


@dataclass(frozen=True, slots=True)
class TaskConfig:
    """One task with its raw config, as ``GET /connectors/{c}/tasks`` lists it."""

    id: TaskId
    config: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """One line of ``GET /connector-plugins``. ``type`` is Connect's text; ``version`` None means null."""

    class_name: str
    type: str
    version: str | None


@dataclass(frozen=True, slots=True)
class ConfigKeyInfo:
    """A key's definition; field order is that of the JSON, with ``order_in_group`` before ``width`` (spec live 1)."""

    name: str
    type: str
    required: bool
    default_value: str | None
    importance: str
    documentation: str
    group: str | None
    order_in_group: int
    width: str
    display_name: str
    dependents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConfigValueInfo:
    """A key's value, errors and recommendations."""

    name: str
    value: str | None
    recommended_values: tuple[str | None, ...]
    errors: tuple[str, ...]
    visible: bool


@dataclass(frozen=True, slots=True)
class ConfigInfo:
    """Definition and value of one key; either may be missing (spec 1.10)."""

    definition: ConfigKeyInfo | None
    value: ConfigValueInfo | None


@dataclass(frozen=True, slots=True)
class ConfigInfos:
    """Result of a validation."""

    name: str
    error_count: int
    groups: tuple[str, ...]
    configs: tuple[ConfigInfo, ...]


@dataclass(frozen=True, slots=True)
class ConnectorOffset:
    """One partition with its offset (None: reset) as ``/connectors/{c}/offsets`` speaks of them."""

    partition: Mapping[str, object] | None
    offset: Mapping[str, object] | None


@dataclass(frozen=True, slots=True)
class Health:
    """``GET /health``: HTTP status, ``status`` and ``message`` (spec 1.6)."""

    code: int
    status: str
    message: str


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """``GET /``. ``version`` is the Connect API level, ``commit`` ours (design decision 12)."""

    version: str
    commit: str
    kafka_cluster_id: str


class RequestRefused(Exception):  # a refusal is an answer
    """The herder refuses a request with an HTTP status; 404 and 409 have exceptions of their own in ``penstock.api``.
    ``error_code`` is that of the answer's body where it is not the status (Java's ConnectRestException has both)."""

    def __init__(self, status: int, message: str, error_code: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.error_code = error_code
