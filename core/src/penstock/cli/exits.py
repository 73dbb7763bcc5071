"""How a command ends: exit codes as Connect's scripts have them (spec 10), and the error that a person reads."""

from __future__ import annotations

import enum


class ExitCode(enum.IntEnum):
    """After a signal the code is 128 and the signal's number, as for a JVM."""

    OK = 0
    USAGE = 1
    INITIALISATION = 2
    CONNECTOR = 3


class CommandError(Exception):
    """Ends the command with ``code``; the text says what, which one, why and what to do. No trace is shown."""

    def __init__(self, message: str, code: ExitCode) -> None:
        super().__init__(message)
        self.code = code
