"""A compacted topic as a table: read from the beginning, followed for ever, written with answers (design 2, 4; spec 9.1).

The counterpart of Connect's KafkaBasedLog over any log. Three of these hold the state of a cluster.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field

from penstock.clock import SYSTEM_CLOCK, Clock
from penstock.log.base import Log
from penstock.log.compacted_tail import CompactedTail, OnRecords
from penstock.log.compacted_topic import CompactedTopic, ensure_topic
from penstock.log.compacted_writer import CompactedWriter, KeyValue, no_retry
from penstock.log.errors import LogTimeoutError

START_TIMEOUT_S = 900.0
"""How long the first reading may take (spec 14.9)."""
STOP_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientConfigs:
    """Java client configs of the clients that a compacted log makes."""

    producer: Mapping[str, str] = field(default_factory=dict)
    consumer: Mapping[str, str] = field(default_factory=dict)
    admin: Mapping[str, str] = field(default_factory=dict)


class CompactedLog:
    """All methods but ``start`` may be called from any thread, and only ``start`` and ``stop`` block."""

    def __init__(
        self,
        log: Log,
        topic: CompactedTopic,
        configs: ClientConfigs,
        on_records: OnRecords,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._log = log
        self._topic = topic
        self._configs = configs
        self._clock = clock
        self._stopped = threading.Event()
        consumer = {"auto.offset.reset": "earliest", "enable.auto.commit": "false", **configs.consumer}
        self._tail = CompactedTail(log, topic.name, consumer, configs.admin, on_records, clock)
        producer = {"acks": "all", "max.in.flight.requests.per.connection": "1", **configs.producer}
        self._writer = CompactedWriter(log, topic.name, producer, self._tail.wake, clock)

    @property
    def topic(self) -> str:
        """The topic's name."""
        return self._topic.name

    def start(self, timeout_s: float = START_TIMEOUT_S) -> None:
        """Create or check the topic, read it to its present end, then follow it. Blocks; ``stop`` ends it.

        Raises ConfigException (a topic of the wrong kind) and LogError; then everything is released again.
        """
        try:
            admin = self._log.admin(self._configs.admin)
            try:
                ensure_topic(admin, self._topic, self._clock, self._stopped.wait)
            finally:
                admin.close()
            self._writer.start()
            self._tail.start().result(timeout_s)
        except FutureTimeoutError as error:
            self.stop()
            raise LogTimeoutError(
                f"Topic '{self.topic}' could not be read to its end within {timeout_s:.0f} s"
            ) from error
        except BaseException:
            self.stop()
            raise

    def read_to_end(self) -> Future[None]:
        """Completes when everything that is in the topic now has been handed to ``on_records``; fails with LogError."""
        return self._tail.read_to_end()

    def send(self, records: Sequence[KeyValue], *, retry: Callable[[], bool] = no_retry) -> Future[None]:
        """Write records in order. The future completes once all are durable, or fails with LogError: then some may be there.
        After a failure that may pass, ``retry`` says whether to try again: asked on the writer's thread, at the failure and
        before each new attempt."""
        return self._writer.send(records, retry)

    def flush(self) -> Future[None]:
        """Completes when everything sent before is answered."""
        return self._writer.send([])

    def stop(self, timeout_s: float = STOP_TIMEOUT_S) -> None:
        """Write what was sent, for at most ``timeout_s``, then end both threads; who still waits gets LogInterruptedError.
        Idempotent."""
        self._stopped.set()
        self._writer.stop(timeout_s)
        self._tail.stop(timeout_s)
