"""Connectors from the files of the command line, one after another (spec 10)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from penstock.api.exceptions import ConnectException
from penstock.cli.exits import CommandError, ExitCode
from penstock.config.connector_file import ConnectorFile, load_connector_file
from penstock.discovery.plugins import CONNECTORS, PluginIndex, PluginNotFoundError
from penstock.herder.requests import Herder
from penstock.herder.results import CreatedConnector
from penstock.states import TargetState

logger = logging.getLogger(__name__)
T = TypeVar("T")

_INITIAL_STATES = {"RUNNING": TargetState.STARTED, "PAUSED": TargetState.PAUSED, "STOPPED": TargetState.STOPPED}
_POLL_S = 0.2


class StartInterruptedError(Exception):
    """The worker is being stopped; the connectors that are left are not started."""


def _said(error: BaseException) -> str:
    """What an exception says; its class where it says nothing."""
    return str(error) or type(error).__name__


@dataclass(frozen=True, slots=True)
class StartupConnectors:
    """Creates connectors through ``herder``. ``stopping`` is asked while one is waited for."""

    herder: Herder
    index: PluginIndex
    stopping: Callable[[], bool]

    def create(self, files: Sequence[Path]) -> None:
        """Create what the files describe, or bring what exists (in an embedded log, from an earlier run) up to date.

        Raises :class:`CommandError` for the first file that cannot be read or is refused, with the reason and what to do.
        """
        described: dict[str, Path] = {}
        for path in files:
            try:
                wanted = load_connector_file(path)
            except ConnectException as error:
                raise CommandError(f"{error}.", ExitCode.CONNECTOR) from error
            if wanted.name in described:
                raise CommandError(
                    f"{path} and {described[wanted.name]} both describe connector '{wanted.name}'. Give one another name.",
                    ExitCode.CONNECTOR,
                )
            described[wanted.name] = path
            self._create_one(path, wanted)

    def _create_one(self, path: Path, wanted: ConnectorFile) -> None:
        self._check_class(path, wanted)
        try:
            self._result(self._submit(wanted))
        except StartInterruptedError:
            raise
        except Exception as error:
            logger.debug("Failed to create connector for %s", path, exc_info=error)
            raise CommandError(
                f"Failed to create connector '{wanted.name}' of {path}: {_said(error)}",
                ExitCode.CONNECTOR,
            ) from error
        logger.info("Created connector %s", wanted.name)

    def _submit(self, wanted: ConnectorFile) -> Future[CreatedConnector]:
        if wanted.name in self.herder.connectors():
            return self.herder.put_connector_config(wanted.name, wanted.config)
        initial = None if wanted.initial_state is None else _INITIAL_STATES[wanted.initial_state]
        return self.herder.create_connector(wanted.name, wanted.config, initial)

    def _check_class(self, path: Path, wanted: ConnectorFile) -> None:
        """An unknown class is told with the names that look like it, instead of the list of all."""
        name = wanted.config.get("connector.class")
        if name is None:
            raise CommandError(
                f"Connector '{wanted.name}' of {path} has no 'connector.class'. "
                "Name the class of the connector; 'penstock plugins list' shows what is installed.",
                ExitCode.CONNECTOR,
            )
        if "${" in name:
            return
        try:
            self.index.find(CONNECTORS, name)
        except PluginNotFoundError as error:
            near = self.index.nearest(CONNECTORS, name)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            raise CommandError(
                f"Connector class '{name}' of connector '{wanted.name}' in {path} is not installed.{hint} "
                "'penstock plugins list' shows what is installed.",
                ExitCode.CONNECTOR,
            ) from error
        except ConnectException as error:  # an ambiguous name says itself what to do
            raise CommandError(f"Connector '{wanted.name}' of {path}: {error}", ExitCode.CONNECTOR) from error

    def _result(self, future: Future[T]) -> T:
        while not wait([future], _POLL_S).done:
            if self.stopping():
                raise StartInterruptedError
        return future.result()
