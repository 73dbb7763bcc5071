"""Runs the real command in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

PENSTOCK = (sys.executable, "-m", "penstock.cli")


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


def run(*arguments: str, cwd: Path, env: Mapping[str, str] | None = None, timeout: float = 60) -> Ended:
    """Run a command to its end."""
    done = subprocess.run(
        [*PENSTOCK, *arguments],
        check=False,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        timeout=timeout,
        stdin=subprocess.DEVNULL,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


@dataclass
class Running:
    """A command that runs; ``lines`` are what it has written so far to either stream."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)
    news: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, text: str, timeout: float = 60) -> str:
        """The first line with ``text`` in it; raises when the command ends without one."""

        def found() -> str | None:
            return next((line for line in self.lines if text in line), None)

        with self.news:
            self.news.wait_for(lambda: found() or self.process.poll() is not None, timeout)
        line = found()
        assert line is not None, f"{text!r} never came:\n" + "".join(self.lines)
        return line

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def interrupt(self) -> None:
        """What Ctrl-C does: SIGINT for the command and for all its children."""
        os.killpg(self.process.pid, signal.SIGINT)

    def ended(self, timeout: float = 60) -> int:
        """The exit code, negative for a signal."""
        return self.process.wait(timeout)


@contextmanager
def running(*arguments: str, cwd: Path) -> Iterator[Running]:
    """A command in the background, killed at the end if it still runs."""
    process = subprocess.Popen(
        [*PENSTOCK, *arguments],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    command = Running(process)

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            with command.news:
                command.lines.append(line)
                command.news.notify_all()
        with command.news:
            command.news.notify_all()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        yield command
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(10)
        reader.join(10)
        assert process.stdout is not None
        process.stdout.close()
