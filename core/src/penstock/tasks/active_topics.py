"""Which topics a source task has reached: told to the worker once a topic's first record is durable (KIP-558)."""

from __future__ import annotations

from typing import Final

from penstock.tasks.link import WorkerLink

PATIENCE_S: Final = 1.0
"""How long a new topic may wait to be told. A producer that reports errors only learns by a flush that a record is durable,
and the next flush for a commit may be a minute away."""


class ActiveTopics:
    """On the task's thread. No clock is read for a record: waiting begins when :meth:`overdue` is first asked."""

    def __init__(self, link: WorkerLink) -> None:
        self._link = link
        self._told: set[str] = set()
        self._waiting: dict[str, int] = {}
        self._since: float | None = None

    def sent(self, topic: str, ticket: int) -> None:
        """A batch for this topic went out under this ticket."""
        if topic not in self._told:
            self._waiting.setdefault(topic, ticket)

    def acknowledged(self, head: int) -> None:
        """Everything up to ticket ``head`` is durable."""
        if not self._waiting:
            return
        for topic, ticket in list(self._waiting.items()):
            if ticket <= head:
                del self._waiting[topic]
                self._told.add(topic)
                self._since = None  # those that still wait get their time anew
                self._link.topic_active(topic)

    def overdue(self, now: float) -> bool:
        """Whether a topic has waited too long; ``now`` in monotonic seconds."""
        if not self._waiting:
            return False
        if self._since is None:
            self._since = now
        return now - self._since >= PATIENCE_S
