"""The embedded log: Kafka's promises in one SQLite file, for as many processes of this machine as like (design decision 8).

``SqliteLog`` makes the clients. The file holds one row per batch; a topic's retention, or the log's where the topic has
none, keeps it from growing for ever. It must lie on a local disk. Beside it stand ``…-wal`` and ``…-shm``, which belong to
it. Like a Kafka broker as it comes, the log creates a topic (with one partition) when somebody first writes to or reads
from it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from penstock.api.exceptions import ConfigException
from penstock.clock import SYSTEM_CLOCK, Clock
from penstock.log.base import Reports
from penstock.log.embedded_admin import EmbeddedAdmin
from penstock.log.embedded_config import consumer_settings, note_admin_config, producer_settings
from penstock.log.embedded_consumer import EmbeddedConsumer
from penstock.log.embedded_producer import EmbeddedProducer
from penstock.log.sqlite_caretaker import Caretaker
from penstock.log.sqlite_connection import DURABILITIES, Connection
from penstock.log.sqlite_store import SqliteStore
from penstock.log.topic_config import TopicSettings

DEFAULT_RETENTION_MS = 7 * 24 * 60 * 60 * 1000
"""As Kafka's."""

DEFAULT_RETENTION_BYTES = 4 * 1024**3
"""Per partition. Kafka sets no limit; a laptop's disk has one."""


class SqliteLog:
    """A :class:`~penstock.log.base.Log` in the file ``path``, created where there is none (its directory must exist).

    ``durability`` is NORMAL (what was acknowledged survives the death of every process) or FULL (a power cut too).
    ``retention_ms`` and ``retention_bytes`` (per partition) hold for topics that set none; None means no limit.
    Nothing is opened before the first client is made; making one raises LogCorruptError, LogAuthError or LogError.
    """

    def __init__(
        self,
        path: str,
        durability: str = "NORMAL",
        retention_ms: int | None = DEFAULT_RETENTION_MS,
        retention_bytes: int | None = DEFAULT_RETENTION_BYTES,
        *,
        auto_create: bool = True,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        if durability not in DURABILITIES:
            raise ConfigException.of("durability", durability, f"String must be one of: {', '.join(DURABILITIES)}")
        self.path = os.path.abspath(path)  # the working directory may change; links are kept
        self._durability = durability
        self._defaults = TopicSettings(retention_ms=retention_ms, retention_bytes=retention_bytes)
        self._auto_create = auto_create
        self._clock = clock
        self._caretaker = Caretaker(self._open, clock)

    def producer(self, config: Mapping[str, str], reports: Reports = Reports.ERRORS) -> EmbeddedProducer:
        settings = producer_settings(config)
        store = self._open(on_close=self._caretaker.leave)
        self._caretaker.enter()
        return EmbeddedProducer(store, settings, reports, self._clock, auto_create=self._auto_create)

    def consumer(self, config: Mapping[str, str]) -> EmbeddedConsumer:
        settings = consumer_settings(config)
        return EmbeddedConsumer(self._open(), settings, self._caretaker, self._clock)

    def admin(self, config: Mapping[str, str]) -> EmbeddedAdmin:
        note_admin_config(config)
        store = self._open()
        return EmbeddedAdmin(store, self._caretaker, self._clock, store.cluster_id, self._defaults)

    def _open(self, on_close: Callable[[], None] | None = None) -> SqliteStore:
        return SqliteStore(Connection(self.path, self._durability, self._clock), self._defaults, self._clock, on_close)
