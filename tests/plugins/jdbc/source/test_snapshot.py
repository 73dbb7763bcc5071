"""Snapshots in chunks by primary key."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.api import ConnectException
from penstock.states import State
from penstock.storage.offsets import encode_offset, encode_partition
from penstock.testing.waiting import eventually
from penstock_jdbc.database.kind import DatabaseKind
from penstock_jdbc.source.offsets import Cursor
from penstock_jdbc.source.snapshot import chunk_statement, decoded, encoded
from tests.plugins.jdbc.source.running import source_on


def config(name: str, **more: str) -> dict[str, str]:
    return {
        "mode": "incrementing",
        "incrementing.column.name": "n",
        "table.whitelist": name,
        "snapshot.mode": "initial",
        "snapshot.chunk.rows": "7",
        **{key.replace("_", "."): value for key, value in more.items()},
    }


def table(database: Any, rows: int) -> str:
    """A table whose primary key has two columns, and whose numbers run against it."""
    name = f"snap_{database.name}"
    database.run(f"CREATE TABLE {name} (a varchar(10) NOT NULL, b int NOT NULL, n int NOT NULL, PRIMARY KEY (a, b))")
    values = ",".join(f"('k{number % 3}', {number}, {rows - number})" for number in range(rows))
    database.run(f"INSERT INTO {name} VALUES {values}")
    return name


def test_rows_come_by_primary_key_and_then_by_the_mode(database: Any) -> None:
    name = table(database, 40)
    topic = f"t-{name}"
    with source_on(database, config(name)) as source:
        source.start()
        source.wait_for(topic, 40)
        source.after_passes()
        expected = sorted(range(40), key=lambda number: (number % 3, number))
        assert source.values(topic, "b") == expected
        eventually(lambda: source.offsets() == [{"incrementing": 40, "snapshot": '["k2", 38]'}], "all is stored")

        database.run(f"INSERT INTO {name} VALUES ('a', 100, 41)")
        source.wait_for(topic, 41)
        source.after_passes()
        assert source.values(topic, "b")[40:] == [100]
        eventually(lambda: source.offsets() == [{"incrementing": 41}], "the place is the mode's alone")


def test_a_restart_goes_on_behind_the_last_stored_key(database: Any) -> None:
    name = table(database, 20)
    topic = f"t-{name}"
    with source_on(database, config(name)) as source:
        source.start()
        source.stop()
        store = source.workbench._stores["c"]
        store.clear()
        qualified = {"sqlite": name, "postgresql": f"public.{name}"}
        full = qualified.get(source.config["connection.url"].split(":")[1], f"{database.name}.{name}")
        partition = {"protocol": "1", "table": full}
        store[encode_partition(partition)] = encode_offset({"incrementing": 20, "snapshot": '["k1", 10]'})
        before = len(source.workbench.read(topic))
        source.start()
        expected = [number for number in sorted(range(20), key=lambda n: (n % 3, n)) if (number % 3, number) > (1, 10)]
        source.wait_for(topic, before + len(expected))
        source.after_passes()

        assert source.values(topic, "b")[before:] == expected


def test_a_table_without_a_primary_key_is_refused(sqlite: Any) -> None:
    sqlite.run("CREATE TABLE a (n INTEGER NOT NULL)")
    with source_on(sqlite, config("a")) as source:
        task = source.start().task
        task.wait_for(State.FAILED)

        assert "Table \"a\" has no primary key, by which 'snapshot.mode=initial' reads it" in str(task.trace)


def test_the_sql_of_a_chunk() -> None:
    def sql(keys: list[str], kind: DatabaseKind, *, first: bool = False) -> str:
        return str(chunk_statement("SELECT * FROM t", keys, 5, kind, first=first))

    assert sql(["a"], DatabaseKind.POSTGRESQL, first=True) == "SELECT * FROM t ORDER BY a LIMIT 5"
    assert sql(["a"], DatabaseKind.SQLITE) == "SELECT * FROM t WHERE a > ? ORDER BY a LIMIT 5"
    assert sql(["a", "b"], DatabaseKind.ORACLE) == (
        "SELECT * FROM t WHERE (a > ? OR a = ? AND b > ?) ORDER BY a,b OFFSET 0 ROWS FETCH NEXT 5 ROWS ONLY"
    )
    statement = chunk_statement("SELECT * FROM t", ["a", "b", "c"], 5, DatabaseKind.MYSQL, first=False)
    assert str(statement) == (
        "SELECT * FROM t WHERE (a > ? OR a = ? AND b > ? OR a = ? AND b = ? AND c > ?) ORDER BY a,b,c LIMIT 5"
    )
    assert statement.values({0: "x", 1: "y", 2: "z"}) == ["x", "x", "y", "x", "y", "z"]


def test_keys_of_other_types_are_refused() -> None:
    with pytest.raises(ConnectException, match="needs a primary key of whole numbers, decimals or texts, not bytes"):
        encoded(b"x")


def test_a_damaged_place_is_told() -> None:
    with pytest.raises(ConnectException, match=r"The snapshot's place in the stored offset cannot be read: \{"):
        decoded(Cursor("{"))


@pytest.mark.parametrize("granularity", ["micros_long", "nanos_string", "connect_logical"])
def test_a_key_of_times_is_refused_whatever_records_make_of_it(mariadb: Any, granularity: str) -> None:
    """Numbers and texts of such a granularity are no values of the column: compared with them no row is behind the first chunk."""
    name = f"snap_{mariadb.name}"
    mariadb.run(
        f"CREATE TABLE {name} (at datetime(6) PRIMARY KEY, n int NOT NULL)",
        f"INSERT INTO {name} SELECT TIMESTAMP '2020-01-01 00:00:00' + INTERVAL seq SECOND, seq FROM seq_1_to_20",
    )
    with source_on(mariadb, config(name, timestamp_granularity=granularity)) as source:
        task = source.start().task
        task.wait_for(State.FAILED)

        assert (
            "A snapshot needs a primary key of whole numbers, decimals or texts, not TIMESTAMP (column at): set "
            "'snapshot.mode' to none" in str(task.trace)
        )
        assert source.values(f"t-{name}", "n") == []
