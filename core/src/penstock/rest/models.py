"""The herder's results in Connect's JSON shapes; the order of keys is that of Java's answers (spec 1.5, live 2 and 3)."""

from __future__ import annotations

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

Json = dict[str, object]
_UNDEFINED = "undefined"


def server_info(info: ServerInfo) -> Json:
    return {"version": info.version, "commit": info.commit, "kafka_cluster_id": info.kafka_cluster_id}


def health(state: Health) -> Json:
    return {"status": state.status, "message": state.message}


def task_id(task: TaskId) -> Json:
    return {"connector": task.connector, "task": task.task}


def connector_info(info: ConnectorInfo) -> Json:
    return {
        "name": info.name,
        "config": dict(info.config),
        "tasks": [task_id(task) for task in info.tasks],
        "type": info.type.value,
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
        "type": status.type.value,
    }


def task_configs(configs: Sequence[TaskConfig]) -> list[Json]:
    return [{"id": task_id(each.id), "config": dict(each.config)} for each in configs]


def topics(connector: str, names: Sequence[str]) -> Json:
    return {connector: {"topics": list(names)}}


def offsets(entries: Sequence[ConnectorOffset]) -> Json:
    return {"offsets": [{"partition": _copied(each.partition), "offset": _copied(each.offset)} for each in entries]}


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
        "dependents": list(key.dependents),
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
        "value": None if info.value is None else _config_value(info.value),
    }


def _config_value(value: ConfigValueInfo) -> Json:
    return {
        "name": value.name,
        "value": value.value,
        "recommended_values": list(value.recommended_values),
        "errors": list(value.errors),
        "visible": value.visible,
    }


def _copied(mapping: Mapping[str, object] | None) -> Json | None:
    return None if mapping is None else dict(mapping)
