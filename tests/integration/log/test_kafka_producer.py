"""What is particular to the Kafka log's producer: its bounded queue, limits and their texts."""

from __future__ import annotations

import pytest
from confluent_kafka import KafkaError
from tests.contract.log.adapter import read_all, send, unique, values
from tests.kafka.broker import Broker
from tests.kafka.fixtures import Kafka
from tests.kafka.process import free_ports

from penstock.log.base import Log, NewTopic, OutgoingBatch, Reports
from penstock.log.errors import LogError, LogTimeoutError, RecordTooLargeError, RetriableLogError, UnknownTopicError
from penstock.log.kafka import KafkaLog
from penstock.log.kafka_producer import KafkaProducer
from penstock.log.kafka_tickets import Unsent


@pytest.fixture
def log(kafka: Kafka) -> Log:
    return KafkaLog(kafka.bootstrap)


def new_topic(log: Log, **configs: str) -> str:
    topic, admin = unique("topic"), log.admin({})
    configs = {name.replace("_", "."): value for name, value in configs.items()}
    assert admin.create_topics([NewTopic(topic, 1, configs=configs)], 30) == {topic: None}
    admin.close()
    return topic


@pytest.mark.parametrize("reports", list(Reports))
def test_a_full_queue_makes_the_sender_wait_and_keeps_order(log: Log, reports: Reports) -> None:
    topic = new_topic(log)
    producer = log.producer({"buffer.memory": "200000", "linger.ms": "5"}, reports)
    for start in range(0, 100_000, 5000):
        producer.send_batch(OutgoingBatch(topic=topic, values=[b"%d" % n for n in range(start, start + 5000)]))
        assert producer.acknowledged <= start // 5000 + 1
    assert producer.flush(60)
    assert producer.acknowledged == 20
    producer.close(5)
    assert values(read_all(log, topic)) == [b"%d" % n for n in range(100_000)]


def test_a_wait_for_room_ends_after_max_block_ms() -> None:
    log = KafkaLog(f"127.0.0.1:{free_ports(1)[0]}")
    producer = log.producer({"max.block.ms": "300", "queue.buffering.max.messages": "1"})
    with pytest.raises(LogTimeoutError) as error:
        producer.send_batch(OutgoingBatch(topic="t", values=[b"a", b"b"]))
    assert str(error.value) == "Failed to allocate memory within the configured max blocking time 300 ms."
    assert producer.acknowledged == 0
    producer.close(0)


def test_a_record_beyond_max_request_size_has_javas_text(log: Log) -> None:
    producer = log.producer({"max.request.size": "2000"})
    with pytest.raises(RecordTooLargeError) as error:
        producer.send_batch(OutgoingBatch(topic=new_topic(log), values=[b"x" * 3000], keys=[b"k"]))
    assert str(error.value) == (
        "The message is 3087 bytes when serialized which is larger than 2000, which is the value of the max.request.size"
        " configuration."
    )
    producer.close(5)


def test_a_record_beyond_the_topics_limit_has_the_brokers_text(log: Log) -> None:
    topic = new_topic(log, max_message_bytes="1000")
    producer = log.producer({})
    producer.send_batch(OutgoingBatch(topic=topic, values=[b"x" * 3000]))
    assert producer.flush(30)
    assert isinstance(producer.failure, RecordTooLargeError)
    assert (
        str(producer.failure)
        == "The request included a message larger than the max message size the server will accept."
    )
    assert producer.acknowledged == 0
    producer.close(5)


def test_a_topic_that_is_not_made_by_sending_is_a_failure(secure_kafka: Broker) -> None:
    log, config = KafkaLog(secure_kafka.bootstrap), {"topic.metadata.propagation.max.ms": "200"}
    producer = log.producer(config)
    topic = unique("missing")
    producer.send_batch(OutgoingBatch(topic=topic, values=[b"v"]))
    assert producer.flush(30)
    assert isinstance(producer.failure, UnknownTopicError)
    assert str(producer.failure).startswith(f"Could not write a record to topic {topic}: ")
    told: list[LogError | None] = []
    other = log.producer(config)
    other.send_batch(
        OutgoingBatch(topic=topic, values=[b"v"]), on_delivery=lambda _index, _metadata, error: told.append(error)
    )
    assert other.flush(30)
    assert [type(error) for error in told] == [UnknownTopicError]
    producer.close(5)
    other.close(5)


def test_what_utf8_cannot_hold_is_written_as_java_writes_it(log: Log) -> None:
    topic = new_topic(log)
    producer = log.producer({})
    producer.send_batch(OutgoingBatch(topic=topic, values=["a\ud800b", "after"], keys=["\udfff", "k"]))
    assert producer.flush(30)
    producer.close(5)
    found = read_all(log, topic)
    assert [(read.key, read.value) for read in found] == [(b"?", b"a?b"), (b"k", b"after")]


def test_the_epoch_is_written_a_millisecond_late(log: Log) -> None:
    topic = new_topic(log)
    producer = log.producer({})
    producer.send_batch(OutgoingBatch(topic=topic, values=[b"v"], timestamps=[0]))
    assert producer.flush(30)
    producer.close(5)
    assert [read.timestamp for read in read_all(log, topic)] == [1]


def test_a_lost_record_is_final_though_its_cause_may_pass(log: Log) -> None:
    producer = log.producer({})
    assert isinstance(producer, KafkaProducer)
    producer._lost(KafkaError(KafkaError.NOT_ENOUGH_REPLICAS), Unsent("t"))
    assert isinstance(producer.failure, RetriableLogError)
    with pytest.raises(LogError) as error:
        producer.send_batch(OutgoingBatch(topic="t", values=[b"v"]))
    assert type(error.value) is LogError
    assert str(error.value) == (
        "Could not write a record to topic t: Broker: Not enough in-sync replicas (NOT_ENOUGH_REPLICAS)"
    )
    producer.close(5)


def test_send_is_refused_after_close(log: Log) -> None:
    topic = new_topic(log)
    send(log, topic, b"v")
    producer = log.producer({})
    producer.close(5)
    with pytest.raises(LogError, match=r"^Cannot perform operation after producer has been closed$"):
        producer.send_batch(OutgoingBatch(topic=topic, values=[b"v"]))
