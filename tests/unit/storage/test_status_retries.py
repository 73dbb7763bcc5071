"""A status whose write failed is written again as long as it is still news (spec 9.4)."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

import pytest
from tests.support.flaky_log import FlakyLog

from penstock.ids import TaskId
from penstock.log.compacted import ClientConfigs
from penstock.log.compacted_topic import CompactedTopic
from penstock.log.errors import LogAuthError, RetriableLogError
from penstock.states import State
from penstock.storage.codec import StoredStatus, TopicStatus
from penstock.storage.status_store import StatusStore

PATIENCE_S = 20.0
TOPIC = CompactedTopic(name="status", setting="status.storage.topic", purpose="connector and task statuses")
TASK = TaskId("c", 0)
DOWN = RetriableLogError("leader moved")


@pytest.fixture
def log() -> FlakyLog:
    return FlakyLog()


@pytest.fixture
def store(log: FlakyLog) -> Iterator[StatusStore]:
    store = StatusStore(log, TOPIC, ClientConfigs())
    store.start(PATIENCE_S)
    yield store
    store.stop()


def settle(store: StatusStore, log: FlakyLog, sends: int) -> None:
    log.faults.wait_for("send", sends)
    store.flush().result(PATIENCE_S)
    store.refresh().result(PATIENCE_S)


def test_it_is_sent_until_it_is_there(store: StatusStore, log: FlakyLog) -> None:
    log.faults.fail("delivery", DOWN, DOWN)
    status = StoredStatus(State.RUNNING, "w", 1)
    store.put("c", status)
    settle(store, log, 3)
    assert store.snapshot().connector("c") == status


def test_a_topic_is_sent_until_it_is_there(store: StatusStore, log: FlakyLog) -> None:
    log.faults.fail("delivery", DOWN)
    store.put_topic(TopicStatus("t", "c", 0, 5))
    settle(store, log, 2)
    assert store.snapshot().topic("c", "t") == TopicStatus("t", "c", 0, 5)


class Told(logging.Handler):
    """Waits for a line of the log."""

    def __init__(self) -> None:
        super().__init__()
        self._changed = threading.Condition()
        self._lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        with self._changed:
            self._lines.append(record.getMessage())
            self._changed.notify_all()

    def wait_for(self, line: str) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: line in self._lines, PATIENCE_S), self._lines


@pytest.fixture
def told() -> Iterator[Told]:
    handler = Told()
    logger = logging.getLogger("penstock.storage.status_store")
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)


def test_it_is_dropped_for_a_newer_one(store: StatusStore, log: FlakyLog, told: Told) -> None:
    log.faults.refused[b"status-task-c-0"] = DOWN
    store.put(TASK, StoredStatus(State.RUNNING, "w", 1))
    log.faults.wait_for("delivery", 1)
    store.put(TASK, StoredStatus(State.PAUSED, "w", 1))
    told.wait_for("Failed to write status update: leader moved")
    log.faults.refused.clear()
    log.faults.wait_for("delivery", log.faults.calls("delivery") + 1)
    settle(store, log, 1)
    assert store.snapshot().task(TASK) == StoredStatus(State.PAUSED, "w", 1)


def test_it_is_dropped_for_a_newer_generation(store: StatusStore, log: FlakyLog, told: Told) -> None:
    log.faults.refused[b"status-task-c-0"] = DOWN
    store.put(TASK, StoredStatus(State.RUNNING, "w", 1))
    log.faults.wait_for("delivery", 1)
    store.put("other", StoredStatus(State.RUNNING, "w", 2))
    told.wait_for("Failed to write status update: leader moved")
    settle(store, log, 2)
    assert store.snapshot().task(TASK) is None


def test_a_safe_one_is_dropped_for_a_newer_worker(store: StatusStore, log: FlakyLog, told: Told) -> None:
    other = StatusStore(log.log, TOPIC, ClientConfigs())
    other.start(PATIENCE_S)
    log.faults.refused[b"status-task-c-0"] = DOWN
    store.put_safe(TASK, StoredStatus(State.FAILED, "w1", 1))
    log.faults.wait_for("delivery", 1)
    other.put(TASK, StoredStatus(State.RUNNING, "w2", 2))
    other.flush().result(PATIENCE_S)
    store.refresh().result(PATIENCE_S)
    told.wait_for("Failed to write status update: leader moved")
    assert store.snapshot().task(TASK) == StoredStatus(State.RUNNING, "w2", 2)
    other.stop()


def test_it_is_dropped_once_the_connector_is_gone(store: StatusStore, log: FlakyLog, told: Told) -> None:
    store.put(TASK, StoredStatus(State.RUNNING, "w", 1))
    settle(store, log, 1)
    log.faults.refused[b"status-task-c-0"] = DOWN
    store.put(TASK, StoredStatus(State.PAUSED, "w", 1))
    log.faults.wait_for("delivery", 2)
    store.put("c", StoredStatus(State.DESTROYED, "w", 1))
    store.flush().result(PATIENCE_S)
    store.refresh().result(PATIENCE_S)
    told.wait_for("Failed to write status update: leader moved")
    assert store.snapshot().tasks("c") == []


def test_stopping_does_not_wait_for_a_log_that_is_down(store: StatusStore, log: FlakyLog, told: Told) -> None:
    log.faults.fail("delivery", *[DOWN] * 1000)
    store.put(TASK, StoredStatus(State.RUNNING, "w", 1))
    log.faults.wait_for("delivery", 2)
    store.stop(PATIENCE_S)
    told.wait_for("Failed to write status update: leader moved")


def test_what_does_not_pass_is_logged(store: StatusStore, log: FlakyLog, told: Told) -> None:
    log.faults.fail("delivery", LogAuthError("not allowed"))
    store.put("c", StoredStatus(State.RUNNING, "w", 1))
    told.wait_for("Failed to write status update: not allowed")
    settle(store, log, 1)
    assert store.snapshot().connector("c") is None
