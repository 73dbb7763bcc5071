"""What is wanted of a connector or task, and what it reports: two small machines that are never merged (design 7)."""

from __future__ import annotations

import enum


class TargetState(enum.Enum):
    """What is wanted; kept in the config log (spec 9.2)."""

    STARTED = "STARTED"
    PAUSED = "PAUSED"
    STOPPED = "STOPPED"


class State(enum.Enum):
    """What is reported; kept in the status log and shown by REST (spec 9.4, 14.1). DESTROYED never leaves the worker."""

    UNASSIGNED = "UNASSIGNED"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    FAILED = "FAILED"
    RESTARTING = "RESTARTING"
    STOPPED = "STOPPED"
    DESTROYED = "DESTROYED"


SUCCESSORS: dict[State, frozenset[State]] = {
    State.UNASSIGNED: frozenset({State.RUNNING, State.PAUSED, State.STOPPED, State.FAILED, State.RESTARTING, State.DESTROYED}),
    State.RUNNING: frozenset(
        {State.PAUSED, State.STOPPED, State.FAILED, State.RESTARTING, State.UNASSIGNED, State.DESTROYED, State.RUNNING}
    ),
    State.PAUSED: frozenset(
        {State.RUNNING, State.STOPPED, State.FAILED, State.RESTARTING, State.UNASSIGNED, State.DESTROYED, State.PAUSED}
    ),
    State.STOPPED: frozenset(
        {State.RUNNING, State.PAUSED, State.FAILED, State.RESTARTING, State.UNASSIGNED, State.DESTROYED, State.STOPPED}
    ),
    State.FAILED: frozenset({State.RESTARTING, State.RUNNING, State.PAUSED, State.STOPPED, State.UNASSIGNED, State.DESTROYED}),
    State.RESTARTING: frozenset(
        {State.RUNNING, State.PAUSED, State.STOPPED, State.FAILED, State.UNASSIGNED, State.DESTROYED}
    ),
    State.DESTROYED: frozenset({State.UNASSIGNED, State.RUNNING, State.PAUSED, State.STOPPED, State.FAILED}),
}
"""Which report may follow which. DESTROYED may be followed by anything: the name may be used for a new connector."""
