"""A process that does nothing but fork children which have everything imported (design decision 5).

The core server is started by the worker and imports what every child needs. A server of a distribution is forked from it
and imports the distribution's connectors too. Servers have one thread, which is what makes forking safe, and answer at
once, so the worker may leave signalling and reaping to them.
"""

from __future__ import annotations

import gc
import importlib
import os
import selectors
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType
from typing import NoReturn

import msgspec

from penstock.discovery.plugins import load_target
from penstock.orphans import die_with_parent
from penstock.procname import name_process
from penstock.worker import child
from penstock.worker.frames import FRAMES_VERSION, HEADER, encode
from penstock.worker.serverframes import (
    TO_SERVER,
    Exited,
    Fit,
    ForkChild,
    Forked,
    ForkFailed,
    ForkServer,
    Signal,
    Unfit,
)

_FDS = 3


class _WorkerGoneError(Exception):
    """The worker closed its end, or died."""


def serve_core(fd: int, parent_pid: int, preload: Sequence[str]) -> NoReturn:
    """The core server's main, in a fresh interpreter whose ``__main__`` is empty. ``preload`` are modules; one that cannot be
    imported is printed, and left to the children that need it: they fail for all to see."""
    die_with_parent(parent_pid)
    name_process("forkserver")
    gc.disable()
    for module in preload:
        try:
            importlib.import_module(module)
        except Exception:  # noqa: BLE001  # whatever an import raises
            traceback.print_exc()
    Server(socket.socket(fileno=fd)).serve()


class Server:
    """Serves one control socket until its end. Blocking reads and writes: the worker's end never makes it wait for long."""

    def __init__(self, control: socket.socket) -> None:
        control.setblocking(True)
        self._control = control
        self._selector = selectors.DefaultSelector()
        self._wake, self._wake_write = socket.socketpair()

    def serve(self, unfit: str | None = None) -> NoReturn:
        """Never returns. ``unfit`` is why this process must not fork, as far as its maker knows."""
        code = 1
        try:
            reason = unfit or _why_unfit()
            if reason is not None:
                self._tell(Unfit(reason))
            else:
                self._prepare()
                self._tell(Fit())
                self._loop()
        except (_WorkerGoneError, BrokenPipeError, ConnectionResetError):
            code = 0
        except Exception:  # noqa: BLE001  # the last frame of this process: say why, then end it
            traceback.print_exc()
        finally:
            os._exit(code)

    def _prepare(self) -> None:
        for source in (self._wake, self._wake_write):
            source.setblocking(False)
        signal.signal(signal.SIGCHLD, _note)
        for signum in (signal.SIGINT, signal.SIGTERM):  # the worker hears these too, and ends its children in order
            signal.signal(signum, _note)
        signal.set_wakeup_fd(self._wake_write.fileno(), warn_on_full_buffer=False)
        self._selector.register(self._control, selectors.EVENT_READ)
        self._selector.register(self._wake, selectors.EVENT_READ)
        gc.collect()
        gc.freeze()  # what children share is never touched by their collectors

    def _loop(self) -> NoReturn:
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._control:
                    self._answer()
                else:
                    with suppress(BlockingIOError):  # drained already
                        self._wake.recv(4096)
                    self._reap()

    def _answer(self) -> None:
        body, fds = self._receive()
        request = TO_SERVER.decode(body)
        if isinstance(request, Signal):
            with suppress(ProcessLookupError):  # it is a zombie already; EXITED is under way
                os.kill(request.pid, request.signum)
            return
        try:
            self._fork(request, fds)
        finally:
            for fd in fds:
                os.close(fd)

    def _fork(self, request: ForkChild | ForkServer, fds: list[int]) -> None:
        server_pid = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:
            self._tell(ForkFailed(request.token, str(error)))
            return
        if pid:
            self._tell(Forked(request.token, pid))
            return
        try:
            die_with_parent(server_pid)
            self._forsake()
            _become(request, fds)
        except BaseException:  # noqa: BLE001  # nothing may fall back into the server's loop
            traceback.print_exc()
        finally:
            os._exit(1)

    def _forsake(self) -> None:
        """In the forked process: let go of what is the server's, so that its end shows to the worker as an end."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._selector.close()
        for source in (self._control, self._wake, self._wake_write):
            source.close()

    def _reap(self) -> None:
        with suppress(ChildProcessError):  # there are no children at all
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                self._tell(Exited(pid, status))

    def _receive(self) -> tuple[bytes, list[int]]:
        flags = getattr(socket, "MSG_CMSG_CLOEXEC", 0)
        head, fds, _, _ = socket.recv_fds(self._control, HEADER.size, _FDS, flags)
        head += self._exactly(HEADER.size - len(head)) if head else b""
        if not head:
            raise _WorkerGoneError
        length, version = HEADER.unpack(head)
        if version != FRAMES_VERSION:
            raise RuntimeError(
                f"The worker speaks version {version} of the frames, this forkserver version {FRAMES_VERSION}"
            )
        for fd in fds:
            os.set_inheritable(fd, False)
        return self._exactly(length), fds

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self._control.recv(size - len(data))
            if not more:
                raise _WorkerGoneError
            data += more
        return data

    def _tell(self, reply: msgspec.Struct) -> None:
        self._control.sendall(encode(reply))


def _become(request: ForkChild | ForkServer, fds: list[int]) -> NoReturn:
    if isinstance(request, ForkChild):
        frames, output, stacks = fds
        child.take_output(output)
        child.main(socket.socket(fileno=frames), stacks)
    control, output = fds
    child.take_output(output)
    name_process(f"fork {request.name}")
    Server(socket.socket(fileno=control)).serve(_preload(request.targets))


def _preload(targets: Sequence[str]) -> str | None:
    """Import connectors, and the tasks that they name; why that failed, or None."""
    try:
        for target in targets:
            task_class = getattr(load_target(target), "task_class", None)
            if isinstance(task_class, str):
                load_target(task_class)
    except BaseException as error:  # noqa: BLE001  # a plugin may raise anything; its child will raise it again, and show it
        return f"its import failed: {error!r}"
    return None


def _why_unfit() -> str | None:
    """A process that has more than one thread must not fork: locks held by the others would stay locked for ever."""
    others = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
    if others:
        return f"importing it left threads running: {', '.join(sorted(others))}"
    if sys.platform == "linux" and (count := len(os.listdir("/proc/self/task"))) > 1:
        return f"importing it left {count - 1} native threads running"
    return None


def _note(_signum: int, _frame: FrameType | None) -> None:
    """A handler that does nothing but be one: ignoring these signals would be inherited by programs that plugins start."""
