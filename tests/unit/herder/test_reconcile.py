"""From what runs to what is wanted, step by step."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from penstock.herder.reconcile import Actions, Wanted, reconcile
from penstock.herder.running import Phase, Running, Token
from penstock.ids import TaskId
from penstock.states import TargetState

STARTED, PAUSED = TargetState.STARTED, TargetState.PAUSED
V1, V2 = Token(1, 0), Token(2, 0)
TASK = TaskId("a", 0)


def running(token: Token = V1, target: TargetState = STARTED, phase: Phase = Phase.STARTED) -> Running:
    return Running(token, target, phase)


def test_nothing_to_do() -> None:
    wanted = Wanted({"a": (V1, STARTED)}, {TASK: (V1, STARTED)})
    assert reconcile(wanted, {"a": running()}, {TASK: running()}) == Actions()


def test_what_is_missing_is_started() -> None:
    actions = reconcile(Wanted({"a": (V1, STARTED)}, {TASK: (V1, PAUSED)}), {}, {})
    assert (actions.start_connectors, actions.start_tasks) == (("a",), (TASK,))


def test_what_is_not_wanted_is_stopped_once() -> None:
    assert reconcile(Wanted({}, {}), {"a": running()}, {TASK: running()}).stop_tasks == (TASK,)
    stopping = running(phase=Phase.STOPPING)
    assert reconcile(Wanted({}, {}), {"a": stopping}, {TASK: stopping}) == Actions()


def test_another_version_is_stopped_first_and_started_when_it_is_gone() -> None:
    wanted = Wanted({"a": (V2, STARTED)}, {})
    assert reconcile(wanted, {"a": running()}, {}) == Actions(stop_connectors=("a",))
    assert reconcile(wanted, {"a": running(phase=Phase.STOPPING)}, {}) == Actions()
    assert reconcile(wanted, {}, {}) == Actions(start_connectors=("a",))


def test_a_new_target_is_a_transition_also_while_starting() -> None:
    wanted = Wanted({"a": (V1, PAUSED)}, {TASK: (V1, PAUSED)})
    actions = reconcile(wanted, {"a": running(phase=Phase.STARTING)}, {TASK: running()})
    assert actions == Actions(transition_connectors=(("a", PAUSED),), transition_tasks=((TASK, PAUSED),))


names = st.sampled_from("abc")
tokens = st.sampled_from([V1, V2])
targets = st.sampled_from(list(TargetState))
phases = st.sampled_from(list(Phase))


@given(
    st.dictionaries(names, st.tuples(tokens, targets)),
    st.dictionaries(names, st.builds(Running, tokens, targets, phases)),
)
def test_carrying_it_out_leads_to_what_is_wanted(
    wanted: dict[str, tuple[Token, TargetState]], present: dict[str, Running]
) -> None:
    """Whatever the start, three rounds of acting and of stops that end reach the goal, and then nothing is to do."""
    goal = Wanted(wanted, {})
    for _ in range(3):
        actions = reconcile(goal, present, {})
        assert not set(actions.stop_connectors) & set(actions.start_connectors)
        for name in actions.stop_connectors:
            present[name].enter(Phase.STOPPING)
        for name, target in actions.transition_connectors:
            present[name].target = target
        for name in actions.start_connectors:
            present[name] = Running(*wanted[name])
        for name in [name for name, entry in present.items() if entry.phase is Phase.STOPPING]:
            del present[name]
    assert {name: (entry.token, entry.target) for name, entry in present.items()} == wanted
    assert reconcile(goal, present, {}) == Actions()
