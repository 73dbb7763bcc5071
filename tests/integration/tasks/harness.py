"""Runs a task through ``run_task`` on a thread, over a real embedded log, with a link that the test sees."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

from tests.integration.tasks import plugins
from tests.support.worker import eventually

from penstock.api.hooks import PluginKind
from penstock.api.record import TopicPartition
from penstock.discovery.plugins import PluginDescriptor, PluginIndex
from penstock.ids import TaskId
from penstock.log.address import LogAddress, LogKind
from penstock.log.base import NewTopic, OutgoingBatch
from penstock.states import State, TargetState
from penstock.storage.offsets import OffsetEntry
from penstock.tasks.control import Control
from penstock.tasks.runner import run_task
from penstock.tasks.spec import TaskSpec, WorkerSettings

MODULE = "tests.integration.tasks.plugins"
STRING = "org.apache.kafka.connect.storage.StringConverter"
K = PluginKind


def _plugin(kind: PluginKind, name: str) -> PluginDescriptor:
    return PluginDescriptor(kind, f"{MODULE}:{name}", f"{MODULE}.{name}", "1", "tests")


INDEX = PluginIndex(
    plugins=(
        _plugin(K.SOURCE, "SteeredSource"),
        _plugin(K.SOURCE, "RecordingSource"),
        _plugin(K.SINK, "SteeredSink"),
        _plugin(K.TRANSFORMATION, "CountingTransform"),
        PluginDescriptor(K.CONVERTER, "penstock.converters.string:StringConverter", STRING, "1", "penstock"),
        PluginDescriptor(K.HEADER_CONVERTER, "penstock.converters.string:StringConverter", STRING, "1", "penstock"),
        *(
            PluginDescriptor(
                K.OVERRIDE_POLICY,
                f"penstock.config.overrides:{name}ConnectorClientConfigOverridePolicy",
                f"org.apache.kafka.connect.connector.policy.{name}ConnectorClientConfigOverridePolicy",
                "1",
                "penstock",
            )
            for name in ("All", "None")
        ),
        PluginDescriptor(
            K.CONFIG_PROVIDER,
            "penstock.config.providers:EnvVarConfigProvider",
            "org.apache.kafka.common.config.provider.EnvVarConfigProvider",
            "1",
            "penstock",
        ),
    )
)
_names = itertools.count()


@dataclass
class Link:
    """What a runner told its worker."""

    states: list[tuple[State, str | None]] = field(default_factory=list)
    stored: dict[bytes, bytes | None] = field(default_factory=dict)
    offsets_seen: list[bytes | None] = field(default_factory=list)
    topics: list[str] = field(default_factory=list)
    raised: list[str] = field(default_factory=list)
    store_error: Exception | None = None
    refused: list[bytes | None] = field(default_factory=list)
    """The offsets that came while there was ``store_error``."""

    def ready(self, version: str | None, config_ttl_ms: int | None) -> None:
        self.version = version

    def state(self, state: State, trace: str | None = None) -> None:
        self.states.append((state, trace))

    def offsets(self, entries: Sequence[OffsetEntry]) -> Future[None]:
        done: Future[None] = Future()
        if self.store_error is not None:
            self.refused.extend(entry.offset for entry in entries)
            done.set_exception(self.store_error)
            return done
        self.offsets_seen.extend(entry.offset for entry in entries)
        self.stored.update((entry.partition, entry.offset) for entry in entries)
        done.set_result(None)
        return done

    def read_offsets(self, partitions: Sequence[bytes]) -> Future[list[bytes | None]]:
        done: Future[list[bytes | None]] = Future()
        done.set_result([self.stored.get(partition) for partition in partitions])
        return done

    def topic_active(self, topic: str) -> None:
        self.topics.append(topic)

    def error_raised(self, trace: str) -> None:
        self.raised.append(trace)

    def beat(self, progress: int) -> None:
        self.progress = progress


class RunningTask:
    """A task on a thread of its own."""

    def __init__(self, spec: TaskSpec, target: TargetState, link: Link) -> None:
        self.link = link
        self.control = Control(target)
        self.handle = plugins.handle(spec.task.connector)
        self.thread = threading.Thread(target=run_task, args=(spec, self.control, link), daemon=True)
        self.thread.start()

    def wait_for(self, state: State) -> str | None:
        """Wait until the task last reported this state; its trace."""
        eventually(lambda: self.link.states and self.link.states[-1][0] is state, f"the task is {state}", 20)
        return self.link.states[-1][1]

    def stop(self) -> None:
        self.control.stop(10)
        self.thread.join(20)
        assert not self.thread.is_alive()


class Bench:
    """A log and the means to run tasks on it."""

    def __init__(self, directory: Path) -> None:
        self.log_address = LogAddress(LogKind.SQLITE, str(directory / "log.db"))
        self.log = self.log_address.open()
        self.tasks: list[RunningTask] = []
        self.worker = {
            "key.converter": STRING,
            "value.converter": STRING,
            "header.converter": STRING,
            "offset.flush.interval.ms": "50",
            "config.providers": "env",
            "config.providers.env.class": "org.apache.kafka.common.config.provider.EnvVarConfigProvider",
        }

    def start(
        self,
        class_name: str,
        config: dict[str, str] | None = None,
        *,
        name: str | None = None,
        number: int = 0,
        target: TargetState = TargetState.STARTED,
        link: Link | None = None,
    ) -> RunningTask:
        name = name or f"c{next(_names)}"
        props = {"connector.class": f"{MODULE}.{class_name}", "name": name, "tasks.max": "4", **(config or {})}
        descriptor = next(plugin for plugin in INDEX.plugins if plugin.target.endswith(f":{class_name}"))
        settings = WorkerSettings(props=self.worker, log=self.log_address, index=INDEX, worker_id="w:1")
        spec = TaskSpec(
            task=TaskId(name, number),
            descriptor=descriptor,
            connector_config=props,
            task_config=props,
            generation=0,
            settings=settings,
        )
        task = RunningTask(spec, target, link or Link())
        self.tasks.append(task)
        return task

    def topic(self, name: str, partitions: int = 1) -> str:
        admin = self.log.admin({})
        admin.create_topics([NewTopic(name, partitions)], 10)
        admin.close()
        return name

    def produce(self, topic: str, values: Sequence[str | None], partition: int = 0) -> None:
        producer = self.log.producer({})
        producer.send_batch(OutgoingBatch(topic=topic, values=list(values), partitions=[partition] * len(values)))
        assert producer.flush(10)
        producer.close(10)

    def read(self, topic: str, partition: int = 0) -> list[tuple[bytes | None, bytes | None, list]]:
        """(key, value, headers) of everything in a partition; nothing for a topic that is not there."""
        consumer = self.log.consumer({})
        where = TopicPartition(topic, partition)
        found: list[tuple[bytes | None, bytes | None, list]] = []
        if consumer.partitions_for(topic, 10) is not None:
            end = consumer.end_offsets([where], 10)[where]
            consumer.assign({where: 0})
            while consumer.position(where) < end:
                for batch in consumer.poll(0.2, 1000):
                    keys = batch.keys or [None] * len(batch)
                    headers = batch.headers or [None] * len(batch)
                    found.extend((k, v, list(h or [])) for k, v, h in zip(keys, batch.values, headers, strict=True))
        consumer.close()
        return found

    def values(self, topic: str) -> list[str]:
        return [value.decode() for _, value, _ in self.read(topic) if value is not None]

    def committed(self, connector: str) -> dict[TopicPartition, int]:
        admin = self.log.admin({})
        try:
            return admin.group_offsets(f"connect-{connector}", 10)
        finally:
            admin.close()

    def close(self) -> None:
        for task in self.tasks:
            task.control.stop(5)
        for task in self.tasks:
            task.thread.join(20)
