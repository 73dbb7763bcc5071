"""The task of the JDBC sink."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from typing import ClassVar

from penstock.api import ConfigDef, ConnectException, SinkBatch, SinkTask, TopicPartition
from penstock_jdbc.config.sink_config import SINK_CONFIG
from penstock_jdbc.database.session import Database
from penstock_jdbc.database.settings import ConnectionSettings
from penstock_jdbc.sink.delivery import Delivery
from penstock_jdbc.sink.session import SinkSession
from penstock_jdbc.sink.settings import SinkSettings

logger = logging.getLogger(__name__)


class JdbcSinkTask(SinkTask):
    """Writes each batch in one transaction, which is committed before ``put`` returns: only then may offsets move."""

    CONFIG: ClassVar[ConfigDef] = SINK_CONFIG
    connect_name = "io.confluent.connect.jdbc.sink.JdbcSinkTask"

    _session: SinkSession | None = None
    _delivery: Delivery | None = None

    def start(self, props: Mapping[str, str]) -> None:
        """Get ready without a connection: one is opened for the first records. Raises ConnectException."""
        settings = SinkSettings.of(self.config, props)
        database = Database(ConnectionSettings.of(self.config, props))
        self._session = SinkSession(database, settings, self.context.wait)
        self._delivery = Delivery(self._session, settings, self.context)
        for warning in settings.warnings:
            logger.warning("%s", warning)

    def put(self, records: SinkBatch) -> None:
        """Write a batch and commit it. Raises RetriableException while the database is away, ConnectException to end."""
        if records:
            self._started.put(records)

    def open(self, partitions: Collection[TopicPartition]) -> None:
        self._started.opened(partitions)

    def close(self, partitions: Collection[TopicPartition]) -> None:
        if self._delivery is not None:
            self._delivery.closed(partitions)

    def pre_commit(self, current_offsets: Mapping[TopicPartition, int]) -> Mapping[TopicPartition, int]:
        """What ``put`` took is in the database."""
        return self._started.safe(dict(current_offsets))

    def stop(self) -> None:
        """Close the connection."""
        session, self._session, self._delivery = self._session, None, None
        if session is not None:
            session.close()

    @property
    def _started(self) -> Delivery:
        if self._delivery is None:
            raise ConnectException("The task was stopped; its connection is closed")
        return self._delivery
