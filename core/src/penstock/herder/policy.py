"""What differs between the wirings, as one frozen value that the composition root gives (design decision 4).

The herder branches on these fields and never on the name of a mode.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Answer(enum.Enum):
    """When a create or update request is answered."""

    AFTER_START = enum.auto()
    """Once the connector started and its tasks were recomputed; a failing start fails the request (spec 10)."""
    AFTER_WRITE = enum.auto()
    """Once the config is stored; failures show in the status only (spec 1.7 item 7)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HerderPolicy:
    """One field per observable difference."""

    answer: Answer
    """POST, PUT and PATCH of a config (spec 1.7, 10)."""

    forgets_topics_of_deleted: bool
    """Whether deleting a connector resets the topics that it used (spec 9.4; a standalone worker keeps them)."""

    unknown_task: str
    """404 text of a task restart; ``{connector}`` and ``{task}`` are filled in (spec 1.5, 10)."""

    unknown_connector: str
    """404 text of the plain restart of a connector that does not exist (spec 1.5, 10)."""

    stop_unknown: str
    """Text of a stop of an unknown connector, with status ``stop_unknown_status`` (spec live, REST 11)."""

    stop_unknown_status: int

    @classmethod
    def standalone(cls) -> HerderPolicy:
        """As Connect's standalone worker answers; the embedded mode answers the same."""
        return cls(
            answer=Answer.AFTER_START,
            forgets_topics_of_deleted=False,
            unknown_task="Task {connector}-{task} not found",
            unknown_connector="Connector {connector} not found",
            stop_unknown="No connector `{connector}` configured",
            stop_unknown_status=500,
        )
