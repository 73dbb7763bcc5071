"""Putting a task or a connector together from its spec, in the child (spec 4.2, 4.3). Whatever is wrong raises here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from penstock.api.config import ParsedConfig
from penstock.api.connector import Connector
from penstock.api.exceptions import ConnectException
from penstock.api.hooks import PluginKind
from penstock.api.override import ClientType
from penstock.api.task import SinkTask, SourceTask, Task
from penstock.clock import SYSTEM_CLOCK
from penstock.config.connector_keys import connector_keys
from penstock.config.sink import SINK_KEYS
from penstock.config.source import SOURCE_KEYS
from penstock.config.topic_creation import parse_topic_creation, uses_topic_creation
from penstock.discovery.plugins import PluginDescriptor, load_class, load_target
from penstock.errors.dlq import DeadLetterQueue, create_dead_letter_topic
from penstock.errors.errant import WorkerErrantRecordReporter
from penstock.errors.operator import ErrorPolicy, RetryWithTolerance
from penstock.errors.reporter import ErrorReporter, LogReporter
from penstock.log.base import Log, LogAdmin, Reports
from penstock.tasks.assembly import Assembly
from penstock.tasks.clients import ClientConfigs
from penstock.tasks.contexts import RunningSinkTaskContext, RunningSourceTaskContext
from penstock.tasks.control import Control
from penstock.tasks.link import WorkerLink
from penstock.tasks.override_policy import check_overrides
from penstock.tasks.resolution import resolve
from penstock.tasks.runner import Runner, RunningTask
from penstock.tasks.sink import SinkParts, SinkRunner
from penstock.tasks.sink_chain import SinkChain
from penstock.tasks.sink_commit import SinkOffsetCommitter
from penstock.tasks.source import SourceParts, SourceRunner
from penstock.tasks.source_chain import SourceChain
from penstock.tasks.source_commit import CommitPolicy, SourceOffsetCommitter
from penstock.tasks.spec import ConnectorSpec, TaskSpec, WorkerSettings
from penstock.tasks.task_count import check_task_count
from penstock.tasks.topic_creation import TopicCreator

_FRAMEWORK_KEYS = {
    PluginKind.SOURCE: connector_keys().including(SOURCE_KEYS),
    PluginKind.SINK: connector_keys().including(SINK_KEYS),
}
"""Made at import, before processes are forked: children share them."""

DEFAULT_MAX_RECORDS = 1000
"""Records a ``put`` receives at most where the consumer's ``max.poll.records`` is not set: more a call is no cheaper."""


@dataclass(frozen=True, slots=True)
class BuiltConnector:
    """A connector instance with its resolved config, what it said of itself, and how its tasks are made."""

    connector: Connector
    props: dict[str, str]
    parsed: ParsedConfig
    version: str | None
    config_ttl_ms: int | None


@dataclass(frozen=True, slots=True)
class BuiltTask:
    """A :class:`penstock.tasks.runner.RunningTask`."""

    task: Task
    runner: Runner
    version: str | None
    config_ttl_ms: int | None
    flush_timeout_s: float
    initialize: Callable[[], None]
    start: Callable[[], None]


@dataclass(frozen=True, slots=True)
class _Workshop:
    """What both kinds of tasks are built with."""

    spec: TaskSpec
    control: Control
    link: WorkerLink
    connector: dict[str, str]
    parsed: ParsedConfig
    props: dict[str, str]
    clients: ClientConfigs
    log: Log
    connector_class: type[Connector]

    @property
    def flush_timeout_s(self) -> float:
        return _milliseconds(self.spec.settings, "offset.flush.timeout.ms", 5000)

    @property
    def flush_interval_s(self) -> float:
        return _milliseconds(self.spec.settings, "offset.flush.interval.ms", 60_000)

    def operator(self, reporters: list[ErrorReporter]) -> RetryWithTolerance:
        if self.parsed.get_bool("errors.log.enable"):
            reporters.insert(0, LogReporter(include_messages=self.parsed.get_bool("errors.log.include.messages")))
        policy = ErrorPolicy.of(self.parsed)
        return RetryWithTolerance(self.spec.task, policy, reporters, SYSTEM_CLOCK, self.control.wait)

    def assembly(self) -> Assembly:
        return Assembly(self.spec.settings.index, self.spec.settings.props, self.connector)

    def admin(self, client_id: str) -> LogAdmin:
        return self.log.admin(self.clients.admin(f"{client_id}-{self.spec.task}"))


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
    version = task.version() or spec.descriptor.version
    shop = _Workshop(
        spec=spec,
        control=control,
        link=link,
        connector=connector.props,
        parsed=parsed,
        props=task_config.props,
        clients=ClientConfigs(spec.task.connector, spec.settings.props, connector.props),
        log=spec.settings.log.open(),
        connector_class=connector_class,
    )
    check_task_count(spec.task.connector, spec.task.task + 1, parsed)
    check_overrides(
        spec.settings.index,
        spec.settings.props,
        connector_class,
        spec.descriptor.kind,
        connector.props,
        _clients(spec.descriptor.kind, parsed, connector.props),
    )
    ttl = min((ttl for ttl in (connector.ttl_ms, task_config.ttl_ms) if ttl is not None), default=None)
    build = _build_sink if isinstance(task, SinkTask) else _build_source
    return build(shop, task, version, ttl)


def _clients(kind: PluginKind, parsed: ParsedConfig, props: Mapping[str, str]) -> set[ClientType]:
    """The clients of a task whose settings a connector may override (spec 1.10)."""
    if kind is PluginKind.SOURCE:
        return {ClientType.PRODUCER, *((ClientType.ADMIN,) if uses_topic_creation(props) else ())}
    dead_letters = bool(parsed.get_string("errors.deadletterqueue.topic.name"))
    return {ClientType.CONSUMER, *((ClientType.PRODUCER, ClientType.ADMIN) if dead_letters else ())}


def _build_source(shop: _Workshop, task: Task, version: str | None, ttl: int | None) -> BuiltTask:
    if not isinstance(task, SourceTask):
        raise ConnectException(f"{type(task).__name__} is neither a SourceTask nor a SinkTask")
    operator = shop.operator([])
    assembly = shop.assembly()
    chain = SourceChain(assembly.chain(operator), assembly.converters(), operator)
    context = RunningSourceTaskContext(shop.control, lambda: shop.props, shop.link)
    per_record = type(task).commit_record is not SourceTask.commit_record or operator.tolerates
    producer = shop.log.producer(
        shop.clients.source_producer(shop.spec.task.task), Reports.ALL if per_record else Reports.ERRORS
    )
    policy = CommitPolicy(shop.flush_interval_s, shop.flush_timeout_s)
    parts = SourceParts(
        task=task,
        chain=chain,
        producer=producer,
        operator=operator,
        committer=SourceOffsetCommitter(task, producer, shop.link, policy, SYSTEM_CLOCK, lambda: shop.control.stopping),
        topics=_topic_creator(shop),
    )
    return BuiltTask(
        task=task,
        runner=SourceRunner(parts, shop.control, shop.link),
        version=version,
        config_ttl_ms=ttl,
        flush_timeout_s=shop.flush_timeout_s,
        initialize=lambda: task.initialize(context),
        start=partial(_start, task, shop),
    )


def _build_sink(shop: _Workshop, task: Task, version: str | None, ttl: int | None) -> BuiltTask:
    assert isinstance(task, SinkTask)
    reporters: list[ErrorReporter] = []
    dead_letter_topic = shop.parsed.get_string("errors.deadletterqueue.topic.name")
    if dead_letter_topic:
        reporters.append(_dead_letter_queue(shop, dead_letter_topic))
    operator = shop.operator(reporters)
    assembly = shop.assembly()
    chain = SinkChain(assembly.chain(operator), assembly.converters(), operator)
    consumer_config = shop.clients.sink_consumer(shop.spec.task.task)
    consumer = shop.log.consumer(consumer_config)
    errant = WorkerErrantRecordReporter(operator, chain.original) if reporters else None
    context = RunningSinkTaskContext(shop.control, lambda: shop.props, lambda: consumer.assignment, errant)
    parts = SinkParts(
        task=task,
        chain=chain,
        consumer=consumer,
        operator=operator,
        committer=SinkOffsetCommitter(task, consumer, operator, shop.flush_timeout_s),
        context=context,
        errant=errant,
        topics=_topics(shop.parsed),
        max_records=int(consumer_config.get("max.poll.records", DEFAULT_MAX_RECORDS)),
        commit_interval_s=shop.flush_interval_s,
    )
    runner = SinkRunner(parts, shop.control, shop.link, SYSTEM_CLOCK)

    def start() -> None:
        runner.subscribe()
        _start(task, shop)

    return BuiltTask(
        task=task,
        runner=runner,
        version=version,
        config_ttl_ms=ttl,
        flush_timeout_s=shop.flush_timeout_s,
        initialize=lambda: task.initialize(context),
        start=start,
    )


def _start(task: Task, shop: _Workshop) -> None:
    task.use_config(shop.props, shop.connector_class.CONFIG)
    task.start(shop.props)


def _dead_letter_queue(shop: _Workshop, topic: str) -> DeadLetterQueue:
    admin = shop.admin("connector-dlq-adminclient")
    try:
        factor = shop.parsed.get_int("errors.deadletterqueue.topic.replication.factor")
        create_dead_letter_topic(admin, topic, factor)
    finally:
        admin.close()
    producer = shop.log.producer(shop.clients.dead_letter_producer(shop.spec.task.task), Reports.ALL)
    return DeadLetterQueue(
        producer, topic, context_headers=shop.parsed.get_bool("errors.deadletterqueue.context.headers.enable")
    )


def _topic_creator(shop: _Workshop) -> TopicCreator | None:
    if shop.spec.settings.props.get("topic.creation.enable", "true").strip().lower() != "true":
        return None
    creation = parse_topic_creation(shop.connector, shop.parsed.get_list("topic.creation.groups"))
    return None if creation is None else TopicCreator(shop.admin("connector-adminclient"), creation)


def _topics(parsed: ParsedConfig) -> list[str] | re.Pattern[str]:
    pattern = parsed.get_string("topics.regex")
    return re.compile(pattern) if pattern else parsed.get_list("topics")


def _milliseconds(settings: WorkerSettings, key: str, default: int) -> float:
    return int(settings.props.get(key, default)) / 1000
