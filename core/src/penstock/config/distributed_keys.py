"""Keys of a distributed worker (spec 2.2)."""

from __future__ import annotations

import hashlib

from penstock.api.config import REQUIRED, ConfigDef, ConfigKey, ConfigType, Importance, ParsedConfig, Validator
from penstock.api.config_types import wrong_value
from penstock.api.validators import at_least, between, described, one_of_ignoring_case
from penstock.config.security_keys import SASL_KEYS, SECURITY_PROTOCOL
from penstock.config.topic_creation import PARTITIONS, REPLICATION_FACTOR

HIGH, MEDIUM, LOW = Importance.HIGH, Importance.MEDIUM, Importance.LOW
STRING, INT, LONG, SHORT, LIST = (
    ConfigType.STRING,
    ConfigType.INT,
    ConfigType.LONG,
    ConfigType.SHORT,
    ConfigType.LIST,
)
_INT_MAX = 2**31 - 1
_MACS = {
    "HmacMD5": "md5",
    "HmacSHA1": "sha1",
    "HmacSHA224": "sha224",
    "HmacSHA256": "sha256",
    "HmacSHA384": "sha384",
    "HmacSHA512": "sha512",
    "HmacSHA512/224": "sha512_224",
    "HmacSHA512/256": "sha512_256",
    "HmacSHA3-224": "sha3_224",
    "HmacSHA3-256": "sha3_256",
    "HmacSHA3-384": "sha3_384",
    "HmacSHA3-512": "sha3_512",
}


def mac_digest(algorithm: str) -> str | None:
    """The name for ``hashlib`` of the digest under a Java MAC algorithm; None when this platform has none."""
    digest = {name.lower(): digest for name, digest in _MACS.items()}.get(algorithm.lower())
    return digest if digest in hashlib.algorithms_available else None


def check_algorithm(name: str, value: object) -> None:
    """One MAC algorithm that this platform has."""
    if not isinstance(value, str) or mac_digest(value) is None:
        known = ", ".join(algorithm for algorithm in _MACS if mac_digest(algorithm) is not None)
        reason = f"the algorithm is not supported by this worker; the supported algorithms are: [{known}]"
        raise wrong_value(name, value, reason)


def check_algorithms(name: str, value: object) -> None:
    """At least one such algorithm."""
    if not isinstance(value, list) or not value:
        raise wrong_value(name, value, "At least one signature verification algorithm must be provided")
    for algorithm in value:
        check_algorithm(name, algorithm)


def check_protocol(name: str, value: object) -> None:
    """How workers share work: eager, compatible or sessioned."""
    if not isinstance(value, str) or value.lower() not in ("eager", "compatible", "sessioned"):
        raise wrong_value(name, value, "Invalid Connect protocol compatibility")


_Row = tuple[str, ConfigType, object, Importance, Validator | None, str]

_GROUP: tuple[_Row, ...] = (
    ("group.id", STRING, REQUIRED, HIGH, None, "Name of the group of workers. No sink connector's group may have it."),
    ("session.timeout.ms", INT, 10_000, HIGH, None, "After how long without a heartbeat a worker counts as dead."),
    ("rebalance.timeout.ms", INT, 60_000, HIGH, None, "How long workers may take to give up work in a rebalance."),
    ("heartbeat.interval.ms", INT, 3000, HIGH, None, "How often a worker sends heartbeats."),
    (
        "exactly.once.source.support",
        STRING,
        "disabled",
        HIGH,
        one_of_ignoring_case("disabled", "preparing", "enabled"),
        "Whether source connectors may write exactly once: enabled, after all workers had preparing for a while.",
    ),
    ("worker.sync.timeout.ms", INT, 3000, MEDIUM, None, "How long to wait to catch up with the other workers."),
    ("worker.unsync.backoff.ms", INT, 300_000, MEDIUM, None, "How long to stay out of the group when that failed."),
    (
        "connect.protocol",
        STRING,
        "sessioned",
        LOW,
        described(check_protocol, "[eager, compatible, sessioned]"),
        "How work is assigned: eager, compatible (cooperative) or sessioned (the same, with signed requests).",
    ),
    (
        "scheduled.rebalance.max.delay.ms",
        INT,
        300_000,
        LOW,
        between(0, _INT_MAX),
        "How long the work of a worker that left waits for its return.",
    ),
)

_INTERNAL_REQUESTS: tuple[_Row, ...] = (
    (
        "inter.worker.key.ttl.ms",
        INT,
        3_600_000,
        LOW,
        between(0, _INT_MAX),
        "How long a key for signed requests between workers is used. 0: it never expires.",
    ),
    (
        "inter.worker.key.generation.algorithm",
        STRING,
        "HmacSHA256",
        LOW,
        described(check_algorithm, "Any KeyGenerator algorithm supported by the worker JVM"),
        "For which algorithm keys are made.",
    ),
    ("inter.worker.key.size", INT, None, LOW, None, "Size of keys in bits; null: what suits the algorithm."),
    (
        "inter.worker.signature.algorithm",
        STRING,
        "HmacSHA256",
        LOW,
        described(check_algorithm, "Any MAC algorithm supported by the worker JVM"),
        "With which algorithm requests are signed.",
    ),
    (
        "inter.worker.verification.algorithms",
        LIST,
        ["HmacSHA256"],
        LOW,
        described(check_algorithms, "A list of one or more MAC algorithms, each supported by the worker JVM"),
        "Which algorithms a signature may have; that of this worker must be among them.",
    ),
)

_STORAGE: tuple[_Row, ...] = (
    ("offset.storage.topic", STRING, REQUIRED, HIGH, None, "Topic in which source offsets are stored."),
    ("offset.storage.partitions", INT, 25, LOW, PARTITIONS, "Its partitions, when the worker creates it."),
    ("offset.storage.replication.factor", SHORT, 3, LOW, REPLICATION_FACTOR, "Its replicas then."),
    ("config.storage.topic", STRING, REQUIRED, HIGH, None, "Topic in which connectors are stored; one partition."),
    (
        "config.storage.replication.factor",
        SHORT,
        3,
        LOW,
        REPLICATION_FACTOR,
        "Its replicas, when the worker creates it.",
    ),
    ("status.storage.topic", STRING, REQUIRED, HIGH, None, "Topic in which states are stored."),
    ("status.storage.partitions", INT, 5, LOW, PARTITIONS, "Its partitions, when the worker creates it."),
    ("status.storage.replication.factor", SHORT, 3, LOW, REPLICATION_FACTOR, "Its replicas then."),
)

_CLIENT = "Setting of the worker's Kafka clients; as Kafka's clients take this key."

_CLIENTS: tuple[_Row, ...] = (
    ("client.id", STRING, "", LOW, None, _CLIENT),
    ("metadata.max.age.ms", LONG, 300_000, LOW, at_least(0), _CLIENT),
    ("send.buffer.bytes", INT, 131_072, MEDIUM, at_least(-1), _CLIENT),
    ("receive.buffer.bytes", INT, 32_768, MEDIUM, at_least(-1), _CLIENT),
    ("reconnect.backoff.ms", LONG, 50, LOW, at_least(0), _CLIENT),
    ("reconnect.backoff.max.ms", LONG, 1000, LOW, at_least(0), _CLIENT),
    ("socket.connection.setup.timeout.ms", LONG, 10_000, LOW, at_least(0), _CLIENT),
    ("socket.connection.setup.timeout.max.ms", LONG, 30_000, LOW, at_least(0), _CLIENT),
    ("retry.backoff.ms", LONG, 100, LOW, at_least(0), _CLIENT),
    ("retry.backoff.max.ms", LONG, 1000, LOW, at_least(0), _CLIENT),
    ("request.timeout.ms", INT, 40_000, MEDIUM, at_least(0), _CLIENT),
    ("connections.max.idle.ms", LONG, 540_000, MEDIUM, None, _CLIENT),
    ("metadata.recovery.strategy", STRING, "rebootstrap", LOW, one_of_ignoring_case("none", "rebootstrap"), _CLIENT),
    ("metadata.recovery.rebootstrap.trigger.ms", LONG, 300_000, LOW, at_least(0), _CLIENT),
)

DISTRIBUTED_KEYS = ConfigDef(
    ConfigKey(name, type_, default=default, importance=importance, doc=doc, validator=check)
    for name, type_, default, importance, check, doc in (*_GROUP, *_STORAGE, *_INTERNAL_REQUESTS, *_CLIENTS)
).including([SECURITY_PROTOCOL, *SASL_KEYS])


def check_distributed(config: ParsedConfig) -> None:
    """What concerns several keys. Raises :class:`ConfigException`."""
    signature = config.get_string("inter.worker.signature.algorithm")
    if signature not in config.get_list("inter.worker.verification.algorithms"):
        reason = "Signature algorithm must be present in inter.worker.verification.algorithms list"
        raise wrong_value("inter.worker.signature.algorithm", signature, reason)
