"""What tasks of both kinds are built with, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from penstock.api.config import ParsedConfig
from penstock.api.connector import Connector
from penstock.api.task import Task
from penstock.clock import SYSTEM_CLOCK
from penstock.errors.operator import ErrorPolicy, RetryWithTolerance
from penstock.errors.reporter import LogReporter
from penstock.log.base import Log, LogAdmin
from penstock.tasks.assembly import Assembly
from penstock.tasks.clients import ClientConfigs
from penstock.tasks.control import Control
from penstock.tasks.link import WorkerLink
from penstock.tasks.resolution import resolve
from penstock.tasks.runner import Runner
from penstock.tasks.spec import TaskSpec


@dataclass(frozen=True, slots=True)
class BuiltTask:
    """A :class:`penstock.tasks.runner.RunningTask`."""

    task: Task
    runner: Runner
    version: str | None
    config_ttl_ms: int | None
    flush_timeout_s: float
    open_reporters: Callable[[], None]
    initialize: Callable[[], None]
    start: Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """``connector`` and ``props`` (the task's) are resolved configs, ``parsed`` has the framework's keys."""

    spec: TaskSpec
    control: Control
    link: WorkerLink
    connector: dict[str, str]
    parsed: ParsedConfig
    props: dict[str, str]
    clients: ClientConfigs
    log: Log
    connector_class: type[Connector]
    version: str | None
    config_ttl_ms: int | None

    @property
    def flush_timeout_s(self) -> float:
        """``offset.flush.timeout.ms``."""
        return self._milliseconds("offset.flush.timeout.ms", 5000)

    @property
    def flush_interval_s(self) -> float:
        """``offset.flush.interval.ms``."""
        return self._milliseconds("offset.flush.interval.ms", 60_000)

    def operator(self) -> RetryWithTolerance:
        """The careful path of the connector's ``errors.*`` keys; reports to the log where ``errors.log.enable`` says so."""
        reporters = []
        if self.parsed.get_bool("errors.log.enable"):
            reporters.append(LogReporter(include_messages=self.parsed.get_bool("errors.log.include.messages")))
        policy = ErrorPolicy.of(self.parsed)
        return RetryWithTolerance(self.spec.task, policy, reporters, SYSTEM_CLOCK, self.control.wait)

    def assembly(self) -> Assembly:
        """Makes the connector's plugins."""
        return Assembly(self.spec.settings.index, self.spec.settings.props, self.connector)

    def admin(self, client_id: str) -> LogAdmin:
        """An admin client of this task."""
        return self.log.admin(self.clients.admin(f"{client_id}-{self.spec.task}"))

    def configs(self) -> dict[str, str]:
        """The task's config with its references resolved now: ``context.configs`` is asked where a secret may have changed."""
        return resolve(self.spec.task_config, self.spec.settings).props

    def start(self, task: Task) -> None:
        """Call the task's ``start``."""
        task.use_config(self.props, self.connector_class.CONFIG)
        task.start(self.props)

    def _milliseconds(self, key: str, default: int) -> float:
        return int(self.spec.settings.props.get(key, default)) / 1000
