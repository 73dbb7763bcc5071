"""A herder in memory that answers as a standalone worker does, as far as REST can tell: connectors are kept, nothing runs.

Every future is completed by a thread of its own, as the real herder's are, so that the transport is tested for real.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Event
from typing import TypeVar

from penstock.api.check import Check, PlannedStep
from penstock.api.exceptions import AlreadyExistsException, ConnectException, NotFoundException
from penstock.api.javahash import copied_hash_order
from penstock.herder.requests import Config, RestartRequest
from penstock.herder.results import (
    ConfigInfo,
    ConfigInfos,
    ConfigKeyInfo,
    ConfigValueInfo,
    ConnectorInfo,
    ConnectorOffset,
    ConnectorStatus,
    ConnectorType,
    CreatedConnector,
    Health,
    InstanceStatus,
    PluginInfo,
    RequestRefused,
    ServerInfo,
    TaskConfig,
)
from penstock.ids import TaskId
from penstock.states import State, TargetState

T = TypeVar("T")
FILE = "org.apache.kafka.connect.file."
TOOLS = "org.apache.kafka.connect.tools."
CLASSES = {
    FILE + "FileStreamSinkConnector": "sink",
    TOOLS + "MockSinkConnector": "sink",
    TOOLS + "VerifiableSinkConnector": "sink",
    FILE + "FileStreamSourceConnector": "source",
    TOOLS + "MockSourceConnector": "source",
    TOOLS + "SchemaSourceConnector": "source",
    TOOLS + "VerifiableSourceConnector": "source",
}
TOPIC = ConfigKeyInfo("topic", "STRING", True, None, "HIGH", "Where to.", None, -1, "NONE", "topic", ())
REPORTED = {TargetState.STARTED: State.RUNNING, TargetState.PAUSED: State.PAUSED, TargetState.STOPPED: State.STOPPED}
HINT = (
    "\nYou can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`"
)


@dataclass(frozen=True)
class Connector:
    config: Config
    state: TargetState
    tasks: int


@dataclass
class FakeHerder:
    """``worker_id`` is what statuses show. Tests may change ``ready``, ``open_stage``, and put futures of their own into
    ``instead`` under the name of a method."""

    worker_id: str = "127.0.0.1:8083"
    ready: bool = True
    open_stage: str = ""
    instead: dict[str, Future[object]] = field(default_factory=dict)
    asked_instead: Event = field(default_factory=Event)
    kept: dict[str, Connector] = field(default_factory=dict)
    offsets: dict[str, list[ConnectorOffset]] = field(default_factory=dict)
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(2, "fake-herder"))

    def close(self) -> None:
        self.pool.shutdown()

    def server_info(self) -> ServerInfo:
        return ServerInfo("4.3.1", "0123456789abcdef", "a-cluster")

    def health(self) -> Future[Health]:
        text = "Worker has completed startup and is ready to handle requests."
        return self._later("health", lambda: Health(200, "healthy", text))

    def stage(self) -> str:
        return self.open_stage

    def connectors(self) -> list[str]:
        return list(self.kept)

    def connector_info(self, name: str) -> Future[ConnectorInfo]:
        return self._later("connector_info", lambda: self._info(name))

    def connector_config(self, name: str) -> Future[Config]:
        return self._later("connector_config", lambda: self._kept(name).config)

    def connector_status(self, name: str) -> ConnectorStatus:
        if name not in self.kept:
            raise NotFoundException(f"No status found for connector {name}")
        connector = self.kept[name]
        status = InstanceStatus(REPORTED[connector.state], self.worker_id, "4.3.1")
        tasks = tuple((task, status) for task in range(connector.tasks))
        return ConnectorStatus(name, status, tasks, _type(connector.config))

    def task_status(self, task: TaskId) -> InstanceStatus:
        if task.connector not in self.kept or not 0 <= task.task < self.kept[task.connector].tasks:
            raise NotFoundException(f"No status found for task {task}")
        return self.connector_status(task.connector).tasks[task.task][1]

    def task_configs(self, name: str) -> Future[list[TaskConfig]]:
        def listed() -> list[TaskConfig]:
            connector = self._kept(name)
            return [
                TaskConfig(TaskId(name, task), {**connector.config, "task.class": FILE + "FileStreamSourceTask"})
                for task in range(connector.tasks)
            ]

        return self._later("task_configs", listed)

    def connector_topics(self, name: str) -> list[str]:
        return [topic] if name in self.kept and (topic := self.kept[name].config.get("topic")) else []

    def plugins(self, connectors_only: bool) -> list[PluginInfo]:
        found = [PluginInfo(name, kind, "4.3.1") for name, kind in CLASSES.items()]
        return found if connectors_only else [*found, PluginInfo("a.Filter", "transformation", "undefined")]

    def plugin_config(self, plugin_name: str, version: str | None = None) -> Future[Sequence[ConfigKeyInfo]]:
        def keys() -> Sequence[ConfigKeyInfo]:
            if version not in (None, "4.3.1"):
                raise RequestRefused(400, f"no version {version}")
            _resolved(plugin_name, f"Unknown plugin {plugin_name}.")
            return [TOPIC]

        return self._later("plugin_config", keys)

    def create_connector(self, name: str, config: Config, initial: TargetState | None) -> Future[CreatedConnector]:
        def create() -> CreatedConnector:
            _check(config)
            if name in self.kept:
                raise AlreadyExistsException(f"Connector {name} already exists")
            return self._put(name, config, initial or TargetState.STARTED)

        return self._later("create_connector", create)

    def put_connector_config(self, name: str, config: Config) -> Future[CreatedConnector]:
        def put() -> CreatedConnector:
            _check(config)
            return self._put(name, config, self.kept[name].state if name in self.kept else TargetState.STARTED)

        return self._later("put_connector_config", put)

    def patch_connector_config(self, name: str, patch: Config) -> Future[CreatedConnector]:
        def patched() -> CreatedConnector:
            connector = self._kept(name)
            config = {
                key: value for key, value in {**connector.config, **patch}.items() if patch.get(key, "") is not None
            }
            _check(config)
            return self._put(name, config, connector.state)

        return self._later("patch_connector_config", patched)

    def delete_connector(self, name: str) -> Future[None]:
        def delete() -> None:
            self._kept(name)
            del self.kept[name]

        return self._later("delete_connector", delete)

    def validate(self, plugin_name: str, config: Config) -> Future[ConfigInfos]:
        def validated() -> ConfigInfos:
            name = _class_of(config)
            errors = tuple(_errors(config))
            value = ConfigValueInfo("topic", config.get("topic"), (), errors, True)
            return ConfigInfos(name, len(errors), ("Common",), (ConfigInfo(TOPIC, value), ConfigInfo(None, value)))

        return self._later("validate", validated)

    def check(self, plugin_name: str, config: Config) -> Future[Sequence[Check]]:
        def checked() -> Sequence[Check]:
            _resolved(plugin_name, f"Unknown plugin {plugin_name}.")
            errors = _errors({"connector.class": plugin_name, **config})
            return [Check("configuration", not errors, "\n".join(errors), 3)]

        return self._later("check", checked)

    def plan(
        self, plugin_name: str, config: Config, records: Sequence[tuple[str, bytes | None, bytes | None]]
    ) -> Future[Sequence[PlannedStep]]:
        def planned() -> Sequence[PlannedStep]:
            _resolved(plugin_name, f"Unknown plugin {plugin_name}.")
            return [PlannedStep(topic, f"{key!r} {value!r}", ok=value is not None) for topic, key, value in records]

        return self._later("plan", planned)

    def pause(self, name: str) -> Future[None]:
        return self._later("pause", lambda: self._move(name, TargetState.PAUSED))

    def resume(self, name: str) -> Future[None]:
        return self._later("resume", lambda: self._move(name, TargetState.STARTED))

    def stop_connector(self, name: str) -> Future[None]:
        def stop() -> None:
            if name not in self.kept:
                raise ConnectException(f"No connector `{name}` configured")
            self._move(name, TargetState.STOPPED)

        return self._later("stop_connector", stop)

    def restart_connector(self, name: str) -> Future[None]:
        def restart() -> None:
            if name not in self.kept:
                raise NotFoundException(f"Connector {name} not found")

        return self._later("restart_connector", restart)

    def restart_connector_and_tasks(self, request: RestartRequest) -> Future[ConnectorStatus]:
        def restart() -> ConnectorStatus:
            if request.connector not in self.kept:
                raise NotFoundException(f"Unknown connector: {request.connector}")
            status = self.connector_status(request.connector)
            if request.only_failed:
                return status
            restarting = replace(status.connector, state=State.RESTARTING)
            tasks = tuple((task, restarting if request.include_tasks else each) for task, each in status.tasks)
            return replace(status, connector=restarting, tasks=tasks)

        return self._later("restart_connector_and_tasks", restart)

    def restart_task(self, task: TaskId) -> Future[None]:
        def restart() -> None:
            if task.connector not in self.kept or not 0 <= task.task < self.kept[task.connector].tasks:
                raise NotFoundException(f"Task {task} not found")

        return self._later("restart_task", restart)

    def reset_topics(self, name: str) -> Future[None]:
        return self._later("reset_topics", lambda: None)

    def connector_offsets(self, name: str) -> Future[list[ConnectorOffset]]:
        def read() -> list[ConnectorOffset]:
            self._kept(name)
            return self.offsets.get(name, [])

        return self._later("connector_offsets", read)

    def alter_offsets(self, name: str, offsets: Sequence[ConnectorOffset]) -> Future[str]:
        def alter() -> str:
            self._kept(name)
            self.offsets[name] = [each for each in offsets if each.offset is not None]
            return "The offsets for this connector have been altered successfully"

        return self._later("alter_offsets", alter)

    def reset_offsets(self, name: str) -> Future[str]:
        def reset() -> str:
            self._kept(name)
            self.offsets[name] = []
            return "The offsets for this connector have been reset successfully"

        return self._later("reset_offsets", reset)

    def _later(self, method: str, work: Callable[[], T]) -> Future[T]:
        if method in self.instead:
            self.asked_instead.set()
            return self.instead[method]  # type: ignore[return-value]
        return self.pool.submit(work)

    def _kept(self, name: str) -> Connector:
        if name not in self.kept:
            raise NotFoundException(f"Connector {name} not found")
        return self.kept[name]

    def _info(self, name: str) -> ConnectorInfo:
        connector = self._kept(name)
        tasks = tuple(TaskId(name, task) for task in range(connector.tasks))
        return ConnectorInfo(name, connector.config, tasks, _type(connector.config))

    def _put(self, name: str, config: Config, state: TargetState) -> CreatedConnector:
        created = name not in self.kept
        tasks = self.kept[name].tasks if not created else int(state is TargetState.STARTED)
        self.kept[name] = Connector(config, state, tasks)
        return CreatedConnector(created, self._info(name))

    def _move(self, name: str, state: TargetState) -> None:
        if name not in self.kept:
            raise NotFoundException(f"Unknown connector {name}")
        connector = self.kept[name]
        tasks = {TargetState.STARTED: 1, TargetState.STOPPED: 0}.get(state, connector.tasks)
        self.kept[name] = replace(connector, state=state, tasks=tasks)


def _type(config: Config) -> ConnectorType:
    return ConnectorType(CLASSES[_class_of(config)])


def _class_of(config: Config) -> str:
    name = config.get("connector.class")
    if name is None:
        shown = ", ".join(f"{key}={'null' if value is None else value}" for key, value in _java_order(config))
        raise RequestRefused(400, f"Connector config {{{shown}}} contains no connector type")
    listed = ", ".join(CLASSES)
    return _resolved(
        name,
        f"Failed to find any class that implements Connector and which name matches {name}, available connectors are: {listed}",
        400,
    )


def _resolved(name: str, missing: str, status: int = 404) -> str:
    for each in CLASSES:
        simple = each.rpartition(".")[2]
        if name in (each, simple, simple.removesuffix("Connector")):
            return each
    raise RequestRefused(status, missing)


def _java_order(config: Config) -> list[tuple[str, str | None]]:
    """As a copied Java hash map goes through its keys."""
    return [(key, config[key]) for key in copied_hash_order(config)]


def _check(config: Config) -> None:
    _class_of(config)
    errors = _errors(config)
    if errors:
        count = len(errors)
        listed = "\n".join(errors)
        raise RequestRefused(
            400, f"Connector configuration is invalid and contains the following {count} error(s):\n{listed}{HINT}"
        )


def _errors(config: Config) -> list[str]:
    errors = _name_errors(config.get("name"))
    tasks = config.get("tasks.max") or "1"
    if not tasks.isdigit():
        errors.append(f"Invalid value {tasks} for configuration tasks.max: Not a number of type INT")
        errors.append("Invalid value null for configuration tasks.max: Value must be non-null")
    elif int(tasks) < 1:
        errors.append(f"Invalid value {tasks} for configuration tasks.max: Value must be at least 1")
    if any(value is None for value in config.values()):
        errors.append("Null value can not be supplied as the configuration value.")
    if _type(config) is ConnectorType.SOURCE and "Mock" not in _class_of(config):
        if config.get("topic") == "":
            errors.append("Invalid value  for configuration topic: String must be non-empty")
        elif config.get("topic") is None:
            errors.append('Missing required configuration "topic" which has no default value.')
    return errors


def _name_errors(name: str | None) -> list[str]:
    if name is None:
        return ['Missing required configuration "name" which has no default value.']
    name = name.strip()
    if not name:
        return ["Invalid value  for configuration name: String may not be empty"]
    controls = [ord(character) for character in name if ord(character) < 32 or 127 <= ord(character) < 160]
    if controls:
        found = ", ".join(map(str, controls))
        rule = f"String may not contain control sequences but had the following ASCII chars: {found}"
        return [f"Invalid value {name} for configuration name: {rule}"]
    return []
