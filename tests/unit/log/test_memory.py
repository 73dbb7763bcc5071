"""The log in memory: compacted topics do not grow for ever."""

from __future__ import annotations

from tests.contract.log.adapter import read_all, rows, take

from penstock.api.record import TopicPartition
from penstock.log.base import NewTopic, OutgoingBatch
from penstock.log.memory import MemoryLog

P0 = TopicPartition("t", 0)


def compacted(**configs: str) -> MemoryLog:
    log = MemoryLog()
    given = {"cleanup.policy": "compact"} | {key.replace("_", "."): value for key, value in configs.items()}
    assert log.admin({}).create_topics([NewTopic("t", 1, configs=given)], 1) == {"t": None}
    return log


def put(log: MemoryLog, pairs: list[tuple[bytes, bytes | None]]) -> None:
    producer = log.producer({})
    for key, value in pairs:
        producer.send_batch(OutgoingBatch(topic="t", keys=[key], values=[value]))
    assert producer.flush(1)
    producer.close(1)


def test_the_last_record_of_each_key_stays_in_its_place() -> None:
    log = compacted()
    put(log, [(b"k%d" % (number % 7), b"%d" % number) for number in range(5000)])
    found = read_all(log, "t")
    assert len(found) < 1100
    assert {read.key: read.value for read in found} == {b"k%d" % (n % 7): b"%d" % n for n in range(4993, 5000)}
    assert all(read.value == b"%d" % read.offset for read in found)
    assert log.admin({}).end_offsets([P0], 1) == {P0: 5000}


def test_a_reader_that_is_behind_goes_on_and_misses_no_key() -> None:
    log = compacted()
    put(log, [(b"k%d" % (number % 50), b"%d" % number) for number in range(900)])
    consumer = log.consumer({})
    consumer.assign({P0: 0})
    found = rows(consumer.poll(0, 100))
    put(log, [(b"x", b"%d" % number) for number in range(900, 2000)])
    while consumer.position(P0) < 2000:
        found += take(consumer, 1)
    latest = {read.key: read.value for read in found}
    assert latest == {b"k%d" % (n % 50): b"%d" % n for n in range(850, 900)} | {b"x": b"1999"}


def test_tombstones_stay_for_their_time() -> None:
    for retention, left in (("86400000", True), ("0", False)):
        log = compacted(delete_retention_ms=retention)
        put(log, [(b"gone", b"v"), (b"gone", None), *[(b"other", b"v")] * 1200])
        assert any(read.key == b"gone" for read in read_all(log, "t")) is left
        assert all(read.value is None for read in read_all(log, "t") if read.key == b"gone")


def test_other_topics_keep_everything() -> None:
    log = MemoryLog()
    put(log, [(b"k", b"v")] * 1500)
    assert len(read_all(log, "t")) == 1500
