"""Acceptance check 1: offsets that Java wrote are gone on from, and ours are such that Java could."""

from __future__ import annotations

import json
from typing import Any

import pytest

from penstock.storage.offsets import encode_offset, encode_partition
from penstock.testing.waiting import eventually
from tests.plugins.jdbc.acceptance.reading import full_name, kind_of, task_on
from tests.plugins.jdbc.source.running import Source, source_on

FIRST_MS = 1_718_000_000_123
"""The time of row 1 in milliseconds; each next row is 1000.001 ms later, where the database keeps microseconds."""
ROWS = 6


def make_table(database: Any) -> None:
    """Rows 1 to 6; SQLite has milliseconds in its times, the others microseconds."""
    kind = kind_of(database)
    column = {"sqlite": "TIMESTAMP", "postgresql": "timestamp(6)", "mariadb": "datetime(6)"}[kind]
    database.run(f"CREATE TABLE t (id integer PRIMARY KEY, at {column} NOT NULL)")
    for number in range(1, ROWS + 1):
        micros = micros_of(database, number)
        value = {
            "sqlite": f"{micros // 1000}",
            "postgresql": f"timestamp '1970-01-01' + interval '1 microsecond' * {micros}",
            "mariadb": f"timestampadd(MICROSECOND, {micros}, '1970-01-01')",
        }[kind]
        database.run(f"INSERT INTO t VALUES ({number}, {value})")


def micros_of(database: Any, number: int) -> int:
    finer = 0 if kind_of(database) == "sqlite" else number
    return (FIRST_MS + (number - 1) * 1000) * 1000 + finer


def config(mode: str, database: Any) -> dict[str, str]:
    return {
        "mode": mode,
        "incrementing.column.name": "id",
        "timestamp.column.name": "at",
        "table.whitelist": full_name(database, "t"),
    }


def stored_by_java(database: Any, mode: str, number: int) -> dict[str, int]:
    """What Java's connector stores behind row ``number`` (specification, 8.2)."""
    micros = micros_of(database, number)
    found: dict[str, int] = {}
    if "timestamp" in mode:
        found["timestamp_nanos"] = micros % 1_000_000 * 1000
    if "incrementing" in mode:
        found["incrementing"] = number
    if "timestamp" in mode:
        found["timestamp"] = micros // 1000
    return found


def put(source: Source, partition: dict[str, str], offset: dict[str, int]) -> None:
    source.workbench._stores.setdefault("c", {})[encode_partition(partition)] = encode_offset(offset)


PARTITIONS = {
    "protocol 1": lambda database: {"protocol": "1", "table": full_name(database, "t")},
    "protocol 0": lambda database: {"table": "t"},
}


@pytest.mark.parametrize("shape", PARTITIONS)
@pytest.mark.parametrize("mode", ["incrementing", "timestamp", "timestamp+incrementing"])
def test_java_s_offsets_go_on_at_the_next_row(database: Any, mode: str, shape: str) -> None:
    make_table(database)
    with source_on(database, config(mode, database)) as source:
        put(source, PARTITIONS[shape](database), stored_by_java(database, mode, 4))
        source.start()
        source.wait_for("t-t", 2)
        source.after_passes(2)

        assert source.values("t-t", "id") == [5, 6]


def test_the_database_before_the_name_as_some_releases_wrote_it(postgresql: Any) -> None:
    make_table(postgresql)
    with source_on(postgresql, config("incrementing", postgresql)) as source:
        put(source, {"protocol": "1", "table": f"{postgresql.name}.public.t"}, {"incrementing": 5})
        source.start()
        source.wait_for("t-t", 1)
        source.after_passes(2)

        assert source.values("t-t", "id") == [6]


def test_the_current_protocol_wins_over_the_old_one(database: Any) -> None:
    make_table(database)
    with source_on(database, config("incrementing", database)) as source:
        put(source, {"table": "t"}, {"incrementing": 2})
        put(source, {"protocol": "1", "table": full_name(database, "t")}, {"incrementing": 4})
        source.start()
        source.wait_for("t-t", 2)
        source.after_passes(2)

        assert source.values("t-t", "id") == [5, 6]


def test_an_old_offset_without_nanoseconds_has_its_milliseconds(postgresql: Any) -> None:
    """Row 4 is 4 µs later than its milliseconds say, so it comes once more."""
    make_table(postgresql)
    stored = {"timestamp": FIRST_MS + 3000}
    with task_on(postgresql, config("timestamp", postgresql), "t", stored=stored) as reader:
        assert reader.read_through().values("id") == [4, 5, 6]


@pytest.mark.parametrize("mode", ["incrementing", "timestamp", "timestamp+incrementing"])
def test_ours_are_what_java_stores(database: Any, mode: str) -> None:
    """The same keys in the same order, and whole numbers alone; partition and offset are compared as the bytes stored."""
    make_table(database)
    expected = stored_by_java(database, mode, ROWS)
    with source_on(database, config(mode, database)) as source:
        source.start()
        source.wait_for("t-t", ROWS)
        eventually(lambda: source.offsets() == [expected], "the last row's offset is stored")
        [(partition, offset)] = source.workbench._stores["c"].items()

        assert (
            partition
            == json.dumps({"protocol": "1", "table": full_name(database, "t")}, separators=(",", ":")).encode()
        )
        assert offset == json.dumps(expected, separators=(",", ":")).encode()
        assert {type(value) for value in source.offsets()[0].values()} == {int}


@pytest.mark.parametrize(
    ("micros", "timestamp", "nanos"),
    [(-1, -1, 999_999_000), (-1000, -1, 999_000_000), (-1_500_000, -1500, 500_000_000)],
)
def test_times_before_1970(postgresql: Any, micros: int, timestamp: int, nanos: int) -> None:
    """The fraction of the second counts upwards, as Java's Timestamp has it."""
    postgresql.run(
        "CREATE TABLE t (id integer PRIMARY KEY, at timestamp NOT NULL)",
        f"INSERT INTO t VALUES (1, timestamp '1970-01-01' + interval '1 microsecond' * {micros})",
        "INSERT INTO t VALUES (2, '1970-01-02')",
    )
    early = {**config("timestamp", postgresql), "timestamp.initial": "-100000"}
    with task_on(postgresql, early, "t") as reader:
        reader.read_through()
        first = reader.offsets()[0]
        assert reader.values("id") == [1, 2]
        assert first == {"timestamp": timestamp, "timestamp_nanos": nanos}
    with task_on(postgresql, early, "t", stored=first) as reader:
        assert reader.read_through().values("id") == [2]


@pytest.mark.parametrize("wrong", [{"incrementing": 1.5}, {"incrementing": "1"}, {"timestamp": True}])
def test_an_offset_that_java_could_not_read_is_refused(sqlite: Any, wrong: dict[str, Any]) -> None:
    make_table(sqlite)
    ((field, _),) = wrong.items()
    with (
        pytest.raises(Exception, match=rf"The value of '{field}' in the offset \{{.*\}} is no whole number of 64 bits"),
        task_on(sqlite, config("timestamp+incrementing", sqlite), "t", stored=wrong),
    ):
        pass
