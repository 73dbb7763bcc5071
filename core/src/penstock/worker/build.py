"""Makes the worker that the configuration asks for (``task.isolation``)."""

from __future__ import annotations

import enum

from penstock.tasks.spec import WorkerSettings
from penstock.worker.offsets import OffsetStore
from penstock.worker.options import WorkerOptions
from penstock.worker.processes import ProcessWorker
from penstock.worker.worker import Worker


class Isolation(enum.Enum):
    """How tasks are kept apart: ``task.isolation``."""

    PROCESS = "process"
    THREAD = "thread"


def build_worker(
    settings: WorkerSettings,
    offsets: OffsetStore,
    isolation: Isolation = Isolation.PROCESS,
    options: WorkerOptions | None = None,
) -> Worker:
    """A worker that runs nothing yet: ``attach`` a listener, then ``run`` it on the main thread."""
    options = options or WorkerOptions()
    if isolation is Isolation.THREAD:
        from penstock.worker.threads import ThreadWorker

        return ThreadWorker(settings, offsets, options)
    return ProcessWorker(settings, offsets, options)
