"""A compacted log over every log: read from the beginning, followed, written with answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait

import pytest
from tests.contract.storage.conftest import MakeTopic
from tests.support.flaky_log import texts

from penstock.api.exceptions import ConfigException
from penstock.log.base import Log, NewTopic, OutgoingBatch, ReceivedBatch
from penstock.log.compacted import ClientConfigs, CompactedLog
from penstock.log.compacted_topic import CompactedTopic
from penstock.log.errors import LogInterruptedError

PATIENCE_S = 30.0


class Seen:
    """What was handed on, and on which threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.records: list[str] = []
        self.threads: set[str] = set()

    def __call__(self, batches: Sequence[ReceivedBatch]) -> None:
        with self._changed:
            self.records += texts(batches)
            self.threads.add(threading.current_thread().name)
            self._changed.notify_all()

    def wait_for(self, record: str) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: record in self.records, PATIENCE_S), f"{record} not in {self.records}"


Open = Callable[..., tuple[CompactedLog, Seen]]


@pytest.fixture
def opened(log: Log) -> Iterator[Open]:
    """Makes and starts compacted logs, and stops them at the end."""
    running: list[CompactedLog] = []

    def make(topic: CompactedTopic, configs: ClientConfigs | None = None) -> tuple[CompactedLog, Seen]:
        seen = Seen()
        compacted = CompactedLog(log, topic, configs or ClientConfigs(), seen)
        running.append(compacted)
        compacted.start(PATIENCE_S)
        return compacted, seen

    yield make
    for compacted in running:
        compacted.stop()


def test_start_creates_the_topic(log: Log, opened: Open, make_topic: MakeTopic) -> None:
    topic = make_topic(partitions=3)
    opened(topic)
    admin = log.admin({})
    assert admin.describe_topics([topic.name], PATIENCE_S)[topic.name].partitions == 3
    assert admin.topic_configs(topic.name, PATIENCE_S)["cleanup.policy"] == "compact"
    admin.close()


def test_what_is_written_is_read_in_order(opened: Open, make_topic: MakeTopic) -> None:
    compacted, seen = opened(make_topic())
    assert seen.records == []
    compacted.send([(b"a", b"1"), (b"b", b"2")]).result(PATIENCE_S)
    compacted.send([(b"a", None), (b"a", b"\xc3\xa9")]).result(PATIENCE_S)
    compacted.read_to_end().result(PATIENCE_S)
    assert seen.records == ["a=1", "b=2", "a=None", "a=é"]


def test_start_reads_what_is_there_before_it_returns(opened: Open, make_topic: MakeTopic) -> None:
    topic = make_topic(partitions=5)
    first, _ = opened(topic)
    first.send([(b"k%d" % number, b"v") for number in range(2500)]).result(PATIENCE_S)
    _, seen = opened(topic)
    assert sorted(seen.records) == sorted(f"k{number}=v" for number in range(2500))


def test_read_to_end_sees_what_others_wrote(opened: Open, make_topic: MakeTopic) -> None:
    topic = make_topic()
    first, _ = opened(topic)
    second, seen = opened(topic)
    for number in range(20):
        first.send([(b"k", b"%d" % number)]).result(PATIENCE_S)
        second.read_to_end().result(PATIENCE_S)
        assert seen.records[-1] == f"k={number}"


def test_what_others_wrote_comes_unasked(opened: Open, make_topic: MakeTopic) -> None:
    topic = make_topic()
    first, _ = opened(topic)
    _, seen = opened(topic)
    first.send([(b"k", b"v")]).result(PATIENCE_S)
    seen.wait_for("k=v")


def test_records_are_handed_on_by_the_tail_alone(opened: Open, make_topic: MakeTopic) -> None:
    topic = make_topic()
    first, _ = opened(topic)
    first.send([(b"k", b"old")]).result(PATIENCE_S)
    second, seen = opened(topic)
    second.send([(b"k", b"new")]).result(PATIENCE_S)
    seen.wait_for("k=new")
    assert seen.threads == {f"tail-{topic.name}"}


def test_many_writers(opened: Open, make_topic: MakeTopic) -> None:
    compacted, seen = opened(make_topic(partitions=3))
    sent: list[Future[None]] = []
    lock = threading.Lock()

    def write(name: int) -> None:
        for number in range(50):
            future = compacted.send([(b"%d" % name, b"%d" % number)])
            with lock:
                sent.append(future)

    threads = [threading.Thread(target=write, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wait(sent, PATIENCE_S).not_done
    compacted.read_to_end().result(PATIENCE_S)
    for name in range(4):
        mine = [record for record in seen.records if record.startswith(f"{name}=")]
        assert mine == [f"{name}={number}" for number in range(50)]


def test_flush_comes_after_what_was_sent_before(opened: Open, make_topic: MakeTopic) -> None:
    compacted, _ = opened(make_topic())
    sent = [compacted.send([(b"k", b"v")]) for _ in range(100)]
    compacted.flush().result(PATIENCE_S)
    assert all(future.done() and future.exception() is None for future in sent)


def test_an_end_that_is_a_marker_or_aborted_is_reached(log: Log, opened: Open, make_topic: MakeTopic) -> None:
    topic = make_topic()
    compacted, seen = opened(topic, ClientConfigs(consumer={"isolation.level": "read_committed"}))
    producer = log.producer({"transactional.id": topic.name})
    producer.init_transactions(PATIENCE_S)
    producer.begin_transaction()
    producer.send_batch(OutgoingBatch(topic=topic.name, keys=[b"k"], values=[b"committed"]))
    producer.commit_transaction(PATIENCE_S)
    compacted.read_to_end().result(PATIENCE_S)
    assert seen.records == ["k=committed"]
    producer.begin_transaction()
    producer.send_batch(OutgoingBatch(topic=topic.name, keys=[b"k"], values=[b"aborted"]))
    producer.abort_transaction(PATIENCE_S)
    producer.close(PATIENCE_S)
    compacted.read_to_end().result(PATIENCE_S)
    assert seen.records == ["k=committed"]
    _, again = opened(topic, ClientConfigs(consumer={"isolation.level": "read_committed"}))
    assert again.records == ["k=committed"]


def test_stop_writes_what_was_sent_and_then_refuses(opened: Open, make_topic: MakeTopic) -> None:
    topic = make_topic()
    compacted, _ = opened(topic)
    sent = [compacted.send([(b"k", b"%d" % number)]) for number in range(20)]
    compacted.stop()
    for future in sent:
        future.result(PATIENCE_S)
    with pytest.raises(LogInterruptedError, match=f"The writer for topic '{topic.name}' is stopped"):
        compacted.send([(b"k", b"late")]).result(PATIENCE_S)
    with pytest.raises(LogInterruptedError, match=f"The reader of topic '{topic.name}' is stopped"):
        compacted.read_to_end().result(PATIENCE_S)
    compacted.stop()
    _, seen = opened(topic)
    assert seen.records[-1] == "k=19"


def create(log: Log, topic: NewTopic) -> None:
    admin = log.admin({})
    assert admin.create_topics([topic], PATIENCE_S) == {topic.name: None}
    admin.close()


@pytest.mark.parametrize("policy", ["delete", "compact,delete"])
def test_a_topic_that_loses_records_is_refused(log: Log, make_topic: MakeTopic, policy: str) -> None:
    topic = make_topic("source connector offsets")
    create(log, NewTopic(topic.name, 1, 1, {"cleanup.policy": policy}))
    compacted = CompactedLog(log, topic, ClientConfigs(), Seen())
    with pytest.raises(ConfigException) as refused:
        compacted.start(PATIENCE_S)
    assert str(refused.value) == (
        f"Topic '{topic.name}' supplied via the 'source.storage.topic' property is required to have 'cleanup.policy=compact' "
        f"to guarantee consistency and durability of source connector offsets, but found the topic currently has "
        f"'cleanup.policy={policy}'. Continuing would likely result in eventually losing source connector offsets and "
        f"problems restarting this Connect cluster in the future. Change the 'source.storage.topic' property in the Connect "
        f"worker configurations to use a topic with 'cleanup.policy=compact'."
    )


def test_a_config_topic_with_more_partitions_is_refused(log: Log, make_topic: MakeTopic) -> None:
    topic = make_topic("connector configurations", single_partition=True)
    create(log, NewTopic(topic.name, 2, 1, {"cleanup.policy": "compact"}))
    with pytest.raises(ConfigException) as refused:
        CompactedLog(log, topic, ClientConfigs(), Seen()).start(PATIENCE_S)
    assert str(refused.value) == (
        f"Topic '{topic.name}' supplied via the 'connector.storage.topic' property is required to have a single partition in "
        f"order to guarantee consistency of connector configurations, but found 2 partitions."
    )
