"""The recordings of the JDBC source on SQLite, PostgreSQL and MariaDB: the same records, offsets, tasks and statuses."""

from __future__ import annotations

import os
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

import pytest

from penstock.testing import Workbench
from tests.compat.jdbc.recordings import Json, Tally, filled, vectors
from tests.compat.jdbc.source_compared import all_told, answered, told
from tests.compat.jdbc.source_databases import Origin, origin_for
from tests.compat.jdbc.source_played import SourcePlayer, installed

KINDS = ("sqlite", "postgresql", "mariadb", "mysql")
ONLY = os.environ.get("PENSTOCK_JDBC_ONLY", "*")
"""A pattern of ids, for who works on some of them."""


def chosen(name: str, kind: str) -> list[Json]:
    return [vector for vector in vectors(name, [kind]) if fnmatchcase(vector["id"], ONLY)]


def player(vector: Json, origin: Origin, number: int) -> SourcePlayer:
    """With a database and a log of its own."""
    origin.empty()
    prefix = f"v{number}."
    config = filled(vector["config"], {**origin.places, "@P@": prefix})
    return SourcePlayer(config, origin, Workbench(installed()), prefix)


def difference(vector: Json, origin: Origin, number: int) -> str | None:
    """How a recording with steps came out otherwise."""
    played = player(vector, origin, number)
    unstable = bool(vector.get("unstable"))
    wanted: list[Json] = []
    found: Any = None
    try:
        for step, found in played.play(filled(vector["steps"], origin.places)):
            expected = step.get("expect") or {}
            if step["op"] != "wait":
                difference = answered(expected, found, played.places)
            else:
                difference = told(expected, found, played.places, unstable=unstable)
                wanted += filled(expected["records"], played.places)
            if difference is not None:
                return f"{step['op']}: {difference}"
        return all_told(wanted, found["all"]) if unstable else None
    finally:
        played.close()


def difference_of_types(vector: Json, origin: Origin, number: int) -> str | None:
    """How the records of one table came out otherwise."""
    played = player(vector, origin, number)
    try:
        origin.run(filled(vector["setup"], origin.places))
        with played._engines.noted():
            created = played._create({})
            if created["status"] != 201:
                return str(created)
            return told(
                vector["expect"], played.wait(vector["expect"]), played.places, unstable=bool(vector.get("unstable"))
            )
    finally:
        played.close()


def difference_of_tasks(vector: Json, origin: Origin, number: int) -> str | None:
    """How tables were divided otherwise."""
    played = player(vector, origin, number)
    expected = filled(vector["expect"], played.places)
    try:
        origin.run(filled(vector["setup"], origin.places))
        with played._engines.noted():
            created = played._create({})
            if created["status"] != expected["status"]:
                return str(created)
            found = played.wait({})
    finally:
        played.close()
    shortened = {"poll.linger.ms", "table.poll.interval.ms", "connection.password", "connection.user"}
    old = [{key: value for key, value in task.items() if key not in shortened} for task in expected["tasks"]]
    new = [{key: value for key, value in task.items() if key not in shortened} for task in found["configs"]]
    if old != new:
        return f"tasks: expected {old}\n     got {new}"
    return told({"status": expected["state"]}, found, played.places, unstable=False)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("name", "differs"),
    [
        ("source-types.jsonl", difference_of_types),
        ("source-modes.jsonl", difference),
        ("source-tasks.jsonl", difference_of_tasks),
    ],
    ids=["types", "modes", "tasks"],
)
def test_records_offsets_and_tasks_are_as_recorded(
    name: str,
    differs: Callable[[Json, Origin, int], str | None],
    kind: str,
    record_property: Callable[[str, object], None],
    request: pytest.FixtureRequest,
) -> None:
    tally = Tally(f"{name} {kind}")
    with origin_for(kind, request) as origin:
        for number, vector in enumerate(chosen(name, kind)):
            tally.add(vector["id"], differs(vector, origin, number))
    tally.report(record_property)
