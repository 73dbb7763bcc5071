"""The contract of a consumer that is given its partitions."""

from __future__ import annotations

import time

import pytest
from tests.contract.log.adapter import (
    PATIENCE_S,
    Adapter,
    partitions_of,
    rows,
    send,
    take,
    unique,
    values,
)

from penstock.api.record import TopicPartition
from penstock.log.base import OutgoingBatch, ReceivedBatch
from penstock.log.errors import InvalidTopicError, LogError


def numbered(count: int, start: int = 0) -> list[bytes]:
    return [b"%d" % number for number in range(start, start + count)]


def test_reading_starts_at_the_given_offset(adapter: Adapter) -> None:
    topic = adapter.new_topic()
    send(adapter.log, topic, *numbered(10))
    consumer = adapter.log.consumer({})
    partition = TopicPartition(topic, 0)
    consumer.assign({partition: 4})
    assert consumer.assignment == {partition}
    assert consumer.position(partition) == 4
    found = take(consumer, 6)
    assert [read.offset for read in found] == [4, 5, 6, 7, 8, 9]
    assert values(found) == numbered(6, 4)
    assert consumer.position(partition) == 10
    consumer.close()


def test_a_poll_returns_at_most_so_many_records_and_the_position_follows(adapter: Adapter) -> None:
    topic = adapter.new_topic()
    send(adapter.log, topic, *numbered(1000))
    consumer = adapter.log.consumer({})
    partition = TopicPartition(topic, 0)
    consumer.assign({partition: 0})
    position = 0
    deadline = time.monotonic() + PATIENCE_S
    while position < 1000:
        assert time.monotonic() < deadline
        batches = consumer.poll(0.2, 70)
        found = rows(batches)
        assert len(found) <= 70
        assert [read.offset for read in found] == list(range(position, position + len(found)))
        assert values(found) == numbered(len(found), position)
        position += len(found)
        assert consumer.position(partition) == position
        if batches:
            assert batches[-1].next_offset == position
    consumer.close()


def test_batches_are_runs_of_one_partition_each(adapter: Adapter) -> None:
    topic, other = adapter.new_topic(3), adapter.new_topic()
    for number in range(3):
        send(adapter.log, topic, *numbered(20), partition=number)
    send(adapter.log, other, *numbered(5))
    consumer = adapter.log.consumer({})
    consumer.assign(dict.fromkeys([*partitions_of(topic, 3), TopicPartition(other, 0)], 0))
    seen: dict[tuple[str, int], list[bytes | None]] = {}
    deadline = time.monotonic() + PATIENCE_S
    while sum(map(len, seen.values())) < 65:
        assert time.monotonic() < deadline
        for batch in consumer.poll(0.2, 7):
            seen.setdefault((batch.topic, batch.partition), []).extend(batch.values)
    consumer.close()
    assert seen == {(topic, number): numbered(20) for number in range(3)} | {(other, 0): numbered(5)}


def test_an_empty_poll_returns_in_time(adapter: Adapter) -> None:
    topic = adapter.new_topic()
    consumer = adapter.log.consumer({})
    consumer.assign({TopicPartition(topic, 0): 0})
    consumer.poll(0.2, 100)
    started = time.monotonic()
    assert consumer.poll(0.3, 100) == []
    assert 0.25 <= time.monotonic() - started < 5
    started = time.monotonic()
    assert consumer.poll(0, 100) == []
    assert time.monotonic() - started < 0.25
    consumer.close()


def test_a_waiting_reader_sees_what_another_client_writes(adapter: Adapter) -> None:
    topic = adapter.new_topic()
    consumer = adapter.log.consumer({})
    consumer.assign({TopicPartition(topic, 0): 0})
    assert consumer.poll(0.2, 100) == []
    for number in range(5):
        send(adapter.second_log(), topic, b"%d" % number)
        assert values(take(consumer, 1)) == [b"%d" % number]
    consumer.close()


def test_assign_replaces_what_was_assigned(adapter: Adapter) -> None:
    topic = adapter.new_topic(2)
    send(adapter.log, topic, b"zero", partition=0)
    send(adapter.log, topic, b"one", partition=1)
    consumer = adapter.log.consumer({})
    first, second = partitions_of(topic, 2)
    consumer.assign({first: 0})
    assert values(take(consumer, 1)) == [b"zero"]
    consumer.assign({second: 0})
    assert consumer.assignment == {second}
    assert values(take(consumer, 1)) == [b"one"]
    consumer.assign({})
    assert consumer.assignment == frozenset()
    consumer.close()


def test_seek_goes_back_and_forward_and_drops_what_was_prefetched(adapter: Adapter) -> None:
    topic = adapter.new_topic()
    send(adapter.log, topic, *numbered(1000))
    consumer = adapter.log.consumer({})
    partition = TopicPartition(topic, 0)
    consumer.assign({partition: 0})
    first: list[ReceivedBatch] = []
    while not first:
        first = consumer.poll(0.2, 10)
    consumer.seek({partition: 500})
    assert consumer.position(partition) == 500
    assert take(consumer, 1)[0].offset == 500
    consumer.seek({partition: 3})
    assert take(consumer, 1)[0].offset == 3
    consumer.seek({partition: 1000})
    assert consumer.poll(0.5, 100) == []
    send(adapter.log, topic, b"new")
    assert values(take(consumer, 1)) == [b"new"]
    consumer.close()


def test_seek_of_a_foreign_partition_is_refused(adapter: Adapter) -> None:
    topic = adapter.new_topic(2)
    consumer = adapter.log.consumer({})
    first, second = partitions_of(topic, 2)
    consumer.assign({first: 0})
    with pytest.raises(LogError):
        consumer.seek({second: 0})
    with pytest.raises(LogError):
        consumer.position(second)
    consumer.close()


def test_a_position_beyond_the_end_falls_back_to_the_reset_policy(adapter: Adapter) -> None:
    topic = adapter.new_topic()
    send(adapter.log, topic, *numbered(3))
    consumer = adapter.log.consumer({"auto.offset.reset": "earliest"})
    consumer.assign({TopicPartition(topic, 0): 99})
    assert values(take(consumer, 3)) == numbered(3)
    consumer.close()


def test_hold_delivers_nothing_of_its_partitions_until_release(adapter: Adapter) -> None:
    topic = adapter.new_topic(2)
    held, other = partitions_of(topic, 2)
    send(adapter.log, topic, *numbered(100), partition=0)
    consumer = adapter.log.consumer({})
    consumer.assign({held: 0, other: 0})
    before = take(consumer, 1)
    position = consumer.position(held)
    consumer.hold([held])
    consumer.hold([held])
    send(adapter.log, topic, *numbered(10), partition=1)
    found = take(consumer, 10)
    found += rows(consumer.poll(0.3, 500))
    assert {read.partition for read in found} == {1}
    assert consumer.position(held) == position
    assert consumer.assignment == {held, other}
    consumer.release([held])
    consumer.release([held])
    rest = take(consumer, 100 - len(before))
    assert [read.offset for read in before + rest] == list(range(100))
    consumer.close()


def test_seek_on_a_held_partition_counts_after_release(adapter: Adapter) -> None:
    topic = adapter.new_topic()
    partition = TopicPartition(topic, 0)
    send(adapter.log, topic, *numbered(10))
    consumer = adapter.log.consumer({})
    consumer.assign({partition: 0})
    take(consumer, 10)
    consumer.hold([partition])
    consumer.seek({partition: 7})
    assert consumer.poll(0.3, 100) == []
    consumer.release([partition])
    assert [read.offset for read in take(consumer, 3)] == [7, 8, 9]
    consumer.close()


def test_committed_offsets_are_seen_by_others_of_the_group(adapter: Adapter) -> None:
    topic, group = adapter.new_topic(3), unique("group")
    first, second, third = partitions_of(topic, 3)
    consumer = adapter.log.consumer({"group.id": group})
    consumer.assign({first: 0, second: 0, third: 0})
    assert consumer.committed([first, second, third], 30) == {}
    consumer.commit({first: 5, second: 0}, 30)
    consumer.commit({first: 6}, 30)
    other = adapter.second_log().consumer({"group.id": group})
    assert other.committed([first, second, third], 30) == {first: 6, second: 0}
    assert other.committed([third], 30) == {}
    stranger = adapter.log.consumer({"group.id": unique("group")})
    assert stranger.committed([first], 30) == {}
    for client in (consumer, other, stranger):
        client.close()


def test_committing_needs_a_group(adapter: Adapter) -> None:
    topic = adapter.new_topic()
    consumer = adapter.log.consumer({})
    consumer.assign({TopicPartition(topic, 0): 0})
    with pytest.raises(LogError):
        consumer.commit({TopicPartition(topic, 0): 1}, 30)
    consumer.close()


def test_beginning_and_end_of_partitions(adapter: Adapter) -> None:
    topic = adapter.new_topic(2)
    send(adapter.log, topic, *numbered(7), partition=1)
    consumer = adapter.log.consumer({})
    first, second = partitions_of(topic, 2)
    assert consumer.beginning_offsets([first, second], 30) == {first: 0, second: 0}
    assert consumer.end_offsets([first, second], 30) == {first: 0, second: 7}
    assert consumer.partitions_for(topic, 30) == 2
    assert consumer.partitions_for(unique("no-such-topic"), 30) is None
    consumer.close()


def test_an_illegal_topic_name_is_refused(adapter: Adapter) -> None:
    consumer = adapter.log.consumer({})
    with pytest.raises(InvalidTopicError, match=r"^Invalid topics: \[bad topic!\]$"):
        consumer.assign({TopicPartition("bad topic!", 0): 0})
    consumer.close()


def test_close_is_idempotent(adapter: Adapter) -> None:
    topic = adapter.new_topic()
    consumer = adapter.log.consumer({})
    consumer.assign({TopicPartition(topic, 0): 0})
    consumer.poll(0.1, 10)
    consumer.close()
    consumer.close()
    with pytest.raises(LogError):
        consumer.poll(0.1, 10)


def test_large_records_come_back_whole(adapter: Adapter) -> None:
    topic = adapter.new_topic()
    producer = adapter.log.producer({})
    sent = [bytes([number]) * 700_000 for number in range(12)]
    for value in sent:
        producer.send_batch(OutgoingBatch(topic=topic, values=[value]))
    assert producer.flush(30)
    producer.close(30)
    consumer = adapter.log.consumer({})
    consumer.assign({TopicPartition(topic, 0): 0})
    assert values(take(consumer, 12)) == sent
    consumer.close()
