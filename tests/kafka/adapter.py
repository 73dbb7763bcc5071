"""Kafka as the contract suite of ``tests/contract/log`` drives it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from penstock.log.base import Log, LogProducer, NewTopic, OutgoingBatch
from penstock.log.kafka import KafkaLog
from tests.contract.log.adapter import unique
from tests.kafka.process import free_ports


class KafkaAdapter:
    """A LogAdapter over a real broker."""

    name = "kafka"
    shortest_session_ms = 6000
    """A broker's ``group.min.session.timeout.ms``."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self.log: Log = KafkaLog(bootstrap)

    def new_topic(self, partitions: int = 1, configs: Mapping[str, str] | None = None) -> str:
        name = unique("topic")
        admin = self.log.admin({})
        try:
            assert admin.create_topics([NewTopic(name, partitions, configs=configs or {})], 30) == {name: None}
        finally:
            admin.close()
        return name

    def second_log(self) -> Log:
        return KafkaLog(self._bootstrap)

    def full_producer(self) -> AbstractContextManager[LogProducer] | None:
        return self._unreachable()

    @contextmanager
    def _unreachable(self) -> Iterator[LogProducer]:
        """No broker answers, and the queue has its one record."""
        nobody = {"bootstrap.servers": f"127.0.0.1:{free_ports(1)[0]}", "queue.buffering.max.messages": "1"}
        producer = self.log.producer({**nobody, "max.block.ms": str(2**63 - 1)})
        producer.send_batch(OutgoingBatch(topic="any", values=[b"fills the queue"]))
        try:
            yield producer
        finally:
            producer.close(0)
