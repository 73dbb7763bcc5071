"""The herder's results in Connect's JSON shapes; the order of keys is that of Java's answers (spec 1.5, live 2 and 3)."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence

from penstock.herder.results import (
    ConfigInfo,
    ConfigInfos,
    ConfigKeyInfo,
    ConfigValueInfo,
    ConnectorInfo,
    ConnectorOffset,
    ConnectorStatus,
    Health,
    InstanceStatus,
    PluginInfo,
    ServerInfo,
    TaskConfig,
)
from penstock.ids import TaskId
from penstock.rest.binding import INITIAL_STATES, CreateRequest
from penstock.rest.log_levels import LoggerLevel

Json = dict[str, object]
_UNDEFINED = "undefined"


def server_info(info: ServerInfo) -> Json:
    return {"version": info.version, "commit": info.commit, "kafka_cluster_id": info.kafka_cluster_id}


def error(code: int, message: str | None) -> Json:
    return {"error_code": code, "message": message}


def message(text: str | None) -> Json:
    return {"message": text}


def health(state: Health) -> Json:
    return {"status": state.status, "message": state.message}


def task_id(task: TaskId) -> Json:
    return {"connector": task.connector, "task": task.task}


def create_request(request: CreateRequest) -> Json:
    """The body of ``POST /connectors`` that :func:`penstock.rest.binding.create_request` reads."""
    return {
        "name": request.name,
        "config": request.config,
        "initial_state": next((name for name, state in INITIAL_STATES.items() if state is request.initial_state), None),
    }


def connector_info(info: ConnectorInfo) -> Json:
    return {
        "name": info.name,
        "config": dict(info.config),
        "tasks": [task_id(task) for task in info.tasks],
        "type": _value_of(info.type),
    }


def instance_status(status: InstanceStatus) -> Json:
    """``version`` is always there; ``trace`` only when it says something."""
    shape: Json = {"state": status.state.value, "worker_id": status.worker_id, "version": status.version}
    if status.trace:
        shape["trace"] = status.trace
    return shape


def task_status(task: int, status: InstanceStatus) -> Json:
    return {"id": task, **instance_status(status)}


def connector_status(status: ConnectorStatus) -> Json:
    return {
        "name": status.name,
        "connector": instance_status(status.connector),
        "tasks": [task_status(task, each) for task, each in status.tasks],
        "type": _value_of(status.type),
    }


def task_configs(configs: Sequence[TaskConfig]) -> list[Json]:
    return [task_config(each) for each in configs]


def task_config(task: TaskConfig) -> Json:
    return {"id": task_id(task.id), "config": dict(task.config)}


def topics(connector: str, names: Sequence[str]) -> Json:
    return {connector: active_topics(names)}


def active_topics(names: Sequence[str]) -> Json:
    return {"topics": list(names)}


def offsets(entries: Sequence[ConnectorOffset]) -> Json:
    return {"offsets": [offset(each) for each in entries]}


def offset(entry: ConnectorOffset) -> Json:
    return {"partition": _copied(entry.partition), "offset": _copied(entry.offset)}


def logger_level(level: LoggerLevel) -> Json:
    return {"level": level.level, "last_modified": level.last_modified}


def logger_levels(levels: Mapping[str, LoggerLevel]) -> Json:
    """By name: Java keeps them in a sorted map."""
    return {name: logger_level(levels[name]) for name in sorted(levels)}


def plugin_info(plugin: PluginInfo) -> Json:
    shape: Json = {"class": plugin.class_name, "type": plugin.type}
    if plugin.version != _UNDEFINED:
        shape["version"] = plugin.version
    return shape


def config_key(key: ConfigKeyInfo) -> Json:
    return {
        "name": key.name,
        "type": key.type,
        "required": key.required,
        "default_value": key.default_value,
        "importance": key.importance,
        "documentation": key.documentation,
        "group": key.group,
        "order_in_group": key.order_in_group,
        "width": key.width,
        "display_name": key.display_name,
        "dependents": _listed(key.dependents),
    }


def config_infos(infos: ConfigInfos) -> Json:
    return {
        "name": infos.name,
        "error_count": infos.error_count,
        "groups": list(infos.groups),
        "configs": [_config_info(info) for info in infos.configs],
    }


def _config_info(info: ConfigInfo) -> Json:
    return {
        "definition": None if info.definition is None else config_key(info.definition),
        "value": None if info.value is None else config_value(info.value),
    }


def config_value(value: ConfigValueInfo) -> Json:
    return {
        "name": value.name,
        "value": value.value,
        "recommended_values": _listed(value.recommended_values),
        "errors": _listed(value.errors),
        "visible": value.visible,
    }


def _copied(mapping: Mapping[str, object] | None) -> Json | None:
    return None if mapping is None else dict(mapping)


def _listed(items: Sequence[object] | None) -> list[object] | None:
    """Null stays null, as Jackson writes what a plugin left out."""
    return None if items is None else list(items)


def _value_of(constant: enum.Enum | None) -> object:
    """Null stays null."""
    return None if constant is None else constant.value
