"""The status store over every log: what is written, what is not, and what readers make of it (spec 9.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from tests.contract.storage.conftest import MakeTopic

from penstock.ids import TaskId
from penstock.log.base import Log, OutgoingBatch
from penstock.log.compacted import ClientConfigs
from penstock.log.compacted_topic import CompactedTopic
from penstock.states import State
from penstock.storage.codec import StoredStatus, TopicStatus
from penstock.storage.status_state import StatusState
from penstock.storage.status_store import StatusStore

PATIENCE_S = 30.0
TASK = TaskId("c", 0)


def status(state: State, worker: str = "w1", generation: int = 1, trace: str | None = None) -> StoredStatus:
    return StoredStatus(state, worker, generation, trace, "1.0")


Open = Callable[[], StatusStore]


@pytest.fixture
def topic(make_topic: MakeTopic) -> CompactedTopic:
    return make_topic("connector and task statuses", partitions=3)


@pytest.fixture
def opened(log: Log, topic: CompactedTopic) -> Iterator[Open]:
    running: list[StatusStore] = []

    def make() -> StatusStore:
        store = StatusStore(log, topic, ClientConfigs())
        running.append(store)
        store.start(PATIENCE_S)
        return store

    yield make
    for store in running:
        store.stop()


def seen(store: StatusStore) -> StatusState:
    """What the store knows once everything that was put is in the topic and read back."""
    store.flush().result(PATIENCE_S)
    store.refresh().result(PATIENCE_S)
    return store.snapshot()


def test_statuses_are_read_back(opened: Open) -> None:
    store = opened()
    assert store.snapshot().connector("c") is None
    assert store.snapshot().task(TASK) is None
    store.put("c", status(State.RUNNING))
    store.put(TaskId("c", 1), status(State.RUNNING))
    store.put_safe(TASK, status(State.FAILED, trace="boom\n\tat x"))
    state = seen(store)
    assert state.connectors() == ["c"]
    assert state.connector("c") == status(State.RUNNING)
    assert state.task(TASK) == StoredStatus(State.FAILED, "w1", 1, "boom\n\tat x", "1.0")
    assert state.tasks("c") == [(0, state.task(TASK)), (1, status(State.RUNNING))]
    assert seen(opened()) == state


def test_destroyed_removes(opened: Open) -> None:
    store = opened()
    store.put("c", status(State.RUNNING))
    store.put(TASK, status(State.RUNNING))
    store.put(TASK, status(State.DESTROYED))
    assert seen(store).tasks("c") == []
    store.put(TASK, status(State.RUNNING))
    store.flush().result(PATIENCE_S)
    store.put("c", status(State.DESTROYED))
    state = seen(store)
    assert state.connector("c") is None
    assert state.connectors() == []


def test_with_a_connector_go_the_tasks_of_its_cache(log: Log, make_topic: MakeTopic) -> None:
    store = StatusStore(log, make_topic("one"), ClientConfigs())
    store.start(PATIENCE_S)
    store.put("c", status(State.RUNNING))
    store.put(TASK, status(State.RUNNING))
    store.put_topic(TopicStatus("t", "c", 0, 5))
    store.put("c", status(State.DESTROYED))
    state = seen(store)
    assert state.tasks("c") == []
    assert state.topics("c") == [TopicStatus("t", "c", 0, 5)]
    store.stop()


@pytest.mark.parametrize(
    ("cached", "put", "written"),
    [
        (None, status(State.FAILED), True),
        (status(State.RUNNING, "w1", 5), status(State.FAILED, "w1", 3), True),
        (status(State.RUNNING, "w2", 3), status(State.FAILED, "w1", 3), True),
        (status(State.RUNNING, "w2", 2), status(State.FAILED, "w1", 3), True),
        (status(State.RUNNING, "w2", 4), status(State.FAILED, "w1", 3), False),
        (status(State.RUNNING, "w2", 4), status(State.UNASSIGNED, "w1", 3), False),
    ],
)
@pytest.mark.parametrize("instance", ["c", TASK])
def test_a_safe_put_yields_to_a_newer_worker(
    opened: Open, instance: str | TaskId, cached: StoredStatus | None, put: StoredStatus, written: bool
) -> None:
    store = opened()
    if cached is not None:
        store.put(instance, cached)
        seen(store)
    store.put_safe(instance, put)
    state = seen(store)
    found = state.task(instance) if isinstance(instance, TaskId) else state.connector(instance)
    assert found == (put if written else cached)


def test_a_plain_put_yields_to_nobody(opened: Open) -> None:
    store = opened()
    store.put("c", status(State.RUNNING, "w2", 9))
    seen(store)
    store.put("c", status(State.PAUSED, "w1", 1))
    assert seen(store).connector("c") == status(State.PAUSED, "w1", 1)


@pytest.mark.parametrize(("generation", "ignored"), [(1, True), (2, True), (3, False)])
def test_a_late_unassigned_of_a_task_is_ignored(opened: Open, generation: int, ignored: bool) -> None:
    store, late = opened(), opened()
    store.put(TASK, status(State.RUNNING, "w1", 2))
    store.flush().result(PATIENCE_S)
    late.put(TASK, status(State.UNASSIGNED, "w2", generation))
    late.flush().result(PATIENCE_S)
    expected = status(State.RUNNING, "w1", 2) if ignored else status(State.UNASSIGNED, "w2", generation)
    assert seen(store).task(TASK) == expected


def test_a_late_unassigned_of_a_connector_counts(opened: Open) -> None:
    store = opened()
    store.put("c", status(State.RUNNING, "w1", 2))
    store.put("c", status(State.UNASSIGNED, "w2", 1))
    assert seen(store).connector("c") == status(State.UNASSIGNED, "w2", 1)


def test_topics(opened: Open) -> None:
    store = opened()
    first, second = TopicStatus("t", "c", 0, 5), TopicStatus("u", "c", 1, 6)
    store.put_topic(first)
    store.put_topic(second)
    state = seen(store)
    assert sorted(state.topics("c"), key=lambda topic: topic.topic) == [first, second]
    assert state.topic("c", "t") == first
    assert state.topic("c", "x") is None
    store.delete_topic("c", "t")
    store.delete_topic("c", "x")
    assert seen(store).topics("c") == [second]
    store.delete_topic("c", "u")
    assert seen(store).entries == {}


def test_records_that_mean_nothing_are_told_and_skipped(
    log: Log, topic: CompactedTopic, opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    store = opened()
    producer = log.producer({})
    producer.send_batch(OutgoingBatch(topic=topic.name, keys=[b"status-connector-c", b"bogus"], values=[b"[]", b"{}"]))
    producer.close(PATIENCE_S)
    store.put("c", status(State.RUNNING))
    assert seen(store).connectors() == ["c"]
    assert "Failed to parse status with key status-connector-c: expected an object, found []" in caplog.text
    assert "Discarding record with invalid key bogus" in caplog.text
