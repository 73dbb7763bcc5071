"""What a runner needs of the worker that started it. Frames implement it across the pipe, a direct call in thread mode.

Every method may be called from any thread of the child, returns at once and never raises for a worker that is gone: a
child whose worker died is ended by other means (design 4).
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Protocol

from penstock.states import State
from penstock.storage.offsets import OffsetEntry

__all__ = ["OffsetEntry", "WorkerLink"]


class WorkerLink(Protocol):
    """The child's side of the conversation."""

    def ready(self, version: str | None, config_ttl_ms: int | None) -> None:
        """The plugin was made; its version, and the smallest time for which resolved secrets hold."""

    def state(self, state: State, trace: str | None = None) -> None:
        """The reported state changed."""

    def offsets(self, entries: Sequence[OffsetEntry]) -> Future[None]:
        """Store source offsets. The future completes when the offset store has them, or fails with ConnectException; then
        the caller merges them back under newer ones."""

    def read_offsets(self, partitions: Sequence[bytes]) -> Future[list[bytes | None]]:
        """The stored offsets (JSON) of source partitions (JSON), in order."""

    def topic_active(self, topic: str) -> None:
        """A topic was used for the first time by this task (KIP-558)."""

    def beat(self, progress: int) -> None:
        """Still alive; ``progress`` counts the loop's rounds."""

    def reconfigure(self) -> None:
        """The connector asks for new task configs."""

    def error_raised(self, trace: str) -> None:
        """The connector raised an error through its context."""
