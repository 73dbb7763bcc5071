"""What the embedded clients promise beyond the contract of all logs; on the log in memory, as both stores have the same
clients."""

from __future__ import annotations

import pytest
from tests.contract.log.adapter import Listener, drive, read_all, rows, send, take, values

from penstock.api.record import TopicPartition
from penstock.api.task import RecordMetadata
from penstock.log.base import NewTopic, OutgoingBatch, Reports
from penstock.log.errors import FencedError, LogError, RetriableLogError, UnknownTopicError
from penstock.log.memory import MemoryLog

P0 = TopicPartition("t", 0)


class Clock:
    def __init__(self) -> None:
        self.now_ms = 1_700_000_000_000
        self.seconds = 0.0

    def time_ms(self) -> int:
        return self.now_ms

    def monotonic(self) -> float:
        self.seconds += 0.001  # so that polls with a timeout end
        return self.seconds


def test_no_partition_starves_beside_a_full_one() -> None:
    log = MemoryLog()
    log.admin({}).create_topics([NewTopic("t", 2)], 1)
    send(log, "t", *[b"v"] * 1000, partition=0)
    send(log, "t", b"small", partition=1)
    consumer = log.consumer({})
    consumer.assign({P0: 0, TopicPartition("t", 1): 0})
    polls = [rows(consumer.poll(0, 100)) for _ in range(2)]
    assert {read.partition for found in polls for read in found} == {0, 1}


def test_reset_by_duration_starts_at_the_first_record_that_is_young_enough() -> None:
    clock = Clock()
    log = MemoryLog(clock=clock)
    producer = log.producer({})
    stamps = [clock.now_ms - back for back in (10_000, 5_000, 1_000)]
    producer.send_batch(OutgoingBatch(topic="t", values=[b"a", b"b", b"c"], timestamps=stamps))
    starts = {}
    for text in ("PT6S", "PT1S", "PT0.5S", "P1D"):
        consumer = log.consumer({"group.id": text, "auto.offset.reset": f"by_duration:{text}"})
        listener = Listener()
        consumer.subscribe(["t"], listener)
        consumer.poll(0, 0)
        starts[text] = listener.assigned[0][P0]
        consumer.close()
    assert starts == {"PT6S": 1, "PT1S": 2, "PT0.5S": 3, "P1D": 0}


def test_a_missing_offset_without_policy_is_told_until_somebody_seeks() -> None:
    log = MemoryLog()
    send(log, "t", b"a", b"b")
    consumer, listener = log.consumer({"group.id": "g", "auto.offset.reset": "none"}), Listener()
    consumer.subscribe(["t"], listener)
    for _ in range(2):
        with pytest.raises(LogError, match=r"^Undefined offset with no reset policy for partitions: \[t-0\]$"):
            drive([consumer], lambda: False)
    with pytest.raises(LogError, match="Undefined offset"):
        consumer.position(P0)
    assert listener.assigned == [{}]
    consumer.seek({P0: 1})
    assert values(take(consumer, 1)) == [b"b"]
    consumer.close()


def test_out_of_range_without_policy_is_an_error_that_tells_the_range() -> None:
    log = MemoryLog()
    send(log, "t", b"a")
    consumer = log.consumer({"auto.offset.reset": "none"})
    consumer.assign({P0: 9})
    with pytest.raises(LogError) as caught:
        consumer.poll(0, 1)
    assert str(caught.value) == (
        "Fetch position 9 is out of range for partition t-0, which holds 0 to 1, and auto.offset.reset is none"
    )


def test_calls_about_foreign_partitions_name_them() -> None:
    consumer = MemoryLog().consumer({})
    for call in (consumer.hold, consumer.seek):
        with pytest.raises(LogError, match=r"^No current assignment for partition t-0$"):
            call({P0: 0})
    with pytest.raises(LogError, match=r"partitions assigned to this consumer: t-0 is not\.$"):
        consumer.position(P0)
    consumer.release([P0])  # as after a rebalance: nothing to release


def test_end_offsets_of_unknown_partitions_are_refused() -> None:
    log = MemoryLog()
    for client in (log.consumer({}), log.admin({})):
        with pytest.raises(UnknownTopicError, match=r"^This server does not host this topic-partition: t-0$"):
            client.end_offsets([P0], 1)


def test_assigning_and_subscribing_exclude_each_other() -> None:
    log = MemoryLog()
    consumer = log.consumer({"group.id": "g"})
    consumer.subscribe(["t"], Listener())
    with pytest.raises(LogError, match="mutually exclusive"):
        consumer.assign({P0: 0})
    consumer.close()
    consumer = log.consumer({"group.id": "g"})
    consumer.assign({P0: 0})
    with pytest.raises(LogError, match="mutually exclusive"):
        consumer.subscribe(["t"], Listener())


def test_a_new_subscription_replaces_the_old() -> None:
    log = MemoryLog()
    send(log, "t", b"t")
    send(log, "u", b"u")
    consumer, listener = log.consumer({"group.id": "g", "auto.offset.reset": "earliest"}), Listener()
    consumer.subscribe(["t"], listener)
    assert values(take(consumer, 1)) == [b"t"]
    consumer.subscribe(["u"], listener)
    assert values(take(consumer, 1)) == [b"u"]
    assert listener.revoked == [frozenset({P0})]
    consumer.close()


def test_a_consumer_outside_the_group_cannot_commit_over_its_members() -> None:
    log = MemoryLog()
    member, outsider = log.consumer({"group.id": "g"}), log.consumer({"group.id": "g"})
    member.subscribe(["t"], Listener())
    drive([member], lambda: bool(member.assignment))
    outsider.assign({P0: 0})
    with pytest.raises(FencedError, match="not part of an active group"):
        outsider.commit({P0: 0}, 1)
    member.close()
    outsider.commit({P0: 0}, 1)


def test_a_commit_between_giving_back_and_taking_over_may_be_tried_again() -> None:
    log = MemoryLog()
    log.admin({}).create_topics([NewTopic("t", 2)], 1)
    one, two = log.consumer({"group.id": "g"}), log.consumer({"group.id": "g"})
    one.subscribe(["t"], Listener())
    drive([one], lambda: len(one.assignment) == 2)
    two.subscribe(["t"], Listener())
    two.poll(0, 1)  # joins; the round waits for the other one
    with pytest.raises(RetriableLogError, match="undergoing a rebalance"):
        two.commit({P0: 0}, 1)
    one.commit({P0: 0}, 1)  # still holds its partitions
    drive([one, two], lambda: len(one.assignment) == len(two.assignment) == 1)
    one.close()
    two.close()


def test_a_consumer_may_wait_for_a_topic_that_it_does_not_create() -> None:
    log = MemoryLog()
    consumer = log.consumer({"group.id": "g", "auto.offset.reset": "earliest", "allow.auto.create.topics": "false"})
    consumer.subscribe(["t"], Listener())
    assert consumer.poll(0, 1) == []
    assert consumer.assignment == frozenset()
    assert consumer.partitions_for("t", 1) is None
    send(log, "t", b"v")
    assert values(take(consumer, 1)) == [b"v"]
    consumer.close()


def test_reading_creates_a_topic_as_a_broker_does() -> None:
    log = MemoryLog()
    consumer = log.consumer({})
    consumer.assign({P0: 0})
    assert consumer.partitions_for("t", 1) == 1


def test_a_log_may_be_told_not_to_create_topics() -> None:
    log = MemoryLog(auto_create=False)
    producer = log.producer({})
    producer.send_batch(OutgoingBatch(topic="t", values=[b"v"]))
    assert isinstance(producer.failure, UnknownTopicError)
    assert str(producer.failure) == (
        "Topic t does not exist, and this log creates none by itself (auto_create); create it first"
    )


def test_reports_are_told_later_and_not_inside_the_call_that_sends() -> None:
    producer = MemoryLog().producer({}, Reports.ALL)
    told: list[int] = []
    producer.send_batch(OutgoingBatch(topic="t", values=[b"v"]), on_delivery=lambda index, _m, _e: told.append(index))
    assert told == []
    assert producer.acknowledged == 0
    producer.poll()
    assert told == [0]
    assert producer.acknowledged == 1


def test_records_of_an_aborted_transaction_are_reported_without_offset() -> None:
    producer = MemoryLog().producer({"transactional.id": "x"}, Reports.ALL)
    told: list[tuple[int, RecordMetadata | None, LogError | None]] = []
    producer.init_transactions(1)
    producer.begin_transaction()
    producer.send_batch(
        OutgoingBatch(topic="t", values=[b"v"], timestamps=[5]), on_delivery=lambda *report: told.append(report)
    )
    producer.abort_transaction(1)
    assert told == [(0, RecordMetadata("t", 0, -1, 5), None)]


def test_calls_out_of_turn_name_the_state() -> None:
    producer = MemoryLog().producer({"transactional.id": "x"})
    with pytest.raises(LogError) as caught:
        producer.begin_transaction()
    assert str(caught.value) == (
        "TransactionalId x: begin_transaction is not possible in state uninitialised; call init_transactions once, then "
        "begin_transaction, send_batch and commit_transaction or abort_transaction"
    )
    with pytest.raises(LogError, match="without enabling transactions by setting"):
        MemoryLog().producer({}).init_transactions(1)


def test_a_fenced_producer_stays_fenced() -> None:
    log = MemoryLog()
    old = log.producer({"transactional.id": "x"})
    old.init_transactions(1)
    old.begin_transaction()
    log.producer({"transactional.id": "x"}).init_transactions(1)
    with pytest.raises(FencedError, match=r"fences the current one: transactional.id=x, epoch 0$"):
        old.commit_transaction(1)
    for call in (
        lambda: old.commit_transaction(1),
        lambda: old.abort_transaction(1),
        lambda: old.send_batch(OutgoingBatch(topic="t", values=[b"v"])),
    ):
        with pytest.raises(FencedError, match="this producer cannot be used any more"):
            call()
    old.close(1)


def test_closed_clients_say_so() -> None:
    log = MemoryLog()
    producer, consumer, admin = log.producer({}), log.consumer({}), log.admin({})
    for client in (admin, consumer):
        client.close()
    producer.close(1)
    with pytest.raises(LogError, match=r"^Cannot perform operation after producer has been closed$"):
        producer.flush(1)
    with pytest.raises(LogError, match=r"^This consumer has already been closed\.$"):
        consumer.poll(0, 1)
    with pytest.raises(LogError, match=r"^Cannot perform operation after admin has been closed$"):
        admin.list_topics(1)


def test_a_batch_of_many_routes_is_reported_record_by_record() -> None:
    log = MemoryLog()
    log.admin({}).create_topics([NewTopic("t", 4)], 1)
    producer = log.producer({}, Reports.ALL)
    told: dict[int, RecordMetadata] = {}
    batch = OutgoingBatch(topic="t", values=[b"%d" % n for n in range(40)], keys=[b"%d" % n for n in range(40)])
    producer.send_batch(batch, on_delivery=lambda index, metadata, _e: told.update({index: metadata}))  # type: ignore[dict-item]
    producer.flush(1)
    stored = {(read.partition, read.offset): read.value for read in read_all(log, "t")}
    assert {index: stored[where.partition, where.offset] for index, where in told.items()} == {
        n: b"%d" % n for n in range(40)
    }


def test_a_batch_that_is_none_is_refused_and_never_acknowledged() -> None:
    log = MemoryLog()
    producer = log.producer({})
    with pytest.raises(TypeError):
        producer.send_batch(OutgoingBatch(topic="t", values=[1]))  # type: ignore[list-item]
    assert producer.send_batch(OutgoingBatch(topic="t", values=[b"v"])) == 2
    producer.flush(1)
    assert producer.acknowledged == 0
    transactional = log.producer({"transactional.id": "x"})
    transactional.init_transactions(1)
    transactional.begin_transaction()
    with pytest.raises(TypeError):
        transactional.send_batch(OutgoingBatch(topic="t", values=[1]))  # type: ignore[list-item]
    with pytest.raises(LogError, match=r"^A batch of the transaction was not sent: TypeError"):
        transactional.commit_transaction(1)
    transactional.abort_transaction(1)
    assert values(read_all(log, "t")) == [b"v"]
