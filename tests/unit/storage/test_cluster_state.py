"""The step from one cluster state to the next, for every kind of record and for what compaction leaves (spec 9.2, 9.3)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from penstock.ids import TaskId
from penstock.states import TargetState
from penstock.storage import codec, config_records
from penstock.storage.cluster_state import ClusterState
from penstock.storage.codec import Record
from penstock.storage.config_events import (
    ConfigEvent,
    ConnectorRemoved,
    ConnectorUpdated,
    LoggerLevelSet,
    RestartRequested,
    SessionKeyChanged,
    TargetStateChanged,
    TasksUpdated,
)
from penstock.storage.session_key import SessionKey

EMPTY = ClusterState()


def after(records: Iterable[Record], state: ClusterState = EMPTY) -> tuple[ClusterState, list[ConfigEvent]]:
    """As read from the topic, one by one."""
    events: list[ConfigEvent] = []
    for record in records:
        state, more = state.apply(config_records.decode(*record), max(state.offset, 0))
        events += more
    return state, events


def tasks(connector: str, *configs: dict[str, str | None], commit: int | None = None) -> list[Record]:
    records = [codec.task_config(TaskId(connector, number), config) for number, config in enumerate(configs)]
    return [*records, codec.tasks_commit(connector, len(configs) if commit is None else commit)]


CREATED = codec.connector_config("c", {"name": "c"})


def test_nothing_is_known_at_first() -> None:
    state = ClusterState()
    assert state.connectors() == []
    assert not state.contains("c")
    assert state.config("c") is state.target_state("c") is state.generation("c") is state.applied_config("c") is None
    assert state.tasks("c") == state.task_configs("c") == []
    assert state.task_count("c") == 0
    assert state.task_config(TaskId("c", 0)) is None
    assert state.offset == -1


def test_create_and_change() -> None:
    state, events = after([CREATED, codec.connector_config("c", {"name": "c", "x": None})])
    assert state.config("c") == {"name": "c", "x": None}
    assert state.target_state("c") is TargetState.STARTED
    assert state.connectors() == ["c"]
    assert events == [ConnectorUpdated("c", created=True), ConnectorUpdated("c", created=False)]


def test_initial_state_comes_before_the_connector_and_is_no_event() -> None:
    state, events = after([codec.target_state("c", TargetState.STOPPED), CREATED])
    assert state.target_state("c") is TargetState.STOPPED
    assert events == [ConnectorUpdated("c", created=True)]


def test_target_state_is_an_event_only_when_it_changes_that_of_a_connector() -> None:
    state, events = after(
        [
            CREATED,
            codec.target_state("c", TargetState.PAUSED),
            codec.target_state("c", TargetState.PAUSED),
            codec.target_state("d", TargetState.PAUSED),
            codec.target_state("c", None),
            codec.target_state("d", None),
        ]
    )
    assert events[1:] == [TargetStateChanged("c", TargetState.PAUSED)]
    assert state.target_state("c") is TargetState.STARTED
    assert state.target_state("d") is None
    assert list(state.entries) == ["c"]


def test_task_configs_wait_for_their_commit() -> None:
    one, two = {"task.class": "T", "n": "1"}, {"task.class": "T", "n": "2"}
    state, events = after([CREATED, *tasks("c", one, two)[:2]])
    assert state.tasks("c") == []
    assert state.task_config(TaskId("c", 0)) is None
    state, events = after(tasks("c", one, two)[2:], state)
    assert events == [TasksUpdated("c", (TaskId("c", 0), TaskId("c", 1)))]
    assert state.tasks("c") == [TaskId("c", 0), TaskId("c", 1)]
    assert state.task_configs("c") == [one, two]
    assert state.task_config(TaskId("c", 1)) == two
    assert state.generation("c") == 0
    assert state.applied_config("c") == {"name": "c"}
    assert state.pending_fencing("c")


def test_fewer_tasks_then_none() -> None:
    state, _ = after([CREATED, *tasks("c", {"n": "1"}, {"n": "2"}), *tasks("c", {"n": "3"})])
    assert state.task_configs("c") == [{"n": "3"}]
    assert state.tasks("c") == [TaskId("c", 0)]
    assert state.generation("c") == 1
    state, events = after(tasks("c"), state)
    assert events == [TasksUpdated("c", ())]
    assert state.tasks("c") == state.task_configs("c") == []
    assert not state.is_inconsistent("c")
    assert state.generation("c") == 2


def test_generation_stays_unknown_while_there_were_no_task_configs() -> None:
    state, _ = after([CREATED, *tasks("c")])
    assert state.generation("c") is None
    assert state.applied_config("c") == {"name": "c"}


def test_applied_config_is_that_of_the_last_commit() -> None:
    state, _ = after([CREATED, *tasks("c", {}), codec.connector_config("c", {"name": "c", "x": "y"})])
    assert state.applied_config("c") == {"name": "c"}


@pytest.mark.parametrize(
    ("left", "count", "complete"),
    [([0], 1, True), ([0, 1, 2], 2, True), ([1], 2, False), ([0, 2], 2, False), ([], 1, False), ([5], 0, True)],
)
def test_compaction_may_leave_too_many_but_not_too_few(left: list[int], count: int, complete: bool) -> None:
    records = [codec.task_config(TaskId("c", number), {"n": str(number)}) for number in left]
    state, events = after([CREATED, *records, codec.tasks_commit("c", count)])
    assert state.is_inconsistent("c") is not complete
    assert state.task_count("c") == count
    assert state.tasks("c") == [TaskId("c", number) for number in range(count if complete else 0)]
    assert state.pending_fencing("c")
    assert events[1:] == [TasksUpdated("c", tuple(TaskId("c", number) for number in left) if complete else ())]


def test_an_incomplete_set_is_forgotten_and_the_next_complete_one_heals() -> None:
    state, _ = after([CREATED, codec.task_config(TaskId("c", 1), {"n": "old"}), codec.tasks_commit("c", 2)])
    assert state.is_inconsistent("c")
    state, _ = after([codec.task_config(TaskId("c", 0), {"n": "new"}), codec.tasks_commit("c", 2)], state)
    assert state.is_inconsistent("c")
    state, _ = after(tasks("c", {"n": "a"}, {"n": "b"}), state)
    assert not state.is_inconsistent("c")
    assert state.task_configs("c") == [{"n": "a"}, {"n": "b"}]
    assert state.generation("c") == 0


def test_a_commit_without_its_connector_purges_what_is_left_of_it() -> None:
    state, events = after(tasks("c", {"n": "1"}))
    assert events == []
    assert state.entries == {}
    state, _ = after([CREATED], state)
    assert state.tasks("c") == []


def test_removal_keeps_generation_and_fencing() -> None:
    state, events = after(
        [
            CREATED,
            *tasks("c", {"n": "1"}),
            codec.task_count("c", 1),
            *tasks("c", {"n": "2"}),
            codec.task_config(TaskId("c", 0), {"n": "uncommitted"}),
            codec.connector_config("c", None),
            codec.target_state("c", None),
        ]
    )
    assert events[-1] == ConnectorRemoved("c")
    assert not state.contains("c")
    assert state.target_state("c") is state.config("c") is state.applied_config("c") is None
    assert state.tasks("c") == state.task_configs("c") == []
    assert state.generation("c") == 1
    assert state.task_count_record("c") == 1
    assert state.pending_fencing("c")
    state, _ = after([CREATED, *tasks("c")], state)
    assert not state.is_inconsistent("c")
    assert state.tasks("c") == []


def test_removing_what_is_not_there_is_no_event() -> None:
    state, events = after([codec.connector_config("c", None), codec.target_state("c", None)])
    assert events == []
    assert state.entries == {}


def test_pending_fencing_ends_by_order_not_by_value() -> None:
    state, _ = after([CREATED, codec.task_count("c", 1), *tasks("c", {"n": "1"})])
    assert state.pending_fencing("c")
    state, _ = after([codec.task_count("c", 1)], state)
    assert not state.pending_fencing("c")


def test_session_keys_restarts_and_levels() -> None:
    key = SessionKey(b"k", "HmacSHA256", 5)
    state, events = after(
        [
            codec.session_key(key),
            codec.restart_request("c", only_failed=True, include_tasks=False),
            codec.logger_level("n", "INFO"),
        ]
    )
    assert state.session_key == key
    assert events == [SessionKeyChanged(key), RestartRequested("c", True, False), LoggerLevelSet("n", "INFO")]


def test_offset_is_one_past_the_last_readable_record() -> None:
    state = ClusterState()
    for key, value, offset, expected in [
        (b"connector-c", b"{", 0, -1),
        (b"bogus", b"{}", 1, 2),
        (b"connector-c", b"[]", 5, 6),
        (b"connector-c", b"{", 6, 6),
    ]:
        state, events = state.apply(config_records.decode(key, value), offset)
        assert state.offset == expected
        assert events == []


def test_states_do_not_change() -> None:
    old, _ = after([CREATED])
    new, _ = after([codec.connector_config("c", None), codec.connector_config("d", {})], old)
    assert old.connectors() == ["c"]
    assert new.connectors() == ["d"]
    with pytest.raises(TypeError):
        new.entries["x"] = old.entries["c"]  # type: ignore[index]


def test_a_batch_is_the_same_as_its_records_one_by_one() -> None:
    records = [CREATED, *tasks("c", {"n": "1"}), codec.target_state("c", TargetState.STOPPED), codec.task_count("c", 1)]
    decoded = [(config_records.decode(*record), at) for at, record in enumerate(records)]
    together = ClusterState().apply_all(decoded)
    state, events = ClusterState(), []
    for record, at in decoded:
        state, more = state.apply(record, at)
        events += more
    assert together == (state, events)


def recorded(scenario: str) -> dict[str, tuple[ClusterState, list[ConfigEvent]]]:
    """Operation by operation, the state after it and what happened, from what a live worker wrote."""
    found: dict[str, tuple[ClusterState, list[ConfigEvent]]] = {}
    state, events, active = ClusterState(), [], False
    for line in (Path(__file__).parent / "recorded" / "topics.jsonl").read_text().splitlines():
        entry = json.loads(line)
        if "op" in entry:
            active = entry["scenario"] == scenario
            if active:
                events = []
                found[entry["name"]] = (state, events)
                name = entry["name"]
        elif active and entry["topic"] == "config":
            record = config_records.decode(entry["key"].encode(), entry["value"] and entry["value"].encode())
            state, more = state.apply(record, entry["offset"])
            events += more
            found[name] = (state, events)
    return found


def test_what_a_live_worker_wrote() -> None:
    steps = recorded("main")
    state, events = steps["create a file source"]
    (name,) = state.connectors()
    assert events == [ConnectorUpdated(name, created=True), TasksUpdated(name, (TaskId(name, 0),))]
    assert state.session_key is not None
    assert len(state.session_key.key) == 32
    assert state.offset == 4

    state, _ = steps["stop"]
    assert state.target_state(name) is TargetState.STOPPED
    assert state.tasks(name) == []

    state, events = steps["resume from stopped"]
    assert events == [TargetStateChanged(name, TargetState.STARTED), TasksUpdated(name, (TaskId(name, 0),))]

    state, events = steps["restart only failed (nothing failed)"]
    assert events == [RestartRequested(name, only_failed=True, include_tasks=True)]

    state, events = steps["create one task source, stopped"]
    other = state.connectors()[-1]
    assert state.target_state(other) is TargetState.STOPPED
    assert events == [ConnectorUpdated(other, created=True)]
    assert steps["tasks 1 to 3"][0].tasks(other) == [TaskId(other, number) for number in range(3)]
    assert steps["tasks 3 to 1"][0].tasks(other) == [TaskId(other, 0)]
    assert steps["delete it"][1] == [ConnectorRemoved(other)]

    assert steps["delete the source"][0].connectors() == []


def test_what_an_exactly_once_worker_wrote() -> None:
    steps = recorded("exactly-once")
    state, _ = steps["create a file source"]
    (name,) = state.connectors()
    assert state.task_count_record(name) == 1
    assert not state.pending_fencing(name)
    state, _ = steps["tasks 1 to 3"]
    other = state.connectors()[-1]
    assert state.task_count_record(other) == 3
    assert not state.pending_fencing(other)
    state, _ = steps["stop it"]
    assert state.pending_fencing(other)
    state, _ = steps["delete it"]
    assert not state.contains(other)
    assert state.generation(other) is not None
