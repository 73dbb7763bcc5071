"""The worker's handle of one child process. Belongs to the supervisor's thread."""

from __future__ import annotations

import enum
import io
import logging
import os
import signal
import socket
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import msgspec

from penstock.worker.child import STACKS_SIGNAL
from penstock.worker.death import Death
from penstock.worker.frames import TO_WORKER, FrameError, Lease, Log, ToWorker, Up
from penstock.worker.logsink import LogSink
from penstock.worker.loop import EventLoop, Timer
from penstock.worker.output import OutputReader
from penstock.worker.stream import FrameStream

UNSENT_LIMIT = 64 * 1024 * 1024
"""Bytes that may wait for a child to read them. One that lets more pile up has stopped reading: it is killed."""

STACKS_POLL_S = 0.05
EXIT_REPORT_S = 5.0
"""From the end of a child's frame pipe to the report of its exit; then it is killed, for it can no longer be ruled."""


class ProcessState(enum.Enum):
    """The life of a process; the third of the three machines of design section 7."""

    SPAWNING = "spawning"
    READY = "ready"
    DRAINING = "draining"
    EXITED = "exited"
    KILLED = "killed"


SUCCESSORS: dict[ProcessState, frozenset[ProcessState]] = {
    ProcessState.SPAWNING: frozenset(
        {ProcessState.READY, ProcessState.DRAINING, ProcessState.EXITED, ProcessState.KILLED}
    ),
    ProcessState.READY: frozenset({ProcessState.DRAINING, ProcessState.EXITED, ProcessState.KILLED}),
    ProcessState.DRAINING: frozenset({ProcessState.EXITED, ProcessState.KILLED}),
    ProcessState.KILLED: frozenset({ProcessState.EXITED}),
    ProcessState.EXITED: frozenset(),
}
"""KILLED means that the worker has decided so: from then on its frames count no more, though it may take a moment until its
stacks are saved and it is gone (EXITED)."""


class ProcessOwner(Protocol):
    """Who runs something in a child."""

    def on_up(self) -> None:
        """The child reads what it is told."""

    def on_frame(self, frame: ToWorker) -> None:
        """The child said something; never called after a kill."""

    def on_exit(self, death: Death) -> None:
        """The child is gone, and everything that it had said was told. Called once."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What every handle needs of the supervisor."""

    loop: EventLoop
    sink: LogSink
    send_signal: Callable[[ChildProcess, int], None]
    """Through the child's forkserver, which alone can be sure that the pid is still the child's."""

    gone: Callable[[ChildProcess], None]
    """Called after the owner was told."""

    stacks_s: float
    up_s: float


class ChildProcess:
    """A child, from the wish for it until it is gone. Frames may be sent at once: they wait in its socket."""

    def __init__(self, tools: Tools, who: str, context: str, owner: ProcessOwner) -> None:
        self._tools = tools
        self.who = who
        self.context = context
        self._owner = owner
        self._state = ProcessState.SPAWNING
        self._killed_for: str | None = None
        ours, theirs = socket.socketpair()
        read_end, write_end = os.pipe()
        self._stacks = _stacks_file()
        self._child_ends: tuple[socket.socket, int] | None = (theirs, write_end)
        self._stream: FrameStream[ToWorker] = FrameStream(ours, TO_WORKER)
        self._output = OutputReader(tools.loop, read_end, tools.sink, context)
        self._deadline: Timer | None = tools.loop.later(tools.up_s, self._not_up)
        self.pid: int | None = None
        tools.loop.watch(ours, self._on_readable)

    @property
    def state(self) -> ProcessState:
        """Where it is in its life."""
        return self._state

    @property
    def alive(self) -> bool:
        """Whether it may still be told anything."""
        return self._state in (ProcessState.SPAWNING, ProcessState.READY, ProcessState.DRAINING)

    @property
    def fds(self) -> list[int]:
        """The child's ends, for the forkserver."""
        assert self._child_ends is not None
        theirs, write_end = self._child_ends
        return [theirs.fileno(), write_end, self._stacks.fileno()]

    def forked(self, pid: int) -> None:
        """The forkserver has made it."""
        self.pid = pid
        self._close_child_ends()
        if self._state is ProcessState.KILLED:
            self._tools.send_signal(self, signal.SIGKILL)

    def send(self, frame: msgspec.Struct) -> None:
        """Say something to the child; ignored once it is killed or gone."""
        if not self.alive:
            return
        self._stream.send(frame)
        if self._stream.unsent > UNSENT_LIMIT:
            self.kill("it does not read what the worker tells it")
        elif self._stream.unsent:
            self._tools.loop.watch(self._stream.socket, self._on_readable, self._on_writable)

    def send_lease(self, valid_for_ms: int) -> None:
        """Extend the lease, unless the child has not yet read the last one."""
        if not self._stream.unsent:
            self.send(Lease(valid_for_ms))

    def drain(self) -> None:
        """It was told to end; what it still says counts."""
        if self._state in (ProcessState.SPAWNING, ProcessState.READY):
            self._become(ProcessState.DRAINING)

    def kill(self, reason: str) -> None:
        """Save its stacks, log them, and kill it. ``reason`` completes "was killed by the worker: …"."""
        if not self.alive:
            return
        self._become(ProcessState.KILLED)
        self._killed_for = reason
        self._cancel_deadline()
        if self.pid is None:
            self._say(f"{self.who} is killed before it came up: {reason}")
            return
        self._tools.send_signal(self, STACKS_SIGNAL)
        self._await_stacks(rounds=max(1, round(self._tools.stacks_s / STACKS_POLL_S)), size=0)

    def exited(self, status: int | None, note: str = "") -> None:
        """The forkserver tells its end; None: nobody could wait for it, ``note`` says why."""
        if self._state is ProcessState.EXITED:
            return
        killed = self._state is ProcessState.KILLED
        self._become(ProcessState.EXITED)
        self._cancel_deadline()
        self._close_child_ends()
        self._tools.loop.forget(self._stream.socket)
        if not killed:
            self._take_last_frames()
        self._stream.close()
        self._output.finish()
        self._stacks.close()
        self._owner.on_exit(Death(status, self._killed_for, self._output.tail, note))
        self._tools.gone(self)

    def _become(self, state: ProcessState) -> None:
        assert state in SUCCESSORS[self._state], f"{self.who}: {self._state.value} cannot become {state.value}"
        self._state = state

    def _on_readable(self) -> None:
        try:
            for frame in self._stream.receive():
                self._take(frame)
        except FrameError as error:
            self.kill(f"it sent what cannot be understood: {error}")
        if self._stream.ended:
            self._tools.loop.forget(self._stream.socket)
            self._await_exit_report()

    def _on_writable(self) -> None:
        self._stream.flush()
        if not self._stream.unsent:
            self._tools.loop.watch(self._stream.socket, self._on_readable)

    def _take(self, frame: ToWorker) -> None:
        if self._state is ProcessState.KILLED:
            return
        if isinstance(frame, Up):
            self._cancel_deadline()
            if self._state is ProcessState.SPAWNING:
                self._become(ProcessState.READY)
            self._owner.on_up()
        elif isinstance(frame, Log):
            self._tools.sink.write(frame)
        else:
            self._owner.on_frame(frame)

    def _take_last_frames(self) -> None:
        try:
            for frame in self._stream.receive_all():
                if isinstance(frame, Log):
                    self._tools.sink.write(frame)
                elif not isinstance(frame, Up):
                    self._owner.on_frame(frame)
        except FrameError as error:
            self._say(f"{self.who}: its last words cannot be understood: {error}")

    def _not_up(self) -> None:
        self.kill("it did not come up in time")

    def _await_exit_report(self) -> None:
        if self.alive and self._deadline is None:
            self._deadline = self._tools.loop.later(
                EXIT_REPORT_S, lambda: self.kill("it closed its connection to the worker")
            )

    def _await_stacks(self, rounds: int, size: int) -> None:
        """The dump is written in one go; when its size no longer grows it is complete."""
        now = os.fstat(self._stacks.fileno()).st_size
        if rounds > 0 and (now == 0 or now != size):
            self._deadline = self._tools.loop.later(STACKS_POLL_S, lambda: self._await_stacks(rounds - 1, now))
            return
        self._stacks.seek(0)
        stacks = self._stacks.read().decode("utf-8", "replace").rstrip() or "(it could not write them)"
        self._say(f"{self.who} is killed: {self._killed_for}. Its stacks:\n{stacks}")
        self._tools.send_signal(self, signal.SIGKILL)

    def _say(self, text: str) -> None:
        self._tools.sink.say(logging.ERROR, self.context, text, __name__)

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _close_child_ends(self) -> None:
        if self._child_ends is not None:
            theirs, write_end = self._child_ends
            self._child_ends = None
            theirs.close()
            os.close(write_end)


def _stacks_file() -> io.FileIO:
    """A file without a name: in memory where the system has such files, for a container's disk may be read-only."""
    if hasattr(os, "memfd_create"):
        return io.FileIO(os.memfd_create("penstock-stacks"), "rb+")
    with tempfile.TemporaryFile() as file:
        return io.FileIO(os.dup(file.fileno()), "rb+")
