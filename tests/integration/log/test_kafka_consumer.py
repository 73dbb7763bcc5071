"""What is particular to the Kafka log's consumer: prefetch and holds, patterns, protocols, resets, waits."""

from __future__ import annotations

import re
import time

import pytest
from tests.contract.log.adapter import Listener, drive, partitions_of, rows, send, take, unique, values
from tests.kafka.fixtures import Kafka

from penstock.api.record import TopicPartition
from penstock.log.base import Log, LogConsumer, NewTopic, OutgoingBatch
from penstock.log.errors import LogError
from penstock.log.kafka import KafkaLog
from penstock.log.kafka_backlog import HELD_RECORDS
from penstock.log.kafka_consumer import KafkaConsumer


@pytest.fixture
def log(kafka: Kafka) -> Log:
    return KafkaLog(kafka.bootstrap)


def new_topic(log: Log, partitions: int = 1, name: str | None = None) -> str:
    topic, admin = name or unique("topic"), log.admin({})
    assert admin.create_topics([NewTopic(topic, partitions)], 30) == {topic: None}
    admin.close()
    return topic


def numbered(count: int, start: int = 0) -> list[bytes]:
    return [b"%d" % number for number in range(start, start + count)]


def member(log: Log, **config: str) -> LogConsumer:
    defaults = {
        "group.id": unique("group"),
        "auto.offset.reset": "earliest",
        "session.timeout.ms": "6000",
        "heartbeat.interval.ms": "200",
        "metadata.max.age.ms": "500",
    }
    return log.consumer({**defaults, **{name.replace("_", "."): value for name, value in config.items()}})


def paused(consumer: LogConsumer) -> set[TopicPartition]:
    assert isinstance(consumer, KafkaConsumer)
    return consumer._backlog.paused


def test_a_short_hold_keeps_the_prefetch(log: Log) -> None:
    topic = new_topic(log)
    send(log, topic, *numbered(20_000))
    consumer, partition = log.consumer({}), TopicPartition(topic, 0)
    consumer.assign({partition: 0})
    found = values(take(consumer, 500))
    consumer.hold([partition])
    for _ in range(3):
        assert consumer.poll(0.05, 500) == []
    assert paused(consumer) == set()
    assert consumer.position(partition) == len(found)
    consumer.release([partition])
    found += values(take(consumer, 20_000 - len(found)))
    consumer.close()
    assert found == numbered(20_000)


def test_a_long_hold_pauses_and_nothing_is_lost_or_read_twice(log: Log) -> None:
    topic = new_topic(log, 2)
    for number in range(2):
        send(log, topic, *numbered(20_000), partition=number)
    consumer, (first, second) = log.consumer({}), partitions_of(topic, 2)
    consumer.assign({first: 0, second: 0})
    found = take(consumer, 100)
    consumer.hold([first])
    found += drive([consumer], lambda: first in paused(consumer) and consumer.position(second) == 20_000)
    held_at = consumer.position(first)
    assert sum(read.partition == 0 for read in found) == held_at
    assert held_at < 20_000 - HELD_RECORDS
    consumer.release([first])
    assert paused(consumer) == set()
    found += take(consumer, 40_000 - len(found))
    consumer.close()
    assert sorted((read.partition, read.offset) for read in found) == [(p, n) for p in range(2) for n in range(20_000)]


def test_a_partition_that_comes_back_is_neither_held_nor_paused(log: Log) -> None:
    topic, group = new_topic(log, 2), unique("group")
    for number in range(2):
        send(log, topic, *numbered(HELD_RECORDS + 500), partition=number)
    one = member(log, group_id=group)
    one.subscribe([topic], Listener())
    drive([one], lambda: len(one.assignment) == 2)
    held = min(one.assignment)
    one.hold([held])
    drive([one], lambda: held in paused(one))
    two = member(log, group_id=group)
    two.subscribe([topic], Listener())
    drive([one, two], lambda: len(one.assignment) == len(two.assignment) == 1)
    two.close()
    drive([one], lambda: len(one.assignment) == 2 and one.position(held) == HELD_RECORDS + 500)
    assert paused(one) == set()
    one.close()


def test_a_record_ends_the_wait_of_a_poll(log: Log) -> None:
    topic, consumer = new_topic(log), log.consumer({})
    consumer.assign({TopicPartition(topic, 0): 0})
    send(log, topic, b"first")
    take(consumer, 1)
    send(log, topic, b"second")
    started = time.monotonic()
    found = values(rows(consumer.poll(20, 500)))
    assert time.monotonic() - started < 10
    consumer.close()
    assert found == [b"second"]


def test_a_pattern_leaves_internal_topics_out_unless_asked(log: Log) -> None:
    prefix = unique("prefix")
    topic = new_topic(log, name=f"{prefix}.a")
    probe = member(log)  # makes __consumer_offsets
    probe.commit({TopicPartition(topic, 0): 0}, 30)
    probe.close()
    pattern = re.compile(rf"{prefix}\.a|__consumer_offsets")
    consumer = member(log)
    consumer.subscribe(pattern, Listener())
    drive([consumer], lambda: bool(consumer.assignment))
    assert {partition.topic for partition in consumer.assignment} == {topic}
    consumer.close()
    curious = member(log, exclude_internal_topics="false")
    curious.subscribe(pattern, Listener())
    drive([curious], lambda: {partition.topic for partition in curious.assignment} == {topic, "__consumer_offsets"})
    curious.close()


def test_patterns_are_pythons_and_may_match_nothing_at_first(log: Log) -> None:
    prefix = unique("prefix")
    consumer, listener = member(log), Listener()
    consumer.subscribe(re.compile(rf"(?:{prefix})-(?!no)\w+"), listener)
    assert consumer.poll(0.2, 10) == []
    new_topic(log, name=f"{prefix}-nothing")
    topic = new_topic(log, name=f"{prefix}-yes")
    drive([consumer], lambda: consumer.assignment == {TopicPartition(topic, 0)})
    admin = log.admin({})
    admin.delete_topics([topic], 30)
    admin.close()
    drive([consumer], lambda: not consumer.assignment)
    consumer.close()


def test_a_topic_that_does_not_exist_yet_is_waited_for(log: Log, caplog: pytest.LogCaptureFixture) -> None:
    topic, consumer = unique("later"), member(log, allow_auto_create_topics="false")
    consumer.subscribe([topic], Listener())
    for _ in range(20):
        assert consumer.poll(0.1, 10) == []
    told = [record for record in caplog.records if "Will try again" in record.getMessage()]
    assert len(told) == 1
    assert f"Could not read from {topic}: " in told[0].getMessage()
    send(log, new_topic(log, name=topic), b"v")
    assert values(take(consumer, 1)) == [b"v"]
    consumer.close()


@pytest.mark.parametrize(
    "protocol",
    [
        {"partition_assignment_strategy": "org.apache.kafka.clients.consumer.CooperativeStickyAssignor"},
        {"group_protocol": "consumer"},
    ],
    ids=["cooperative", "by-server"],
)
def test_incremental_protocols_move_only_what_has_to_move(log: Log, protocol: dict[str, str]) -> None:
    topic, group = new_topic(log, 4), unique("group")
    config = {"group_id": group, **protocol}

    def join() -> tuple[LogConsumer, Listener]:
        timeouts = (
            {} if "group_protocol" in protocol else {"session.timeout.ms": "6000", "heartbeat.interval.ms": "200"}
        )
        names = {name.replace("_", "."): value for name, value in config.items()}
        consumer = log.consumer({"auto.offset.reset": "earliest", **timeouts, **names})
        listener = Listener()
        consumer.subscribe([topic], listener)
        return consumer, listener

    for number in range(4):
        send(log, topic, *numbered(100), partition=number)
    one, hears_one = join()
    found = take(one, 400)
    one.commit({partition: one.position(partition) for partition in one.assignment}, 30)
    two, hears_two = join()
    found += drive([one, two], lambda: len(one.assignment) == len(two.assignment) == 2)
    assert hears_one.owned == one.assignment
    assert hears_two.owned == two.assignment
    assert sum(map(len, hears_one.revoked)) == 2  # the others stayed
    assert {offset for positions in hears_two.assigned for offset in positions.values()} == {100}
    for number in range(4):
        send(log, topic, *numbered(10, 100), partition=number)
    found += drive([one, two], lambda: len(found) >= 400 and sum(map(position_of_all, (one, two))) == 440)
    one.seek(dict.fromkeys(one.assignment, 105))
    again = drive([one], lambda: position_of_all(one) == 220)
    assert [read.offset for read in again if read.partition == min(p.partition for p in one.assignment)] == list(
        range(105, 110)
    )
    two.close()
    drive([one], lambda: len(one.assignment) == 4)
    one.close()
    assert hears_one.lost == hears_two.lost == []


def position_of_all(consumer: LogConsumer) -> int:
    return sum(map(consumer.position, consumer.assignment))


def test_without_a_policy_a_missing_offset_is_an_error(log: Log) -> None:
    topic, consumer = new_topic(log), member(log, auto_offset_reset="none")
    consumer.subscribe([topic], Listener())
    with pytest.raises(LogError) as error:
        drive([consumer], lambda: False)
    assert str(error.value) == f"Undefined offset with no reset policy for partitions: [{topic}-0]"
    consumer.close()
    reader = log.consumer({"auto.offset.reset": "none"})
    reader.assign({TopicPartition(topic, 0): 99})
    with pytest.raises(LogError, match=rf"^Fetch position 99 is out of range for partition {topic}-0, and auto"):
        drive([reader], lambda: False)
    reader.close()


def test_a_policy_by_duration_begins_at_the_first_record_that_is_young_enough(log: Log) -> None:
    topic = new_topic(log)
    now = time.time_ns() // 1_000_000
    hour = 3_600_000
    producer = log.producer({})
    stamps = [now - 5 * hour, now - 3 * hour, now - hour]
    producer.send_batch(OutgoingBatch(topic=topic, values=[b"old", b"3h", b"1h"], timestamps=stamps))
    assert producer.flush(30)
    producer.close(5)
    for policy, wanted in (("by_duration:PT4H", [b"3h", b"1h"]), ("by_duration:P1D", [b"old", b"3h", b"1h"])):
        consumer = member(log, auto_offset_reset=policy)
        consumer.subscribe([topic], Listener())
        assert values(take(consumer, len(wanted))) == wanted
        consumer.close()
    reader = log.consumer({"auto.offset.reset": "by_duration:PT2H"})
    reader.assign({TopicPartition(topic, 0): 99})
    assert values(take(reader, 1)) == [b"1h"]
    reader.close()


def test_a_seek_right_after_the_assignment_is_kept(log: Log) -> None:
    topic = new_topic(log, 2)
    for number in range(2):
        send(log, topic, *numbered(50), partition=number)
    consumer, (first, second) = log.consumer({}), partitions_of(topic, 2)
    consumer.assign({first: 0, second: 10})
    consumer.seek({first: 45})
    found = take(consumer, 45)
    consumer.close()
    assert sorted((read.partition, read.offset) for read in found) == [(0, n) for n in range(45, 50)] + [
        (1, n) for n in range(10, 50)
    ]


def test_one_question_is_answered_while_a_fetch_waits(log: Log) -> None:
    """A broker answers one request after the other on a connection; questions have one of their own."""
    topic, consumer = new_topic(log), log.consumer({"fetch.max.wait.ms": "5000"})
    partition = TopicPartition(topic, 0)
    consumer.assign({partition: 0})
    send(log, topic, b"v")
    take(consumer, 1)
    assert consumer.end_offsets([partition], 30) == {partition: 1}
    started = time.monotonic()
    for _ in range(5):
        assert consumer.poll(0.01, 10) == []
        assert consumer.end_offsets([partition], 30) == {partition: 1}
        assert consumer.partitions_for(topic, 30) == 1
    assert time.monotonic() - started < 5
    consumer.close()
