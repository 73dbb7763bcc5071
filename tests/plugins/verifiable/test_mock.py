"""MockSource and MockSink fail when they are told to, and not otherwise."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from penstock.api import SinkBatch
from penstock_verifiable.mock import MockError, MockSinkConnector, MockSinkTask, MockSourceConnector, MockSourceTask
from tests.plugins.fakes import batch_of, started_sink, started_source

BOTH = pytest.mark.parametrize("connector_class", [MockSourceConnector, MockSinkConnector])


class ConnectorContext:
    """Notes the error that a connector raises through its context."""

    stopping = False

    def __init__(self) -> None:
        self.raised = threading.Event()
        self.error: BaseException | None = None

    def raise_error(self, error: BaseException) -> None:
        self.error = error
        self.raised.set()

    def request_task_reconfiguration(self) -> None:
        raise NotImplementedError

    def wait(self, seconds: float) -> bool:
        raise NotImplementedError


def started(
    connector_class: type[MockSourceConnector | MockSinkConnector], **props: str
) -> tuple[MockSourceConnector | MockSinkConnector, ConnectorContext]:
    connector, context = connector_class(), ConnectorContext()
    connector.initialize(context)
    connector.use_config(props)
    connector.start(props)
    return connector, context


@BOTH
def test_a_connector_fails_through_its_context(connector_class: type[MockSourceConnector | MockSinkConnector]) -> None:
    connector, context = started(connector_class, mock_mode="connector-failure", delay_ms="1")

    assert context.raised.wait(10)
    assert isinstance(context.error, MockError)
    assert (str(context.error), context.error.connect_name) == ("", "java.lang.RuntimeException")
    connector.stop()


@BOTH
def test_a_connector_that_is_stopped_in_time_does_not_fail(
    connector_class: type[MockSourceConnector | MockSinkConnector],
) -> None:
    connector, context = started(connector_class, mock_mode="connector-failure")  # after 15 s
    began = time.monotonic()
    connector.stop()

    assert time.monotonic() - began < 10
    assert not context.raised.is_set()
    assert [thread for thread in threading.enumerate() if thread.name == "mock-failure"] == []


@BOTH
@pytest.mark.parametrize("mode", [None, "task-failure", "other"])
def test_a_connector_idles_otherwise(
    connector_class: type[MockSourceConnector | MockSinkConnector], mode: str | None
) -> None:
    threads = threading.active_count()
    connector, context = started(connector_class, **({} if mode is None else {"mock_mode": mode}), delay_ms="0")

    assert threading.active_count() == threads
    assert not context.raised.is_set()
    connector.stop()


@BOTH
def test_a_connector_is_started_again_after_a_pause(
    connector_class: type[MockSourceConnector | MockSinkConnector],
) -> None:
    connector, context = started(connector_class, mock_mode="connector-failure")
    connector.stop()
    connector.start({"mock_mode": "connector-failure", "delay_ms": "0"})

    assert context.raised.wait(10)
    connector.stop()


@BOTH
def test_there_is_one_task(connector_class: type[MockSourceConnector | MockSinkConnector]) -> None:
    connector, _ = started(connector_class, mock_mode="task-failure")

    assert connector.task_configs(5) == [{"mock_mode": "task-failure"}]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Moves the time on."""
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def move(seconds: float) -> None:
        now[0] += seconds

    return move


def test_a_source_task_fails_when_its_time_has_come(clock: Callable[[float], None]) -> None:
    task = MockSourceTask()
    context = started_source(task, {"mock_mode": "task-failure", "delay_ms": "1500"})
    context.on_wait = lambda: clock(context.waits[-1])

    assert task.poll() is None
    with pytest.raises(MockError):
        task.poll()
    assert context.waits == [1.0, 0.5]


def test_a_source_task_idles_otherwise() -> None:
    task = MockSourceTask()
    context = started_source(task, {"mock_mode": "connector-failure", "delay_ms": "0"})

    assert [task.poll() for _ in range(3)] == [None, None, None]
    assert context.waits == [1.0, 1.0, 1.0]


def test_a_sink_task_fails_when_its_time_has_come_even_without_records(clock: Callable[[float], None]) -> None:
    task = MockSinkTask()
    context = started_sink(task, {"mock_mode": "task-failure", "delay_ms": "1500"})

    task.put(batch_of("a"))
    clock(1.0)
    task.put(SinkBatch())
    assert context.timeouts == [1500, 1500, 500]  # so that ``put`` is called again in time
    clock(0.5)
    with pytest.raises(MockError):
        task.put(SinkBatch())


def test_a_sink_task_takes_everything_otherwise() -> None:
    task = MockSinkTask()
    context = started_sink(task, {})
    task.put(batch_of("a"))

    assert context.timeouts == [1000, 1000]


def test_the_delay_is_15_seconds_unless_told(clock: Callable[[float], None]) -> None:
    task = MockSourceTask()
    started_source(task, {"mock_mode": "task-failure"})
    clock(14.99)
    assert task.poll() is None
    clock(0.01)
    with pytest.raises(MockError):
        task.poll()
