"""Java client keys in, a librdkafka configuration out (spec 8.6; design decision 3).

The layering of defaults, worker prefixes and overrides is the caller's; this is the last step. What each key becomes is
said in :mod:`kafka_keys`, :mod:`kafka_ssl` and :mod:`kafka_sasl`; what follows from several keys together in
:mod:`kafka_producer_config` and :mod:`kafka_consumer_config`. A key that Java does not know but librdkafka does is handed
on as it is and wins. Secret values are never logged.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from confluent_kafka import KafkaException, Producer

from penstock.api.config_types import parse_value
from penstock.api.exceptions import ConfigException
from penstock.api.validators import one_of_ignoring_case
from penstock.log.kafka_keys import ADMIN, COMMON, CONSUMER, PRODUCER, Fate, JavaKey, Role, is_label, passed
from penstock.log.kafka_sasl import SASL, sasl_settings
from penstock.log.kafka_ssl import SSL, ssl_settings

logger = logging.getLogger(__name__)

_PROTOCOL: Final[Mapping[str, JavaKey]] = {
    "security.protocol": passed(
        SSL["ssl.protocol"].type,
        "security.protocol",
        str.lower,
        check=one_of_ignoring_case("SASL_SSL", "PLAINTEXT", "SSL", "SASL_PLAINTEXT"),
    )
}
_ALL_JAVA: Final = frozenset().union(COMMON, PRODUCER, CONSUMER, ADMIN, SSL, SASL, _PROTOCOL)

_NOT_FOR_USERS: Final = frozenset({
    "default.topic.config", "enabled_events", "interceptors", "internal.termination.signal", "log.queue", "logger", "opaque",
    "plugin.library.paths", "ssl.engine.location",
})  # fmt: skip
"""librdkafka's own keys that take code or would load some into the process."""

_JAVA_DEFAULTS: Final[Mapping[str, str]] = {"reconnect.backoff.ms": "50", "reconnect.backoff.max.ms": "1000"}
"""Where librdkafka's default would behave noticeably otherwise: it waits up to 10 s before it tries a broker again."""


@dataclass(frozen=True, slots=True)
class ClientConfig:
    """``native`` is what librdkafka is given, ``java`` the parsed value of each Java key that the adapter acts on."""

    native: dict[str, str] = field(repr=False)
    java: Mapping[str, object] = field(repr=False)

    def number(self, name: str, default: int) -> int:
        """A numeric Java key's value, or ``default`` where it is absent."""
        value = self.java.get(name)
        return value if isinstance(value, int) else default

    def flag(self, name: str, *, default: bool) -> bool:
        """A boolean Java key's value, or ``default`` where it is absent."""
        value = self.java.get(name)
        return value if isinstance(value, bool) else default


class Notices:
    """What was already said of a kind of client, so that it is said once. Safe to share among threads."""

    def __init__(self) -> None:
        self._said: set[tuple[Role, str]] = set()
        self._lock = threading.Lock()

    def new(self, role: Role, names: Iterable[str]) -> list[str]:
        """Those names that were not given before."""
        with self._lock:
            found = [name for name in names if (role, name) not in self._said]
            self._said.update((role, name) for name in found)
        return found


def translate(role: Role, bootstrap: str, config: Mapping[str, str], notices: Notices) -> ClientConfig:
    """What librdkafka and the adapter make of ``config``. Raises ConfigException, with Java's text where Java has one."""
    known = {**COMMON, **role.keys, **_PROTOCOL}
    values = _parsed(known, config)
    native = {name: value for name, value in config.items() if name not in _ALL_JAVA and _is_native(name, value)}
    _tell_unknown(role, config, native, {**known, **SSL, **SASL}, notices)

    settings = {"bootstrap.servers": config.get("bootstrap.servers") or bootstrap, **_JAVA_DEFAULTS}
    settings.update(_applied(role, known, values, notices))
    protocol = settings.get("security.protocol", "plaintext")
    if protocol.endswith("ssl"):
        parsed = _parsed(SSL, config)
        settings.update({**_applied(role, SSL, parsed, notices), **ssl_settings(parsed)})
    if protocol.startswith("sasl"):
        parsed = _parsed(SASL, config)
        settings.update({**_applied(role, SASL, parsed, notices), **sasl_settings(parsed, native)})
    for low, high in (
        ("reconnect.backoff.ms", "reconnect.backoff.max.ms"),
        ("retry.backoff.ms", "retry.backoff.max.ms"),
    ):
        if high in settings:  # Java takes the longer of the two for a maximum; librdkafka refuses the pair
            settings[high] = str(max(int(settings[high]), int(settings.get(low, "0"))))
    return ClientConfig({**settings, **native}, values)


def _parsed(keys: Mapping[str, JavaKey], config: Mapping[str, str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, key in keys.items():
        if name in config:
            value = parse_value(name, config[name], key.type)
            if key.check is not None:
                key.check(name, value)
            found[name] = value
    return found


def _applied(role: Role, keys: Mapping[str, JavaKey], values: Mapping[str, object], notices: Notices) -> dict[str, str]:
    """librdkafka's settings for the keys that it has; says which meanings are lost."""
    settings: dict[str, str] = {}
    for name, value in values.items():
        key = keys[name]
        if key.fate is Fate.PASSED:
            settings[key.target] = key.text(value)
        elif key.fate is Fate.REFUSED and value not in key.harmless:
            raise ConfigException.of(name, value, key.why)
        elif key.fate is Fate.LOST and value not in key.harmless and notices.new(role, [name]):
            logger.warning("The %s configuration '%s' cannot be kept: %s", role.value, name, key.why)
    return settings


def _tell_unknown(
    role: Role, config: Mapping[str, str], native: Mapping[str, str], known: Mapping[str, JavaKey], notices: Notices
) -> None:
    unknown = [name for name in config if name not in known and name not in native and not is_label(name)]
    names = notices.new(role, sorted(unknown))
    if names:
        listed = ", ".join(f"'{name}'" for name in names)
        logger.warning(
            "These configurations were supplied but are no %s configs, so they are ignored: %s", role.value, listed
        )


def _is_native(name: str, value: str) -> bool:
    """Whether librdkafka has this key. It is asked by a configuration that fails at its second key, so no client is made.
    Raises ConfigException when it has the key but does not take the value."""
    if name in _NOT_FOR_USERS or name.endswith("_cb") or not name.isascii():
        return False
    probe = "no.such.key"
    try:
        Producer({name: value, probe: ""})
    except (KafkaException, TypeError, ValueError) as error:
        reason = error.args[0].str() if isinstance(error, KafkaException) else str(error)
        if f'"{probe}"' in reason:
            return True
        if reason.startswith("No such configuration property"):
            return False
        raise ConfigException(f"Invalid value for configuration {name}: librdkafka does not take it") from None
    raise AssertionError(f"librdkafka took the key {probe}")
