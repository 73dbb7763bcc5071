"""The life of a connector instance (spec 4.2, 14.2)."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from tests.integration.tasks.connectors import SteeredConnector
from tests.integration.tasks.harness import INDEX, Bench, Link

from penstock.api import ConnectException
from penstock.api.hooks import PluginKind
from penstock.discovery.plugins import PluginDescriptor
from penstock.states import State, TargetState
from penstock.tasks.connector import ConnectorRunner
from penstock.tasks.control import Control
from penstock.tasks.spec import ConnectorSpec, WorkerSettings

NAME = "tests.integration.tasks.connectors.SteeredConnector"
STARTED, STOPPED, PAUSED = TargetState.STARTED, TargetState.STOPPED, TargetState.PAUSED


class Running:
    """A connector on a thread of its own."""

    def __init__(self, bench: Bench) -> None:
        self.link = Link()
        self.control = Control(STARTED)
        settings = WorkerSettings(props=bench.worker, log=bench.log_address, index=INDEX, worker_id="w:1")
        spec = ConnectorSpec(
            name="c",
            descriptor=PluginDescriptor(PluginKind.SOURCE, NAME.replace(".Steered", ":Steered"), NAME, "1", "tests"),
            config={"name": "c", "connector.class": NAME},
            generation=0,
            settings=settings,
        )
        self.runner = ConnectorRunner(spec, self.control, self.link)
        self._thread = threading.Thread(target=self.runner.run, daemon=True)
        self._thread.start()

    def to(self, target: TargetState) -> None:
        """Wait for a transition; raises what it raised."""
        self.runner.transition(target).result(20)

    @property
    def states(self) -> list[State]:
        return [state for state, _ in self.link.states]

    def stop(self) -> None:
        self.control.stop(10)
        self._thread.join(20)
        assert not self._thread.is_alive()


@pytest.fixture
def connector(bench: Bench) -> Iterator[Running]:
    SteeredConnector.calls.clear()
    SteeredConnector.acts.clear()
    running = Running(bench)
    yield running
    running.stop()


def raising(error: Exception):
    def act(_connector: SteeredConnector) -> None:
        raise error

    return act


def test_a_connector_starts_pauses_stops_and_starts_again(connector: Running) -> None:
    for target in (STARTED, PAUSED, STARTED, STOPPED, STARTED):
        connector.to(target)
    connector.stop()
    assert SteeredConnector.calls == ["initialize", "start", "stop", "start", "stop", "start", "stop"]
    assert connector.states == [
        State.RUNNING,
        State.PAUSED,
        State.RUNNING,
        State.STOPPED,
        State.RUNNING,
        State.UNASSIGNED,
    ]


def test_a_failed_connector_can_be_stopped_and_started_again(connector: Running) -> None:
    SteeredConnector.acts["start"] = raising(RuntimeError("the database is away"))
    with pytest.raises(RuntimeError, match="the database is away"):
        connector.to(STARTED)
    for target in (STARTED, PAUSED):
        with pytest.raises(ConnectException, match=r"Cannot transition connector to .* since it has failed"):
            connector.to(target)
    connector.to(STOPPED)
    SteeredConnector.acts.clear()
    connector.to(STARTED)
    assert connector.states == [State.FAILED, State.STOPPED, State.RUNNING]


def test_a_connector_that_could_not_be_initialised_tells_why_at_every_start(bench: Bench) -> None:
    SteeredConnector.calls.clear()
    SteeredConnector.acts["initialize"] = raising(RuntimeError("no driver"))
    running = Running(bench)
    try:
        for _ in range(2):
            with pytest.raises(RuntimeError, match="no driver"):
                running.to(STARTED)
            running.to(STOPPED)
        assert SteeredConnector.calls == ["initialize"]
    finally:
        SteeredConnector.acts.clear()
        running.stop()


def test_an_error_that_is_raised_through_the_context_inside_start_is_the_state_that_stays(connector: Running) -> None:
    SteeredConnector.acts["start"] = lambda instance: instance.context.raise_error(RuntimeError("lost the table"))
    with pytest.raises(RuntimeError, match="lost the table"):
        connector.to(STARTED)
    assert "lost the table" in connector.link.raised[0]
    assert State.RUNNING not in connector.states
    SteeredConnector.acts.clear()
    connector.to(STOPPED)
    connector.to(STARTED)
    assert connector.states == [State.STOPPED, State.RUNNING]


def test_the_context_works_until_stop_has_returned(connector: Running) -> None:
    connector.link.stored[b'{"p":1}'] = b'{"n":7}'
    read: list[object] = []
    SteeredConnector.acts["stop"] = lambda c: read.append(c.context.offset_storage_reader.offset({"p": 1}))
    kept: list[SteeredConnector] = []
    SteeredConnector.acts["start"] = kept.append
    connector.to(STARTED)
    connector.stop()
    assert read == [{"n": 7}]
    with pytest.raises(ConnectException, match="its context can not be used any more"):
        kept[0].context.request_task_reconfiguration()
