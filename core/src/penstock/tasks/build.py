"""Putting a task or a connector together from its spec, in the child (spec 4.2, 4.3). Whatever is wrong raises here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from penstock.api.config import ParsedConfig
from penstock.api.connector import Connector
from penstock.api.exceptions import ConnectException
from penstock.api.hooks import PluginKind
from penstock.api.override import ClientType
from penstock.api.task import SinkTask, SourceTask, Task
from penstock.config.connector_keys import connector_keys
from penstock.config.sink import SINK_KEYS
from penstock.config.source import SOURCE_KEYS
from penstock.config.topic_creation import parse_topic_creation, uses_topic_creation
from penstock.discovery.plugins import PluginDescriptor, load_class, load_target
from penstock.tasks.build_sink import build_sink
from penstock.tasks.build_source import build_source
from penstock.tasks.clients import ClientConfigs
from penstock.tasks.control import Control
from penstock.tasks.link import WorkerLink
from penstock.tasks.override_policy import check_overrides
from penstock.tasks.resolution import resolve
from penstock.tasks.runner import RunningTask
from penstock.tasks.spec import ConnectorSpec, TaskSpec, WorkerSettings
from penstock.tasks.task_count import check_task_count
from penstock.tasks.workshop import Workshop

_FRAMEWORK_KEYS = {
    PluginKind.SOURCE: connector_keys().including(SOURCE_KEYS),
    PluginKind.SINK: connector_keys().including(SINK_KEYS),
}
"""Made at import, before processes are forked: children share them."""


@dataclass(frozen=True, slots=True)
class BuiltConnector:
    """A connector instance with its resolved config, what it said of itself, and how its tasks are made."""

    connector: Connector
    props: dict[str, str]
    parsed: ParsedConfig
    version: str | None
    config_ttl_ms: int | None


def build_connector(spec: ConnectorSpec) -> BuiltConnector:
    """Make a connector instance; its config is parsed as Connect does first, so that what is wrong there is told first."""
    resolved = resolve(spec.config, spec.settings)
    parsed = parse_connector_config(spec.descriptor, resolved.props)
    if spec.descriptor.kind is PluginKind.SOURCE:
        parse_topic_creation(resolved.props, parsed.get_list("topic.creation.groups"))
    connector = load_class(spec.descriptor)()
    if not isinstance(connector, Connector):
        raise ConnectException(f"{spec.descriptor.name} is no Connector")
    connector.use_config(resolved.props)
    version = connector.version() or spec.descriptor.version
    return BuiltConnector(connector, resolved.props, parsed, version, resolved.ttl_ms)


def parse_connector_config(descriptor: PluginDescriptor, props: Mapping[str, str]) -> ParsedConfig:
    """The typed framework keys of a connector's resolved config. Raises ConfigException."""
    return _FRAMEWORK_KEYS[descriptor.kind].parsed(props)


def resolve_connector_config(name: str, config: Mapping[str, str | None], settings: WorkerSettings) -> dict[str, str]:
    """The resolved config of a connector by name, for calls without an instance."""
    return {"name": name, **resolve(config, settings).props}


def task_class_of(connector: type[Connector]) -> type[Task]:
    """The class of a connector's tasks; ``task_class`` may name it as "module:Class"."""
    declared = connector.task_class
    found = load_target(declared) if isinstance(declared, str) else declared
    if not (isinstance(found, type) and issubclass(found, Task)):
        raise ConnectException(f"The task_class of {connector.__name__} is {declared!r}, which is no Task")
    return found


def build_task(spec: TaskSpec, control: Control, link: WorkerLink) -> RunningTask:
    """Make a task with everything around it. Nothing of the log is opened before the plugins are made."""
    connector = resolve(spec.connector_config, spec.settings)
    task_config = resolve(spec.task_config, spec.settings)
    parsed = parse_connector_config(spec.descriptor, connector.props)
    connector_class = load_class(spec.descriptor)
    task = task_class_of(connector_class)()
    check_task_count(spec.task.connector, spec.task.task + 1, parsed)
    check_overrides(
        spec.settings.index,
        spec.settings.props,
        connector_class,
        spec.descriptor.kind,
        connector.props,
        _clients(spec.descriptor.kind, parsed, connector.props),
    )
    shop = Workshop(
        spec=spec,
        control=control,
        link=link,
        connector=connector.props,
        parsed=parsed,
        props=task_config.props,
        clients=ClientConfigs(spec.task.connector, spec.settings.props, connector.props),
        log=spec.settings.log.open(),
        connector_class=connector_class,
        version=task.version() or spec.descriptor.version,
        config_ttl_ms=min((ttl for ttl in (connector.ttl_ms, task_config.ttl_ms) if ttl is not None), default=None),
    )
    if isinstance(task, SinkTask):
        return build_sink(shop, task)
    if isinstance(task, SourceTask):
        return build_source(shop, task)
    raise ConnectException(f"{type(task).__name__} is neither a SourceTask nor a SinkTask")


def _clients(kind: PluginKind, parsed: ParsedConfig, props: Mapping[str, str]) -> set[ClientType]:
    """The clients of a task whose settings a connector may override (spec 1.10)."""
    if kind is PluginKind.SOURCE:
        return {ClientType.PRODUCER, *((ClientType.ADMIN,) if uses_topic_creation(props) else ())}
    dead_letters = bool(parsed.get_string("errors.deadletterqueue.topic.name"))
    return {ClientType.CONSUMER, *((ClientType.PRODUCER, ClientType.ADMIN) if dead_letters else ())}
