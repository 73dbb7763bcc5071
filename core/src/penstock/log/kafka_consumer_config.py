"""What follows from several consumer keys together, and the defaults that differ from librdkafka's (spec 8.6)."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from penstock.api.exceptions import ConfigException
from penstock.log.kafka_config import ClientConfig, Notices, translate
from penstock.log.kafka_keys import Role

logger = logging.getLogger(__name__)

NO_GROUP: Final = "penstock.no-group"
"""librdkafka wants a group name also of a consumer that is in none. It never joins it and commits nothing to it."""

_DEFAULTS: Final[Mapping[str, str]] = {
    "group.id": NO_GROUP,
    "isolation.level": "read_uncommitted",
    "allow.auto.create.topics": "true",
    "check.crcs": "true",
    "fetch.max.bytes": "52428800",
    # A fetch that is put off because the queue is full is tried again soon; librdkafka's second halts a fast reader.
    "fetch.queue.backoff.ms": "5",
    "queued.min.messages": "50000",
}

PREFETCH_BYTES: Final = 16 * 1024 * 1024
"""What a consumer fetches ahead of its reader: so many payload bytes (less if ``fetch.max.bytes`` is less) or 50,000 records,
whichever comes first, and one answer more. Measured with records of 100 bytes: 24 MB of memory, and as fast as any larger
budget (1.5 M/s and more). librdkafka's keys ``queued.max.messages.kbytes`` and ``queued.min.messages`` change it."""

_FORCED: Final[Mapping[str, str]] = {
    "enable.auto.commit": "false",
    "enable.auto.offset.store": "false",
    "enable.partition.eof": "true",  # tells of the end also where only transaction markers follow
    "auto.offset.reset": "error",  # the adapter moves the partition itself, so that positions are exact
}

_JAVA_ASSIGNORS: Final = "org.apache.kafka.clients.consumer."
_ASSIGNORS: Final[Mapping[str, str]] = {
    **dict.fromkeys((f"{_JAVA_ASSIGNORS}RangeAssignor", "range"), "range"),
    **dict.fromkeys((f"{_JAVA_ASSIGNORS}RoundRobinAssignor", "roundrobin"), "roundrobin"),
    **dict.fromkeys((f"{_JAVA_ASSIGNORS}CooperativeStickyAssignor", "cooperative-sticky"), "cooperative-sticky"),
}
_COOPERATIVE: Final = "cooperative-sticky"
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ResetPolicy:
    """``auto.offset.reset``: ``name`` is earliest, latest, none or by_duration (with ``back_ms`` before now, KIP-1106)."""

    name: str
    back_ms: int = 0


@dataclass(frozen=True, slots=True)
class ConsumerConfig:
    """What a consumer is made from. ``incremental``: partitions come and go one by one (cooperative, KIP-429 and KIP-848).
    ``metadata_max_age_s``: how soon a pattern takes up new topics."""

    client: ClientConfig
    reset: ResetPolicy
    incremental: bool
    grouped: bool
    internal_topics: bool
    metadata_max_age_s: float


def consumer_config(bootstrap: str, config: Mapping[str, str], notices: Notices) -> ConsumerConfig:
    """A consumer's configuration. Raises ConfigException, with Java's text where Java has one."""
    found = translate(Role.CONSUMER, bootstrap, config, notices)
    native = {**_DEFAULTS, **found.native}
    reset = _reset(str(found.java.get("auto.offset.reset", "latest")))
    by_server = native.get("group.protocol") == "consumer"
    if by_server:
        _refuse_classic_keys(found)
    else:
        native["partition.assignment.strategy"] = _assignors(found.java.get("partition.assignment.strategy"), notices)
    native.update({name: value for name, value in _sizes(native).items() if name not in found.native})
    session = int(native.get("session.timeout.ms", "45000"))
    if int(native.get("max.poll.interval.ms", "300000")) < session and not by_server:
        native["max.poll.interval.ms"] = str(session)  # librdkafka refuses less, Java does not
    native.update(_FORCED)
    return ConsumerConfig(
        client=ClientConfig(native, found.java),
        reset=reset,
        incremental=by_server or native.get("partition.assignment.strategy") == _COOPERATIVE,
        grouped=native["group.id"] != NO_GROUP,
        internal_topics=not found.flag("exclude.internal.topics", default=True),
        metadata_max_age_s=found.number("metadata.max.age.ms", 300_000) / 1000,
    )


def _sizes(native: Mapping[str, str]) -> dict[str, str]:
    """The prefetch budget, and librdkafka's limits that must agree with ``fetch.max.bytes``."""
    fetch = int(native["fetch.max.bytes"])
    return {
        "queued.max.messages.kbytes": str(max(min(fetch, PREFETCH_BYTES) // 1024, 1)),
        "message.max.bytes": str(min(fetch, 1_000_000)),
        "receive.message.max.bytes": str(max(100_000_000, fetch + 512)),
    }


def _assignors(value: object, notices: Notices) -> str:
    """librdkafka's names. A list that mixes both kinds is reduced to the eager ones: librdkafka would refuse it."""
    asked = [str(item).strip() for item in value] if isinstance(value, list) else []
    names: list[str] = []
    for item in asked:
        if item not in _ASSIGNORS:
            raise ConfigException.of(
                "partition.assignment.strategy",
                item,
                "librdkafka has the assignors RangeAssignor, RoundRobinAssignor and CooperativeStickyAssignor",
            )
        names.append(_ASSIGNORS[item])
    eager = [name for name in names if name != _COOPERATIVE]
    if eager and len(eager) < len(names) and notices.new(Role.CONSUMER, ["partition.assignment.strategy"]):
        logger.warning(
            "partition.assignment.strategy=%s mixes eager and cooperative assignors, of which librdkafka takes one kind at a"
            " time; %s is used. Name CooperativeStickyAssignor alone once every member of the group has it",
            ",".join(asked),
            ",".join(eager),
        )
    return ",".join(eager or names) or "range"


def _refuse_classic_keys(found: ClientConfig) -> None:
    for name in ("partition.assignment.strategy", "session.timeout.ms", "heartbeat.interval.ms"):
        target = {"partition.assignment.strategy": found.java}.get(name, found.native)
        if name in target:
            raise ConfigException(f"{name} cannot be set when group.protocol=CONSUMER")


def _reset(text: str) -> ResetPolicy:
    lower = text.strip().lower()
    if lower in {"earliest", "latest", "none"}:
        return ResetPolicy(lower)
    match = _DURATION.fullmatch(lower.removeprefix("by_duration:")) if lower.startswith("by_duration:") else None
    if match is None or not any(match.groups()):
        raise ConfigException.of(
            "auto.offset.reset",
            text,
            "The value must be either 'earliest', 'latest', 'none' or of the format 'by_duration:<PnDTnHnMn.nS.>'",
        )
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return ResetPolicy("by_duration", int((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000))
