"""What producers, consumers and admins on librdkafka have in common: its log lines, and errors that end a client."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException

from penstock.api.exceptions import ConfigException
from penstock.log.errors import LogAuthError, LogError
from penstock.log.kafka_errors import translate

client_logger: Final = logging.getLogger("penstock.log.librdkafka")
"""librdkafka's own log lines; they arrive while a client is polled."""

_logger = logging.getLogger(__name__)


class Health:
    """Remembers the error after which a client is of no use. One client's thread.

    Java's clients end at the first refused login; librdkafka goes on trying and tells its error callback. Here the refusal is
    kept and raised by the next call.
    """

    def __init__(self, client: str) -> None:
        self.client = client
        self._broken: LogError | None = None

    def on_error(self, error: KafkaError) -> None:
        """librdkafka's error callback, called from within a poll."""
        refused = error.code() == KafkaError._AUTHENTICATION or (  # noqa: SLF001  # a public constant of the library
            error.code() == KafkaError._SSL and "certificate" in error.str()  # noqa: SLF001
        )
        if refused and self._broken is None:
            self._broken = LogAuthError(f"{self.client} cannot log in: {error.str()}")
        elif not refused:
            _logger.debug("%s: %s", self.client, error.str())

    def fail(self, error: KafkaException, doing: str) -> LogError:
        """The error of a call, to be raised; a fatal one is raised by every later call, too."""
        found = translate(error, doing)
        cause = error.args[0]
        if isinstance(cause, KafkaError) and cause.fatal():
            self._broken = self._broken or found
            return self._broken
        return found

    def check(self) -> None:
        """Raises the error that ended this client, if any."""
        if self._broken is not None:
            raise self._broken


def client_settings(native: Mapping[str, str], health: Health) -> dict[str, Any]:
    """A librdkafka configuration with our callbacks in it."""
    return {**native, "error_cb": health.on_error, "logger": client_logger}


def refused_settings(error: Exception) -> ConfigException:
    """librdkafka does not take a configuration; its text tells the key, and never a secret's value."""
    cause = error.args[0] if error.args else error
    return ConfigException(
        f"librdkafka refuses the client's configuration: {cause.str() if isinstance(cause, KafkaError) else cause}"
    )


class Deadline:
    """How long a call may still take, in seconds."""

    def __init__(self, timeout_s: float) -> None:
        self._end = time.monotonic() + timeout_s if timeout_s < 1e9 else math.inf

    @property
    def left(self) -> float:
        """Seconds, never negative."""
        return max(0.0, self._end - time.monotonic())

    @property
    def over(self) -> bool:
        """Whether time is up. Less than a millisecond is nothing to librdkafka, which would not wait for it."""
        return self.left < 0.001

    def slice(self, most: float) -> float:
        """How long to wait now, at most ``most`` seconds."""
        return min(self.left, most)
