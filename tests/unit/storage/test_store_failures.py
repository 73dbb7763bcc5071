"""What the stores say when the log fails: Connect's wording, with the log's error as the cause."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future

import pytest
from tests.support.flaky_log import FlakyLog

from penstock.api.exceptions import ConnectException
from penstock.log.compacted import ClientConfigs
from penstock.log.compacted_topic import CompactedTopic
from penstock.log.errors import LogAuthError, LogCorruptError, RecordTooLargeError
from penstock.states import TargetState
from penstock.storage.config_events import RestartRequested
from penstock.storage.config_store import ConfigStore
from penstock.storage.offset_store import LogOffsetStore
from penstock.storage.offsets import OffsetEntry
from penstock.storage.session_key import SessionKey
from penstock.storage.status_store import StatusStore

PATIENCE_S = 20.0
TOPIC = CompactedTopic(name="state", setting="config.storage.topic", purpose="connector configurations")


@pytest.fixture
def log() -> FlakyLog:
    return FlakyLog()


@pytest.fixture
def store(log: FlakyLog) -> Iterator[ConfigStore]:
    store = ConfigStore(log, TOPIC, ClientConfigs())
    store.start(lambda _: None, PATIENCE_S)
    yield store
    store.stop()


Write = Callable[[ConfigStore], Future[None]]


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda store: store.put_connector("c", {}), "Error writing connector configuration to Kafka"),
        (lambda store: store.remove_connector("c"), "Error removing connector configuration from Kafka"),
        (lambda store: store.put_task_configs("c", [{}]), "Error writing task configurations to Kafka"),
        (lambda store: store.put_task_configs("c", []), "Error writing root configuration to Kafka"),
        (lambda store: store.put_target_state("c", TargetState.PAUSED), "Error writing target state to Kafka"),
        (lambda store: store.put_task_count("c", 1), "Error writing task count record to Kafka"),
        (lambda store: store.put_session_key(SessionKey(b"k", "A", 1)), "Error writing session key to Kafka"),
        (
            lambda store: store.put_restart(RestartRequested("c", only_failed=False, include_tasks=False)),
            "Error writing restart-connector-c to Kafka",
        ),
        (lambda store: store.put_logger_level("n", "INFO"), "Error writing logger level to Kafka"),
    ],
)
def test_failed_writes(log: FlakyLog, store: ConfigStore, write: Write, message: str) -> None:
    log.faults.fail("send", RecordTooLargeError("3 MB"))
    with pytest.raises(ConnectException) as failure:
        write(store).result(PATIENCE_S)
    assert str(failure.value) == message
    assert str(failure.value.__cause__) == "3 MB"


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda store: store.put_connector("c", {}), "Error writing connector configuration to Kafka"),
        (lambda store: store.put_task_configs("c", [{}]), "Error writing root configuration to Kafka"),
        (lambda store: store.refresh(), "Error trying to read to end of config log"),
    ],
)
def test_failed_read_backs(log: FlakyLog, store: ConfigStore, write: Write, message: str) -> None:
    log.faults.fail("end_offsets", LogCorruptError("damaged"))
    with pytest.raises(ConnectException) as failure:
        write(store).result(PATIENCE_S)
    assert str(failure.value) == message
    assert str(failure.value.__cause__) == "damaged"


def test_no_commit_follows_task_configs_that_failed(log: FlakyLog, store: ConfigStore) -> None:
    store.put_connector("c", {}).result(PATIENCE_S)
    log.faults.fail("delivery", LogAuthError("not allowed"))
    with pytest.raises(ConnectException, match="Error writing task configurations to Kafka"):
        store.put_task_configs("c", [{}]).result(PATIENCE_S)
    store.refresh().result(PATIENCE_S)
    assert store.snapshot().task_count("c") == 0
    assert log.faults.calls("send") == 2


def test_a_write_that_nobody_waits_for_goes_no_further(log: FlakyLog, store: ConfigStore) -> None:
    store.put_connector("c", {}).result(PATIENCE_S)
    store.put_task_configs("c", [{}, {}]).cancel()
    store.put_connector("d", {}).result(PATIENCE_S)
    assert store.snapshot().tasks("c") == []


def test_offsets_that_cannot_be_written_or_read(log: FlakyLog) -> None:
    store = LogOffsetStore(log, TOPIC, ClientConfigs())
    store.start(PATIENCE_S)
    log.faults.fail("send", RecordTooLargeError("3 MB"))
    with pytest.raises(ConnectException, match="Failed to write offsets to the offsets topic") as failure:
        store.set("c", [OffsetEntry(b"{}", b"{}")]).result(PATIENCE_S)
    assert str(failure.value.__cause__) == "3 MB"
    log.faults.fail("end_offsets", LogCorruptError("damaged"))
    with pytest.raises(ConnectException, match="Failed to read from the offsets topic") as failure:
        store.get("c", [b"{}"]).result(PATIENCE_S)
    assert str(failure.value.__cause__) == "damaged"
    assert store.get("c", [b"{}"]).result(PATIENCE_S) == [None]
    store.stop()


def test_statuses_that_cannot_be_read(log: FlakyLog) -> None:
    store = StatusStore(log, TOPIC, ClientConfigs())
    store.start(PATIENCE_S)
    log.faults.fail("end_offsets", LogCorruptError("damaged"))
    with pytest.raises(ConnectException, match="Error trying to read to end of status log"):
        store.refresh().result(PATIENCE_S)
    store.stop()
