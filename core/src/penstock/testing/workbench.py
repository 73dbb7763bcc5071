"""Connectors and tasks inside a test: no worker, no broker, but everything between plugin and log as in production."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from penstock.api.connector import Connector, SinkConnector
from penstock.api.hooks import PluginKind
from penstock.api.record import SinkRecord, SourceRecord, TopicPartition
from penstock.clock import SYSTEM_CLOCK
from penstock.config.worker import WorkerConfig, WorkerMode
from penstock.discovery.plugins import CONNECTORS, PluginDescriptor, PluginIndex
from penstock.errors.operator import ErrorPolicy, RetryWithTolerance
from penstock.ids import TaskId
from penstock.log.address import LogAddress, LogKind
from penstock.log.base import Log
from penstock.log.memory import MemoryLog
from penstock.states import TargetState
from penstock.storage.offsets import decode_offset, decode_partition
from penstock.tasks.assembly import Assembly
from penstock.tasks.build import build_connector
from penstock.tasks.contexts import RunningConnectorContext
from penstock.tasks.control import Control
from penstock.tasks.division import divide
from penstock.tasks.sink_chain import SinkChain
from penstock.tasks.source_chain import Dropped, SourceChain
from penstock.tasks.spec import ConnectorSpec, TaskSpec, WorkerSettings
from penstock.tasks.transformation import TransformationChain
from penstock.tasks.validation import validate_connector
from penstock.testing.link import MemoryLink
from penstock.testing.running import RunningConnector, RunningTask
from penstock.testing.waiting import PATIENCE_S, eventually

_LOG_S = 10.0
_POLL_S = 0.1
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class OpenLog(LogAddress):
    """The address of a log that lives in this process."""

    log: Log | None = None

    def open(self) -> Log:
        assert self.log is not None
        return self.log


class Workbench:
    """Runs connectors over a log in memory; also a context manager. Not for use from several threads.

    ``worker`` are worker properties, such as converters; by default JSON with schemas, which keeps what a record is.
    """

    def __init__(self, index: PluginIndex, *, worker: Mapping[str, str] | None = None, log: Log | None = None) -> None:
        given = {"offset.flush.interval.ms": "50", **(worker or {})}
        self._worker = WorkerConfig.parse(given, WorkerMode.EMBEDDED).props
        self._index = index
        self.log = MemoryLog() if log is None else log
        self._stores: dict[str, dict[bytes, bytes | None]] = {}
        self._running: list[RunningConnector] = []

    def start(
        self, connector: type[Connector] | str, config: Mapping[str, str], *, name: str | None = None
    ) -> RunningConnector:
        """Start a connector and the tasks that it wants. The same ``name`` again goes on where the last run ended.

        Raises what the connector raises in ``start`` and ``task_configs``, and ConfigException for a wrong config.
        """
        spec = self._spec(connector, config, name)
        built = build_connector(spec)
        store = self._stores.setdefault(spec.name, {})
        link = MemoryLink(store)
        context = RunningConnectorContext(
            Control(TargetState.STARTED), link, lambda error: link.error_raised(f"{type(error).__name__}: {error}")
        )
        built.connector.initialize(context)
        built.connector.start(built.props)
        try:
            configs = divide(spec, built, 0)
        except Exception:
            built.connector.stop()
            raise
        tasks = [
            RunningTask(_task_spec(spec, number, given), MemoryLink(store)) for number, given in enumerate(configs)
        ]
        running = RunningConnector(spec.name, built.connector, context, link, tasks)
        self._running.append(running)
        return running

    def validate(self, connector: type[Connector] | str, config: Mapping[str, str]) -> dict[str, list[str]]:
        """What the validate endpoint says is wrong with a config: errors by key."""
        spec = self._spec(connector, config, None)
        found = validate_connector(spec.config, spec.settings.index, self._worker)
        assert "refused" not in found, found["refused"]
        configs = found["configs"]
        assert isinstance(configs, list)
        values = [entry["value"] for entry in configs]
        return {value["name"]: value["errors"] for value in values if value["errors"]}

    def send(self, topic: str, records: Sequence[object], *, partition: int | None = None) -> None:
        """Put records into a topic, through the worker's converters. A record is a plain value or a SourceRecord, whose
        topic is not looked at."""
        operator = self._operator()
        chain = SourceChain(TransformationChain[SourceRecord]([], operator), self._assembly().converters(), operator)
        producer = self.log.producer({})
        try:
            for item in chain.encode([_addressed(record, topic, partition) for record in records]):
                assert not isinstance(item, Dropped)
                producer.send_batch(item.outgoing)
            assert producer.flush(_LOG_S), f"the log did not take the records for {topic} within {_LOG_S:g} s"
        finally:
            producer.close(_LOG_S)
            chain.close()

    def read(self, topic: str) -> list[SinkRecord]:
        """All records of a topic so far, through the worker's converters; none for a topic that is not there."""
        operator = self._operator()
        chain = SinkChain(TransformationChain[SinkRecord]([], operator), self._assembly().converters(), operator)
        consumer = self.log.consumer({})
        found: list[SinkRecord] = []
        try:
            count = consumer.partitions_for(topic, _LOG_S) or 0
            ends = consumer.end_offsets([TopicPartition(topic, number) for number in range(count)], _LOG_S)
            consumer.assign(dict.fromkeys(ends, 0))
            while any(consumer.position(partition) < end for partition, end in ends.items()):
                found.extend(chain.decode(consumer.poll(_POLL_S, 1000)))
        finally:
            consumer.close()
            chain.close()
        return found

    def wait_for_records(self, topic: str, count: int, timeout_s: float = PATIENCE_S) -> list[SinkRecord]:
        """Wait until there are at least ``count`` records in a topic. Raises AssertionError when they don't come."""
        __tracebackhide__ = True
        try:
            eventually(lambda: self._has(topic, count), f"topic {topic} has {count} records", timeout_s)
        except AssertionError as error:
            raise AssertionError(f"{error}; it has {self._length(topic)}{self._failures()}") from None
        return self.read(topic)

    def offsets(self, name: str) -> list[tuple[dict[str, object], dict[str, object]]]:
        """The source offsets that a connector stored: partition and offset."""
        stored = self._stores.get(name, {}).items()
        return [(decode_partition(where), decode_offset(offset)) for where, offset in stored if offset is not None]

    def committed(self, name: str) -> dict[TopicPartition, int]:
        """The offsets that a sink connector committed."""
        admin = self.log.admin({})
        try:
            return admin.group_offsets(f"connect-{name}", _LOG_S)
        finally:
            admin.close()

    def close(self) -> None:
        """Stop everything that still runs."""
        for running in self._running:
            running.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _spec(self, connector: type[Connector] | str, config: Mapping[str, str], name: str | None) -> ConnectorSpec:
        descriptor, index = self._descriptor(connector)
        chosen = name or config.get("name") or f"connector-{next(_numbers)}"
        settings = WorkerSettings(
            props=self._worker, log=OpenLog(LogKind.SQLITE, "", log=self.log), index=index, worker_id="workbench"
        )
        whole = {**config, "name": chosen, "connector.class": descriptor.name}
        return ConnectorSpec(name=chosen, descriptor=descriptor, config=whole, generation=0, settings=settings)

    def _descriptor(self, connector: type[Connector] | str) -> tuple[PluginDescriptor, PluginIndex]:
        if isinstance(connector, str):
            return self._index.find(CONNECTORS, connector), self._index
        target = f"{connector.__module__}:{connector.__qualname__}"
        known = [plugin for plugin in self._index.plugins if plugin.target == target]
        if known:
            return known[0], self._index
        assert "<locals>" not in target, f"{target} is defined inside a function, where it cannot be imported"
        kind = PluginKind.SINK if issubclass(connector, SinkConnector) else PluginKind.SOURCE
        descriptor = PluginDescriptor(
            kind,
            target,
            connector.connect_name or target.replace(":", "."),
            None,
            connector.__module__.partition(".")[0],
        )
        return descriptor, replace(self._index, plugins=(*self._index.plugins, descriptor))

    def _assembly(self) -> Assembly:
        return Assembly(self._index, self._worker, {})

    def _operator(self) -> RetryWithTolerance:
        return RetryWithTolerance(TaskId("workbench", 0), ErrorPolicy(), [], SYSTEM_CLOCK, lambda _seconds: False)

    def _has(self, topic: str, count: int) -> bool:
        """Whether the records are there. Raises AssertionError when a task failed instead."""
        if self._length(topic) >= count:
            return True
        if self._failures():
            raise AssertionError(f"a task failed before topic {topic} had {count} records")
        return False

    def _length(self, topic: str) -> int:
        admin = self.log.admin({})
        try:
            described = admin.describe_topics([topic], _LOG_S).get(topic)
            partitions = [TopicPartition(topic, number) for number in range(described.partitions if described else 0)]
            return sum(admin.end_offsets(partitions, _LOG_S).values())
        finally:
            admin.close()

    def _failures(self) -> str:
        traces = [task.trace for running in self._running for task in running.tasks if task.trace]
        return "\n" + "\n".join(traces) if traces else ""


def _task_spec(spec: ConnectorSpec, number: int, config: Mapping[str, str]) -> TaskSpec:
    return TaskSpec(
        task=TaskId(spec.name, number),
        descriptor=spec.descriptor,
        connector_config=spec.config,
        task_config=config,
        generation=0,
        settings=spec.settings,
    )


def _addressed(record: object, topic: str, partition: int | None) -> SourceRecord:
    if not isinstance(record, SourceRecord):
        return SourceRecord(topic, record, kafka_partition=partition)
    return record.replace(topic=topic, kafka_partition=record.kafka_partition if partition is None else partition)
