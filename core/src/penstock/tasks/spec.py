"""What a child is told about its work; plain values that the START frame carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from penstock.discovery.plugins import PluginDescriptor, PluginIndex
from penstock.ids import TaskId
from penstock.log.address import LogAddress

RawConfig = Mapping[str, str | None]
"""A config as stored and sent: references (``${provider:path:key}``) are not resolved (design decision 13)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """What every child of a worker is given. ``props`` are the worker's properties, resolved once at its start."""

    props: Mapping[str, str]
    log: LogAddress
    index: PluginIndex
    worker_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSpec:
    """One task. ``descriptor`` is its connector's: the connector decides the task's class (design section 8)."""

    task: TaskId
    descriptor: PluginDescriptor
    connector_config: RawConfig
    task_config: RawConfig
    generation: int
    settings: WorkerSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorSpec:
    """One connector instance."""

    name: str
    descriptor: PluginDescriptor
    config: RawConfig
    generation: int
    settings: WorkerSettings
