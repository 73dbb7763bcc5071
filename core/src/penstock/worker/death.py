"""How a child ended, in words for its user."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass

from penstock.worker.childlink import EXIT_LEASE

CLASS = "org.apache.kafka.connect.errors.ConnectException"

LIKELY = {
    signal.SIGKILL: (
        "This worker did not send it: most likely the kernel's out-of-memory killer did (`dmesg` tells), or a container's "
        "memory limit, or a person. Give the machine more memory, or the task smaller batches"
    ),
    signal.SIGSEGV: "A library in native code has crashed",
    signal.SIGABRT: "A library in native code found itself broken and gave up",
    signal.SIGBUS: "A library in native code has crashed, or a file that was mapped into memory was cut off",
    signal.SIGFPE: "A library in native code has crashed",
    signal.SIGILL: "A library in native code was built for another processor",
    signal.SIGXCPU: "It used more CPU time than its limit (`ulimit -t`) allows",
}
"""What is most likely behind a signal."""


@dataclass(frozen=True, slots=True)
class Death:
    """The end of a child. ``status`` is what ``waitpid`` gave, None when nobody could wait for it; ``killed_for`` is why
    this worker killed it, None when it did not; ``tail`` is its last output, ``note`` why nobody could wait for it."""

    status: int | None
    killed_for: str | None
    tail: str
    note: str = ""

    @property
    def lost_lease(self) -> bool:
        """Whether the child ended itself because the worker did not extend its lease."""
        return self.status is not None and os.waitstatus_to_exitcode(self.status) == EXIT_LEASE

    def cause(self, who: str) -> str:
        """A sentence; ``who`` is the process, such as "Task process for x-0"."""
        if self.killed_for is not None:
            return f"{who} was killed by the worker: {self.killed_for}"
        if self.status is None:
            return f"{who} is gone: {self.note or 'its forkserver has ended'}"
        code = os.waitstatus_to_exitcode(self.status)
        if code < 0:
            return f"{who} was killed by signal {_signal_text(-code)}"
        if self.lost_lease:
            return f"{who} ended itself: the worker did not extend its lease in time"
        return (
            f"{who} ended with exit code {code} before it reported an end. "
            "Something in it called os._exit, or it could not start at all"
        )

    def trace(self, who: str) -> str:
        """The cause as a status shows it, with the last output."""
        text = f"{CLASS}: {self.cause(who)}"
        if self.tail:
            text += "\nIts last output was:\n" + "\n".join(f"\t{line}" for line in self.tail.splitlines())
        return text + "\n"


def _signal_text(number: int) -> str:
    try:
        name = signal.Signals(number)
    except ValueError:  # a real-time signal
        return str(number)
    likely = LIKELY.get(name)
    return f"{number} ({name.name})" + (f". {likely}" if likely else "")
