"""What a child prints: its fd 1 and 2 are a pipe that the worker reads (design section 4, Logs)."""

from __future__ import annotations

import io
import logging
import os
from collections import deque
from contextlib import suppress
from typing import Protocol

from penstock.worker.loop import EventLoop, Timer

WINDOW_S = 1.0
LINES_PER_WINDOW = 500
"""Lines of one child that are logged in a second; more are counted and told."""

BYTES_PER_WINDOW = 1024 * 1024
"""Bytes of one child that are read in a second. Then the pipe fills, and it is the child that waits, not the worker."""

CHUNK = 64 * 1024
LONGEST_LINE = 8 * 1024
"""Longer lines are cut into pieces."""

TAIL_LINES = 20


class Sayer(Protocol):
    """Where lines go: :class:`penstock.worker.logsink.LogSink`."""

    def say(self, level: int, context: str, message: str) -> None: ...


class OutputReader:
    """Turns one child's output into log lines. Belongs to the supervisor's thread."""

    def __init__(self, loop: EventLoop, fd: int, sink: Sayer, context: str) -> None:
        self._loop = loop
        os.set_blocking(fd, False)
        self._pipe = io.FileIO(fd, "rb")
        self._sink = sink
        self._context = context
        self._partial = b""
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._window: Timer | None = None
        self._bytes = 0
        self._lines = 0
        loop.watch(self._pipe, self._on_readable)

    @property
    def tail(self) -> str:
        """The last lines, also those that were not logged."""
        return "\n".join(self._tail)

    def finish(self) -> None:
        """The child is dead: take its last words and close the pipe, even if a process that it left behind holds it."""
        if self._pipe.closed:
            return
        self._bytes = 0
        while self._bytes < BYTES_PER_WINDOW and (data := self._pipe.read(CHUNK)):
            self._take(data)
        self._end()

    def _on_readable(self) -> None:
        if self._window is None:
            self._window = self._loop.later(WINDOW_S, self._next_window)
        data = self._pipe.read(CHUNK)
        if data is None:  # another reader of the loop was quicker
            return
        if not data:
            self._end()
            return
        self._take(data)
        if self._bytes >= BYTES_PER_WINDOW:
            self._loop.forget(self._pipe)

    def _take(self, data: bytes) -> None:
        self._bytes += len(data)
        *lines, rest = (self._partial + data).split(b"\n")
        while len(rest) > LONGEST_LINE:
            lines.append(rest[:LONGEST_LINE])
            rest = rest[LONGEST_LINE:]
        self._partial = rest
        for line in lines:
            for start in range(0, max(1, len(line)), LONGEST_LINE):
                self._log(line[start : start + LONGEST_LINE])

    def _log(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace").rstrip("\r")
        if not text:
            return
        self._tail.append(text)
        self._lines += 1
        if self._lines <= LINES_PER_WINDOW:
            self._sink.say(logging.INFO, self._context, text)

    def _next_window(self) -> None:
        self._tell_dropped()
        paused = self._bytes >= BYTES_PER_WINDOW
        self._bytes = self._lines = 0
        self._window = None
        if paused and not self._pipe.closed:
            self._loop.watch(self._pipe, self._on_readable)

    def _tell_dropped(self) -> None:
        if self._lines > LINES_PER_WINDOW:
            self._sink.say(
                logging.WARNING,
                self._context,
                f"{self._lines - LINES_PER_WINDOW} lines of output were not logged: at most {LINES_PER_WINDOW} a second are",
            )
            self._lines = LINES_PER_WINDOW

    def _end(self) -> None:
        if self._partial:
            self._take(b"\n")
        self._tell_dropped()
        self._loop.forget(self._pipe)
        if self._window is not None:
            self._window.cancel()
        with suppress(OSError):  # nothing is to be saved in a pipe's end
            self._pipe.close()
