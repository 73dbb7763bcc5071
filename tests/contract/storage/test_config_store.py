"""The config store over every log: the records it writes, in their order, and what it tells."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future

import pytest
from tests.contract.storage.conftest import MakeTopic

from penstock.api.record import TopicPartition
from penstock.ids import TaskId
from penstock.log.base import Log, OutgoingBatch
from penstock.log.compacted import ClientConfigs
from penstock.log.compacted_topic import CompactedTopic
from penstock.states import TargetState
from penstock.storage.codec import Record
from penstock.storage.config_events import (
    ConfigEvent,
    ConnectorRemoved,
    ConnectorUpdated,
    LoggerLevelSet,
    RestartRequested,
    SessionKeyChanged,
    TargetStateChanged,
    TasksUpdated,
)
from penstock.storage.config_store import WRITE_TIMEOUT_S, ConfigStore
from penstock.storage.session_key import SessionKey

PATIENCE_S = 30.0


class Heard:
    """The events, and on which threads they came."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.events: list[ConfigEvent] = []
        self.threads: set[str] = set()

    def __call__(self, event: ConfigEvent) -> None:
        with self._changed:
            self.events.append(event)
            self.threads.add(threading.current_thread().name)
            self._changed.notify_all()

    def wait_for(self, event: ConfigEvent) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: event in self.events, PATIENCE_S), f"{event} not in {self.events}"


class Worker:
    """A store with what it told."""

    def __init__(self, log: Log, topic: CompactedTopic) -> None:
        self.store = ConfigStore(log, topic, ClientConfigs())
        self.heard = Heard()
        self.store.start(self.heard, PATIENCE_S)


@pytest.fixture
def topic(make_topic: MakeTopic) -> CompactedTopic:
    return make_topic("connector configurations", single_partition=True)


@pytest.fixture
def worker(log: Log, topic: CompactedTopic) -> Iterator[Worker]:
    worker = Worker(log, topic)
    yield worker
    worker.store.stop()


def written(log: Log, topic: CompactedTopic) -> list[str]:
    """Everything in the topic, as text."""
    consumer = log.consumer({})
    partition = TopicPartition(topic.name, 0)
    consumer.assign({partition: 0})
    end = consumer.end_offsets([partition], PATIENCE_S)[partition]
    found: list[str] = []
    while consumer.position(partition) < end:
        for batch in consumer.poll(0.2, 100):
            assert batch.keys is not None
            for key, value in zip(batch.keys, batch.values, strict=True):
                found.append(f"{(key or b'').decode()} {value.decode() if value is not None else None}")
    consumer.close()
    return found


def done(future: Future[None]) -> None:
    future.result(WRITE_TIMEOUT_S)


def test_create_with_initial_state_writes_it_first(log: Log, topic: CompactedTopic, worker: Worker) -> None:
    done(worker.store.put_connector("c", {"name": "c", "x": None}, TargetState.STOPPED))
    assert written(log, topic) == [
        'target-state-c {"state":"PAUSED","state.v2":"STOPPED"}',
        'connector-c {"properties":{"name":"c","x":null}}',
    ]
    assert worker.heard.events == [ConnectorUpdated("c", created=True)]
    assert worker.store.snapshot().config("c") == {"name": "c", "x": None}
    assert worker.store.snapshot().target_state("c") is TargetState.STOPPED


def test_delete_writes_two_tombstones(log: Log, topic: CompactedTopic, worker: Worker) -> None:
    done(worker.store.put_connector("c", {"name": "c"}))
    done(worker.store.remove_connector("c"))
    assert written(log, topic) == ['connector-c {"properties":{"name":"c"}}', "connector-c None", "target-state-c None"]
    assert worker.heard.events[1:] == [ConnectorRemoved("c")]
    assert not worker.store.snapshot().contains("c")


def test_task_configs_come_before_their_commit(log: Log, topic: CompactedTopic, worker: Worker) -> None:
    done(worker.store.put_connector("c", {"name": "c"}))
    done(worker.store.put_task_configs("c", [{"task.class": "T", "n": "0"}, {"task.class": "T", "n": "1"}]))
    assert written(log, topic)[1:] == [
        'task-c-0 {"properties":{"task.class":"T","n":"0"}}',
        'task-c-1 {"properties":{"task.class":"T","n":"1"}}',
        'commit-c {"tasks":2}',
    ]
    assert worker.heard.events[1:] == [TasksUpdated("c", (TaskId("c", 0), TaskId("c", 1)))]
    assert worker.store.snapshot().tasks("c") == [TaskId("c", 0), TaskId("c", 1)]


def test_stop_is_an_empty_commit_then_the_target_state(log: Log, topic: CompactedTopic, worker: Worker) -> None:
    done(worker.store.put_connector("c", {"name": "c"}))
    done(worker.store.put_task_configs("c", []))
    done(worker.store.put_target_state("c", TargetState.STOPPED))
    done(worker.store.refresh())
    assert written(log, topic)[1:] == ['commit-c {"tasks":0}', 'target-state-c {"state":"PAUSED","state.v2":"STOPPED"}']
    assert worker.heard.events[1:] == [TasksUpdated("c", ()), TargetStateChanged("c", TargetState.STOPPED)]


def test_the_rest_of_the_records(log: Log, topic: CompactedTopic, worker: Worker) -> None:
    key = SessionKey(b"\x01\x02", "HmacSHA256", 5)
    done(worker.store.put_session_key(key))
    done(worker.store.put_restart(RestartRequested("c", only_failed=True, include_tasks=False)))
    done(worker.store.put_task_count("c", 2))
    done(worker.store.put_logger_level("org.example", "DEBUG"))
    done(worker.store.refresh())
    assert written(log, topic) == [
        'session-key {"key":"AQI=","algorithm":"HmacSHA256","creation-timestamp":5}',
        'restart-connector-c {"include-tasks":false,"only-failed":true}',
        'tasks-fencing-c {"task-count":2}',
        'logger-cluster-org.example {"level":"DEBUG"}',
    ]
    assert worker.heard.events == [
        SessionKeyChanged(key),
        RestartRequested("c", only_failed=True, include_tasks=False),
        LoggerLevelSet("org.example", "DEBUG"),
    ]
    assert worker.store.snapshot().session_key == key
    assert worker.store.snapshot().task_count_record("c") == 2


def test_another_worker_hears_of_it(log: Log, topic: CompactedTopic, worker: Worker) -> None:
    other = Worker(log, topic)
    done(worker.store.put_connector("c", {"name": "c"}))
    other.heard.wait_for(ConnectorUpdated("c", created=True))
    assert other.store.snapshot().contains("c")
    done(other.store.put_target_state("c", TargetState.PAUSED))
    worker.heard.wait_for(TargetStateChanged("c", TargetState.PAUSED))
    done(other.store.refresh())
    assert worker.store.snapshot().offset == other.store.snapshot().offset
    assert worker.heard.threads == {f"tail-{topic.name}"}
    other.store.stop()


def test_what_the_topic_held_before_is_state_but_no_news(log: Log, topic: CompactedTopic, worker: Worker) -> None:
    done(worker.store.put_connector("c", {"name": "c"}))
    done(worker.store.put_restart(RestartRequested("c", only_failed=False, include_tasks=True)))
    done(worker.store.put_logger_level("n", "DEBUG"))
    late = Worker(log, topic)
    assert late.store.snapshot().contains("c")
    assert late.heard.events == []
    late.store.stop()


def test_the_snapshot_is_newer_than_the_event(log: Log, topic: CompactedTopic) -> None:
    store = ConfigStore(log, topic, ClientConfigs())
    seen: list[bool] = []
    store.start(lambda _: seen.append(store.snapshot().contains("c")), PATIENCE_S)
    done(store.put_connector("c", {"name": "c"}))
    assert seen == [True]
    store.stop()


def test_a_listener_that_fails_stops_nothing(log: Log, topic: CompactedTopic, caplog: pytest.LogCaptureFixture) -> None:
    def fail(event: ConfigEvent) -> None:
        raise ZeroDivisionError(str(event))

    store = ConfigStore(log, topic, ClientConfigs())
    store.start(fail, PATIENCE_S)
    done(store.put_connector("c", {"name": "c"}))
    done(store.put_connector("d", {"name": "d"}))
    assert store.snapshot().connectors() == ["c", "d"]
    assert "A listener of the config topic failed on ConnectorUpdated(connector='c', created=True)" in caplog.text
    store.stop()


def test_records_that_mean_nothing_are_told_and_skipped(
    log: Log, topic: CompactedTopic, worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    producer = log.producer({})
    producer.send_batch(
        OutgoingBatch(topic=topic.name, keys=[b"connector-c", b"bogus", b"\xff"], values=[b"{", b"{}", b"{}"])
    )
    producer.close(PATIENCE_S)
    done(worker.store.put_connector("c", {"name": "c"}))
    assert worker.store.snapshot().connectors() == ["c"]
    assert worker.store.snapshot().offset == 4
    assert "Failed to convert config data to Kafka Connect format: " in caplog.text
    assert "Discarding config update record with invalid key: bogus" in caplog.text


def test_the_leader_may_write_through_another_writer(log: Log, topic: CompactedTopic, worker: Worker) -> None:
    class Refusing:
        def send(self, records: Sequence[Record]) -> Future[None]:
            raise PermissionError(f"not the leader: {records[0].key.decode()}")

    worker.store.write_as_leader_with(Refusing())
    with pytest.raises(PermissionError, match="not the leader: connector-c"):
        done(worker.store.put_connector("c", {}))
    with pytest.raises(PermissionError, match="not the leader: commit-c"):
        done(worker.store.put_task_configs("c", []))
    done(worker.store.put_target_state("c", TargetState.PAUSED))
    done(worker.store.put_logger_level("n", "INFO"))
    worker.store.write_as_leader_with(None)
    done(worker.store.put_connector("c", {}))
    assert [line.split()[0] for line in written(log, topic)] == ["target-state-c", "logger-cluster-n", "connector-c"]
