"""The Kafka log: makes clients on librdkafka from Java client keys (design decision 2)."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.log.base import LogAdmin, LogConsumer, LogProducer, Reports
from penstock.log.kafka_admin import KafkaAdmin
from penstock.log.kafka_cluster import Clusters
from penstock.log.kafka_config import Notices, translate
from penstock.log.kafka_consumer import KafkaConsumer
from penstock.log.kafka_consumer_config import consumer_config
from penstock.log.kafka_keys import Role
from penstock.log.kafka_producer import KafkaProducer
from penstock.log.kafka_producer_config import producer_config


class KafkaLog:
    """``bootstrap`` is what ``bootstrap.servers`` is where a client's configuration does not say otherwise. Nothing is connected
    before a client is used; a configuration that cannot be kept raises ConfigException when the client is made."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._notices = Notices()
        self._clusters = Clusters()

    def producer(self, config: Mapping[str, str], reports: Reports = Reports.ERRORS) -> LogProducer:
        return KafkaProducer(producer_config(self._bootstrap, config, self._notices), reports)

    def consumer(self, config: Mapping[str, str]) -> LogConsumer:
        found = consumer_config(self._bootstrap, config, self._notices)
        return KafkaConsumer(found, self._clusters.of(found.client.native))

    def admin(self, config: Mapping[str, str]) -> LogAdmin:
        return KafkaAdmin(translate(Role.ADMIN, self._bootstrap, config, self._notices))
