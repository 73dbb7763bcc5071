"""Whether a process is gone."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from penstock.log import sqlite_process
from penstock.log.sqlite_process import is_gone, this_process

TELL = "from penstock.log.sqlite_process import this_process; print(this_process(), flush=True); input()"


def started() -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen([sys.executable, "-c", TELL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def test_a_live_process_is_not_gone_and_a_killed_one_is() -> None:
    assert not is_gone(this_process())
    process, name = started()
    assert name != this_process()
    assert not is_gone(name)
    process.kill()
    process.communicate()
    assert is_gone(name)


def test_a_zombie_is_gone() -> None:
    process, name = started()
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # dead, and not yet waited for
    assert is_gone(name)
    process.communicate()


def test_the_same_pid_of_another_time_is_another_process() -> None:
    scope, _, started_at = this_process().rpartition("/")
    assert started_at
    assert is_gone(f"{scope}/{int(started_at) - 1}")


@pytest.mark.parametrize("name", ["", "nonsense", "another-boot/pid:[1]/1/2", "host/x/1"])
def test_what_cannot_be_seen_from_here_is_not_called_gone(name: str) -> None:
    assert not is_gone(name)


def test_without_proc_a_process_is_asked_by_signal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_process, "_scope", lambda: "host")
    monkeypatch.setattr(sqlite_process, "_started", lambda pid: "")
    process, _ = started()
    assert not is_gone(f"host/{process.pid}/")
    process.kill()
    process.communicate()
    assert is_gone(f"host/{process.pid}/")
