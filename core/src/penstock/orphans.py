"""No process of ours outlives the one that started it (design 4a)."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

EXIT_ORPHANED = 113
"""The exit code of a process that ends because its parent is gone: nobody is left to read it."""

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


def die_with_parent(parent_pid: int) -> None:
    """Have the kernel kill this process when its parent ends (Linux; elsewhere only the check below is made).

    The wish is bound to the parent's *thread* that forked, so fork on a thread that lives as long as the process. It is
    lost by a fork, so every process asks anew; and it may come too late, so the parent is looked at afterwards.
    """
    if sys.platform == "linux":
        if _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) was refused")
    if os.getppid() != parent_pid:
        os._exit(EXIT_ORPHANED)
