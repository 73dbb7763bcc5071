"""The child's end of the frame pipe: the control thread, and the link that runners speak through."""

from __future__ import annotations

import itertools
import os
import select
import socket
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress

import msgspec

from penstock.api.exceptions import ConnectException
from penstock.orphans import EXIT_ORPHANED
from penstock.states import State
from penstock.tasks.link import OffsetEntry
from penstock.worker.frames import (
    TO_CHILD,
    Beat,
    ErrorRaised,
    Log,
    Offsets,
    OffsetsRead,
    OffsetsStored,
    ReadOffsets,
    Ready,
    Reconfigure,
    StateChanged,
    ToChild,
    TopicActive,
    encode,
    sendable,
)
from penstock.worker.stream import FrameStream

LOG_BACKLOG = 256 * 1024
"""While so many bytes wait for the worker to read, LOG frames are dropped. Others never are: each is asked for, or rare."""

LEASE_GRACE_S = 5.0
"""A child whose lease ran out stops by itself; one that does not within this time is ended by its control thread."""

BEAT_S = 1.0
"""A lane sends no more than one BEAT in this time."""

EXIT_LEASE = 114
"""The exit code of a child whose lease ran out and that did not stop by itself."""

Handle = Callable[[ToChild], None]


class ChildChannel:
    """Sends from any thread, receives on the control thread. When the worker is gone, so is this process: at once.

    A frame is sent by the thread that has it to say, so that a crash loses nothing that was said before; only what the
    socket does not take is left to the control thread.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._stream: FrameStream[ToChild] = FrameStream(sock, TO_CHILD)
        self._sending = threading.Condition()
        self._wake_read, self._wake_write = socket.socketpair()
        self._wake_read.setblocking(False)
        self._wake_write.setblocking(False)
        self._lease: _Lease | None = None

    def send(self, frame: msgspec.Struct) -> None:
        """Send a frame; returns at once. Raises :class:`FrameError` for what cannot be sent."""
        data = encode(frame)
        with self._sending:
            self._stream.send_encoded(data)
            if not self._stream.unsent:
                return
        with suppress(BlockingIOError):  # full: a wake is under way
            self._wake_write.send(b"\0")

    def send_log(self, frame: Log) -> bool:
        """Send a LOG frame, unless the worker is far behind with reading."""
        if self._stream.unsent > LOG_BACKLOG:
            return False
        self.send(frame)
        return True

    def flush(self, timeout_s: float) -> bool:
        """Wait until the worker has been sent everything; False when it takes longer. Not on the control thread."""
        with self._sending:
            return self._sending.wait_for(lambda: not self._stream.unsent, timeout_s)

    def extend_lease(self, valid_for_s: float, on_lost: Callable[[], None]) -> None:
        """Control thread only: call ``on_lost`` when no other lease comes in time, and end the process a little later."""
        self._lease = _Lease(time.monotonic() + valid_for_s, on_lost)

    def start(self, handle: Handle) -> None:
        """Start the control thread; ``handle`` is called on it with each frame."""
        threading.Thread(target=self._run, args=(handle,), name="control", daemon=True).start()

    def _run(self, handle: Handle) -> None:
        poller = select.poll()
        poller.register(self._wake_read, select.POLLIN)
        try:
            while not self._stream.ended:
                writable = select.POLLOUT if self._stream.unsent else 0
                poller.register(self._stream.socket, select.POLLIN | writable)
                poller.poll(None if self._lease is None else self._lease.patience_ms())
                self._drain_wake()
                self._send_rest()
                for frame in self._stream.receive():
                    handle(frame)
                if self._lease is not None:
                    self._lease.check()
        except Exception:  # noqa: BLE001  # frames that cannot be understood: nobody can rule this process any more
            traceback.print_exc()
        finally:
            os._exit(EXIT_ORPHANED)

    def _send_rest(self) -> None:
        with self._sending:
            if self._stream.unsent:
                self._stream.flush()
            if not self._stream.unsent:
                self._sending.notify_all()

    def _drain_wake(self) -> None:
        with suppress(BlockingIOError):  # nothing there: woken by the worker
            self._wake_read.recv(4096)


class _Lease:
    """Until when this child may work, and what follows: first it is told to stop, then it is ended (design 4b)."""

    def __init__(self, until: float, on_lost: Callable[[], None]) -> None:
        self._until = until
        self._on_lost: Callable[[], None] | None = on_lost

    def patience_ms(self) -> float:
        due = self._until + (LEASE_GRACE_S if self._on_lost is None else 0.0)
        return max(0.0, due - time.monotonic()) * 1000 + 1

    def check(self) -> None:
        overdue = time.monotonic() - self._until
        if overdue >= LEASE_GRACE_S:
            os._exit(EXIT_LEASE)
        if overdue > 0 and self._on_lost is not None:
            on_lost, self._on_lost = self._on_lost, None
            on_lost()


class FrameLink:
    """The WorkerLink of one lane. Every method returns at once; futures are completed on the control thread."""

    def __init__(self, lane: int, channel: ChildChannel) -> None:
        self._lane = lane
        self._channel = channel
        self._seq = itertools.count(1)
        self._storing: dict[int, Future[None]] = {}
        self._reading: dict[int, Future[list[bytes | None]]] = {}
        self._next_beat = 0.0

    def ready(self, version: str | None, config_ttl_ms: int | None) -> None:
        self._channel.send(Ready(self._lane, version, config_ttl_ms))

    def state(self, state: State, trace: str | None = None) -> None:
        self._channel.send(StateChanged(self._lane, state, None if trace is None else sendable(trace)))

    def offsets(self, entries: Sequence[OffsetEntry]) -> Future[None]:
        seq = next(self._seq)
        stored = self._storing[seq] = Future()
        self._channel.send(Offsets(self._lane, seq, list(entries)))
        return stored

    def read_offsets(self, partitions: Sequence[bytes]) -> Future[list[bytes | None]]:
        seq = next(self._seq)
        read = self._reading[seq] = Future()
        self._channel.send(ReadOffsets(self._lane, seq, list(partitions)))
        return read

    def topic_active(self, topic: str) -> None:
        self._channel.send(TopicActive(self._lane, topic))

    def beat(self, progress: int) -> None:
        now = time.monotonic()
        if now >= self._next_beat:
            self._next_beat = now + BEAT_S
            self._channel.send(Beat(self._lane, progress))

    def reconfigure(self) -> None:
        self._channel.send(Reconfigure(self._lane))

    def error_raised(self, trace: str) -> None:
        self._channel.send(ErrorRaised(self._lane, sendable(trace)))

    def stored(self, frame: OffsetsStored) -> None:
        """Control thread: the answer to OFFSETS."""
        future = self._storing.pop(frame.seq)
        if frame.error is None:
            future.set_result(None)
        else:
            future.set_exception(ConnectException(frame.error))

    def read(self, frame: OffsetsRead) -> None:
        """Control thread: the answer to READ_OFFSETS."""
        future = self._reading.pop(frame.seq)
        if frame.error is None:
            future.set_result(frame.values)
        else:
            future.set_exception(ConnectException(frame.error))
