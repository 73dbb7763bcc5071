"""Restart of a connector and its tasks: decide, then act (spec 1.8; style 4.14)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from penstock.herder.requests import RestartRequest
from penstock.herder.results import ConnectorStatus, InstanceStatus
from penstock.states import State


@dataclass(frozen=True, slots=True)
class RestartPlan:
    """What a request selects, and the status as it is answered: selected entries read RESTARTING already."""

    connector: bool
    tasks: tuple[int, ...]
    status: ConnectorStatus


def plan_restart(request: RestartRequest, status: ConnectorStatus) -> RestartPlan:
    """Select by the rule of spec 1.8: everything, or what FAILED; tasks only when asked for."""

    def selected(instance: InstanceStatus) -> bool:
        return not request.only_failed or instance.state is State.FAILED

    connector = selected(status.connector)
    tasks = tuple(number for number, task in status.tasks if request.include_tasks and selected(task))
    return RestartPlan(
        connector=connector,
        tasks=tasks,
        status=replace(
            status,
            connector=_restarting(status.connector) if connector else status.connector,
            tasks=tuple((n, _restarting(task) if n in tasks else task) for n, task in status.tasks),
        ),
    )


def _restarting(instance: InstanceStatus) -> InstanceStatus:
    return replace(instance, state=State.RESTARTING)
