"""The herder: every act on this worker's connectors, whatever the wiring (design decisions 3 and 4).

A face over rooms that each do one thing: ``reads`` answers from snapshots, ``changes`` validates and writes, ``executor``
brings about what is wanted, ``task_configs`` divides the work, ``statuses`` records what is reported.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from penstock.api.check import Check, PlannedStep
from penstock.api.exceptions import NotFoundException
from penstock.clock import Clock
from penstock.discovery.plugins import PluginIndex
from penstock.herder.changes import Changes, HerderParts
from penstock.herder.checks import Checks
from penstock.herder.executor import Executor
from penstock.herder.loop import EventLoop, succeed
from penstock.herder.offsets import OffsetParts, Offsets
from penstock.herder.policy import HerderPolicy
from penstock.herder.reads import Reads
from penstock.herder.requests import Config, RestartRequest
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
from penstock.herder.statuses import Statuses
from penstock.herder.task_configs import TaskConfigurer
from penstock.herder.turns import Turns
from penstock.herder.validation import Validation
from penstock.ids import TaskId
from penstock.states import State, TargetState
from penstock.storage.config_events import ConfigEvent, ConnectorUpdated, TasksUpdated
from penstock.storage.config_store import ConfigStore
from penstock.storage.offset_store import OffsetStore
from penstock.storage.status_store import StatusStore
from penstock.worker.worker import Worker

logger = logging.getLogger(__name__)

HEALTHY = "Worker has completed startup and is ready to handle requests."


@dataclass(frozen=True, slots=True, kw_only=True)
class HerderWiring:
    """What the composition root gives: the same herder serves every wiring."""

    policy: HerderPolicy
    server: ServerInfo
    worker_id: str
    index: PluginIndex
    worker: Worker
    configs: ConfigStore
    statuses: StatusStore
    offsets: OffsetStore
    topic_tracking: bool
    clock: Clock


class SoloHerder:
    """A herder that owns all connectors of its stores. Implements :class:`penstock.herder.requests.Herder` and the
    worker's and the config store's listeners, whose calls only post events."""

    def __init__(self, wiring: HerderWiring) -> None:
        self._wiring = wiring
        self._loop = EventLoop(wiring.clock)
        self._statuses = Statuses(wiring.statuses, wiring.worker_id, wiring.clock)
        self._executor = Executor(
            self._loop, wiring.worker, wiring.index, wiring.configs.snapshot, self._statuses, wiring.policy
        )
        turns = Turns(self._loop)
        self._configurer = TaskConfigurer(self._loop, wiring.worker, wiring.configs, self._executor, turns)
        self._configurer.has_failed = self._has_failed
        self._reads = Reads(wiring.configs.snapshot, wiring.statuses, wiring.index)
        self._validation = Validation(wiring.index, wiring.worker)
        self._checks = Checks(wiring.index, wiring.worker)
        self._changes = Changes(
            HerderParts(
                loop=self._loop,
                policy=wiring.policy,
                store=wiring.configs,
                executor=self._executor,
                reads=self._reads,
                statuses=self._statuses,
                turns=turns,
            ),
            self._validation.validate_connector,
        )
        self._offsets = Offsets(
            OffsetParts(
                loop=self._loop,
                worker=wiring.worker,
                index=wiring.index,
                store=wiring.configs,
                offsets=wiring.offsets,
                has_tasks=self._executor.has_tasks,
            )
        )

    def start(self) -> None:
        """Begin to serve requests and run what the stores hold. The stores have been read to their ends before."""
        self._loop.start()
        self._loop.post(self._executor.step)

    def stop(self) -> Future[None]:
        """Stop everything that runs; the worker and the stores are stopped by the composition root afterwards."""

        def stop(result: Future[None]) -> None:
            with self._loop.stages.during("shutting down"):
                self._loop.when_done(self._executor.stop_all(), lambda _done: succeed(result, None))

        return self._loop.call(stop)

    def close(self) -> None:
        """End the herder thread; requests that still wait fail with "Worker is shutting down"."""
        self._loop.stop()

    # the worker's listener: called on the supervisor thread

    def on_connector_state(
        self, name: str, generation: int, state: State, version: str | None, trace: str | None
    ) -> None:
        del generation  # solo wirings have one
        self._loop.post(lambda: self._connector_reported(name, state, version, trace))

    def on_task_state(
        self, task: TaskId, generation: int, state: State, version: str | None, trace: str | None
    ) -> None:
        del generation
        self._loop.post(lambda: self._task_reported(task, state, version, trace))

    def on_topic_active(self, task: TaskId, topic: str) -> None:
        if self._wiring.topic_tracking:
            self._loop.post(lambda: self._topic_reported(task, topic))

    def on_reconfigure(self, connector: str) -> None:
        self._loop.post(lambda: self._configurer.request(connector))

    # the config store's listener: called on the tail thread

    def on_config_event(self, event: ConfigEvent) -> None:
        self._loop.post(lambda: self._config_changed(event))

    # reads

    def server_info(self) -> ServerInfo:
        return self._wiring.server

    def health(self) -> Future[Health]:
        """Healthy when the herder thread got round to it (spec 1.6)."""
        return self._loop.call(lambda result: succeed(result, Health(200, "healthy", HEALTHY)))

    def stage(self) -> str:
        return self._loop.stages.summary()

    def connectors(self) -> list[str]:
        return self._reads.connectors()

    def connector_info(self, name: str) -> Future[ConnectorInfo]:
        return self._loop.call(lambda result: succeed(result, self._reads.info(name)))

    def connector_config(self, name: str) -> Future[Config]:
        return self._loop.call(lambda result: succeed(result, self._reads.config(name)))

    def connector_status(self, name: str) -> ConnectorStatus:
        return self._reads.status(name)

    def task_status(self, task: TaskId) -> InstanceStatus:
        return self._reads.task_status(task)

    def task_configs(self, name: str) -> Future[list[TaskConfig]]:
        return self._loop.call(lambda result: succeed(result, self._reads.task_configs(name)))

    def connector_topics(self, name: str) -> list[str]:
        return self._reads.topics(name)

    def plugins(self, connectors_only: bool) -> list[PluginInfo]:  # the query parameter's meaning
        return self._reads.plugins(connectors_only=connectors_only)

    def plugin_config(self, plugin_name: str, version: str | None = None) -> Future[Sequence[ConfigKeyInfo]]:
        return self._validation.plugin_config(plugin_name, version)

    # changes

    def create_connector(self, name: str, config: Config, initial: TargetState | None) -> Future[CreatedConnector]:
        return self._changes.create(name, config, initial)

    def put_connector_config(self, name: str, config: Config) -> Future[CreatedConnector]:
        return self._changes.put(name, config)

    def patch_connector_config(self, name: str, patch: Config) -> Future[CreatedConnector]:
        return self._changes.patch(name, patch)

    def delete_connector(self, name: str) -> Future[None]:
        return self._changes.delete(name)

    def validate(self, plugin_name: str, config: Config) -> Future[ConfigInfos]:
        return self._validation.validate(plugin_name, config)

    def check(self, plugin_name: str, config: Config) -> Future[Sequence[Check]]:
        return self._checks.check(plugin_name, config)

    def plan(
        self, plugin_name: str, config: Config, records: Sequence[tuple[str, bytes | None, bytes | None]]
    ) -> Future[Sequence[PlannedStep]]:
        return self._checks.plan(plugin_name, config, records)

    def pause(self, name: str) -> Future[None]:
        return self._changes.target(name, TargetState.PAUSED)

    def resume(self, name: str) -> Future[None]:
        return self._changes.target(name, TargetState.STARTED)

    def stop_connector(self, name: str) -> Future[None]:
        return self._changes.stop(name)

    def restart_connector(self, name: str) -> Future[None]:
        return self._changes.restart_connector(name)

    def restart_connector_and_tasks(self, request: RestartRequest) -> Future[ConnectorStatus]:
        return self._changes.restart(request)

    def restart_task(self, task: TaskId) -> Future[None]:
        return self._changes.restart_task(task)

    def reset_topics(self, name: str) -> Future[None]:
        def reset(result: Future[None]) -> None:
            self._statuses.forget_topics(name)
            self._loop.when_done(self._statuses.refresh(), lambda _done: succeed(result, None))

        return self._loop.call(reset)

    def connector_offsets(self, name: str) -> Future[list[ConnectorOffset]]:
        return self._offsets.read(name)

    def alter_offsets(self, name: str, offsets: Sequence[ConnectorOffset]) -> Future[str]:
        return self._offsets.alter(name, offsets)

    def reset_offsets(self, name: str) -> Future[str]:
        return self._offsets.reset(name)

    def _connector_reported(self, name: str, state: State, version: str | None, trace: str | None) -> None:
        if name in self._executor.connectors:  # else it was deleted, and its tombstone stands
            self._statuses.report(name, state, version, trace)

    def _task_reported(self, task: TaskId, state: State, version: str | None, trace: str | None) -> None:
        if task in self._executor.tasks:
            self._statuses.report(task, state, version, trace)
            self._executor.first_reports.reported(task)

    def _topic_reported(self, task: TaskId, topic: str) -> None:
        if task in self._executor.tasks:
            self._statuses.topic(task, topic)

    def _config_changed(self, event: ConfigEvent) -> None:
        if isinstance(event, ConnectorUpdated):
            self._executor.versions.connector_written(event.connector)
        self._executor.step()
        if isinstance(event, TasksUpdated) and self._wiring.configs.snapshot().is_inconsistent(event.connector):
            self._configurer.request(event.connector)  # what is stored is not whole: make it anew

    def _has_failed(self, name: str) -> bool:
        try:
            return self._reads.status(name).connector.state is State.FAILED
        except NotFoundException:
            return False
