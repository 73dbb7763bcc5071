"""The times and limits that a worker keeps with its children."""

from __future__ import annotations

from dataclasses import dataclass, field

from penstock.log.address import LogKind
from penstock.worker.frames import Entries

PRELOAD = (
    "penstock.worker.child",
    "penstock.tasks.build",
    "penstock.tasks.runner",
    "penstock.tasks.connector",
    "penstock.tasks.plugin_calls",
    "penstock.converters.json",
    "penstock.converters.simple_header",
    "penstock.converters.string",
)
"""What the core forkserver imports: all that children need, and nothing of REST or herder."""

LOG_MODULES = {LogKind.KAFKA: "penstock.log.kafka", LogKind.SQLITE: "penstock.log.sqlite"}
"""The log that a worker uses is imported, too: its clients are most of what a task would import by itself."""

CALL_DEADLINE_S = 90.0
"""A plugin must answer a question within this time: Connect's REST requests wait no longer (spec 1.3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions:
    """Seconds where a name ends in ``_s``."""

    task_stop_s: float = 5.0
    """For all tasks that are stopped together: ``task.shutdown.graceful.timeout.ms``."""

    connector_stop_s: float = 5.0
    """For a connector instance (spec 8.5)."""

    call_deadline_s: float = CALL_DEADLINE_S
    """For ``task_configs`` of a running connector."""

    up_s: float = 30.0
    """From the wish for a process to its first frame."""

    ready_s: float = 60.0
    """From there to READY of its task: the plugin was imported and made."""

    preload_s: float = 20.0
    """For a forkserver to import a distribution's connectors; then its children import them themselves."""

    stacks_s: float = 1.0
    """For a hung child to write its stacks, before it is killed."""

    host_idle_s: float = 60.0
    """A host without connectors and questions is ended after this time."""

    restart_window_s: float = 60.0
    """A connector whose host died is started again once; when the host dies again within this time, it has FAILED."""

    entries: Entries = field(default_factory=Entries)
    preload: tuple[str, ...] = PRELOAD
