"""What runs here, as the herder believes: one entry a connector instance and one a task (design section 7)."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import NamedTuple

from penstock.states import TargetState


class Phase(enum.Enum):
    """How far an instance is. A started one may have failed: what it reports is in the status store."""

    STARTING = enum.auto()
    STARTED = enum.auto()
    STOPPING = enum.auto()


PHASES: dict[Phase, frozenset[Phase]] = {
    Phase.STARTING: frozenset({Phase.STARTED, Phase.STOPPING}),
    Phase.STARTED: frozenset({Phase.STOPPING}),
    Phase.STOPPING: frozenset(),
}
"""Which phase may follow which; an instance that stopped is forgotten."""


class Token(NamedTuple):
    """Which version of its work an instance runs: the revision of the config and how often a restart was asked for."""

    revision: int
    restarts: int


@dataclass(slots=True)
class Running:
    """An instance. ``target`` is what it was last asked for."""

    token: Token
    target: TargetState
    phase: Phase = Phase.STARTING
    settled: bool = False
    """Whether the instance answered to the last wish for a state, by reaching it or by failing."""

    def enter(self, phase: Phase) -> None:
        """Move on; raises ValueError for a step that the table does not know."""
        if phase not in PHASES[self.phase]:
            raise ValueError(f"An instance cannot go from {self.phase.name} to {phase.name}")
        self.phase = phase
