"""What is wanted of a connector or task, and what it reports: two small machines that are never merged (design 7)."""

from __future__ import annotations

import enum


class TargetState(enum.Enum):
    """What is wanted; kept in the config log (spec 9.2)."""

    STARTED = "STARTED"
    PAUSED = "PAUSED"
    STOPPED = "STOPPED"


class State(enum.Enum):
    """What is reported; kept in the status log and shown by REST (spec 9.4, 14.1). DESTROYED never leaves the worker. There is no
    table of successors: reports of a lost worker, of its successor and of a restart may follow one another in any order, and
    the store's rules decide which of them counts (spec 9.4)."""

    UNASSIGNED = "UNASSIGNED"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    FAILED = "FAILED"
    RESTARTING = "RESTARTING"
    STOPPED = "STOPPED"
    DESTROYED = "DESTROYED"
