"""What follows from several producer keys together, and the defaults that differ from librdkafka's (spec 8.6).

Idempotence is as configured, and Connect configures it off. It was measured as a way to keep order with more than one
request in flight (tests/bench/log_kafka.py): 0.85 CPU seconds per million small records and 0.9 M/s, against 0.75 and 1.0 to 1.5 M/s
for one request in flight without it, as librdkafka's batches are large enough that one fills a connection. So nothing is turned on
that the user did not ask for, and no ACL can forbid it; only where neither key is given, order is kept by one request in flight.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from penstock.api.exceptions import ConfigException
from penstock.log.kafka_config import ClientConfig, Notices, translate
from penstock.log.kafka_keys import Role

_FOREVER: Final = 2_147_483_647
"""Java's ``delivery.timeout.ms`` for "never give up", which Connect sets; librdkafka writes it 0."""

_BYTES_PER_QUEUED_RECORD: Final = 100
"""librdkafka counts payload bytes against its limit, but each queued record also costs some 200 bytes of its own. The number of
records is limited too, so that ``buffer.memory`` full of tiny records costs three times itself, not a hundred times."""

_DEFAULTS: Final[Mapping[str, str]] = {
    "acks": "all",
    "partitioner": "murmur2_random",
    "batch.num.messages": "1000000",  # batch.size alone decides, as in Java
    "queue.buffering.max.kbytes": "32768",
    "message.max.bytes": "1048576",
}


def producer_config(bootstrap: str, config: Mapping[str, str], notices: Notices) -> ClientConfig:
    """A producer's configuration. Raises ConfigException, with Java's text where Java has one."""
    found = translate(Role.PRODUCER, bootstrap, config, notices)
    native = {**_DEFAULTS, **found.native}
    java = found.java
    native.setdefault("queue.buffering.max.messages", str(_record_limit(int(native["queue.buffering.max.kbytes"]))))
    native.update({name: value for name, value in _delivery(found, native).items() if name not in found.native})
    in_flight, idempotent = _ordering(found, native)
    native["max.in.flight.requests.per.connection"] = str(in_flight)
    native["enable.idempotence"] = "true" if idempotent else "false"
    if java.get("partitioner.ignore.keys") is True and "partitioner" not in found.native:
        native["partitioner"] = "random"
    if java.get("batch.size") == 0:
        native["batch.num.messages"] = "1"  # Java's way to say: no batches
    level = java.get(f"compression.{native.get('compression.type')}.level")
    if isinstance(level, int):
        native.setdefault("compression.level", str(min(max(level, -1), 12)))
    return ClientConfig(native, java)


def _record_limit(kilobytes: int) -> int:
    return max(kilobytes * 1024 // _BYTES_PER_QUEUED_RECORD, 10_000)


def _delivery(found: ClientConfig, native: Mapping[str, str]) -> dict[str, str]:
    """When to give up on a record and on a request (ms)."""
    request = found.number("request.timeout.ms", 30_000)
    delivery = found.number("delivery.timeout.ms", 120_000)
    linger = int(native.get("linger.ms", "5"))
    if delivery < linger + request:
        if "delivery.timeout.ms" in found.java:
            raise ConfigException(
                "delivery.timeout.ms should be equal to or larger than linger.ms + request.timeout.ms"
            )
        delivery = linger + request
    settings = {"message.timeout.ms": str(0 if delivery == _FOREVER else delivery)}
    transaction = int(native.get("transaction.timeout.ms", "60000"))
    if "transactional.id" in native and delivery != _FOREVER:
        settings["message.timeout.ms"] = str(min(delivery, transaction))  # librdkafka refuses more
    if "request.timeout.ms" in found.java:
        wait = min(request, transaction) if "transactional.id" in native else request
        settings["request.timeout.ms"] = str(min(max(request, 1), 900_000))
        settings["socket.timeout.ms"] = str(min(max(wait, 10), 300_000))
    return settings


def _ordering(found: ClientConfig, native: Mapping[str, str]) -> tuple[int, bool]:
    """Requests in flight, and whether the producer is idempotent: as Java decides, but see the module's text."""
    asked, in_flight = found.java.get("enable.idempotence"), found.number("max.in.flight.requests.per.connection", 0)
    transactional = "transactional.id" in native
    if transactional and asked is False:
        raise ConfigException("Cannot set a transactional.id without also enabling idempotence.")
    wanted = transactional or asked is True
    if wanted and native["acks"] not in {"all", "-1"}:
        raise ConfigException(
            "Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence."
        )
    if wanted and in_flight > 5:
        raise ConfigException(
            "Must set max.in.flight.requests.per.connection to at most 5 to use the idempotent producer."
        )
    if asked is None and not transactional and 1 < in_flight <= 5 and native["acks"] in {"all", "-1"}:
        return in_flight, True  # Java's default: idempotent wherever nothing speaks against it
    return in_flight or (5 if wanted else 1), wanted
