"""Topic configs: Kafka's names, defaults and checks (``LogConfig``), and the few that the embedded logs act on."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace

from penstock.api.exceptions import ConfigException
from penstock.log.errors import TopicCreationError

_LONG_MAX = 2**63 - 1
_INT_MAX = 2**31 - 1


class _Kind(enum.Enum):
    INT = _INT_MAX
    LONG = _LONG_MAX
    DOUBLE = 0
    BOOLEAN = 1
    CHOICE = 2
    LIST = 3
    ANY = 4


@dataclass(frozen=True, slots=True)
class _Key:
    kind: _Kind
    default: str
    low: int | None = None
    high: int | None = None
    choices: tuple[str, ...] = ()


_KEYS: dict[str, _Key] = {
    "cleanup.policy": _Key(_Kind.LIST, "delete", choices=("compact", "delete")),
    "compression.gzip.level": _Key(_Kind.INT, "-1", -1, 9),
    "compression.lz4.level": _Key(_Kind.INT, "9", 1, 17),
    "compression.type": _Key(
        _Kind.CHOICE, "producer", choices=("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer")
    ),
    "compression.zstd.level": _Key(_Kind.INT, "3", -131072, 22),
    "delete.retention.ms": _Key(_Kind.LONG, "86400000", 0),
    "file.delete.delay.ms": _Key(_Kind.LONG, "60000", 0),
    "flush.messages": _Key(_Kind.LONG, str(_LONG_MAX), 1),
    "flush.ms": _Key(_Kind.LONG, str(_LONG_MAX), 0),
    "follower.replication.throttled.replicas": _Key(_Kind.ANY, ""),
    "index.interval.bytes": _Key(_Kind.INT, "4096", 0),
    "leader.replication.throttled.replicas": _Key(_Kind.ANY, ""),
    "local.retention.bytes": _Key(_Kind.LONG, "-2", -2),
    "local.retention.ms": _Key(_Kind.LONG, "-2", -2),
    "max.compaction.lag.ms": _Key(_Kind.LONG, str(_LONG_MAX), 1),
    "max.message.bytes": _Key(_Kind.INT, "1048588", 0),
    "message.timestamp.after.max.ms": _Key(_Kind.LONG, "3600000", 0),
    "message.timestamp.before.max.ms": _Key(_Kind.LONG, str(_LONG_MAX), 0),
    "message.timestamp.type": _Key(_Kind.CHOICE, "CreateTime", choices=("CreateTime", "LogAppendTime")),
    "min.cleanable.dirty.ratio": _Key(_Kind.DOUBLE, "0.5", 0, 1),
    "min.compaction.lag.ms": _Key(_Kind.LONG, "0", 0),
    "min.insync.replicas": _Key(_Kind.INT, "1", 1),
    "preallocate": _Key(_Kind.BOOLEAN, "false"),
    "remote.log.copy.disable": _Key(_Kind.BOOLEAN, "false"),
    "remote.log.delete.on.disable": _Key(_Kind.BOOLEAN, "false"),
    "remote.storage.enable": _Key(_Kind.BOOLEAN, "false"),
    "retention.bytes": _Key(_Kind.LONG, "-1"),
    "retention.ms": _Key(_Kind.LONG, "604800000", -1),
    "segment.bytes": _Key(_Kind.INT, "1073741824", 1048576),
    "segment.index.bytes": _Key(_Kind.INT, "10485760", 4),
    "segment.jitter.ms": _Key(_Kind.LONG, "0", 0),
    "segment.ms": _Key(_Kind.LONG, "604800000", 1),
    "unclean.leader.election.enable": _Key(_Kind.BOOLEAN, "false"),
}


@dataclass(frozen=True, slots=True)
class TopicSettings:
    """What the embedded logs act on. Retention: None means no limit; bytes count per partition."""

    compact: bool = False
    delete: bool = True
    retention_ms: int | None = 604_800_000
    retention_bytes: int | None = None
    delete_retention_ms: int = 86_400_000
    min_compaction_lag_ms: int = 0
    min_dirty_ratio: float = 0.5
    append_time: bool = False


def check_topic_configs(configs: Mapping[str, str]) -> None:
    """Raises TopicCreationError with the broker's text at the first config that it would refuse."""
    for name, value in configs.items():
        key = _KEYS.get(name)
        if key is None:
            raise TopicCreationError(f"Unknown topic config name: {name}")
        try:
            _check(name, value, key)
        except ConfigException as error:
            raise TopicCreationError(str(error)) from error


def effective_configs(configs: Mapping[str, str], defaults: TopicSettings) -> dict[str, str]:
    """All topic configs in order: those given, else the log's defaults, else Kafka's."""
    own = {
        "retention.ms": str(-1 if defaults.retention_ms is None else defaults.retention_ms),
        "retention.bytes": str(-1 if defaults.retention_bytes is None else defaults.retention_bytes),
    }
    return {name: key.default for name, key in sorted(_KEYS.items())} | own | dict(configs)


def topic_settings(configs: Mapping[str, str], defaults: TopicSettings) -> TopicSettings:
    """Checked configs as values, over the log's defaults."""
    policies = _items(configs.get("cleanup.policy", "delete"))
    settings = replace(defaults, compact="compact" in policies, delete="delete" in policies)
    if "retention.ms" in configs:
        settings = replace(settings, retention_ms=_limit(configs["retention.ms"]))
    if "retention.bytes" in configs:
        settings = replace(settings, retention_bytes=_limit(configs["retention.bytes"]))
    if "delete.retention.ms" in configs:
        settings = replace(settings, delete_retention_ms=int(configs["delete.retention.ms"]))
    if "min.compaction.lag.ms" in configs:
        settings = replace(settings, min_compaction_lag_ms=int(configs["min.compaction.lag.ms"]))
    if "min.cleanable.dirty.ratio" in configs:
        settings = replace(settings, min_dirty_ratio=float(configs["min.cleanable.dirty.ratio"]))
    return replace(settings, append_time=configs.get("message.timestamp.type") == "LogAppendTime")


def _limit(text: str) -> int | None:
    number = int(text)
    return None if number < 0 else number


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _check(name: str, value: str, key: _Key) -> None:
    if key.kind in {_Kind.INT, _Kind.LONG, _Kind.DOUBLE}:
        number = _number(name, value, key.kind)
        if key.low is not None and key.high is not None and not key.low <= number <= key.high:
            side = f"at least {key.low}" if number < key.low else f"no more than {key.high}"
            raise ConfigException.of(name, number, f"Value must be {side}")
        if key.low is not None and number < key.low:
            raise ConfigException.of(name, number, f"Value must be at least {key.low}")
    elif key.kind is _Kind.BOOLEAN and value.strip().lower() not in {"true", "false"}:
        raise ConfigException.of(name, value, "Expected value to be either true or false")
    elif key.kind in {_Kind.CHOICE, _Kind.LIST}:
        for item in _items(value) if key.kind is _Kind.LIST else [value]:
            if item not in key.choices:
                raise ConfigException.of(name, item, f"String must be one of: {', '.join(key.choices)}")


def _number(name: str, value: str, kind: _Kind) -> float:
    try:
        if kind is _Kind.DOUBLE:
            return float(value)
        number = int(value.strip())
    except ValueError:
        raise ConfigException.of(name, value, f"Not a number of type {kind.name}") from None
    if not -kind.value - 1 <= number <= kind.value:
        raise ConfigException.of(name, value, f"Not a number of type {kind.name}")
    return number
