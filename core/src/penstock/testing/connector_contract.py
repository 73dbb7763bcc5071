"""What holds for source and sink connectors alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import pytest

from penstock.api.config import ConfigValue
from penstock.api.connector import Connector
from penstock.discovery.plugins import CONNECTORS, PluginIndex, load_class
from penstock.states import State
from penstock.tasks.build import task_class_of
from penstock.testing import config_contract
from penstock.testing.workbench import Workbench


class ConnectorContract:
    """The base of :class:`SourceConnectorContract` and :class:`SinkConnectorContract`; pytest runs what a subclass inherits."""

    connector: ClassVar[type[Connector] | str]
    """The connector's class, or a name by which it is installed."""

    stops_within_s: ClassVar[float] = 5.0
    """How long a stop may take."""

    @pytest.fixture
    def config(self) -> Mapping[str, str]:
        """An example config that works, without ``name`` and ``connector.class``. Override it."""
        raise NotImplementedError(f"{type(self).__name__} must override the fixture 'config' with a config that works")

    @pytest.fixture
    def bench(self, penstock_plugins: PluginIndex) -> Iterator[Workbench]:
        """Where the connector runs."""
        with Workbench(penstock_plugins) as bench:
            yield bench

    @pytest.fixture
    def made(self, penstock_plugins: PluginIndex, config: Mapping[str, str]) -> Connector:
        """The connector, made and configured, not started."""
        made = self._class(penstock_plugins)()
        made.use_config(config)
        return made

    def test_every_key_is_documented(self, made: Connector) -> None:
        """And no key depends on one that isn't there."""
        config_contract.check_documented(made.config_def())
        config_contract.check_dependents(made.config_def())

    def test_the_example_is_valid(self, bench: Workbench, config: Mapping[str, str]) -> None:
        """So says the validate endpoint, transformations and converters included."""
        errors = bench.validate(self.connector, config)
        assert not errors, f"the example config has errors: {errors}"

    def test_required_keys_are_asked_for(self, made: Connector, config: Mapping[str, str]) -> None:
        """One after another is left out."""
        config_contract.check_required(made.config_def(), config)

    def test_validation_tells_and_never_raises(self, penstock_plugins: PluginIndex, config: Mapping[str, str]) -> None:
        """Whatever a user writes. The connector was neither configured nor started when it is asked."""
        for key in self._class(penstock_plugins)().config_def():
            for odd in ("", "-1", "no such thing", "ä\u0000"):
                found = self._class(penstock_plugins)().validate({**config, key.name: odd})
                assert all(isinstance(value, ConfigValue) for value in found)

    def test_it_makes_no_more_tasks_than_it_may(self, made: Connector, config: Mapping[str, str]) -> None:
        """And configs of texts only."""
        made.initialize(_Context())
        made.start(dict(config))
        try:
            for limit in (1, 2, 7):
                configs = made.task_configs(limit)
                assert len(configs) <= limit, f"{len(configs)} task configs where tasks.max is {limit}"
                parts = [part for given in configs for pair in given.items() for part in pair]
                assert all(isinstance(part, str) for part in parts), f"task configs hold more than texts: {configs}"
        finally:
            made.stop()

    def test_it_starts_again_after_a_stop(self, made: Connector, config: Mapping[str, str]) -> None:
        """A pause stops a connector, and the same instance is started again."""
        made.initialize(_Context())
        for _ in range(3):
            made.start(dict(config))
            made.stop()

    def test_its_class_can_be_made_without_arguments(self, penstock_plugins: PluginIndex) -> None:
        """As the runtime makes connectors and tasks; a version, if it says one, is a text."""
        cls = self._class(penstock_plugins)
        for plugin in (cls(), task_class_of(cls)()):
            version: object = plugin.version()
            assert version is None or (isinstance(version, str) and version.strip()), (
                f"the version {version!r} is no text"
            )

    def test_a_task_stops_soon(self, bench: Workbench, config: Mapping[str, str]) -> None:
        """Also while it has nothing to do: whoever waits does so with ``self.context.wait``."""
        running = bench.start(self.connector, config)
        running.wait_until_running()
        running.stop(self.stops_within_s)
        for task in running.tasks:
            assert task.state is State.UNASSIGNED, task.trace

    def test_a_task_pauses_and_goes_on(self, bench: Workbench, config: Mapping[str, str]) -> None:
        """Twice."""
        running = bench.start(self.connector, config)
        running.wait_until_running()
        for task in running.tasks:
            task.pause()
            task.resume()
            task.pause()
            task.resume()

    def _class(self, index: PluginIndex) -> type[Connector]:
        if not isinstance(self.connector, str):
            return self.connector
        found = load_class(index.find(CONNECTORS, self.connector))
        assert issubclass(found, Connector)
        return found


class _Context:
    """A connector's context, for one that is driven by hand."""

    stopping = False

    def request_task_reconfiguration(self) -> None:
        """Nobody configures it."""

    def raise_error(self, error: BaseException) -> None:
        """Fail the test at hand, where it is the connector's own call; from another thread pytest tells it."""
        raise AssertionError("the connector raised an error through its context") from error

    def wait(self, seconds: float) -> bool:  # noqa: ARG002
        return self.stopping
