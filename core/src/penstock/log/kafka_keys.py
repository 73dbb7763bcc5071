"""The keys of Kafka's Java clients (4.3), and what becomes of each here. Pure data; :mod:`kafka_config` acts on it.

Types and checks are Java's, so that a wrong value gets Java's error text. Where librdkafka's range is narrower the value is
moved to its nearest end. Security keys (``ssl.*``, ``sasl.*``, ``security.protocol``) are in :mod:`kafka_security`.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from penstock.api.config_types import ConfigType
from penstock.api.validators import at_least, between, non_empty, one_of, one_of_ignoring_case

_INT_MAX: Final = 2_147_483_647


class Fate(enum.Enum):
    """What becomes of a key."""

    PASSED = enum.auto()
    """Handed to librdkafka under ``target``, as ``text`` writes it."""
    OURS = enum.auto()
    """The adapter, or the runtime above it, acts on the parsed value."""
    SILENT = enum.auto()
    """The Java client's inner affair, or true here without being said."""
    LOST = enum.auto()
    """Its meaning cannot be kept, and work goes on without: ``why`` is logged once, unless the value is ``harmless``."""
    REFUSED = enum.auto()
    """Its meaning cannot be kept, and to go on would be wrong: ``why`` is raised, unless the value is ``harmless``."""


@dataclass(frozen=True, slots=True)
class JavaKey:
    """One key: Java's type and check, its fate, and what that fate needs (see :class:`Fate`)."""

    type: ConfigType
    fate: Fate
    check: Callable[[str, object], None] | None = None
    target: str = ""
    text: Callable[[Any], str] = str
    why: str = ""
    harmless: tuple[object, ...] = ()


def passed(
    type_: ConfigType,
    target: str,
    text: Callable[[Any], str] = str,
    *,
    check: Callable[[str, object], None] | None = None,
) -> JavaKey:
    """A key that librdkafka has as ``target``."""
    return JavaKey(type_, Fate.PASSED, check, target, text)


def within(low: int, high: int) -> Callable[[Any], str]:
    """Writes a number, moved into librdkafka's range."""
    return lambda value: str(min(max(value, low), high))


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _kilobytes(value: int) -> str:
    return str(min(max(-(-value // 1024), 1), _INT_MAX))


INT, LONG, STRING, LIST = ConfigType.INT, ConfigType.LONG, ConfigType.STRING, ConfigType.LIST
BOOLEAN, CLASS = ConfigType.BOOLEAN, ConfigType.CLASS
_BUFFER = within(0, 100_000_000)
"""Java's −1, "the system's default", is librdkafka's 0."""

_INTERCEPTORS = JavaKey(LIST, Fate.LOST, why="interceptors are Java classes, which cannot run here", harmless=([],))
_SERIALIZATION = JavaKey(CLASS, Fate.SILENT)

COMMON: Final[Mapping[str, JavaKey]] = {
    "bootstrap.servers": JavaKey(LIST, Fate.OURS),
    "client.id": passed(STRING, "client.id"),
    "client.dns.lookup": passed(
        STRING,
        "client.dns.lookup",
        check=one_of("use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"),
    ),
    "config.providers": JavaKey(LIST, Fate.SILENT),
    "connections.max.idle.ms": passed(LONG, "connections.max.idle.ms", within(0, _INT_MAX)),
    "enable.metrics.push": passed(BOOLEAN, "enable.metrics.push", _flag),
    "metadata.max.age.ms": passed(LONG, "topic.metadata.refresh.interval.ms", within(10, 3_600_000), check=at_least(0)),
    "metadata.recovery.strategy": passed(
        STRING, "metadata.recovery.strategy", str.lower, check=one_of_ignoring_case("REBOOTSTRAP", "NONE")
    ),
    "metadata.recovery.rebootstrap.trigger.ms": passed(
        LONG, "metadata.recovery.rebootstrap.trigger.ms", within(0, _INT_MAX), check=at_least(0)
    ),
    "metric.reporters": JavaKey(
        LIST,
        Fate.LOST,
        why="metric reporters are Java classes; the worker's own metrics have what they would tell",
        harmless=([], ["org.apache.kafka.common.metrics.JmxReporter"]),
    ),
    "metrics.num.samples": JavaKey(INT, Fate.SILENT, at_least(1)),
    "metrics.recording.level": JavaKey(STRING, Fate.SILENT, one_of("INFO", "DEBUG", "TRACE")),
    "metrics.sample.window.ms": JavaKey(LONG, Fate.SILENT, at_least(0)),
    "receive.buffer.bytes": passed(INT, "socket.receive.buffer.bytes", _BUFFER, check=at_least(-1)),
    "send.buffer.bytes": passed(INT, "socket.send.buffer.bytes", _BUFFER, check=at_least(-1)),
    "reconnect.backoff.ms": passed(LONG, "reconnect.backoff.ms", within(0, 3_600_000), check=at_least(0)),
    "reconnect.backoff.max.ms": passed(LONG, "reconnect.backoff.max.ms", within(0, 3_600_000), check=at_least(0)),
    "retry.backoff.ms": passed(LONG, "retry.backoff.ms", within(1, 300_000), check=at_least(0)),
    "retry.backoff.max.ms": passed(LONG, "retry.backoff.max.ms", within(1, 300_000), check=at_least(0)),
    "socket.connection.setup.timeout.ms": passed(
        LONG, "socket.connection.setup.timeout.ms", within(1000, _INT_MAX), check=at_least(0)
    ),
    "socket.connection.setup.timeout.max.ms": JavaKey(
        LONG, Fate.LOST, why="librdkafka does not lengthen the set-up time of a connection from try to try"
    ),
    "security.providers": JavaKey(
        STRING, Fate.REFUSED, why="security providers are Java classes, which cannot run here", harmless=("",)
    ),
}

PRODUCER: Final[Mapping[str, JavaKey]] = {
    "acks": passed(STRING, "acks", check=one_of("all", "-1", "0", "1")),
    "batch.size": passed(INT, "batch.size", within(1, _INT_MAX), check=at_least(0)),
    "buffer.memory": passed(LONG, "queue.buffering.max.kbytes", _kilobytes, check=at_least(0)),
    "compression.type": passed(STRING, "compression.type", check=one_of("none", "gzip", "snappy", "lz4", "zstd")),
    "compression.gzip.level": JavaKey(INT, Fate.OURS),
    "compression.lz4.level": JavaKey(INT, Fate.OURS, between(1, 17)),
    "compression.zstd.level": JavaKey(INT, Fate.OURS, between(-131_072, 22)),
    "delivery.timeout.ms": JavaKey(INT, Fate.OURS, at_least(0)),
    "enable.idempotence": JavaKey(BOOLEAN, Fate.OURS),
    "interceptor.classes": _INTERCEPTORS,
    "key.serializer": _SERIALIZATION,
    "value.serializer": _SERIALIZATION,
    "linger.ms": passed(LONG, "linger.ms", within(0, 900_000), check=at_least(0)),
    "max.block.ms": JavaKey(LONG, Fate.OURS, at_least(0)),
    "max.in.flight.requests.per.connection": JavaKey(INT, Fate.OURS, at_least(1)),
    "max.request.size": passed(INT, "message.max.bytes", within(1000, 1_000_000_000), check=at_least(0)),
    "metadata.max.idle.ms": JavaKey(LONG, Fate.SILENT, at_least(5000)),
    "partitioner.adaptive.partitioning.enable": JavaKey(
        BOOLEAN,
        Fate.LOST,
        why="librdkafka does not prefer the partitions of faster brokers for records without a key",
        harmless=(False,),
    ),
    "partitioner.availability.timeout.ms": JavaKey(
        LONG, Fate.LOST, at_least(0), why="librdkafka does not avoid slow partitions", harmless=(0,)
    ),
    "partitioner.class": JavaKey(
        CLASS,
        Fate.REFUSED,
        why="a partitioner is a Java class, which cannot run here; leave it out for Kafka's default partitioner, or name one"
        " of librdkafka's with the key 'partitioner'",
        harmless=("", "org.apache.kafka.clients.producer.internals.DefaultPartitioner"),
    ),
    "partitioner.ignore.keys": JavaKey(BOOLEAN, Fate.OURS),
    "request.timeout.ms": JavaKey(INT, Fate.OURS, at_least(0)),
    "retries": passed(INT, "retries", check=between(0, _INT_MAX)),
    "transaction.timeout.ms": passed(INT, "transaction.timeout.ms", within(1000, _INT_MAX)),
    "transaction.two.phase.commit.enable": JavaKey(
        BOOLEAN, Fate.REFUSED, why="librdkafka takes no part in two-phase commits", harmless=(False,)
    ),
    "transactional.id": passed(STRING, "transactional.id", check=non_empty()),
}

CONSUMER: Final[Mapping[str, JavaKey]] = {
    "allow.auto.create.topics": passed(BOOLEAN, "allow.auto.create.topics", _flag),
    "auto.commit.interval.ms": JavaKey(INT, Fate.SILENT, at_least(0)),
    "auto.offset.reset": JavaKey(STRING, Fate.OURS),
    "check.crcs": passed(BOOLEAN, "check.crcs", _flag),
    "client.rack": passed(STRING, "client.rack"),
    "default.api.timeout.ms": JavaKey(INT, Fate.SILENT, at_least(0)),
    "enable.auto.commit": JavaKey(
        BOOLEAN, Fate.LOST, why="offsets are committed only once their records are dealt with", harmless=(False,)
    ),
    "exclude.internal.topics": JavaKey(BOOLEAN, Fate.OURS),
    "fetch.max.bytes": passed(INT, "fetch.max.bytes", within(1000, 2_147_483_135), check=at_least(0)),
    "fetch.max.wait.ms": passed(INT, "fetch.wait.max.ms", within(0, 300_000), check=at_least(0)),
    "fetch.min.bytes": passed(INT, "fetch.min.bytes", within(1, 100_000_000), check=at_least(0)),
    "group.id": passed(STRING, "group.id"),
    "group.instance.id": passed(STRING, "group.instance.id", check=non_empty()),
    "group.protocol": passed(STRING, "group.protocol", str.lower, check=one_of_ignoring_case("CONSUMER", "CLASSIC")),
    "group.remote.assignor": passed(STRING, "group.remote.assignor"),
    "heartbeat.interval.ms": passed(INT, "heartbeat.interval.ms", within(1, 3_600_000)),
    "interceptor.classes": _INTERCEPTORS,
    "isolation.level": passed(STRING, "isolation.level", check=one_of("read_committed", "read_uncommitted")),
    "key.deserializer": _SERIALIZATION,
    "value.deserializer": _SERIALIZATION,
    "max.partition.fetch.bytes": passed(INT, "max.partition.fetch.bytes", within(1, 1_000_000_000), check=at_least(0)),
    "max.poll.interval.ms": passed(INT, "max.poll.interval.ms", within(1, 86_400_000), check=at_least(1)),
    "max.poll.records": JavaKey(INT, Fate.OURS, at_least(1)),
    "partition.assignment.strategy": JavaKey(LIST, Fate.OURS),
    "request.timeout.ms": passed(INT, "socket.timeout.ms", within(10, 300_000), check=at_least(0)),
    "session.timeout.ms": passed(INT, "session.timeout.ms", within(1, 3_600_000)),
    "share.acknowledgement.mode": JavaKey(STRING, Fate.SILENT),
    "share.acquire.mode": JavaKey(STRING, Fate.SILENT),
}

ADMIN: Final[Mapping[str, JavaKey]] = {
    "bootstrap.controllers": JavaKey(
        LIST, Fate.REFUSED, why="librdkafka's admin talks to brokers; set bootstrap.servers", harmless=([],)
    ),
    "default.api.timeout.ms": JavaKey(INT, Fate.SILENT, at_least(0)),
    "request.timeout.ms": passed(INT, "socket.timeout.ms", within(10, 300_000), check=at_least(0)),
    "retries": JavaKey(INT, Fate.SILENT, between(0, _INT_MAX)),
}


class Role(enum.Enum):
    """The kind of client; the value is its name in messages."""

    PRODUCER = "producer"
    CONSUMER = "consumer"
    ADMIN = "admin"

    @property
    def keys(self) -> Mapping[str, JavaKey]:
        """What this kind of client has beside :data:`COMMON`."""
        return {Role.PRODUCER: PRODUCER, Role.CONSUMER: CONSUMER, Role.ADMIN: ADMIN}[self]


_SETTINGS_OF_CONNECT: Final = ("metrics.context.",)


def is_label(name: str) -> bool:
    """Whether Connect adds this key to every client to label its metrics (KIP-606); it sets nothing."""
    return name.startswith(_SETTINGS_OF_CONNECT)
