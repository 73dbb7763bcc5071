"""Wanted against running: what to do next (design section 6). Pure; the executor carries it out.

Level-triggered: it is asked again after every event, so each answer only has to be a right next step. Something that must
be replaced is stopped first; once it is gone, the next call starts its successor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from penstock.herder.running import Phase, Running, Token
from penstock.ids import TaskId
from penstock.states import TargetState


@dataclass(frozen=True, slots=True)
class Wanted:
    """What should run here: connectors and tasks with the version of their work and their target."""

    connectors: Mapping[str, tuple[Token, TargetState]]
    tasks: Mapping[TaskId, tuple[Token, TargetState]]


@dataclass(frozen=True, slots=True)
class Actions:
    """What to do now. Order: stops, transitions, starts."""

    stop_connectors: tuple[str, ...] = ()
    stop_tasks: tuple[TaskId, ...] = ()
    transition_connectors: tuple[tuple[str, TargetState], ...] = ()
    transition_tasks: tuple[tuple[TaskId, TargetState], ...] = ()
    start_connectors: tuple[str, ...] = field(default=())
    start_tasks: tuple[TaskId, ...] = ()


def reconcile(wanted: Wanted, connectors: Mapping[str, Running], tasks: Mapping[TaskId, Running]) -> Actions:
    """The next steps from what runs to what is wanted."""
    return Actions(
        stop_connectors=tuple(n for n, r in connectors.items() if _outdated(r, wanted.connectors.get(n))),
        stop_tasks=tuple(t for t, r in tasks.items() if _outdated(r, wanted.tasks.get(t))),
        transition_connectors=tuple(
            (name, target)
            for name, (token, target) in wanted.connectors.items()
            if name in connectors and _moves(connectors[name], token, target)
        ),
        transition_tasks=tuple(
            (task, target)
            for task, (token, target) in wanted.tasks.items()
            if task in tasks and _moves(tasks[task], token, target)
        ),
        start_connectors=tuple(name for name in wanted.connectors if name not in connectors),
        start_tasks=tuple(task for task in wanted.tasks if task not in tasks),
    )


def _outdated(running: Running, wanted: tuple[Token, TargetState] | None) -> bool:
    return running.phase is not Phase.STOPPING and (wanted is None or wanted[0] != running.token)


def _moves(running: Running, token: Token, target: TargetState) -> bool:
    return running.phase is not Phase.STOPPING and running.token == token and running.target is not target
