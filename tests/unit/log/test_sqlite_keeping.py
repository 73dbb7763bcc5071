"""Housekeeping of the embedded log: retention, deleted topics, given-up transactions, compaction, the file's size."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.contract.log.adapter import read_all, rows, take, values

from penstock.api.record import TopicPartition
from penstock.log.base import NewTopic, OutgoingBatch
from penstock.log.embedded_producer import EmbeddedProducer
from penstock.log.errors import LogError, LogInterruptedError
from penstock.log.sqlite import SqliteLog
from penstock.log.sqlite_connection import Connection
from penstock.log.sqlite_keeping import LEASE_S, Keeper
from penstock.log.sqlite_process import this_process
from penstock.log.sqlite_store import SqliteStore
from penstock.log.topic_config import TopicSettings

DAY_MS = 24 * 60 * 60 * 1000
P0 = TopicPartition("t", 0)


class Clock:
    def __init__(self) -> None:
        self.now_ms = 1_700_000_000_000
        self.seconds = 1000.0

    def time_ms(self) -> int:
        return self.now_ms

    def monotonic(self) -> float:
        self.seconds += 0.000_1
        return self.seconds


class House:
    """A log, its file, and somebody who keeps it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = Clock()
        self.log = SqliteLog(str(path), retention_ms=7 * DAY_MS, retention_bytes=None, clock=self.clock)
        self.store = SqliteStore(Connection(str(path), "NORMAL", self.clock), TopicSettings(), self.clock)
        self.stopping: Callable[[], bool] = lambda: False
        self.keeper = Keeper(self.store, self.clock, lambda: self.stopping())  # noqa: PLW0108  # it is replaced later

    def topic(self, **configs: str) -> None:
        given = {key.replace("_", "."): value for key, value in configs.items()}
        admin = self.log.admin({})
        assert admin.create_topics([NewTopic("t", 1, configs=given)], 1) == {"t": None}
        admin.close()

    def send(self, *items: bytes | None, keys: list[bytes | None] | None = None) -> None:
        producer = self.log.producer({})
        producer.send_batch(OutgoingBatch(topic="t", values=items, keys=keys))
        assert producer.failure is None
        producer.close(1)

    def pairs(self) -> list[tuple[bytes | None, bytes | None]]:
        return [(read.key, read.value) for read in read_all(self.log, "t")]

    def count(self, table: str) -> int:
        ((count,),) = self.store.connection.read(f"SELECT count(*) FROM {table}")
        return int(count)

    def start(self) -> int:
        consumer = self.log.consumer({})
        try:
            return consumer.beginning_offsets([P0], 1)[P0]
        finally:
            consumer.close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path / "log.db")
    yield made
    made.store.close()


def test_old_records_go_and_young_ones_stay(house: House) -> None:
    house.topic(retention_ms=str(DAY_MS))
    house.send(b"a", b"b")
    house.clock.now_ms += DAY_MS // 2
    house.send(b"c")
    house.keeper.round()
    assert values(read_all(house.log, "t")) == [b"a", b"b", b"c"]
    house.clock.now_ms += DAY_MS // 2 + 1
    house.keeper.round()
    assert values(read_all(house.log, "t")) == [b"c"]
    assert house.start() == 2
    house.clock.now_ms += DAY_MS
    house.keeper.round()
    assert values(read_all(house.log, "t")) == []
    assert house.start() == 3
    house.send(b"d")
    assert [read.offset for read in read_all(house.log, "t")] == [3]
    assert house.count("payloads") == 1


def test_age_counts_from_the_writing_not_from_the_records_own_time(house: House) -> None:
    house.topic(retention_ms=str(DAY_MS))
    producer = house.log.producer({})
    producer.send_batch(OutgoingBatch(topic="t", values=[b"of 1970"], timestamps=[5]))
    producer.close(1)
    house.keeper.round()
    assert values(read_all(house.log, "t")) == [b"of 1970"]


def test_the_logs_own_retention_holds_where_the_topic_has_none(house: House) -> None:
    house.topic()
    house.send(b"a")
    house.clock.now_ms += 7 * DAY_MS + 1
    house.keeper.round()
    assert read_all(house.log, "t") == []


def test_without_limit_nothing_goes(house: House) -> None:
    house.topic(retention_ms="-1")
    house.send(b"a")
    house.clock.now_ms += 10_000 * DAY_MS
    house.keeper.round()
    assert values(read_all(house.log, "t")) == [b"a"]


def test_the_oldest_batches_go_when_a_partition_is_too_large(house: House) -> None:
    house.topic(retention_bytes="30000")
    for number in range(10):
        house.send(b"%d" % number + b"x" * 10_000)
    house.keeper.round()
    assert [value[:1] for value in values(read_all(house.log, "t")) if value] == [b"7", b"8", b"9"]
    house.keeper.round()
    assert house.start() == 7
    assert house.count("batches") == house.count("payloads") == 3


def test_many_bytes_are_removed_in_several_steps(house: House) -> None:
    house.topic(retention_bytes="0")
    for _ in range(12):
        house.send(b"x" * 1_000_000, b"x" * 1_000_000)
    house.keeper.round()
    assert house.count("payloads") == 0
    assert house.start() == 24
    assert house.store.connection.read("SELECT bytes FROM partitions") == [(0,)]


def test_a_group_that_had_not_read_what_went_is_told_of(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.topic(retention_ms=str(DAY_MS))
    house.send(b"a")
    house.send(b"b")
    admin = house.log.admin({})
    admin.alter_group_offsets("slow", {P0: 1}, 1)
    admin.alter_group_offsets("done", {P0: 2}, 1)
    admin.close()
    house.clock.now_ms += DAY_MS + 1
    house.keeper.round()
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert warnings == [
        (
            "Retention removed records of t-0 that the group slow had not read (offsets 1 to 1). Raise retention.ms or "
            "retention.bytes of the topic, or let the group read faster"
        )
    ]


def test_a_reader_behind_the_start_falls_back_to_its_reset_policy(house: House) -> None:
    house.topic(retention_ms=str(DAY_MS))
    house.send(b"gone")
    house.clock.now_ms += DAY_MS + 1
    house.send(b"there")
    house.keeper.round()
    consumer = house.log.consumer({"auto.offset.reset": "earliest"})
    consumer.assign({P0: 0})
    (read,) = take(consumer, 1)
    assert (read.offset, read.value) == (1, b"there")
    consumer.close()


def test_the_records_of_a_deleted_topic_are_removed(house: House) -> None:
    house.topic()
    for _ in range(3):
        house.send(*[b"x" * 100_000] * 40)
    admin = house.log.admin({})
    admin.delete_topics(["t"], 1)
    assert house.count("batches") == 3
    house.keeper.round()
    assert house.count("batches") == house.count("payloads") == house.count("partitions") == 0
    admin.close()


def big_transaction(house: House, name: str) -> EmbeddedProducer:
    producer = house.log.producer({"transactional.id": name})
    producer.init_transactions(1)
    producer.begin_transaction()
    producer.send_batch(OutgoingBatch(topic="t", values=[b"x" * 100_000] * 100))
    assert house.count("spooled") > 0
    return producer


def test_what_an_aborted_transaction_put_aside_is_removed(house: House) -> None:
    producer = big_transaction(house, "p")
    producer.abort_transaction(1)
    house.keeper.round()
    assert house.count("spooled") == house.count("payloads") == 0
    producer.close(1)


def test_what_a_fenced_producer_put_aside_is_removed_and_an_open_transaction_is_not(house: House) -> None:
    old = big_transaction(house, "p")
    other = big_transaction(house, "q")
    spooled = house.count("spooled")
    new = house.log.producer({"transactional.id": "p"})
    new.init_transactions(1)
    house.keeper.round()
    assert house.count("spooled") == house.count("payloads") == spooled // 2
    other.commit_transaction(1)
    assert len(read_all(house.log, "t")) == 100
    house.keeper.round()
    assert len(read_all(house.log, "t")) == 100
    for client in (old, other, new):
        client.close(1)


def test_a_transaction_that_is_open_for_a_day_is_given_up_and_cannot_be_committed(house: House) -> None:
    producer = big_transaction(house, "p")
    house.clock.now_ms += DAY_MS + 1
    house.keeper.round()
    assert house.count("payloads") == 0
    with pytest.raises(LogError, match="open for too long, and housekeeping has dropped its records; abort it"):
        producer.commit_transaction(1)
    producer.abort_transaction(1)
    assert read_all(house.log, "t") == []
    producer.close(1)


def test_compaction_keeps_the_last_record_of_each_key_in_its_place(house: House) -> None:
    house.topic(cleanup_policy="compact")
    for round_ in range(5):
        house.send(b"a%d" % round_, b"b%d" % round_, keys=[b"a", b"b%d" % (round_ % 2)])
    before = {read.offset: read for read in read_all(house.log, "t")}
    house.keeper.round()
    after = read_all(house.log, "t")
    assert [(read.key, read.value) for read in after] == [(b"b1", b"b3"), (b"a", b"a4"), (b"b0", b"b4")]
    assert all(before[read.offset] == read for read in after)
    assert house.count("batches") == house.count("payloads") == 1
    house.send(b"new", keys=[b"c"])
    assert read_all(house.log, "t")[-1].offset == 10


def test_compaction_of_what_was_compacted_before(house: House) -> None:
    house.topic(cleanup_policy="compact", min_cleanable_dirty_ratio="0")
    expected: dict[bytes, bytes] = {}
    for round_ in range(30):
        for number in range(20):
            key, value = b"k%d" % ((round_ * 7 + number) % 50), b"%d.%d" % (round_, number)
            house.send(value, keys=[key])
            expected.pop(key, None)
            expected[key] = value
        house.keeper.round()
        assert house.pairs() == list(expected.items())
    assert house.start() == 0
    assert house.count("payloads") == house.count("batches") <= 2


def test_a_reader_in_the_middle_sees_every_key(house: House) -> None:
    house.topic(cleanup_policy="compact")
    for number in range(300):
        house.send(b"%d" % number, keys=[b"k%d" % (number % 100)])
    consumer = house.log.consumer({})
    consumer.assign({P0: 0})
    found = rows(consumer.poll(0, 50))
    assert len(found) == 50
    house.keeper.round()
    found += take(consumer, 100)
    assert {read.key: read.value for read in found} == {b"k%d" % n: b"%d" % (200 + n) for n in range(100)}
    assert consumer.position(P0) == 300
    consumer.close()


def test_little_that_is_new_is_left_for_later(house: House) -> None:
    house.topic(cleanup_policy="compact")
    for number in range(10):
        house.send(b"v", keys=[b"k%d" % number])
    house.keeper.round()
    assert house.count("batches") == 1
    for _ in range(9):
        house.send(b"w", keys=[b"k0"])
    house.keeper.round()
    assert house.count("batches") == 10
    house.send(b"w", keys=[b"k0"])
    house.keeper.round()
    assert house.count("batches") == 1
    assert len(house.pairs()) == 10


def test_young_records_are_left_alone_for_the_compaction_lag(house: House) -> None:
    house.topic(cleanup_policy="compact", min_compaction_lag_ms="60000")
    house.send(b"1", keys=[b"k"])
    house.send(b"2", keys=[b"k"])
    house.keeper.round()
    assert len(house.pairs()) == 2
    house.clock.now_ms += 60_000
    house.keeper.round()
    assert house.pairs() == [(b"k", b"2")]


def test_a_tombstone_stays_for_its_time_and_then_goes_with_its_key(house: House) -> None:
    house.topic(cleanup_policy="compact", delete_retention_ms="60000", min_cleanable_dirty_ratio="0")
    house.send(b"1", b"other", keys=[b"k", b"o"])
    house.send(None, keys=[b"k"])
    house.keeper.round()
    assert house.pairs() == [(b"o", b"other"), (b"k", None)]
    house.clock.now_ms += 60_000
    house.send(b"more", keys=[b"m"])
    house.keeper.round()
    assert house.pairs() == [(b"o", b"other"), (b"m", b"more")]


def test_a_partition_that_is_compacted_to_nothing_is_passed_over_by_readers(house: House) -> None:
    house.topic(cleanup_policy="compact", delete_retention_ms="0")
    consumer = house.log.consumer({})
    consumer.assign({P0: 0})
    house.send(b"1", keys=[b"k"])
    house.send(None, keys=[b"k"])
    house.keeper.round()
    assert house.count("payloads") == 0
    assert consumer.poll(0, 10) == []
    assert consumer.position(P0) == 2
    house.send(b"2", keys=[b"k"])
    assert [read.offset for read in take(consumer, 1)] == [2]
    consumer.close()


def test_headers_and_times_survive_compaction(house: House) -> None:
    house.topic(cleanup_policy="compact")
    producer = house.log.producer({})
    for number in range(3):
        producer.send_batch(
            OutgoingBatch(
                topic="t",
                values=[b"v%d" % number, b"x"],
                keys=[b"k%d" % (number % 2), b"x"],
                timestamps=[number, 100 + number],
                headers=[[("h", b"%d" % number)], None],
            )
        )
    producer.close(1)
    house.keeper.round()
    assert [(r.offset, r.key, r.value, r.timestamp, r.headers) for r in read_all(house.log, "t")] == [
        (2, b"k1", b"v1", 1, [("h", b"1")]),
        (4, b"k0", b"v2", 2, [("h", b"2")]),
        (5, b"x", b"x", 102, []),
    ]


def test_a_topic_may_be_compacted_and_retained(house: House) -> None:
    house.topic(cleanup_policy="compact,delete", retention_ms=str(DAY_MS))
    house.send(b"1", keys=[b"k"])
    house.clock.now_ms += DAY_MS + 1
    house.send(b"2", keys=[b"l"])
    house.keeper.round()
    assert house.pairs() == [(b"l", b"2")]


def test_the_file_shrinks_when_much_of_it_is_free(house: House) -> None:
    house.topic(retention_bytes="1000000")
    for _ in range(30):
        house.send(*[b"x" * 1_000_000] * 2)
    house.keeper.round()
    ((pages,),) = house.store.connection.read("PRAGMA page_count")
    assert pages * 4096 < 16_000_000
    house.store.connection.checkpoint()
    assert house.path.stat().st_size < 16_000_000


def test_a_long_write_ahead_log_is_cut(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.topic()
    monkeypatch.setattr("penstock.log.sqlite_keeping._WAL_BYTES", 100_000)
    producer = house.log.producer({})
    producer.send_batch(OutgoingBatch(topic="t", values=[b"x" * 500_000]))
    wal = Path(f"{house.path}-wal")
    assert wal.stat().st_size > 100_000
    house.keeper.round()
    assert wal.stat().st_size == 0
    producer.close(1)


def test_one_keeper_at_a_time_keeps_the_house(house: House) -> None:
    other = Keeper(house.store, house.clock, lambda: False)
    now = house.clock.monotonic()
    assert house.keeper.take_lease(now)
    assert house.keeper.take_lease(now)
    assert not other.take_lease(now + LEASE_S)
    assert other.take_lease(now + LEASE_S + 0.1)
    assert house.keeper.take_lease(now)  # the other's lease comes from the future: the machine was started anew


def test_the_lease_of_a_killed_process_is_taken_over_at_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    now = house.clock.monotonic()
    assert house.keeper.take_lease(now)
    other = Keeper(house.store, house.clock, lambda: False)
    monkeypatch.setattr("penstock.log.sqlite_keeping.is_gone", lambda process: process == this_process())
    assert other.take_lease(now)


def test_a_round_is_done_only_when_it_is_time_and_the_lease_is_ours(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds: list[float] = []
    monkeypatch.setattr(house.keeper, "round", lambda: rounds.append(house.clock.seconds))
    house.topic()
    house.keeper.turn()
    assert rounds == []
    house.clock.seconds += 6
    house.keeper.turn()
    house.keeper.turn()
    assert len(rounds) == 1
    house.clock.seconds += 6
    monkeypatch.setattr(house.keeper, "take_lease", lambda now: False)
    house.keeper.turn()
    assert len(rounds) == 1


def test_a_stop_ends_the_work_between_two_steps(house: House) -> None:
    house.topic(retention_bytes="0")
    for _ in range(3):
        house.send(*[b"x" * 900_000] * 10)
    before = house.count("payloads")
    house.stopping = lambda: house.count("payloads") < before
    with pytest.raises(LogInterruptedError, match="the process is stopping"):
        house.keeper.round()
    assert 0 < house.count("payloads") < before
    house.stopping = lambda: False
    house.keeper.round()
    assert house.count("payloads") == 0
