"""The Kafka log beside Java's clients: one group, one partitioner, one set of committed offsets."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from tests.contract.log.adapter import Listener, drive, partitions_of, unique, values
from tests.kafka.fixtures import Kafka, unavailable
from tests.kafka.jars import ServiceUnavailableError
from tests.kafka.java_worker import JavaWorker

from penstock.api.record import TopicPartition
from penstock.log.base import NewTopic, OutgoingBatch
from penstock.log.kafka import KafkaLog

pytestmark = pytest.mark.java


def lines_of(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def test_a_python_and_a_java_consumer_share_a_group(kafka: Kafka, tmp_path: Path) -> None:
    log, name = KafkaLog(kafka.bootstrap), unique("sink")
    topic, target = unique("topic"), tmp_path / "out.txt"
    admin = log.admin({})
    assert admin.create_topics([NewTopic(topic, 2)], 30) == {topic: None}
    sink = {"name": name, "connector.class": "FileStreamSink", "topics": topic, "file": str(target), "tasks.max": "1"}
    try:
        worker = JavaWorker(kafka.bootstrap, {"offset.flush.interval.ms": "500"}, [sink])
    except ServiceUnavailableError as error:
        unavailable(error)
        raise
    with worker:
        consumer, listener = log.consumer({"group.id": f"connect-{name}", "auto.offset.reset": "earliest"}), Listener()
        consumer.subscribe([topic], listener)
        drive([consumer], lambda: len(consumer.assignment) == 1)
        (ours,) = consumer.assignment
        producer = log.producer({})
        for partition in range(2):
            texts = [f"{partition}-{number}" for number in range(100)]
            producer.send_batch(OutgoingBatch(topic=topic, values=texts, partitions=[partition] * 100))
        assert producer.flush(30)
        found = values(drive([consumer], lambda: consumer.position(ours) == 100))
        drive([consumer], lambda: len(lines_of(target)) == 100)
        assert found == [f"{ours.partition}-{number}".encode() for number in range(100)]
        assert lines_of(target) == [f"{1 - ours.partition}-{number}" for number in range(100)]
        consumer.commit({ours: 100}, 30)
        consumer.close()
        producer.send_batch(OutgoingBatch(topic=topic, values=["last"], partitions=[ours.partition]))
        assert producer.flush(30)
        producer.close(5)
        wanted = {each: 100 + (each == ours) for each in partitions_of(topic, 2)}
        deadline = time.monotonic() + 60
        while admin.group_offsets(f"connect-{name}", 30) != wanted:  # Java took over where we committed
            assert time.monotonic() < deadline, lines_of(target)[-3:]
        assert lines_of(target)[100:] == ["last"]
    admin.close()


def test_what_java_writes_is_read(kafka: Kafka, tmp_path: Path) -> None:
    topic, source = unique("topic"), tmp_path / "in.txt"
    source.write_text("one\ntwo\n")
    config = {"name": unique("source"), "connector.class": "FileStreamSource", "file": str(source), "topic": topic}
    try:
        worker = JavaWorker(kafka.bootstrap, connectors=[config])
    except ServiceUnavailableError as error:
        unavailable(error)
        raise
    with worker:
        consumer = KafkaLog(kafka.bootstrap).consumer({})
        partition = TopicPartition(topic, 0)
        consumer.assign({partition: 0})
        assert values(drive([consumer], lambda: consumer.position(partition) == 2)) == [b"one", b"two"]
        consumer.close()
        assert worker.process.cpu_seconds() > 0
