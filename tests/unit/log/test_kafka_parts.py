"""The Kafka adapter's parts that need no broker: tickets, backlog, sizes, deadlines."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from confluent_kafka import KafkaError, Message

from penstock.api.record import TimestampType, TopicPartition
from penstock.log.base import OutgoingBatch
from penstock.log.errors import LogAuthError, LogError
from penstock.log.kafka_backlog import HELD_RECORDS, Backlog
from penstock.log.kafka_client import Deadline, Health
from penstock.log.kafka_received import MessageRun, runs_of
from penstock.log.kafka_rows import java_size, rows
from penstock.log.kafka_tickets import AllReports, ErrorReports, Unsent

P0, P1 = TopicPartition("t", 0), TopicPartition("t", 1)
LOST = KafkaError(KafkaError.INVALID_RECORD)
SENT = Unsent("t")


def messages(partition: TopicPartition, *offsets: int) -> list[Message]:
    return [
        Message(
            topic=partition.topic, partition=partition.partition, offset=o, value=b"%d" % o, timestamp=(1, 1000 + o)
        )
        for o in offsets
    ]


def run(partition: TopicPartition, *offsets: int) -> MessageRun:
    return MessageRun(partition, messages(partition, *offsets))


def ignore(_error: KafkaError, _message: Message | Unsent) -> None: ...


# tickets


def test_errors_only_the_head_moves_when_everything_was_answered() -> None:
    tickets = ErrorReports(ignore)
    assert [tickets.begin(5), tickets.begin(5)] == [1, 2]
    assert tickets.acknowledged == 0
    tickets.flushed()
    assert tickets.acknowledged == 2


def test_errors_only_the_head_stops_before_the_first_loss() -> None:
    lost: list[KafkaError] = []
    tickets = ErrorReports(lambda error, _message: lost.append(error))
    callbacks = []
    for _ in range(4):
        tickets.begin(1)
        callbacks.append(tickets.counted())
    callbacks[3](LOST, SENT)
    callbacks[1](LOST, SENT)
    callbacks[0](None, SENT)
    tickets.flushed()
    assert tickets.acknowledged == 1
    assert lost == [LOST, LOST]


def test_errors_only_a_batch_that_was_not_sent_whole_is_never_acknowledged() -> None:
    tickets = ErrorReports(ignore)
    tickets.begin(1)
    tickets.begin(1)
    tickets.give_up()
    tickets.begin(1)
    tickets.flushed()
    assert tickets.acknowledged == 1
    tickets.settle()
    assert tickets.acknowledged == 3


def test_all_reports_the_head_is_the_last_of_the_leading_full_batches() -> None:
    tickets = AllReports(ignore)
    answered = []
    for _ in range(3):
        tickets.begin(2)
        answered.append(tickets.counted())
    for call in (answered[1], answered[1], answered[0]):
        call(None, SENT)
    assert tickets.acknowledged == 0
    answered[0](None, SENT)
    assert tickets.acknowledged == 2


@pytest.mark.parametrize("spoil", [lambda tickets: tickets.counted()(LOST, SENT), lambda tickets: tickets.give_up()])
def test_all_reports_the_head_never_passes_what_is_not_dealt_with(spoil: Callable[[AllReports], None]) -> None:
    tickets = AllReports(ignore)
    tickets.begin(1)
    tickets.counted()(None, SENT)
    tickets.begin(1)
    spoil(tickets)
    tickets.begin(1)
    tickets.counted()(None, SENT)
    assert tickets.acknowledged == 1
    tickets.settle()
    assert tickets.acknowledged == 3


def test_all_reports_a_failure_that_was_told_counts_as_dealt_with() -> None:
    tickets = AllReports(ignore)
    tickets.begin(2)
    dealt_with = tickets.told()
    dealt_with()
    assert tickets.acknowledged == 0
    dealt_with()
    assert tickets.acknowledged == 1


# backlog


def test_positions_move_with_what_is_delivered() -> None:
    backlog = Backlog()
    backlog.start({P0: 5, P1: 0})
    backlog.add([run(P0, 5, 6, 9), run(P1, 0)])
    assert [(r.key, list(r.offsets)) for r in backlog.take(2)] == [(P0, [5, 6])]
    assert (backlog.position(P0), backlog.position(P1)) == (7, 0)
    assert backlog.fetch_position(P0) == 10
    assert [(r.key, list(r.offsets)) for r in backlog.take(10)] == [(P0, [9]), (P1, [0])]
    assert (backlog.position(P0), backlog.position(P1)) == (10, 1)


def test_the_end_counts_once_everything_before_it_is_delivered() -> None:
    backlog = Backlog()
    backlog.start({P0: 0})
    backlog.add([run(P0, 0)])
    backlog.at_end(P0, 3)  # two transaction markers follow the record
    assert backlog.position(P0) == 0
    backlog.take(1)
    assert backlog.position(P0) == 3
    backlog.move(P0, 0)
    assert backlog.position(P0) == 0


def test_a_held_partition_is_kept_until_it_is_released() -> None:
    backlog = Backlog()
    backlog.start({P0: 0, P1: 0})
    backlog.hold([P0])
    backlog.add([run(P0, 0, 1), run(P1, 0)])
    assert [r.key for r in backlog.take(10)] == [P1]
    backlog.paused.add(P0)
    assert backlog.release([P0, P1]) == {P0}
    assert backlog.release([P0]) == set()
    assert [r.key for r in backlog.take(10)] == [P0]


def test_only_a_hold_that_fills_up_is_a_long_one() -> None:
    backlog = Backlog()
    backlog.start({P0: 0, P1: 0})
    backlog.add([run(P0, *range(HELD_RECORDS)), run(P1, 0)])
    assert backlog.overfull() == set()
    backlog.hold([P0, P1])
    assert backlog.overfull() == {P0}
    backlog.paused.add(P0)
    assert backlog.overfull() == set()


def test_what_is_sought_away_from_or_revoked_is_dropped() -> None:
    backlog = Backlog()
    backlog.start({P0: 0, P1: 0})
    backlog.add([run(P0, 0, 1), run(P1, 0, 1)])
    backlog.move(P0, 7)
    backlog.add([run(P0, 2, 3)])  # was on its way
    backlog.remove([P1])
    backlog.add([run(P1, 2)])
    assert backlog.take(10) == []
    assert backlog.position(P0) == 7
    with pytest.raises(
        LogError, match=r"^You can only check the position for partitions assigned to this consumer: t-1 is"
    ):
        backlog.position(P1)
    with pytest.raises(LogError, match=r"^No current assignment for partition t-1$"):
        backlog.check_assigned([P0, P1])


# received


def test_messages_become_runs_of_one_partition_in_their_order() -> None:
    mixed = [*messages(P0, 0, 1), *messages(P1, 0), *messages(P0, 2), *messages(TopicPartition("u", 0), 0)]
    found = [(r.topic, r.partition, list(r.values), r.next_offset) for r in runs_of(mixed, None)]
    assert found == [("t", 0, [b"0", b"1"], 2), ("t", 1, [b"0"], 1), ("t", 0, [b"2"], 3), ("u", 0, [b"0"], 1)]
    (whole,) = runs_of(messages(P0, 0, 1), P0)
    assert (whole.timestamps, whole.timestamp_type, whole.keys, whole.headers) == (
        [1000, 1001],
        TimestampType.CREATE_TIME,
        None,
        None,
    )
    assert runs_of([], P0) == runs_of([], None) == []


def test_a_message_without_a_time_has_none() -> None:
    bare = MessageRun(P0, [Message(topic="t", partition=0, offset=0, timestamp=(0, -1))])
    assert (bare.timestamps, bare.timestamp_type) == ([None], TimestampType.NO_TIMESTAMP_TYPE)


# rows and sizes

HEADERS: list[tuple[str, str | bytes | None]] = [("kéy", bytes(5)), ("n", None)]


@pytest.mark.parametrize(
    ("value", "key", "headers", "size"),
    [
        (bytes(10), None, None, 95),
        (None, bytes(3), None, 88),
        (bytes(63), b"", None, 148),
        ("x" * 64, None, None, 150),
        (bytes(8191), None, HEADERS, 8291),
        (bytes(1_048_576), bytes(8192), HEADERS, 1_056_872),
    ],
)
def test_a_records_size_is_what_java_makes_of_it(
    value: bytes | str | None, key: bytes | None, headers: list[tuple[str, str | bytes | None]] | None, size: int
) -> None:
    assert java_size((value, key, -1, 0, headers)) == size


def test_rows_say_what_librdkafka_is_to_choose() -> None:
    batch = OutgoingBatch(
        topic="t", values=[b"a", b"b"], partitions=[None, 3], timestamps=[None, 0], headers=[None, [("h", b"1")]]
    )
    assert list(rows(batch)) == [(b"a", None, -1, 0, None), (b"b", None, 3, 1, [("h", b"1")])]
    assert list(rows(OutgoingBatch(topic="t", values=["a"], keys=["k"]))) == [("a", "k", -1, 0, None)]


# health


def test_refused_credentials_end_a_client() -> None:
    health = Health("Producer p")
    health.on_error(KafkaError(KafkaError._TRANSPORT, "connection refused"))
    health.on_error(KafkaError(KafkaError._SSL, "SSL handshake failed: disconnected"))
    health.check()
    health.on_error(KafkaError(KafkaError._AUTHENTICATION, "Authentication failed: Invalid username or password"))
    for _ in range(2):
        with pytest.raises(LogAuthError) as error:
            health.check()
        assert str(error.value) == "Producer p cannot log in: Authentication failed: Invalid username or password"


def test_a_certificate_that_is_not_trusted_ends_a_client() -> None:
    health = Health("Consumer c")
    health.on_error(KafkaError(KafkaError._SSL, "SSL handshake failed: certificate verify failed"))
    with pytest.raises(LogAuthError, match="certificate verify failed"):
        health.check()


def test_a_deadline_counts_down() -> None:
    deadline = Deadline(60)
    assert 59 < deadline.left <= 60
    assert deadline.slice(0.1) == 0.1
    assert not deadline.over
    assert Deadline(0).over
    assert Deadline(float("inf")).left > time.monotonic()
