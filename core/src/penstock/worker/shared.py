"""What everything under the supervisor shares. Belongs to the supervisor's thread."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from dataclasses import replace

from penstock.tasks.spec import WorkerSettings
from penstock.worker.childlog import current_levels
from penstock.worker.frames import Hello
from penstock.worker.logsink import LogSink
from penstock.worker.loop import Action, EventLoop
from penstock.worker.nursery import Nursery
from penstock.worker.offsets import OffsetDesk, OffsetStore
from penstock.worker.options import LOG_MODULES, WorkerOptions
from penstock.worker.process import ChildProcess, ProcessOwner, Tools
from penstock.worker.worker import WorkerListener


class Shared:
    """Loop, log, forkservers, offsets and what every child is told first."""

    def __init__(self, settings: WorkerSettings, offsets: OffsetStore, options: WorkerOptions) -> None:
        self.options = options
        self.loop = EventLoop()
        self.sink = LogSink()
        self.offsets = OffsetDesk(self.loop, offsets)
        self._settings = replace(settings, index=replace(settings.index, failures=()))  # of no use to a child, and long
        preload = (*options.preload, LOG_MODULES[settings.log.kind])
        self.nursery = Nursery(self.loop, self.sink, preload, settings.index.preload_targets, options.preload_s)
        self._tools = Tools(
            self.loop, self.sink, self.nursery.send_signal, self._process_gone, options.stacks_s, options.up_s
        )
        self._processes: set[ChildProcess] = set()
        self._when_none_left: Action | None = None
        self._lanes = itertools.count(1)
        self._calls = itertools.count(1)
        self._lease_until: float | None = None
        self._levels: dict[str, int] = {}
        self._listener: WorkerListener | None = None

    @property
    def listener(self) -> WorkerListener:
        """Whom to tell."""
        assert self._listener is not None, "attach() comes before anything is started"
        return self._listener

    def attach(self, listener: WorkerListener) -> None:
        """Set whom to tell."""
        self._listener = listener

    def next_lane(self) -> int:
        """A lane number that was never used."""
        return next(self._lanes)

    def next_call(self) -> int:
        """A call number that was never used."""
        return next(self._calls)

    def make_process(self, who: str, title: str, context: str, owner: ProcessOwner) -> ChildProcess:
        """A handle whose child does not exist yet; HELLO waits in its socket. ``title`` is its name in ``ps``."""
        process = ChildProcess(self._tools, who, context, owner)
        self._processes.add(process)
        levels = {**current_levels(), **self._levels}
        process.send(Hello(self._settings, self.options.entries, title, context, levels))
        return process

    def when_no_process_is_left(self, action: Action) -> None:
        """Call ``action`` once there is no child any more."""
        self._when_none_left = action
        self._look_whether_none_left()

    def give_up_processes(self) -> None:
        """Take all children for gone: they had their time, and were killed."""
        for process in tuple(self._processes):
            process.exited(None, "it could not be seen to end")

    def send_lease(self, process: ChildProcess) -> None:
        """Tell a child how long it may work, if there are leases at all."""
        if self._lease_until is not None:
            process.send_lease(max(1, round((self._lease_until - time.monotonic()) * 1000)))

    def extend_leases(self, valid_for_s: float) -> None:
        """Leases hold for so long from now."""
        self._lease_until = time.monotonic() + valid_for_s

    def set_levels(self, levels: Mapping[str, int]) -> None:
        """For children to come."""
        self._levels.update(levels)

    def _process_gone(self, process: ChildProcess) -> None:
        self._processes.discard(process)
        self._look_whether_none_left()

    def _look_whether_none_left(self) -> None:
        if not self._processes and self._when_none_left is not None:
            self.loop.post(self._when_none_left)
