"""The recordings of Connect 4.3.1 as far as they go without a runtime, over real HTTP."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.compat.rest.deviations import HERE, deviations
from tests.compat.rest.scenario import Player, Scenario
from tests.unit.rest.conftest import RunningServer

FAILURE = "the fake herder's connectors never fail"
VALIDATION = "the fake herder validates little"
RUNNING = "nothing runs, so there are no offsets, topics and task configs to see"
BEYOND: dict[str, dict[int, str]] = {
    "root-health": {},
    "names": {},
    "names-unaddressable": {},
    "internal-alone": {},
    "initial-state": {},
    "put-patch": {},
    "loggers": {},
    "bad-requests": dict.fromkeys((31, 32, 33, 35, 37), VALIDATION),
    "crud-source": dict.fromkeys((31, 48), RUNNING),
    "lifecycle": {31: RUNNING},
    "restart": {
        26: "a herder's own deviation",
        29: "a herder's own deviation",
        **dict.fromkeys((31, 32, 33, 34, 35, 36, 37, 38, 40), FAILURE),
    },
    "validate-bad": dict.fromkeys((6, 8, 9, 11, 12, 13, 14, 25, 26, 27), VALIDATION),
}


@pytest.fixture(autouse=True)
def at_info() -> Iterator[None]:
    """The recordings were made at level INFO."""
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.INFO)
    yield
    root.setLevel(before)


@pytest.mark.parametrize("name", BEYOND)
def test_answers_are_as_recorded(name: str, worker: RunningServer, tmp_path: Path) -> None:
    scenario = Scenario.load(HERE / "standalone" / f"{name}.json")
    known = deviations(name)
    player = Player(worker.base, tmp_path, patience=0.05)
    failures = player.play(scenario, skip=BEYOND[name], expected_to_differ=known)
    wrong = [failure for failure in failures if failure.step not in known]
    assert not wrong, "\n".join(map(str, wrong))
    failed = {failure.step for failure in failures}
    needed = {step for step, each in known.items() if not (each.maybe or each.only_runtime)} - set(BEYOND[name])
    assert needed <= failed, f"listed as deviations, but as recorded: {sorted(needed - failed)}"


def test_offsets_endpoints(worker: RunningServer) -> None:
    """The transport of the offsets scenarios: their other steps need a runtime."""
    worker.client.post(
        "/connectors", json={"name": "o", "config": {"connector.class": "FileStreamSource", "topic": "t"}}
    )
    path = "/connectors/o/offsets"
    assert worker.client.get(path).json() == {"offsets": []}
    twice = [{"partition": {"a": 1, "b": 2}, "offset": {"p": 1}}, {"partition": {"b": 2, "a": 1}, "offset": {"p": 2}}]
    answer = worker.client.patch(path, json={"offsets": twice})
    assert answer.json() == {"message": "The offsets for this connector have been altered successfully"}
    assert worker.client.get(path).json() == {"offsets": [{"partition": {"b": 2, "a": 1}, "offset": {"p": 2}}]}
    nothing: tuple[dict[str, object], ...] = ({"offsets": []}, {"offsets": None}, {})
    for empty in nothing:
        refused = worker.client.patch(path, json=empty)
        assert refused.status_code == 400
        assert refused.json()["message"] == "Partitions / offsets need to be provided for an alter offsets request"
    entry_missing = worker.client.patch(path, json={"offsets": [None]})
    assert entry_missing.status_code == 400
    assert "An entry of 'offsets' is null" in entry_missing.json()["message"]
    assert worker.client.patch("/connectors/none/offsets", json={"offsets": twice}).status_code == 404
    assert worker.client.delete(path).json() == {
        "message": "The offsets for this connector have been reset successfully"
    }
