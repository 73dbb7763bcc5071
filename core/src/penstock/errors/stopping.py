"""The signal that a wait was given up because the task ends."""

from __future__ import annotations


class Stopping(Exception):  # a signal
    """The task was asked to stop while it waited, to send or to try again. What it waited for was not done, so it must not
    count as done: no offset moves past it, and it comes again with the task's next run."""
