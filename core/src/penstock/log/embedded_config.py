"""Java client keys as the embedded logs understand them.

There is no network and no buffer to tune, so most keys have nothing to act on and are taken silently; a key that no Kafka
client knows is named in a warning; one whose meaning cannot be kept is refused with ConfigException.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass

from penstock.api.exceptions import ConfigException
from penstock.log.assignor import RANGE, ROUND_ROBIN

logger = logging.getLogger(__name__)

_COMMON = re.compile(
    r"bootstrap\.(servers|controllers)|client\.(id|dns\.lookup|rack)|config\.providers|security\.(protocol|providers)|"
    r"(ssl|sasl|metrics?|metadata|reconnect|retry|socket|receive|send|enable\.metrics)\..+|connections\.max\.idle\.ms|"
    r"request\.timeout\.ms|default\.api\.timeout\.ms|retries"
)
_PRODUCER = re.compile(
    r"acks|batch\.size|buffer\.memory|compression\..+|delivery\.timeout\.ms|enable\.idempotence|(key|value)\.serializer|"
    r"linger\.ms|max\.(block\.ms|in\.flight\.requests\.per\.connection|request\.size)|partitioner\..+|"
    r"transaction\.(timeout\.ms|two\.phase\.commit\.enable)|transactional\.id|interceptor\.classes"
)
_CONSUMER = re.compile(
    r"allow\.auto\.create\.topics|auto\.(commit\.interval\.ms|offset\.reset)|check\.crcs|enable\.auto\.commit|"
    r"exclude\.internal\.topics|fetch\..+|group\..+|heartbeat\.interval\.ms|isolation\.level|(key|value)\.deserializer|"
    r"max\.(partition\.fetch\.bytes|poll\.interval\.ms|poll\.records)|partition\.assignment\.strategy|session\.timeout\.ms|interceptor\.classes"
)
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")


@dataclass(frozen=True, slots=True)
class ProducerSettings:
    """What an embedded producer acts on. ``delivery_timeout_s`` bounds the wait for other writers."""

    transactional_id: str | None
    max_request_size: int
    delivery_timeout_s: float
    ignore_keys: bool


@dataclass(frozen=True, slots=True)
class ResetPolicy:
    """``auto.offset.reset``: earliest, latest, none, or with ``back_ms`` the first record not older than that."""

    name: str
    back_ms: int = 0


@dataclass(frozen=True, slots=True)
class ConsumerSettings:
    """What an embedded consumer acts on; times in seconds."""

    group_id: str | None
    client_id: str
    reset: ResetPolicy
    auto_create: bool
    session_timeout_s: float
    max_poll_interval_s: float
    look_interval_s: float
    """How often it looks for members that are gone (``heartbeat.interval.ms``)."""
    assignors: tuple[str, ...]


def producer_settings(config: Mapping[str, str]) -> ProducerSettings:
    """Raises ConfigException for a value that no Kafka producer would take, or whose meaning cannot be kept."""
    _note_unknown(config, _PRODUCER, "producer")
    _choice(config, "acks", "all", ("all", "-1", "0", "1"))
    _refuse(config, "interceptor.classes", "the embedded log runs no interceptors")
    _refuse(
        config, "partitioner.class", "the embedded log partitions as Kafka's default partitioner does; leave it out"
    )
    if _flag(config, "transaction.two.phase.commit.enable", default=False):
        raise ConfigException.of(
            "transaction.two.phase.commit.enable", "true", "the embedded log has no two-phase commit"
        )
    return ProducerSettings(
        transactional_id=config.get("transactional.id") or None,
        max_request_size=_number(config, "max.request.size", 1_048_576, 0),
        delivery_timeout_s=_number(config, "delivery.timeout.ms", 120_000, 0) / 1000,
        ignore_keys=_flag(config, "partitioner.ignore.keys", default=False),
    )


def consumer_settings(config: Mapping[str, str]) -> ConsumerSettings:
    """Raises ConfigException for a value that no Kafka consumer would take, or whose meaning cannot be kept."""
    _note_unknown(config, _CONSUMER, "consumer")
    _choice(config, "isolation.level", "read_uncommitted", ("read_committed", "read_uncommitted"))
    _refuse(config, "interceptor.classes", "the embedded log runs no interceptors")
    return ConsumerSettings(
        group_id=config.get("group.id") or None,
        client_id=config.get("client.id") or "consumer",
        reset=_reset(config),
        auto_create=_flag(config, "allow.auto.create.topics", default=True),
        session_timeout_s=_number(config, "session.timeout.ms", 45_000, 1) / 1000,
        max_poll_interval_s=_number(config, "max.poll.interval.ms", 300_000, 1) / 1000,
        look_interval_s=_number(config, "heartbeat.interval.ms", 3_000, 1) / 1000,
        assignors=_assignors(config),
    )


def note_admin_config(config: Mapping[str, str]) -> None:
    """An admin acts on no key; unknown ones are named in a warning."""
    _note_unknown(config, _COMMON, "admin")


def _assignors(config: Mapping[str, str]) -> tuple[str, ...]:
    text = config.get("partition.assignment.strategy", RANGE)
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    known = tuple(name for name in names if name in {RANGE, ROUND_ROBIN})
    if not known:
        logger.warning(
            "partition.assignment.strategy=%s: the embedded log assigns by range or round robin; range is used", text
        )
    return known or (RANGE,)


def _reset(config: Mapping[str, str]) -> ResetPolicy:
    text = config.get("auto.offset.reset", "latest").strip().lower()
    if text in {"earliest", "latest", "none"}:
        return ResetPolicy(text)
    match = _DURATION.fullmatch(text.removeprefix("by_duration:").upper())
    if not text.startswith("by_duration:") or match is None or not any(match.groups()):
        raise ConfigException.of(
            "auto.offset.reset", text, "must be one of earliest, latest, none, by_duration:<an ISO 8601 duration>"
        )
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return ResetPolicy("by_duration", int((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000))


def _note_unknown(config: Mapping[str, str], known: re.Pattern[str], client: str) -> None:
    for name in config:
        if known.fullmatch(name) is None and _COMMON.fullmatch(name) is None:
            logger.warning("The configuration '%s' was supplied but isn't a known %s config.", name, client)


def _refuse(config: Mapping[str, str], name: str, reason: str) -> None:
    if config.get(name):
        raise ConfigException.of(name, config[name], reason)


def _choice(config: Mapping[str, str], name: str, default: str, choices: tuple[str, ...]) -> None:
    value = config.get(name, default)
    if value not in choices:
        raise ConfigException.of(name, value, f"String must be one of: {', '.join(choices)}")


def _flag(config: Mapping[str, str], name: str, *, default: bool) -> bool:
    value = config.get(name)
    if value is None:
        return default
    if value.strip().lower() not in {"true", "false"}:
        raise ConfigException.of(name, value, "Expected value to be either true or false")
    return value.strip().lower() == "true"


def _number(config: Mapping[str, str], name: str, default: int, low: int) -> int:
    text = config.get(name)
    if text is None:
        return default
    try:
        number = int(text.strip())
    except ValueError:
        raise ConfigException.of(name, text, "Not a number of type INT") from None
    if number < low:
        raise ConfigException.of(name, number, f"Value must be at least {low}")
    return number
