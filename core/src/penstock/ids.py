"""Names of connectors and their tasks."""

from __future__ import annotations

from typing import NamedTuple


class TaskId(NamedTuple):
    """A task of a connector; its text is ``name-0``, as logs and status keys have it."""

    connector: str
    task: int

    def __str__(self) -> str:
        return f"{self.connector}-{self.task}"
