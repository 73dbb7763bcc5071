"""A child's main: a control thread that hears the worker, and the main thread that works (design section 4)."""

from __future__ import annotations

import faulthandler
import gc
import io
import os
import queue
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from typing import NoReturn, cast

from penstock import logcontext
from penstock.discovery.plugins import load_target
from penstock.procname import name_process
from penstock.tasks.control import Control
from penstock.tasks.link import WorkerLink
from penstock.tasks.spec import TaskSpec, WorkerSettings
from penstock.worker import childlog
from penstock.worker.childhost import Host
from penstock.worker.childlink import ChildChannel, FrameLink
from penstock.worker.frames import (
    Call,
    Entries,
    Hello,
    Lease,
    Leave,
    Levels,
    OffsetsRead,
    OffsetsStored,
    StartConnector,
    StartTask,
    Stop,
    ToChild,
    Transition,
    Up,
)

STACKS_SIGNAL = signal.SIGUSR2
"""Makes a child write the stacks of all its threads to its file, whatever it is doing: the handler is C code and needs no
GIL (design 4c)."""

GC_THRESHOLD = 20_000
"""Allocations between collections of the youngest objects. A batch of records is thousands of them, none of them garbage:
with Python's default of 700 the collector runs many times a batch."""

FLUSH_S = 5.0
"""How long a child that ends waits for the worker to take its last frames."""

RunTask = Callable[[TaskSpec, Control, WorkerLink], None]


def take_output(fd: int) -> None:
    """Make the pipe ``fd`` this process's stdout and stderr, so that prints and crashes are kept by the worker."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os.dup2(fd, 1)
    os.dup2(fd, 2)
    os.close(fd)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True)  # a pipe is buffered by the block: last words would be lost


def main(frames: socket.socket, stacks_fd: int) -> NoReturn:
    """The main of a forked child. Ends the process, always: nothing may return into the forkserver's code."""
    code = 1
    try:
        faulthandler.enable(sys.stderr)
        faulthandler.register(STACKS_SIGNAL, file=stacks_fd, all_threads=True)
        gc.set_threshold(GC_THRESHOLD, 20, 100)
        gc.enable()
        code = Child(ChildChannel(frames)).run()
    except BaseException:  # noqa: BLE001  # the last frame of this process: what it says is read by the worker
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)


class Child:
    """Turns frames into calls on the runners, and keeps the main thread for the task."""

    def __init__(self, channel: ChildChannel) -> None:
        self._channel = channel
        self._work: queue.SimpleQueue[Hello | StartTask | Leave] = queue.SimpleQueue()
        self._hello: Hello | None = None
        self._host: Host | None = None
        self._control: Control | None = None
        self._link: FrameLink | None = None

    def run(self) -> int:
        """The main thread; its result is the exit code."""
        self._channel.start(self._handle)
        self._channel.send(Up())
        while not isinstance(work := self._work.get(), Leave):
            if isinstance(work, Hello):
                name_process(work.title)
            else:
                self._run_task(work)
                break
        self._channel.flush(FLUSH_S)
        return 0

    def _run_task(self, start: StartTask) -> None:
        assert self._control is not None
        assert self._link is not None
        threading.current_thread().name = f"task-thread-{start.task}"
        logcontext.enter(logcontext.task_text(start.task))
        spec = TaskSpec(
            task=start.task,
            descriptor=start.descriptor,
            connector_config=start.connector_config,
            task_config=start.task_config,
            generation=start.generation,
            settings=self._settings,
        )
        run_task = cast("RunTask", load_target(self._entries.task))
        run_task(spec, self._control, self._link)

    @property
    def _settings(self) -> WorkerSettings:
        assert self._hello is not None, "HELLO comes first"
        return self._hello.settings

    @property
    def _entries(self) -> Entries:
        assert self._hello is not None, "HELLO comes first"
        return self._hello.entries

    def _handle(self, frame: ToChild) -> None:
        """On the control thread: nothing here may wait, or run code of a plugin."""
        if isinstance(frame, Hello):
            self._greet(frame)
        elif isinstance(frame, StartTask):
            self._control = Control(frame.target)
            self._link = FrameLink(frame.lane, self._channel)
            self._work.put(frame)
        elif isinstance(frame, Leave):
            self._work.put(frame)
        elif isinstance(frame, Lease):
            self._channel.extend_lease(frame.valid_for_ms / 1000, self._stop_all)
            self._extend(frame.valid_for_ms / 1000)
        elif isinstance(frame, Levels):
            childlog.apply_levels(frame.levels)
        elif self._control is not None:
            self._tell_task(frame)
        else:
            self._tell_host(frame)

    def _greet(self, hello: Hello) -> None:
        self._hello = hello
        self._work.put(hello)
        childlog.install(self._channel.send_log, hello.context)
        childlog.apply_levels(hello.levels)

    def _tell_task(self, frame: ToChild) -> None:
        assert self._control is not None
        assert self._link is not None
        if isinstance(frame, Transition):
            self._control.transition(frame.target)
        elif isinstance(frame, Stop):
            self._control.stop(frame.deadline_ms / 1000)
        elif isinstance(frame, OffsetsStored):
            self._link.stored(frame)
        elif isinstance(frame, OffsetsRead):
            self._link.read(frame)

    def _tell_host(self, frame: ToChild) -> None:
        if self._host is None:
            self._host = Host(self._settings, self._entries, self._channel)
        if isinstance(frame, (StartConnector, Transition, Stop, Call, OffsetsRead, OffsetsStored)):
            self._host.handle(frame)

    def _extend(self, valid_for_s: float) -> None:
        if self._control is not None:
            self._control.extend_lease(valid_for_s)
        if self._host is not None:
            self._host.extend_lease(valid_for_s)

    def _stop_all(self) -> None:
        if self._control is not None:
            self._control.stop(0.0)
        if self._host is not None:
            self._host.stop_all()
