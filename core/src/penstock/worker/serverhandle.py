"""The worker's handle of one forkserver. Belongs to the supervisor's thread."""

from __future__ import annotations

import enum
import itertools
import logging
import os
import socket
from collections import deque
from collections.abc import Callable, Sequence

from penstock.worker.frames import FrameError, encode
from penstock.worker.logsink import LogSink
from penstock.worker.loop import EventLoop, Timer
from penstock.worker.output import OutputReader
from penstock.worker.process import ChildProcess
from penstock.worker.serverframes import (
    FROM_SERVER,
    Fit,
    ForkChild,
    Forked,
    ForkFailed,
    ForkServer,
    FromServer,
    Request,
    Signal,
    Unfit,
)
from penstock.worker.stream import FrameStream

logger = logging.getLogger(__name__)


class ServerState(enum.Enum):
    """The life of a forkserver, as the worker knows it."""

    IMPORTING = "importing"
    FIT = "fit"
    UNFIT = "unfit"
    ENDED = "ended"


class ServerHandle:
    """One forkserver. ``on_end`` is called once, when it is gone."""

    def __init__(self, name: str, loop: EventLoop, sink: LogSink, on_end: Callable[[ServerHandle], None]) -> None:
        self.name = name
        self._loop = loop
        self._on_end = on_end
        self._tokens = itertools.count(1)
        self._requests: deque[tuple[bytes, list[int]]] = deque()
        self.awaiting: dict[int, ChildProcess | ServerHandle] = {}
        self.children: dict[int, ChildProcess | ServerHandle] = {}
        self.unfit: str | None = None
        """Why it must not be asked for children; such a reason will hold for its successors, too."""
        self.pid: int | None = None
        self.preload_deadline: Timer | None = None
        ours, self._theirs = socket.socketpair()
        read_end, self._write_end = os.pipe()
        self._stream: FrameStream[FromServer] = FrameStream(ours, FROM_SERVER)
        self._output = OutputReader(loop, read_end, sink, "")
        self._state = ServerState.IMPORTING
        loop.watch(ours, self._on_readable)

    @property
    def running(self) -> bool:
        """Whether it may be asked anything."""
        return self._state in (ServerState.IMPORTING, ServerState.FIT)

    @property
    def tail(self) -> str:
        """Its last output."""
        return self._output.tail

    @property
    def fds(self) -> list[int]:
        """The server's ends of socket and output pipe."""
        return [self._theirs.fileno(), self._write_end]

    def close_theirs(self) -> None:
        """The server has its ends."""
        if self._theirs.fileno() >= 0:
            self._theirs.close()
            os.close(self._write_end)

    def fork(self, child: ChildProcess) -> None:
        """Ask for a child."""
        token = next(self._tokens)
        self.awaiting[token] = child
        self._ask(ForkChild(token), child.fds)

    def fork_server(self, server: ServerHandle, targets: Sequence[str]) -> None:
        """Ask for a server of a distribution."""
        token = next(self._tokens)
        self.awaiting[token] = server
        self._ask(ForkServer(token, server.name, list(targets)), server.fds)

    def signal(self, pid: int, signum: int) -> None:
        """Have a child signalled."""
        self._ask(Signal(pid, signum), [])

    def condemn(self, reason: str) -> None:
        """Ask it for nothing any more."""
        if self.running:
            self._state = ServerState.UNFIT
            self.unfit = reason

    def close(self) -> None:
        """End it; on Linux its children end with it."""
        self._end()

    def _ask(self, request: Request, fds: list[int]) -> None:
        # descriptors are duplicated, so that whoever gives them may close them, and a refused request may be made again
        self._requests.append((encode(request), [os.dup(fd) for fd in fds]))
        self._flush()

    def _flush(self) -> None:
        try:
            while self._requests and self._state is not ServerState.ENDED:
                data, fds = self._requests[0]
                sent = socket.send_fds(self._stream.socket, [data], fds)
                for fd in fds:
                    os.close(fd)
                if sent < len(data):
                    self._requests[0] = (data[sent:], [])
                else:
                    self._requests.popleft()
            self._loop.watch(self._stream.socket, self._on_readable)
        except BlockingIOError:
            self._loop.watch(self._stream.socket, self._on_readable, self._flush)
        except OSError:  # it is gone, which reading tells
            return

    def _on_readable(self) -> None:
        try:
            for reply in self._stream.receive():
                self._take(reply)
        except FrameError as error:
            logger.error("Forkserver %s sent what cannot be understood: %s", self.name, error)  # noqa: TRY400
            self._end()
        if self._stream.ended:
            self._end()

    def _take(self, reply: FromServer) -> None:
        if isinstance(reply, Fit):
            self._state = ServerState.FIT
            self._cancel_deadline()
        elif isinstance(reply, Unfit):
            self.condemn(reply.reason)
        elif isinstance(reply, Forked):
            made = self.awaiting.pop(reply.token)
            self.children[reply.pid] = made
            made.forked(reply.pid)
        elif isinstance(reply, ForkFailed):
            self.awaiting.pop(reply.token).exited(None, f"the machine could not start it: {reply.error}")
        elif (child := self.children.pop(reply.pid, None)) is not None:
            child.exited(reply.status)

    def forked(self, pid: int) -> None:
        """The core server has made this one."""
        self.pid = pid
        self.close_theirs()

    def exited(self, _status: int | None, _note: str = "") -> None:
        """The core server tells its end."""
        self._end()

    def bury(self, unborn: Callable[[ChildProcess], None]) -> None:
        """It is gone, and on Linux its children with it. ``unborn`` is called with those that it had not made yet."""
        awaiting, children = list(self.awaiting.values()), list(self.children.values())
        self.awaiting.clear()
        self.children.clear()
        for child in children:
            child.exited(None, f"its forkserver has ended unexpectedly. {self.tail}")
        for waiting in awaiting:
            if isinstance(waiting, ServerHandle):
                waiting.exited(None)
            else:
                unborn(waiting)

    def _end(self) -> None:
        if self._state is ServerState.ENDED:
            return
        self._output.finish()
        if self._state is ServerState.IMPORTING:
            self.unfit = f"it ended before it was ready. {self.tail}"
        self._state = ServerState.ENDED
        self._cancel_deadline()
        self.close_theirs()
        for _, fds in self._requests:
            for fd in fds:
                os.close(fd)
        self._requests.clear()
        self._loop.forget(self._stream.socket)
        self._stream.close()
        self._on_end(self)

    def _cancel_deadline(self) -> None:
        if self.preload_deadline is not None:
            self.preload_deadline.cancel()
