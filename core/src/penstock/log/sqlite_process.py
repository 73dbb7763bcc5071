"""Whether a process of this machine is surely gone, so that nobody waits for the lease of a killed one."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import lru_cache
from pathlib import Path


def this_process() -> str:
    """Names this process for good: pids are used again, but not with the same start time in one boot."""
    return _named(os.getpid())


@lru_cache(maxsize=4)
def _named(pid: int) -> str:
    return f"{_scope()}/{pid}/{_started(pid)}"


def is_gone(process: str) -> bool:
    """True only for a process that could be seen from here and is not there any more."""
    scope, _, started = process.rpartition("/")
    scope, _, pid = scope.rpartition("/")
    if scope != _scope() or not pid.isdigit():
        return False  # another machine, boot or container: it cannot be told from here
    now = _started(int(pid))
    if now and started:
        return now != started
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


@lru_cache(maxsize=1)
def _scope() -> str:
    """Where pids mean the same: this boot and pid namespace, where the system tells them."""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{os.readlink('/proc/self/ns/pid')}"
    return "host"


def _started(pid: int) -> str:
    """The start time of a process, or that it is a zombie; "" when the system does not tell."""
    with suppress(OSError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "zombie" if fields[0] == "Z" else fields[19]
    return ""
