"""The Kafka log while its broker is away: nothing is lost, waits end in time, and all goes on when it is back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.contract.log.adapter import Listener, drive, read_all, take, unique, values
from tests.kafka.broker import Broker

from penstock.api.record import TopicPartition
from penstock.log.base import NewTopic, OutgoingBatch, Reports
from penstock.log.errors import LogError, LogTimeoutError, RetriableLogError
from penstock.log.kafka import KafkaLog

NEVER_GIVE_UP = {"delivery.timeout.ms": "2147483647", "max.block.ms": str(2**63 - 1)}


@contextmanager
def returning(broker: Broker) -> Iterator[None]:
    """Kill the broker now; when the block ends it is back."""
    broker.kill()
    try:
        yield
    finally:
        broker.start()


def numbered(start: int, stop: int) -> list[bytes]:
    return [b"%d" % number for number in range(start, stop)]


@pytest.fixture
def topic(own_kafka: Broker) -> str:
    name = unique("topic")
    admin = KafkaLog(own_kafka.bootstrap).admin({})
    assert admin.create_topics([NewTopic(name, 1)], 30) == {name: None}
    admin.close()
    return name


def test_what_was_sent_while_the_broker_was_away_arrives_in_order(own_kafka: Broker, topic: str) -> None:
    log = KafkaLog(own_kafka.bootstrap)
    producer = log.producer(NEVER_GIVE_UP, Reports.ALL)
    producer.send_batch(OutgoingBatch(topic=topic, values=numbered(0, 1000)))
    assert producer.flush(30)
    with returning(own_kafka):
        producer.send_batch(OutgoingBatch(topic=topic, values=numbered(1000, 3000)))
        started = time.monotonic()
        assert not producer.flush(1.0)
        assert time.monotonic() - started < 3
        assert (producer.acknowledged, producer.failure) == (1, None)
        assert not producer.flush(30, interrupted=lambda: True)
        producer.send_batch(OutgoingBatch(topic=topic, values=numbered(3000, 4000)))
    assert producer.flush(60)
    assert producer.acknowledged == 3
    producer.close(5)
    found = values(read_all(log, topic))
    # At-least-once: what the broker had written but not answered when it was killed may be there twice.
    assert list(dict.fromkeys(found)) == numbered(0, 4000)


def test_a_reader_goes_on_where_it_was(own_kafka: Broker, topic: str) -> None:
    log = KafkaLog(own_kafka.bootstrap)
    producer = log.producer(NEVER_GIVE_UP)
    producer.send_batch(OutgoingBatch(topic=topic, values=numbered(0, 500)))
    assert producer.flush(30)
    consumer = log.consumer(
        {"group.id": unique("group"), "auto.offset.reset": "earliest", "session.timeout.ms": "6000"}
    )
    listener, partition = Listener(), TopicPartition(topic, 0)
    consumer.subscribe([topic], listener)
    found = values(take(consumer, 500))
    consumer.commit({partition: 500}, 30)
    with returning(own_kafka):
        assert consumer.poll(0.2, 100) == []
        for call in (
            lambda: consumer.commit({partition: 500}, 1.0),
            lambda: consumer.committed([partition], 1.0),
            lambda: consumer.end_offsets([partition], 1.0),
        ):
            started = time.monotonic()
            with pytest.raises((LogTimeoutError, RetriableLogError)):
                call()
            assert time.monotonic() - started < 5
        assert consumer.position(partition) == 500
    producer.send_batch(OutgoingBatch(topic=topic, values=numbered(500, 600)))
    assert producer.flush(60)
    producer.close(5)
    found += values(drive([consumer], lambda: bool(consumer.assignment) and consumer.position(partition) == 600))
    consumer.commit({partition: 600}, 60)
    consumer.close()
    assert found == numbered(0, 600)


def test_clients_are_released_in_time_without_a_broker(own_kafka: Broker, topic: str) -> None:
    log = KafkaLog(own_kafka.bootstrap)
    producer, admin = log.producer(NEVER_GIVE_UP), log.admin({})
    consumer = log.consumer({"group.id": unique("group"), "session.timeout.ms": "6000"})
    consumer.subscribe([topic], Listener())
    drive([consumer], lambda: len(consumer.assignment) == 1)
    assert topic in admin.list_topics(30)
    own_kafka.kill()
    producer.send_batch(OutgoingBatch(topic=topic, values=[b"never written"]))
    for close in (lambda: producer.close(1.0), consumer.close, admin.close):
        started = time.monotonic()
        close()
        assert time.monotonic() - started < 10
    own_kafka.start()


def test_questions_without_a_broker_end_in_time(own_kafka: Broker) -> None:
    log = KafkaLog(own_kafka.bootstrap)
    admin = log.admin({})
    assert admin.cluster_id(30)
    own_kafka.kill()
    for ask in (
        lambda: admin.list_topics(1.0),
        lambda: admin.create_topics([NewTopic("t", 1)], 1.0)["t"],
        lambda: admin.group_offsets("g", 1.0),
        lambda: admin.delete_group_offsets("g", [TopicPartition("t", 0)], 1.0),
        lambda: log.admin({}).cluster_id(1.0),
    ):
        started = time.monotonic()
        try:
            outcome = ask()
        except LogError as error:
            outcome = error
        assert isinstance(outcome, (LogTimeoutError, RetriableLogError)), outcome
        assert time.monotonic() - started < 5
    admin.close()
    own_kafka.start()
