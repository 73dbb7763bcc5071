"""A compacted log over one that fails: what passes is retried, the rest is told to who waits."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest
from tests.support.flaky_log import FlakyLog, ManualClock, texts

from penstock.log.base import ReceivedBatch
from penstock.log.compacted import ClientConfigs, CompactedLog
from penstock.log.compacted_topic import CompactedTopic, ensure_topic
from penstock.log.errors import (
    FencedError,
    LogAuthError,
    LogCorruptError,
    LogError,
    LogInterruptedError,
    LogTimeoutError,
    RecordTooLargeError,
    RetriableLogError,
    TopicCreationError,
    TopicExistsError,
    UnknownTopicError,
)

PATIENCE_S = 20.0
TOPIC = CompactedTopic(name="state", setting="config.storage.topic", purpose="connector configurations")


class Fixture:
    def __init__(self) -> None:
        self.log = FlakyLog()
        self.seen: list[str] = []
        self.on_records: Callable[[Sequence[ReceivedBatch]], None] = self._note
        self.compacted = CompactedLog(self.log, TOPIC, ClientConfigs(), self._hand_on)

    def _hand_on(self, batches: Sequence[ReceivedBatch]) -> None:
        self.on_records(batches)

    def _note(self, batches: Sequence[ReceivedBatch]) -> None:
        self.seen += texts(batches)

    def start(self) -> None:
        self.compacted.start(PATIENCE_S)

    def write(self, key: str, value: str) -> None:
        self.compacted.send([(key.encode(), value.encode())]).result(PATIENCE_S)

    def read_to_end(self) -> list[str]:
        self.compacted.read_to_end().result(PATIENCE_S)
        return self.seen


@pytest.fixture
def fixture() -> Iterator[Fixture]:
    fixture = Fixture()
    yield fixture
    fixture.compacted.stop()


# --- reading ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["poll", "end_offsets"])
@pytest.mark.parametrize("error", [RetriableLogError("leader moved"), LogTimeoutError("slow")])
def test_reading_waits_for_what_passes(
    fixture: Fixture, caplog: pytest.LogCaptureFixture, call: str, error: LogError
) -> None:
    fixture.start()
    fixture.log.faults.fail(call, error, error)
    fixture.write("k", "v")
    assert fixture.read_to_end() == ["k=v"]
    assert f"Error while reading topic 'state'. Retrying automatically. Reason: {error}" in caplog.text
    assert fixture.log.faults.calls("consumer") == 1


@pytest.mark.parametrize("call", ["consumer", "partitions_for", "end_offsets"])
def test_starting_waits_for_what_passes(fixture: Fixture, call: str) -> None:
    fixture.log.faults.fail(call, RetriableLogError("not yet"), LogTimeoutError("not yet"))
    fixture.start()
    fixture.write("k", "v")
    assert fixture.read_to_end() == ["k=v"]


def test_a_consumer_that_broke_is_replaced_and_goes_on_where_it_was(
    fixture: Fixture, caplog: pytest.LogCaptureFixture
) -> None:
    fixture.start()
    fixture.write("k", "1")
    fixture.read_to_end()
    fixture.log.faults.fail("end_offsets", LogCorruptError("the file is damaged"))
    with pytest.raises(LogCorruptError, match="the file is damaged"):
        fixture.read_to_end()
    assert "Failed to read topic 'state'; will try again in 0.1 s" in caplog.text
    fixture.write("k", "2")
    assert fixture.read_to_end() == ["k=1", "k=2"]
    assert fixture.log.faults.calls("consumer") == 2
    assert fixture.log.faults.calls("consumer closed") == 1


def test_starting_fails_with_what_does_not_pass(fixture: Fixture) -> None:
    fixture.log.faults.fail("consumer", LogAuthError("not allowed"))
    with pytest.raises(LogAuthError, match="not allowed"):
        fixture.start()
    with pytest.raises(LogInterruptedError, match="The reader of topic 'state' is stopped"):
        fixture.read_to_end()


def test_starting_has_a_limit(fixture: Fixture) -> None:
    fixture.log.faults.fail("end_offsets", *[LogTimeoutError("slow")] * 100)
    with pytest.raises(LogTimeoutError, match="Topic 'state' could not be read to its end within 0 s"):
        fixture.compacted.start(0.05)


def test_starting_can_be_stopped(fixture: Fixture) -> None:
    fixture.log.faults.fail("end_offsets", *[LogTimeoutError("slow")] * 100)
    failures: list[BaseException] = []

    def start() -> None:
        try:
            fixture.start()
        except LogInterruptedError as error:
            failures.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    fixture.log.faults.wait_for("end_offsets", 2)
    fixture.compacted.stop()
    thread.join(PATIENCE_S)
    assert [str(failure) for failure in failures] == ["The reader of topic 'state' is stopped"]


def test_records_that_cannot_be_applied_end_the_tail(fixture: Fixture, caplog: pytest.LogCaptureFixture) -> None:
    def refuse(_: Sequence[ReceivedBatch]) -> None:
        raise ZeroDivisionError("bad record")

    fixture.start()
    fixture.on_records = refuse
    fixture.write("k", "v")
    for _ in range(2):
        with pytest.raises(ZeroDivisionError, match="bad record"):
            fixture.read_to_end()
    assert "The records of topic 'state' could not be applied; this worker does not follow it any more" in caplog.text


def test_a_topic_that_vanished_is_told(fixture: Fixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penstock.log.compacted_tail._CALL_TIMEOUT_S", 0.0)
    monkeypatch.setattr("penstock.log.compacted.ensure_topic", lambda *_: None)
    with pytest.raises(UnknownTopicError) as failure:
        fixture.start()
    assert str(failure.value) == (
        "Could not look up partition metadata for topic 'state' in the allotted period. This could indicate a connectivity "
        "issue, unavailable topic partitions, or if this is your first use of the topic it may have taken too long to create."
    )


# --- writing ---------------------------------------------------------------------------------------------------------


def test_a_record_that_is_refused_concerns_only_its_request(fixture: Fixture) -> None:
    fixture.start()
    fixture.log.faults.fail("send", RecordTooLargeError("3 MB"))
    with pytest.raises(RecordTooLargeError, match="3 MB"):
        fixture.write("big", "x")
    fixture.write("k", "v")
    assert fixture.read_to_end() == ["k=v"]
    assert fixture.log.faults.calls("producer") == 1


@pytest.mark.parametrize("call", ["delivery", "flush"])
def test_a_failed_write_is_told(fixture: Fixture, call: str) -> None:
    fixture.start()
    fixture.log.faults.fail(call, RetriableLogError("leader moved"))
    with pytest.raises(RetriableLogError, match="leader moved"):
        fixture.write("k", "v")


@pytest.mark.parametrize("call", ["send", "delivery", "flush", "producer"])
@pytest.mark.parametrize("error", [LogError("broken"), FencedError("fenced")])
def test_a_producer_that_broke_is_replaced(fixture: Fixture, call: str, error: LogError) -> None:
    fixture.start()
    fixture.log.faults.fail(call, error)
    with pytest.raises(type(error)):
        fixture.write("k", "1")
    fixture.write("k", "2")
    assert fixture.read_to_end()[-1] == "k=2"
    assert fixture.log.faults.calls("producer") == 2


def test_who_asks_for_it_is_served_until_it_works(fixture: Fixture) -> None:
    fixture.start()
    asked: list[str] = []
    fixture.log.faults.fail("delivery", RetriableLogError("1"), LogTimeoutError("2"), RetriableLogError("3"))
    written = fixture.compacted.send([(b"k", b"v")], retry=lambda: not asked.append(threading.current_thread().name))
    written.result(PATIENCE_S)
    assert fixture.read_to_end() == ["k=v"]
    assert set(asked) == {"writer-state"}


def test_who_does_not_want_it_any_more_is_told(fixture: Fixture) -> None:
    fixture.start()
    fixture.log.faults.fail("delivery", RetriableLogError("leader moved"))
    with pytest.raises(RetriableLogError, match="leader moved"):
        fixture.compacted.send([(b"k", b"v")], retry=lambda: False).result(PATIENCE_S)


def test_what_does_not_pass_is_not_retried(fixture: Fixture) -> None:
    fixture.start()
    fixture.log.faults.fail("delivery", LogAuthError("not allowed"))
    with pytest.raises(LogAuthError, match="not allowed"):
        fixture.compacted.send([(b"k", b"v")], retry=lambda: True).result(PATIENCE_S)


def test_stopping_ends_retries(fixture: Fixture) -> None:
    fixture.start()
    fixture.log.faults.fail("delivery", *[RetriableLogError("down")] * 1000)
    written = fixture.compacted.send([(b"k", b"v")], retry=lambda: True)
    fixture.log.faults.wait_for("delivery", 2)
    fixture.compacted.stop(0.1)
    with pytest.raises(LogError, match=r"down|The writer for topic 'state' is stopped"):
        written.result(PATIENCE_S)


def test_a_request_that_was_cancelled_harms_nobody(fixture: Fixture) -> None:
    fixture.start()
    fixture.compacted.read_to_end().cancel()
    fixture.compacted.send([(b"k", b"v")]).cancel()
    fixture.write("k", "2")
    assert fixture.read_to_end()[-1] == "k=2"


# --- the topic -------------------------------------------------------------------------------------------------------


def ensured(log: FlakyLog, clock: ManualClock, waited: list[float], topic: CompactedTopic = TOPIC) -> None:
    def wait(seconds: float) -> bool:
        waited.append(seconds)
        clock.now += seconds
        return False

    admin = log.admin({})
    try:
        ensure_topic(admin, topic, clock, wait)
    finally:
        admin.close()


def test_creating_waits_for_enough_brokers() -> None:
    log, clock, waited = FlakyLog(), ManualClock(), list[float]()
    log.faults.fail("create", TopicCreationError("replication factor 3"), RetriableLogError("no controller"))
    ensured(log, clock, waited)
    assert waited == [0.5, 0.5]
    assert log.log.admin({}).describe_topics(["state"], PATIENCE_S)["state"].partitions == 1


def test_creating_gives_up_after_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    log, clock, waited = FlakyLog(), ManualClock(), list[float]()
    caplog.set_level(logging.INFO)
    log.faults.fail("create", *[TopicCreationError("replication factor 3")] * 1000)
    with pytest.raises(LogTimeoutError) as failure:
        ensured(log, clock, waited)
    assert str(failure.value) == "Timeout expired while trying to create topic(s)"
    assert str(failure.value.__cause__) == "replication factor 3"
    assert sum(waited) == 60.0
    assert "'state' topic creation failed due to 'replication factor 3', retrying, 60000ms remaining" in caplog.text


def test_creating_ends_when_the_worker_stops() -> None:
    log = FlakyLog()
    log.faults.fail("create", TopicCreationError("replication factor 3"))
    admin = log.admin({})
    with pytest.raises(LogInterruptedError, match="Gave up creating topic 'state' because the worker is stopping"):
        ensure_topic(admin, TOPIC, ManualClock(), lambda _: True)
    admin.close()


def test_creating_fails_at_once_with_what_does_not_pass() -> None:
    log, clock, waited = FlakyLog(), ManualClock(), list[float]()
    log.faults.fail("create", LogAuthError("not allowed"))
    with pytest.raises(LogAuthError, match="not allowed"):
        ensured(log, clock, waited)
    assert waited == []


def test_another_worker_may_be_faster() -> None:
    log, clock = FlakyLog(), ManualClock()
    log.faults.fail("create", TopicExistsError("exists"))
    ensured(log, clock, [])
    assert log.faults.calls("topic_configs") == 1


def test_who_may_not_look_at_configs_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    log, clock = FlakyLog(), ManualClock()
    caplog.set_level(logging.INFO)
    log.faults.fail("create", TopicExistsError("exists"))
    log.faults.fail("topic_configs", LogAuthError("not allowed"))
    ensured(log, clock, [])
    assert "Unable to use admin client to verify the cleanup policy of 'state' topic is 'compact'" in caplog.text


def test_topic_configs_are_passed_on() -> None:
    log = FlakyLog()
    ensured(log, ManualClock(), [], replace(TOPIC, name="more", partitions=3, configs={"min.insync.replicas": "1"}))
    assert log.log.admin({}).describe_topics(["more"], PATIENCE_S)["more"].partitions == 3
