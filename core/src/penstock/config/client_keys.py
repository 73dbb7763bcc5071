"""The settings of Kafka's clients: which there are, their types and defaults (Kafka 4.3.1).

Connectors may override them (``producer.override.acks``). Validation parses a value to its type and shows it; a value of the
right type that makes no sense passes, as in Connect, and fails the task. So no validators are needed here.
"""

from __future__ import annotations

from penstock.api.config import REQUIRED, ConfigDef, ConfigKey, ConfigType, Importance
from penstock.config.security_keys import (
    BOOLEAN,
    CLASS,
    HIGH,
    INT,
    LIST,
    LONG,
    LOW,
    MEDIUM,
    SASL_KEYS,
    SECURITY_PROTOCOL,
    SSL_KEYS,
    STRING,
)

_Row = tuple[str, ConfigType, object, Importance]

_COMMON: tuple[_Row, ...] = (
    ("client.dns.lookup", STRING, "use_all_dns_ips", MEDIUM),
    ("config.providers", LIST, [], LOW),
    ("metadata.max.age.ms", LONG, 300_000, LOW),
    ("metadata.recovery.rebootstrap.trigger.ms", LONG, 300_000, LOW),
    ("metadata.recovery.strategy", STRING, "rebootstrap", LOW),
    ("metric.reporters", LIST, ["org.apache.kafka.common.metrics.JmxReporter"], LOW),
    ("metrics.num.samples", INT, 2, LOW),
    ("metrics.recording.level", STRING, "INFO", LOW),
    ("metrics.sample.window.ms", LONG, 30_000, LOW),
    ("reconnect.backoff.max.ms", LONG, 1000, LOW),
    ("reconnect.backoff.ms", LONG, 50, LOW),
    ("request.timeout.ms", INT, 30_000, MEDIUM),
    ("retry.backoff.max.ms", LONG, 1000, LOW),
    ("retry.backoff.ms", LONG, 100, LOW),
    ("security.providers", STRING, None, LOW),
    ("send.buffer.bytes", INT, 131_072, MEDIUM),
    ("socket.connection.setup.timeout.max.ms", LONG, 30_000, MEDIUM),
    ("socket.connection.setup.timeout.ms", LONG, 10_000, MEDIUM),
)

_PRODUCER: tuple[_Row, ...] = (
    ("acks", STRING, "all", LOW),
    ("batch.size", INT, 16_384, MEDIUM),
    ("bootstrap.servers", LIST, REQUIRED, HIGH),
    ("buffer.memory", LONG, 33_554_432, HIGH),
    ("client.id", STRING, "", MEDIUM),
    ("compression.gzip.level", INT, -1, MEDIUM),
    ("compression.lz4.level", INT, 9, MEDIUM),
    ("compression.type", STRING, "none", HIGH),
    ("compression.zstd.level", INT, 3, MEDIUM),
    ("connections.max.idle.ms", LONG, 540_000, MEDIUM),
    ("delivery.timeout.ms", INT, 120_000, MEDIUM),
    ("enable.idempotence", BOOLEAN, True, LOW),
    ("enable.metrics.push", BOOLEAN, True, LOW),
    ("interceptor.classes", LIST, [], LOW),
    ("key.serializer", CLASS, REQUIRED, HIGH),
    ("linger.ms", LONG, 5, MEDIUM),
    ("max.block.ms", LONG, 60_000, MEDIUM),
    ("max.in.flight.requests.per.connection", INT, 5, LOW),
    ("max.request.size", INT, 1_048_576, MEDIUM),
    ("metadata.max.idle.ms", LONG, 300_000, LOW),
    ("partitioner.adaptive.partitioning.enable", BOOLEAN, True, LOW),
    ("partitioner.availability.timeout.ms", LONG, 0, LOW),
    ("partitioner.class", CLASS, None, MEDIUM),
    ("partitioner.ignore.keys", BOOLEAN, False, MEDIUM),
    ("receive.buffer.bytes", INT, 32_768, MEDIUM),
    ("retries", INT, 2_147_483_647, HIGH),
    ("transaction.timeout.ms", INT, 60_000, LOW),
    ("transaction.two.phase.commit.enable", BOOLEAN, False, LOW),
    ("transactional.id", STRING, None, LOW),
    ("value.serializer", CLASS, REQUIRED, HIGH),
)

_CONSUMER: tuple[_Row, ...] = (
    ("allow.auto.create.topics", BOOLEAN, True, MEDIUM),
    ("auto.commit.interval.ms", INT, 5000, LOW),
    ("auto.offset.reset", STRING, "latest", MEDIUM),
    ("bootstrap.servers", LIST, REQUIRED, HIGH),
    ("check.crcs", BOOLEAN, True, LOW),
    ("client.id", STRING, "", LOW),
    ("client.rack", STRING, "", LOW),
    ("connections.max.idle.ms", LONG, 540_000, MEDIUM),
    ("default.api.timeout.ms", INT, 60_000, MEDIUM),
    ("enable.auto.commit", BOOLEAN, True, MEDIUM),
    ("enable.metrics.push", BOOLEAN, True, LOW),
    ("exclude.internal.topics", BOOLEAN, True, MEDIUM),
    ("fetch.max.bytes", INT, 52_428_800, MEDIUM),
    ("fetch.max.wait.ms", INT, 500, LOW),
    ("fetch.min.bytes", INT, 1, HIGH),
    ("group.id", STRING, None, HIGH),
    ("group.instance.id", STRING, None, MEDIUM),
    ("group.protocol", STRING, "classic", HIGH),
    ("group.remote.assignor", STRING, None, MEDIUM),
    ("heartbeat.interval.ms", INT, 3000, HIGH),
    ("interceptor.classes", LIST, [], LOW),
    ("isolation.level", STRING, "read_uncommitted", MEDIUM),
    ("key.deserializer", CLASS, REQUIRED, HIGH),
    ("max.partition.fetch.bytes", INT, 1_048_576, HIGH),
    ("max.poll.interval.ms", INT, 300_000, MEDIUM),
    ("max.poll.records", INT, 500, MEDIUM),
    (
        "partition.assignment.strategy",
        LIST,
        [
            "class org.apache.kafka.clients.consumer.RangeAssignor",
            "class org.apache.kafka.clients.consumer.CooperativeStickyAssignor",
        ],
        MEDIUM,
    ),
    ("receive.buffer.bytes", INT, 65_536, MEDIUM),
    ("session.timeout.ms", INT, 45_000, HIGH),
    ("share.acknowledgement.mode", STRING, "implicit", MEDIUM),
    ("share.acquire.mode", STRING, "BATCH_OPTIMIZED", MEDIUM),
    ("value.deserializer", CLASS, REQUIRED, HIGH),
)

_ADMIN: tuple[_Row, ...] = (
    ("bootstrap.controllers", LIST, [], HIGH),
    ("bootstrap.servers", LIST, [], HIGH),
    ("client.id", STRING, "", MEDIUM),
    ("connections.max.idle.ms", LONG, 300_000, MEDIUM),
    ("default.api.timeout.ms", INT, 60_000, MEDIUM),
    ("enable.metrics.push", BOOLEAN, False, LOW),
    ("receive.buffer.bytes", INT, 65_536, MEDIUM),
    ("retries", INT, 2_147_483_647, LOW),
)


def _definition(client: str, rows: tuple[_Row, ...]) -> ConfigDef:
    doc = f"A setting of Kafka's {client}; Kafka's documentation tells what it does."
    own = (
        ConfigKey(name, type_, default=default, importance=importance, doc=doc)
        for name, type_, default, importance in (*_COMMON, *rows)
    )
    return ConfigDef([*own, SECURITY_PROTOCOL, *SSL_KEYS, *SASL_KEYS])


PRODUCER_KEYS = _definition("producer", _PRODUCER)
CONSUMER_KEYS = _definition("consumer", _CONSUMER)
ADMIN_KEYS = _definition("admin client", _ADMIN)
