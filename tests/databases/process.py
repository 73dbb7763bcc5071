"""A database server as an ordinary process that never outlives the tests."""

from __future__ import annotations

import atexit
import contextlib
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

import psutil

from tests.kafka.jars import ServiceUnavailableError


def program(name: str, *more_places: str) -> str:
    """The path of a program of the database, also looked for where ``PATH`` doesn't lead."""
    places = [os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", *more_places]
    found = shutil.which(name, path=os.pathsep.join(places))
    if found is None:
        raise ServiceUnavailableError(f"{name} is not installed, so there is no such database to test with")
    return found


def account(name: str) -> str | None:
    """The system account to run a server as: those refuse to be root. None: stay who we are."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(name).pw_name
    except KeyError:
        raise ServiceUnavailableError(
            f"a database server refuses to run as root, and there is no account '{name}'"
        ) from None


def as_account(user: str | None, command: Sequence[str]) -> list[str]:
    """``command``, run as ``user``."""
    if user is None:
        return list(command)
    return [program("setpriv"), "--reuid", user, "--regid", user, "--clear-groups", *command]


class ServerProcess:
    """Runs ``command`` as ``user`` with its output in ``log``; the kernel kills it when the tests die (Linux)."""

    def __init__(self, command: Sequence[str], user: str | None, log: Path, directory: Path) -> None:
        self.log = log
        setpriv = shutil.which("setpriv")
        prefix = [setpriv, "--pdeathsig", "KILL"] if setpriv else []
        if user is not None:
            assert setpriv is not None
            prefix += ["--reuid", user, "--regid", user, "--clear-groups"]
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [*prefix, *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=directory,
                process_group=0,
            )
        atexit.register(self.stop)

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def cpu_seconds(self) -> float:
        """CPU seconds so far of the server and its children, ended ones included."""
        server = psutil.Process(self._process.pid)
        times = [process.cpu_times() for process in (server, *server.children(recursive=True)) if process.is_running()]
        return sum(each.user + each.system + each.children_user + each.children_system for each in times)

    def log_tail(self, size: int = 4000) -> str:
        """The end of what the server printed, for error messages."""
        return self.log.read_text(errors="replace")[-size:]

    def kill(self) -> None:
        """SIGKILL to the server and its children, as a crash. When it returns all of them are gone."""
        if self.running:
            self._kill_all()
        self._process.wait()
        atexit.unregister(self.stop)

    def stop(self, how: signal.Signals = signal.SIGTERM, timeout_s: float = 20) -> None:
        """Ask it to end with ``how``, SIGKILL when that takes too long. Idempotent."""
        if self.running:
            self._process.send_signal(how)
            try:
                self._process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                self._kill_all()
        self._process.wait()
        atexit.unregister(self.stop)

    def _kill_all(self) -> None:
        """Children of PostgreSQL are in groups of their own, and one that lives on keeps the next server from starting."""
        self._process.send_signal(signal.SIGSTOP)  # so that it makes no more of them
        children = psutil.Process(self._process.pid).children(recursive=True)
        os.killpg(self._process.pid, signal.SIGKILL)
        for child in children:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
        psutil.wait_procs(children, timeout=10)
