"""The contract of a producer outside transactions."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from tests.contract.log.adapter import Adapter, Read, read_all, send, unique, values

from penstock.api.record import TimestampType, TopicPartition
from penstock.api.task import RecordMetadata
from penstock.log.base import OutgoingBatch, ReceivedBatch, Reports
from penstock.log.errors import InvalidTopicError, LogError, LogInterruptedError, RecordTooLargeError

Report = tuple[int, RecordMetadata | None, LogError | None]


def collector(reports: list[Report]) -> Callable[[int, RecordMetadata | None, LogError | None], None]:
    return lambda index, metadata, error: reports.append((index, metadata, error))


def test_every_column_comes_back_as_it_was_sent(adapter: Adapter) -> None:
    topic = adapter.new_topic()
    producer = adapter.log.producer({})
    producer.send_batch(
        OutgoingBatch(
            topic=topic,
            values=[b"v0", None, b"", b"\x00\xff"],
            keys=[b"k0", b"k1", None, b""],
            timestamps=[1_700_000_000_000, 7, 1_700_000_000_002, 1],
            headers=[[("a", b"1"), ("a", None), ("b", b"")], None, [], [("ü", b"\xff")]],
        )
    )
    assert producer.flush(30)
    producer.close(30)
    assert read_all(adapter.log, topic) == [
        Read(0, 0, b"k0", b"v0", 1_700_000_000_000, [("a", b"1"), ("a", None), ("b", b"")]),
        Read(0, 1, b"k1", None, 7, []),
        Read(0, 2, None, b"", 1_700_000_000_002, []),
        Read(0, 3, b"", b"\x00\xff", 1, [("ü", b"\xff")]),
    ]


def test_text_is_stored_as_its_utf8_bytes(adapter: Adapter) -> None:
    topic = adapter.new_topic()
    producer = adapter.log.producer({})
    producer.send_batch(
        OutgoingBatch(topic=topic, values=["plain", "ключ", "😀", b"bytes", None], keys=["k", "é", b"b", None, ""])
    )
    assert producer.flush(30)
    producer.close(30)
    found = read_all(adapter.log, topic)
    assert values(found) == [b"plain", "ключ".encode(), "😀".encode(), b"bytes", None]
    assert [read.key for read in found] == [b"k", "é".encode(), b"b", None, b""]


def test_a_batch_of_values_alone_has_no_other_columns_and_the_time_of_sending(adapter: Adapter) -> None:
    topic = adapter.new_topic()
    before = time.time_ns() // 1_000_000
    send(adapter.log, topic, b"a", b"b")
    after = time.time_ns() // 1_000_000
    consumer = adapter.log.consumer({})
    consumer.assign({TopicPartition(topic, 0): 0})
    batches: list[ReceivedBatch] = []
    while sum(len(batch) for batch in batches) < 2:
        batches += consumer.poll(0.2, 100)
    consumer.close()
    assert all(batch.keys is None and batch.headers is None for batch in batches)
    assert all(batch.timestamp_type is TimestampType.CREATE_TIME for batch in batches)
    assert all(before <= stamp <= after for batch in batches for stamp in batch.timestamps if stamp is not None)


def test_missing_timestamps_among_given_ones_are_the_time_of_sending(adapter: Adapter) -> None:
    topic = adapter.new_topic()
    producer = adapter.log.producer({})
    before = time.time_ns() // 1_000_000
    producer.send_batch(OutgoingBatch(topic=topic, values=[b"a", b"b"], timestamps=[5, None]))
    assert producer.flush(30)
    producer.close(30)
    first, second = read_all(adapter.log, topic)
    assert first.timestamp == 5
    assert second.timestamp is not None
    assert second.timestamp >= before


def test_log_append_time_replaces_the_given_timestamp(adapter: Adapter) -> None:
    topic = adapter.new_topic(1, {"message.timestamp.type": "LogAppendTime"})
    producer = adapter.log.producer({})
    producer.send_batch(OutgoingBatch(topic=topic, values=[b"a"], timestamps=[5]))
    assert producer.flush(30)
    producer.close(30)
    consumer = adapter.log.consumer({})
    consumer.assign({TopicPartition(topic, 0): 0})
    batches: list[ReceivedBatch] = []
    while not batches:
        batches = consumer.poll(0.2, 100)
    consumer.close()
    assert batches[0].timestamp_type is TimestampType.LOG_APPEND_TIME
    assert (batches[0].timestamps[0] or 0) > 1_600_000_000_000


# What Java's Utils.toPositive(Utils.murmur2(key)) % 7 gives.
JAVA_PARTITIONS = {
    b"": 2,
    b"a": 5,
    b"ab": 0,
    b"abc": 4,
    b"abcd": 5,
    b"21": 3,
    b"foobar": 0,
    b"a-little-bit-long-string": 1,
    b"a-little-bit-longer-string": 0,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": 3,
    "ключ".encode(): 4,
}


def test_a_key_chooses_the_partition_that_java_chooses(adapter: Adapter) -> None:
    topic = adapter.new_topic(7)
    producer = adapter.log.producer({})
    keys = [key for key in JAVA_PARTITIONS if key]  # librdkafka takes an empty key for none
    producer.send_batch(OutgoingBatch(topic=topic, values=keys, keys=keys))
    assert producer.flush(30)
    producer.close(30)
    assert {read.key: read.partition for read in read_all(adapter.log, topic)} == {
        key: partition for key, partition in JAVA_PARTITIONS.items() if key
    }


def test_a_given_partition_beats_the_key(adapter: Adapter) -> None:
    topic = adapter.new_topic(3)
    producer = adapter.log.producer({})
    producer.send_batch(
        OutgoingBatch(topic=topic, values=[b"0", b"1", b"2", b"3"], keys=[b"k"] * 4, partitions=[2, 0, 1, 2])
    )
    assert producer.flush(30)
    producer.close(30)
    assert [(read.partition, read.value) for read in read_all(adapter.log, topic)] == [
        (0, b"1"),
        (1, b"2"),
        (2, b"0"),
        (2, b"3"),
    ]


def test_records_without_a_key_use_all_partitions_in_the_long_run(adapter: Adapter) -> None:
    topic = adapter.new_topic(2)
    producer = adapter.log.producer({"linger.ms": "0"})
    for _ in range(64):
        producer.send_batch(OutgoingBatch(topic=topic, values=[b"v"] * 500))
        assert producer.flush(30)
    producer.close(30)
    found = read_all(adapter.log, topic)
    assert len(found) == 64 * 500
    assert {read.partition for read in found} == {0, 1}


def test_the_order_of_a_partition_is_the_order_of_sending(adapter: Adapter) -> None:
    topic = adapter.new_topic()
    producer = adapter.log.producer({})
    for batch in range(10):
        producer.send_batch(OutgoingBatch(topic=topic, values=[b"%d" % (batch * 1000 + n) for n in range(1000)]))
    assert producer.flush(60)
    producer.close(30)
    found = read_all(adapter.log, topic)
    assert values(found) == [b"%d" % n for n in range(10_000)]
    assert [read.offset for read in found] == list(range(10_000))


@pytest.mark.parametrize("reports", list(Reports))
def test_tickets_count_up_and_flush_acknowledges_the_last(adapter: Adapter, reports: Reports) -> None:
    topic = adapter.new_topic()
    producer = adapter.log.producer({}, reports)
    assert producer.acknowledged == 0
    assert [producer.send_batch(OutgoingBatch(topic=topic, values=[b"v"] * 10)) for _ in range(5)] == [1, 2, 3, 4, 5]
    assert producer.acknowledged <= 5
    assert producer.flush(30)
    assert producer.acknowledged == 5
    assert producer.failure is None
    producer.close(30)


@pytest.mark.parametrize("reports", list(Reports))
def test_an_empty_batch_is_acknowledged_in_its_turn(adapter: Adapter, reports: Reports) -> None:
    topic = adapter.new_topic()
    producer = adapter.log.producer({}, reports)
    assert producer.send_batch(OutgoingBatch(topic=topic, values=[])) == 1
    assert producer.send_batch(OutgoingBatch(topic=topic, values=[b"v"])) == 2
    assert producer.flush(30)
    assert producer.acknowledged == 2
    producer.close(30)


def test_with_errors_only_a_success_is_not_reported(adapter: Adapter) -> None:
    topic = adapter.new_topic()
    producer = adapter.log.producer({}, Reports.ERRORS)
    reports: list[Report] = []
    producer.send_batch(OutgoingBatch(topic=topic, values=[b"a", b"b"]), on_delivery=collector(reports))
    assert producer.flush(30)
    producer.close(30)
    assert reports == []


def test_with_all_reports_each_record_is_told_once_where_it_went(adapter: Adapter) -> None:
    topic = adapter.new_topic(3)
    producer = adapter.log.producer({}, Reports.ALL)
    reports: list[Report] = []
    partitions = [index % 3 for index in range(30)]
    batch = OutgoingBatch(
        topic=topic, values=[b"%d" % n for n in range(30)], partitions=partitions, timestamps=list(range(100, 130))
    )
    producer.send_batch(batch, on_delivery=collector(reports))
    assert producer.flush(30)
    assert producer.acknowledged == 1
    producer.close(30)
    assert sorted(index for index, _, _ in reports) == list(range(30))
    stored = {(read.partition, read.offset): read for read in read_all(adapter.log, topic)}
    for index, metadata, error in reports:
        assert error is None
        assert metadata is not None
        assert metadata.topic == topic
        assert metadata.timestamp == 100 + index
        assert metadata.partition == partitions[index]
        assert stored[metadata.partition, metadata.offset].value == b"%d" % index


@pytest.mark.parametrize("reports", list(Reports))
def test_a_failure_that_nobody_is_told_of_stops_the_producer(adapter: Adapter, reports: Reports) -> None:
    plain, compacted = adapter.new_topic(), adapter.new_topic(1, {"cleanup.policy": "compact"})
    producer = adapter.log.producer({}, reports)
    producer.send_batch(OutgoingBatch(topic=plain, values=[b"good"]))
    producer.send_batch(OutgoingBatch(topic=compacted, values=[b"a compacted topic takes no record without key"]))
    assert producer.flush(30)
    assert producer.acknowledged == 1
    failure = producer.failure
    assert isinstance(failure, LogError)
    for _ in range(2):
        with pytest.raises(LogError) as caught:
            producer.send_batch(OutgoingBatch(topic=plain, values=[b"more"]))
        assert caught.value is failure
    assert producer.flush(30)
    assert producer.acknowledged == 1
    producer.close(30)


@pytest.mark.parametrize("reports", list(Reports))
def test_a_failure_given_to_its_callback_counts_as_dealt_with(adapter: Adapter, reports: Reports) -> None:
    plain, compacted = adapter.new_topic(), adapter.new_topic(1, {"cleanup.policy": "compact"})
    producer = adapter.log.producer({}, reports)
    told: list[Report] = []
    producer.send_batch(OutgoingBatch(topic=compacted, values=[b"no key"]), on_delivery=collector(told))
    assert producer.send_batch(OutgoingBatch(topic=plain, values=[b"good"])) == 2
    assert producer.flush(30)
    assert producer.failure is None
    assert producer.acknowledged == 2
    producer.close(30)
    ((index, metadata, error),) = told
    assert (index, metadata) == (0, None)
    assert isinstance(error, LogError)
    assert values(read_all(adapter.log, plain)) == [b"good"]


def test_a_partition_that_does_not_exist_is_a_failure_of_the_record(adapter: Adapter) -> None:
    topic = adapter.new_topic(2)
    producer = adapter.log.producer({}, Reports.ALL)
    told: list[Report] = []
    producer.send_batch(OutgoingBatch(topic=topic, values=[b"a"], partitions=[0]))
    assert producer.flush(30)
    producer.send_batch(OutgoingBatch(topic=topic, values=[b"b"], partitions=[7]), on_delivery=collector(told))
    assert producer.flush(30)
    producer.close(30)
    ((_, metadata, error),) = told
    assert metadata is None
    assert isinstance(error, LogError)
    assert values(read_all(adapter.log, topic)) == [b"a"]


def test_an_illegal_topic_name_is_refused_at_once_and_uses_up_the_ticket(adapter: Adapter) -> None:
    topic = adapter.new_topic()
    producer = adapter.log.producer({})
    with pytest.raises(InvalidTopicError, match=r"^Invalid topics: \[bad topic!\]$"):
        producer.send_batch(OutgoingBatch(topic="bad topic!", values=[b"v"]))
    assert producer.send_batch(OutgoingBatch(topic=topic, values=[b"v"])) == 2
    assert producer.flush(30)
    assert producer.acknowledged == 0  # the batch before it is lost, and who sent it may look at tickets only
    producer.close(30)


def test_a_record_that_is_too_large_is_refused_after_those_before_it(adapter: Adapter) -> None:
    topic = adapter.new_topic()
    producer = adapter.log.producer({"max.request.size": "1000000"})
    with pytest.raises(RecordTooLargeError):
        producer.send_batch(OutgoingBatch(topic=topic, values=[b"small", b"x" * 2_000_000, b"after"]))
    assert producer.send_batch(OutgoingBatch(topic=topic, values=[b"next"])) == 2
    assert producer.flush(30)
    assert producer.acknowledged == 0
    producer.close(30)
    assert values(read_all(adapter.log, topic)) == [b"small", b"next"]


@pytest.mark.parametrize("reports", list(Reports))
def test_refused_records_are_told_and_the_others_go_on(adapter: Adapter, reports: Reports) -> None:
    topic = adapter.new_topic()
    producer = adapter.log.producer({"max.request.size": "1000000"}, reports)
    told: list[tuple[int, type | None]] = []

    def hear(index: int, _metadata: RecordMetadata | None, error: LogError | None) -> None:
        told.append((index, None if error is None else type(error)))

    batch = OutgoingBatch(topic=topic, values=[b"small", b"x" * 2_000_000, b"after"])
    producer.send_batch(batch, on_delivery=hear)
    producer.send_batch(OutgoingBatch(topic="bad topic!", values=[b"v", b"w"]), on_delivery=hear)
    assert producer.flush(30)
    assert producer.acknowledged == 2  # who was told of a failure has dealt with it
    assert [entry for entry in sorted(told, key=str) if entry[1] is not None] == sorted(
        [(0, InvalidTopicError), (1, InvalidTopicError), (1, RecordTooLargeError)], key=str
    )
    producer.close(30)
    assert values(read_all(adapter.log, topic)) == [b"small", b"after"]


def test_many_records_may_exceed_the_limit_of_one(adapter: Adapter) -> None:
    topic = adapter.new_topic()
    producer = adapter.log.producer({"max.request.size": "1000000"})
    producer.send_batch(OutgoingBatch(topic=topic, values=[b"x" * 100_000] * 50))
    assert producer.flush(30)
    producer.close(30)
    assert len(read_all(adapter.log, topic)) == 50


def test_a_topic_is_created_by_its_first_record(adapter: Adapter) -> None:
    topic = unique("made-by-sending")
    send(adapter.log, topic, b"first")
    assert values(read_all(adapter.log, topic)) == [b"first"]


def test_a_wait_for_room_ends_when_the_caller_is_interrupted(adapter: Adapter) -> None:
    context = adapter.full_producer()
    if context is None:
        pytest.skip(f"the {adapter.name} log never makes a sender wait")
    topic = adapter.new_topic()
    asked = 0

    def interrupted() -> bool:
        nonlocal asked
        asked += 1
        return asked > 3

    with context as producer:
        before = producer.acknowledged
        with pytest.raises(LogInterruptedError):
            producer.send_batch(OutgoingBatch(topic=topic, values=[b"v"]), interrupted=interrupted)
        assert asked == 4
        assert producer.acknowledged == before


def test_close_is_idempotent_and_keeps_what_was_sent(adapter: Adapter) -> None:
    topic = adapter.new_topic()
    producer = adapter.log.producer({})
    producer.send_batch(OutgoingBatch(topic=topic, values=[b"v"]))
    producer.close(30)
    producer.close(30)
    with pytest.raises(LogError):
        producer.send_batch(OutgoingBatch(topic=topic, values=[b"late"]))
    assert values(read_all(adapter.second_log(), topic)) == [b"v"]
