"""The contract of transactions: all or nothing, one producer at a time, and readers that never see what was not committed."""

from __future__ import annotations

import pytest
from tests.contract.log.adapter import Adapter, partitions_of, read_all, read_committed, send, take, unique, values

from penstock.api.record import TopicPartition
from penstock.api.task import RecordMetadata
from penstock.log.base import LogProducer, OutgoingBatch, Reports
from penstock.log.errors import FencedError, LogError

COMMITTED = {"isolation.level": "read_committed", "auto.offset.reset": "earliest"}


def transactional(
    adapter: Adapter, transactional_id: str | None = None, reports: Reports = Reports.ERRORS
) -> LogProducer:
    producer = adapter.log.producer({"transactional.id": transactional_id or unique("producer")}, reports)
    producer.init_transactions(60)
    return producer


def stable_end(adapter: Adapter, topic: str) -> int:
    consumer = adapter.second_log().consumer(COMMITTED)
    try:
        partition = TopicPartition(topic, 0)
        return consumer.end_offsets([partition], 30)[partition]
    finally:
        consumer.close()


def test_a_transaction_becomes_visible_as_a_whole(adapter: Adapter) -> None:
    first, second = adapter.new_topic(2), adapter.new_topic()
    producer = transactional(adapter)
    producer.begin_transaction()
    producer.send_batch(OutgoingBatch(topic=first, values=[b"a", b"b"], partitions=[0, 1]))
    producer.send_batch(OutgoingBatch(topic=second, values=[b"c"]))
    assert producer.flush(30)
    assert stable_end(adapter, first) == stable_end(adapter, second) == 0
    assert read_all(adapter.log, first) == read_all(adapter.log, second) == []
    producer.commit_transaction(60)
    assert read_committed(adapter.log, first, 2) == [b"a", b"b"]
    assert read_committed(adapter.log, second, 1) == [b"c"]
    producer.close(30)


def test_an_aborted_transaction_is_never_seen(adapter: Adapter) -> None:
    topic = adapter.new_topic()
    producer = transactional(adapter)
    producer.begin_transaction()
    producer.send_batch(OutgoingBatch(topic=topic, values=[b"aborted"] * 10))
    producer.abort_transaction(60)
    producer.begin_transaction()
    producer.send_batch(OutgoingBatch(topic=topic, values=[b"committed"]))
    producer.commit_transaction(60)
    producer.close(30)
    assert read_committed(adapter.log, topic, 1) == [b"committed"]


def test_a_reader_waits_at_an_open_transaction_and_goes_on_after_it(adapter: Adapter) -> None:
    topic = adapter.new_topic()
    send(adapter.log, topic, b"before")
    consumer = adapter.second_log().consumer(COMMITTED)
    consumer.assign({TopicPartition(topic, 0): 0})
    assert values(take(consumer, 1)) == [b"before"]
    producer = transactional(adapter)
    producer.begin_transaction()
    producer.send_batch(OutgoingBatch(topic=topic, values=[b"inside"]))
    assert producer.flush(30)
    assert consumer.poll(0.5, 100) == []
    producer.commit_transaction(60)
    assert values(take(consumer, 1)) == [b"inside"]
    consumer.close()
    producer.close(30)


def test_an_empty_transaction_may_be_committed_and_aborted(adapter: Adapter) -> None:
    topic = adapter.new_topic()
    producer = transactional(adapter)
    producer.begin_transaction()
    producer.commit_transaction(60)
    producer.begin_transaction()
    producer.abort_transaction(60)
    producer.begin_transaction()
    producer.send_batch(OutgoingBatch(topic=topic, values=[b"v"]))
    producer.commit_transaction(60)
    producer.close(30)
    assert read_committed(adapter.log, topic, 1) == [b"v"]


@pytest.mark.parametrize("reports", list(Reports))
def test_the_end_of_a_transaction_acknowledges_its_batches(adapter: Adapter, reports: Reports) -> None:
    topic = adapter.new_topic()
    producer = transactional(adapter, reports=reports)
    producer.begin_transaction()
    assert producer.send_batch(OutgoingBatch(topic=topic, values=[b"a"])) == 1
    producer.commit_transaction(60)
    assert producer.acknowledged == 1
    producer.begin_transaction()
    assert producer.send_batch(OutgoingBatch(topic=topic, values=[b"b"])) == 2
    producer.abort_transaction(60)
    assert producer.acknowledged == 2
    producer.close(30)


def test_all_reports_of_a_transaction_are_told_by_its_end(adapter: Adapter) -> None:
    topic = adapter.new_topic()
    producer = transactional(adapter, reports=Reports.ALL)
    told: list[tuple[int, RecordMetadata | None, LogError | None]] = []
    producer.begin_transaction()
    producer.send_batch(
        OutgoingBatch(topic=topic, values=[b"a", b"b"]), on_delivery=lambda *report: told.append(report)
    )
    producer.commit_transaction(60)
    producer.close(30)
    assert read_committed(adapter.log, topic, 2) == [b"a", b"b"]
    stored = {read.offset: read.value for read in read_all(adapter.log, topic)}
    assert [(index, error) for index, _, error in told] == [(0, None), (1, None)]
    assert [stored[metadata.offset] for _, metadata, _ in told if metadata is not None] == [b"a", b"b"]


def test_a_failed_record_fails_the_commit_and_an_abort_heals_the_producer(adapter: Adapter) -> None:
    topic, compacted = adapter.new_topic(), adapter.new_topic(1, {"cleanup.policy": "compact"})
    producer = transactional(adapter)
    producer.begin_transaction()
    producer.send_batch(OutgoingBatch(topic=topic, values=[b"lost with its transaction"]))
    producer.send_batch(OutgoingBatch(topic=compacted, values=[b"a compacted topic takes no record without key"]))
    with pytest.raises(LogError) as caught:
        producer.commit_transaction(60)
    assert not isinstance(caught.value, FencedError)
    failures = [producer.failure]
    producer.abort_transaction(60)
    failures.append(producer.failure)
    assert isinstance(failures[0], LogError)
    assert failures[1] is None
    producer.begin_transaction()
    ticket = producer.send_batch(OutgoingBatch(topic=topic, values=[b"kept"]))
    producer.commit_transaction(60)
    assert producer.acknowledged == ticket
    producer.close(30)
    assert read_committed(adapter.log, topic, 1) == [b"kept"]


def test_a_newer_producer_fences_the_older(adapter: Adapter) -> None:
    topic, name = adapter.new_topic(), unique("producer")
    old = transactional(adapter, name)
    old.begin_transaction()
    old.send_batch(OutgoingBatch(topic=topic, values=[b"zombie"]))
    assert old.flush(30)
    new = adapter.second_log().producer({"transactional.id": name})
    new.init_transactions(60)
    new.begin_transaction()
    new.send_batch(OutgoingBatch(topic=topic, values=[b"new"]))
    with pytest.raises(FencedError):
        old.commit_transaction(60)
    new.commit_transaction(60)
    old.close(5)
    new.close(30)
    assert read_committed(adapter.log, topic, 1) == [b"new"]


def test_taking_over_ends_what_a_predecessor_left_open(adapter: Adapter) -> None:
    topic, name = adapter.new_topic(), unique("producer")
    old = transactional(adapter, name)
    old.begin_transaction()
    old.send_batch(OutgoingBatch(topic=topic, values=[b"left open"]))
    assert old.flush(30)
    new = adapter.second_log().producer({"transactional.id": name})
    new.init_transactions(60)
    send(adapter.log, topic, b"after")
    assert read_committed(adapter.log, topic, 1) == [b"after"]
    new.close(30)
    old.close(5)


def test_transactions_of_different_producers_do_not_touch_each_other(adapter: Adapter) -> None:
    topic = adapter.new_topic()
    one, two = transactional(adapter), transactional(adapter)
    one.begin_transaction()
    two.begin_transaction()
    one.send_batch(OutgoingBatch(topic=topic, values=[b"one"]))
    two.send_batch(OutgoingBatch(topic=topic, values=[b"two"]))
    one.abort_transaction(60)
    two.commit_transaction(60)
    one.close(30)
    two.close(30)
    assert read_committed(adapter.log, topic, 1) == [b"two"]


def test_fifty_aborts_with_a_thousand_records_in_flight_each(adapter: Adapter) -> None:
    topic = adapter.new_topic(3)
    producer = transactional(adapter)
    for round_ in range(50):
        producer.begin_transaction()
        keys = [b"%d" % n for n in range(1000)]
        producer.send_batch(OutgoingBatch(topic=topic, values=[b"aborted %d" % round_] * 1000, keys=keys))
        producer.abort_transaction(60)
    producer.begin_transaction()
    ticket = producer.send_batch(OutgoingBatch(topic=topic, values=[b"kept"] * 10, keys=[b"%d" % n for n in range(10)]))
    producer.commit_transaction(60)
    assert producer.acknowledged == ticket == 51
    producer.close(30)
    assert read_committed(adapter.log, topic, 10) == [b"kept"] * 10


def test_a_large_transaction_is_whole_and_in_order(adapter: Adapter) -> None:
    topic = adapter.new_topic()
    producer = transactional(adapter)
    producer.begin_transaction()
    for batch in range(25):
        producer.send_batch(
            OutgoingBatch(topic=topic, values=[b"%06d" % (batch * 1000 + n) + b"x" * 994 for n in range(1000)])
        )
    assert producer.flush(60)
    assert stable_end(adapter, topic) == 0
    producer.commit_transaction(60)
    producer.close(30)
    assert [int((value or b"")[:6]) for value in read_committed(adapter.log, topic, 25_000)] == list(range(25_000))


def test_a_closed_producer_aborts_its_transaction(adapter: Adapter) -> None:
    topic = adapter.new_topic()
    producer = transactional(adapter)
    producer.begin_transaction()
    producer.send_batch(OutgoingBatch(topic=topic, values=[b"v"]))
    producer.close(30)
    producer.close(30)
    send(adapter.log, topic, b"after")
    assert read_committed(adapter.log, topic, 1) == [b"after"]


def test_calls_out_of_turn_are_refused(adapter: Adapter) -> None:
    topic = adapter.new_topic()
    plain = adapter.log.producer({})
    with pytest.raises(LogError):
        plain.init_transactions(30)
    plain.close(30)
    producer = adapter.log.producer({"transactional.id": unique("producer")})
    with pytest.raises(LogError):
        producer.begin_transaction()
    producer.init_transactions(60)
    with pytest.raises(LogError):
        producer.commit_transaction(30)
    with pytest.raises(LogError):
        producer.send_batch(OutgoingBatch(topic=topic, values=[b"outside a transaction"]))
    producer.begin_transaction()
    with pytest.raises(LogError):
        producer.begin_transaction()
    producer.abort_transaction(60)
    producer.close(30)


def test_offsets_of_committed_and_aborted_transactions_may_have_gaps_but_only_grow(adapter: Adapter) -> None:
    topic = adapter.new_topic()
    producer = transactional(adapter)
    for round_ in range(6):
        producer.begin_transaction()
        producer.send_batch(OutgoingBatch(topic=topic, values=[b"%d" % round_] * 3))
        if round_ % 2:
            producer.commit_transaction(60)
        else:
            producer.abort_transaction(60)
    producer.close(30)
    read_committed(adapter.log, topic, 9)
    found = read_all(adapter.log, topic)
    assert values(found) == [b"1"] * 3 + [b"3"] * 3 + [b"5"] * 3
    offsets = [read.offset for read in found]
    assert offsets == sorted(set(offsets))
    consumer = adapter.log.consumer(COMMITTED)
    consumer.assign(dict.fromkeys(partitions_of(topic, 1), 0))
    assert [read.offset for read in take(consumer, 9)] == offsets
    assert consumer.position(TopicPartition(topic, 0)) >= offsets[-1] + 1
    consumer.close()
