"""A Java process that never outlives the tests: stopped at exit, and killed by the kernel (Linux) if we are killed."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path


def free_ports(count: int) -> list[int]:
    """Loopback ports that nobody listens on at the moment."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


class JavaProcess:
    """Runs ``command`` with its output in ``log``."""

    def __init__(self, command: Sequence[str], log: Path, directory: Path) -> None:
        self.log = log
        setpriv = shutil.which("setpriv")  # of util-linux: asks the kernel to kill the JVM when our thread dies
        tie = [setpriv, "--pdeathsig", "KILL"] if setpriv else []
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [*tie, *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=directory,
                process_group=0,  # Ctrl-C is for the tests, which then stop it in order
            )
        atexit.register(self.stop)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def log_tail(self, size: int = 4000) -> str:
        """The end of what the process printed, for error messages."""
        return self.log.read_text(errors="replace")[-size:]

    def cpu_seconds(self) -> float:
        """CPU seconds, user and system, that the process has used (Linux)."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def kill(self) -> None:
        """SIGKILL, as a crash: nothing is flushed or told."""
        if self.running:
            self._process.kill()
        self._process.wait()
        atexit.unregister(self.stop)

    def stop(self, timeout_s: float = 15) -> None:
        """SIGTERM, SIGKILL when that takes too long; returns when the process is gone. Idempotent."""
        if self.running:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()
        atexit.unregister(self.stop)
