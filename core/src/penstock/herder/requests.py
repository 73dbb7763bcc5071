"""Every act on the cluster, as REST and the command line see it (design section 6).

Every method returns at once; the future is completed by the herder thread (or by validation's) with the result, or with
NotFoundException (404), AlreadyExistsException (409), RequestRefused (its status) or anything else (500, with its text).
Callers wait with a deadline and may use :meth:`stage` to say what the herder was doing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from penstock.api.check import Check, PlannedStep
from penstock.herder.results import (
    ConfigInfos,
    ConfigKeyInfo,
    ConnectorInfo,
    ConnectorOffset,
    ConnectorStatus,
    CreatedConnector,
    Health,
    InstanceStatus,
    PluginInfo,
    ServerInfo,
    TaskConfig,
)
from penstock.ids import TaskId
from penstock.states import TargetState

Config = Mapping[str, str | None]
"""A connector's configuration as sent: a null value is told apart from a missing key (spec 1.10)."""


@dataclass(frozen=True, slots=True)
class RestartRequest:
    """``POST /connectors/{c}/restart`` with parameters (spec 1.8)."""

    connector: str
    only_failed: bool
    include_tasks: bool


class Herder(Protocol):
    """The herder as seen from above."""

    def server_info(self) -> ServerInfo: ...
    def health(self) -> Future[Health]: ...
    def stage(self) -> str:
        """The sentence of spec 1.3 for a request that timed out; empty when there is none."""

    # reads: answered from snapshots, on the caller's thread
    def connectors(self) -> list[str]: ...
    def connector_info(self, name: str) -> Future[ConnectorInfo]: ...
    def connector_config(self, name: str) -> Future[Config]: ...
    def connector_status(self, name: str) -> ConnectorStatus: ...
    def task_status(self, task: TaskId) -> InstanceStatus: ...
    def task_configs(self, name: str) -> Future[list[TaskConfig]]: ...
    def connector_topics(self, name: str) -> list[str]: ...
    def plugins(self, connectors_only: bool) -> list[PluginInfo]: ...
    def plugin_config(self, plugin_name: str, version: str | None = None) -> Future[Sequence[ConfigKeyInfo]]: ...

    # changes
    def create_connector(self, name: str, config: Config, initial: TargetState | None) -> Future[CreatedConnector]: ...
    def put_connector_config(self, name: str, config: Config) -> Future[CreatedConnector]: ...
    def patch_connector_config(self, name: str, patch: Config) -> Future[CreatedConnector]: ...
    def delete_connector(self, name: str) -> Future[None]: ...
    def validate(self, plugin_name: str, config: Config) -> Future[ConfigInfos]: ...
    def pause(self, name: str) -> Future[None]: ...
    def resume(self, name: str) -> Future[None]: ...
    def stop_connector(self, name: str) -> Future[None]: ...
    def restart_connector(self, name: str) -> Future[None]: ...
    def restart_connector_and_tasks(self, request: RestartRequest) -> Future[ConnectorStatus]: ...
    def restart_task(self, task: TaskId) -> Future[None]: ...
    def reset_topics(self, name: str) -> Future[None]: ...

    # what Connect has no place for
    def check(self, plugin_name: str, config: Config) -> Future[Sequence[Check]]:
        """The connection test of a connector with this config."""

    def plan(
        self, plugin_name: str, config: Config, records: Sequence[tuple[str, bytes | None, bytes | None]]
    ) -> Future[Sequence[PlannedStep]]:
        """What a sink with this config would do before it can write these records: (topic, key, value)."""

    # offsets (spec 1.9)
    def connector_offsets(self, name: str) -> Future[list[ConnectorOffset]]: ...
    def alter_offsets(self, name: str, offsets: Sequence[ConnectorOffset]) -> Future[str]:
        """The future's result is the ``message`` for the client."""

    def reset_offsets(self, name: str) -> Future[str]: ...
