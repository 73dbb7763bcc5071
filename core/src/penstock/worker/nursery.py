"""Starts forkservers, and asks them for children (design decision 5)."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

from penstock.worker.logsink import LogSink
from penstock.worker.loop import EventLoop
from penstock.worker.process import ChildProcess
from penstock.worker.serverhandle import ServerHandle

logger = logging.getLogger(__name__)

BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[3]); "
    "from penstock.worker.forkserver import serve_core; "
    "serve_core(int(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[4]))"
)
"""Given with ``-c``, so that the children's ``__main__`` is empty and drags nothing in."""

TargetsOf = Callable[[str], Sequence[str]]
"""The connectors of a distribution that its forkserver imports; empty: it needs no server of its own."""


class Nursery:
    """Starts forkservers when they are first needed, and anew when they died. All on the supervisor's thread, which must
    live as long as the worker: the kernel ends the core server when that thread ends."""

    def __init__(
        self, loop: EventLoop, sink: LogSink, preload: Sequence[str], targets_of: TargetsOf, preload_s: float
    ) -> None:
        self._loop = loop
        self._sink = sink
        self._preload = preload
        self._targets_of = targets_of
        self._preload_s = preload_s
        self._core: ServerHandle | None = None
        self._popens: dict[ServerHandle, subprocess.Popen[bytes]] = {}
        self._servers: dict[str, ServerHandle] = {}
        self._alone: set[str] = set()
        """Distributions that get no server of their own: it was tried, or they have no connectors."""
        self._closing = False

    def spawn(self, distribution: str, child: ChildProcess) -> None:
        """Have a child made, from the server that suits its distribution best."""
        self._server_for(distribution).fork(child)

    def send_signal(self, child: ChildProcess, signum: int) -> None:
        """Through its server; directly when the server is gone, which on Linux means that the child is, too."""
        assert child.pid is not None
        for server in (self._core, *self._servers.values()):
            if server is not None and child.pid in server.children:
                server.signal(child.pid, signum)
                return
        with suppress(ProcessLookupError):  # gone already
            os.kill(child.pid, signum)

    def close(self) -> None:
        """End all servers. Whatever children they still have end, too."""
        self._closing = True
        for server in (*self._servers.values(), self._core):
            if server is not None:
                server.close()

    def _server_for(self, distribution: str) -> ServerHandle:
        core = self._core if self._core is not None and self._core.running else self._start_core()
        if distribution in self._alone:
            return core
        server = self._servers.get(distribution)
        if server is not None and server.running:
            return server
        targets = self._targets_of(distribution)
        if not targets:
            self._alone.add(distribution)
            return core
        server = ServerHandle(distribution, self._loop, self._sink, self._server_ended)
        self._servers[distribution] = server
        server.preload_deadline = self._loop.later(self._preload_s, lambda: self._give_up(server))
        core.fork_server(server, targets)
        return server

    def _start_core(self) -> ServerHandle:
        core = ServerHandle("core", self._loop, self._sink, self._core_ended)
        control, output = core.fds
        arguments = [
            str(control),
            str(os.getpid()),
            json.dumps(list(map(str, sys.path))),
            json.dumps(list(self._preload)),
        ]
        popen = subprocess.Popen(  # noqa: S603  # our own interpreter, our own code
            [sys.executable, "-P", "-c", BOOT, *arguments], stdout=output, stderr=output, pass_fds=[control]
        )
        self._popens[core] = popen
        core.forked(popen.pid)
        self._core = core
        return core

    def _give_up(self, server: ServerHandle) -> None:
        if self._core is None or server.pid is None:  # the core server itself is late
            server.preload_deadline = self._loop.later(self._preload_s, lambda: self._give_up(server))
        else:
            server.condemn(f"importing it took more than {self._preload_s:g} s")
            self._core.signal(server.pid, signal.SIGKILL)

    def _server_ended(self, server: ServerHandle) -> None:
        if self._servers.get(server.name) is server:
            del self._servers[server.name]
        if self._closing:
            pass
        elif server.unfit is not None and self._core_lives():  # else it did not end by its own fault
            self._alone.add(server.name)
            logger.info("Children of %s are started without a forkserver of their own: %s", server.name, server.unfit)
        else:
            logger.error("The forkserver of %s has ended unexpectedly. %s", server.name, server.tail)
        server.bury(lambda child: self._unborn(server, child))

    def _core_lives(self) -> bool:
        return self._core is not None and self._popens[self._core].poll() is None

    def _core_ended(self, core: ServerHandle) -> None:
        popen = self._popens.pop(core)
        popen.kill()  # it has closed its end: it can serve nothing any more
        popen.wait()
        if self._core is core:
            self._core = None
        why = core.unfit or core.tail
        if not self._closing:
            logger.error("The core forkserver has ended unexpectedly; it is started anew when needed. %s", why)
        core.bury(lambda child: child.exited(None, f"the core forkserver has ended. {why}"))

    def _unborn(self, server: ServerHandle, child: ChildProcess) -> None:
        if server.unfit is not None and child.alive and not self._closing:
            self.spawn(server.name, child)
        else:
            child.exited(None, f"its forkserver has ended unexpectedly. {server.tail}")
