"""Which instances a restart request selects (spec 1.8)."""

from __future__ import annotations

import pytest

from penstock.herder.requests import RestartRequest
from penstock.herder.restart import plan_restart
from penstock.herder.results import ConnectorStatus, ConnectorType, InstanceStatus
from penstock.states import State


def status(connector: State, *tasks: State) -> ConnectorStatus:
    def instance(state: State) -> InstanceStatus:
        return InstanceStatus(state, "w:1", "1", "trace" if state is State.FAILED else None)

    return ConnectorStatus(
        "c", instance(connector), tuple((n, instance(s)) for n, s in enumerate(tasks)), ConnectorType.SOURCE
    )


@pytest.mark.parametrize(
    ("only_failed", "include_tasks", "connector", "tasks"),
    [
        (False, False, True, ()),
        (False, True, True, (0, 1)),
        (True, False, False, ()),
        (True, True, False, (1,)),
    ],
)
def test_selection(only_failed: bool, include_tasks: bool, connector: bool, tasks: tuple[int, ...]) -> None:
    request = RestartRequest("c", only_failed=only_failed, include_tasks=include_tasks)
    plan = plan_restart(request, status(State.RUNNING, State.RUNNING, State.FAILED))
    assert (plan.connector, plan.tasks) == (connector, tasks)
    shown = [plan.status.connector.state, *(task.state for _, task in plan.status.tasks)]
    selected = [connector, *(number in tasks for number in (0, 1))]
    assert [state is State.RESTARTING for state in shown] == selected


def test_a_failed_connector_is_selected_by_only_failed_and_keeps_its_trace() -> None:
    plan = plan_restart(RestartRequest("c", only_failed=True, include_tasks=False), status(State.FAILED))
    assert plan.connector
    assert (plan.status.connector.state, plan.status.connector.trace) == (State.RESTARTING, "trace")
