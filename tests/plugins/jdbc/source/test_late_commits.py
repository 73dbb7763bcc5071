"""Rows that are committed late and out of order, while the source runs."""

from __future__ import annotations

import contextlib
import random
import threading
from collections import Counter
from typing import Any

import pytest

from penstock.states import State
from penstock.testing.waiting import eventually
from penstock_jdbc.source.late import HeldUp, PostgresqlTransactions
from tests.plugins.jdbc.source.running import source_on

MODES = ["incrementing", "timestamp", "timestamp+incrementing"]
WRITERS, TRANSACTIONS = 6, 15


def table(database: Any) -> str:
    name = f"late_{database.name}"
    if database.server.sub_protocol == "postgresql":
        columns = "id serial PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), w int NOT NULL"
    else:
        columns = "id int auto_increment PRIMARY KEY, at datetime(6) NOT NULL DEFAULT now(6), w int NOT NULL"
    database.run(f"CREATE TABLE {name} ({columns})")
    return name


def config(name: str, mode: str, late: str) -> dict[str, str]:
    return {
        "mode": mode,
        "incrementing.column.name": "id",
        "timestamp.column.name": "at",
        "table.whitelist": name,
        "late.commits": late,
    }


def execute(connection: Any, statement: str) -> None:
    connection.cursor().execute(statement)


@pytest.mark.parametrize("mode", MODES)
def test_waiting_passes_over_no_row(server_database: Any, mode: str) -> None:
    name = table(server_database)
    topic = f"t-{name}"
    with (
        contextlib.closing(server_database.connect()) as late,
        source_on(server_database, config(name, mode, "wait")) as source,
    ):
        execute(late, "BEGIN")
        execute(late, f"INSERT INTO {name} (w) VALUES (1)")
        source.start()
        server_database.run(f"INSERT INTO {name} (w) VALUES (2)")
        source.after_passes()
        assert source.workbench.read(topic) == []  # what came after the open transaction waits for it

        execute(late, "COMMIT")
        source.wait_for(topic, 2)

        assert source.values(topic, "w") == [1, 2]


@pytest.mark.parametrize("mode", MODES)
def test_an_overlap_finds_late_rows_and_sends_none_twice(server_database: Any, mode: str) -> None:
    name = table(server_database)
    topic = f"t-{name}"
    with (
        contextlib.closing(server_database.connect()) as late,
        source_on(server_database, config(name, mode, "overlap")) as source,
    ):
        execute(late, "BEGIN")
        execute(late, f"INSERT INTO {name} (w) VALUES (1)")
        source.start()
        server_database.run(f"INSERT INTO {name} (w) VALUES (2)")
        source.wait_for(topic, 1)
        source.after_passes()
        execute(late, "COMMIT")
        source.wait_for(topic, 2)
        source.after_passes()

        assert source.values(topic, "w") == [2, 1]
        if mode == "incrementing":  # the late row does not take the offset back
            eventually(lambda: source.offsets() == [{"incrementing": 2}], "the highest number is stored")


def test_without_either_late_rows_are_lost_as_in_java(postgresql: Any) -> None:
    name = table(postgresql)
    topic = f"t-{name}"
    with (
        contextlib.closing(postgresql.connect()) as late,
        source_on(postgresql, config(name, "incrementing", "ignore")) as source,
    ):
        execute(late, "BEGIN")
        execute(late, f"INSERT INTO {name} (w) VALUES (1)")
        source.start()
        postgresql.run(f"INSERT INTO {name} (w) VALUES (2)")
        source.wait_for(topic, 1)
        execute(late, "COMMIT")
        source.after_passes()

        assert source.values(topic, "w") == [2]


@pytest.mark.parametrize("late", ["wait", "overlap"])
@pytest.mark.parametrize("mode", MODES)
def test_many_writers_lose_nothing(server_database: Any, mode: str, late: str) -> None:
    name = table(server_database)
    topic = f"t-{name}"
    failures: list[BaseException] = []

    def write(number: int) -> None:
        chance = random.Random(number)
        try:
            with contextlib.closing(server_database.connect()) as connection:
                for step in range(TRANSACTIONS):
                    execute(connection, "BEGIN")
                    execute(connection, f"INSERT INTO {name} (w) VALUES ({number * TRANSACTIONS + step})")
                    threading.Event().wait(chance.random() * 0.02)  # the time that a transaction takes
                    execute(connection, "COMMIT" if chance.random() > 0.1 else "ROLLBACK")
        except BaseException as error:
            failures.append(error)

    with source_on(server_database, config(name, mode, late)) as source:
        source.start()
        threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        written = [w for (w,) in server_database.rows(f"SELECT w FROM {name}")]
        source.wait_for(topic, len(written))
        source.after_passes()

        assert Counter(source.values(topic, "w")) == Counter(written)


def test_a_window_with_more_rows_than_are_remembered_is_cut(postgresql: Any, caplog: pytest.LogCaptureFixture) -> None:
    name = table(postgresql)
    topic = f"t-{name}"
    postgresql.run(f"INSERT INTO {name} (w) SELECT i FROM generate_series(1, 50) i")
    changed = {**config(name, "incrementing", "overlap"), "late.commits.overlap.max.rows": "10"}
    with source_on(postgresql, changed) as source:
        source.start()
        source.wait_for(topic, 50)
        source.after_passes(5)

        assert source.values(topic, "w") == list(range(1, 51))
    assert "holds more than 10 rows ('late.commits.overlap.max.rows')" in caplog.text


def test_of_equal_rows_that_come_later_none_is_taken_for_another(postgresql: Any) -> None:
    name = f"equal_{postgresql.name}"
    row = f"INSERT INTO {name} VALUES ('2024-05-06 07:08:09', 1)"
    postgresql.run(f"CREATE TABLE {name} (at timestamptz NOT NULL, w int)", row, row)
    with source_on(postgresql, config(name, "timestamp", "overlap")) as source:
        source.start()
        source.wait_for(f"t-{name}", 2)
        source.after_passes()
        postgresql.run(row)
        source.wait_for(f"t-{name}", 3)
        source.after_passes()

        assert source.values(f"t-{name}", "w") == [1, 1, 1]


def test_it_is_told_once_who_is_held_up(caplog: pytest.LogCaptureFixture) -> None:
    held = HeldUp("the table")
    for seconds in (0, 59, 61, 120, 3, 70):
        held.note(seconds)

    assert [record.args for record in caplog.records] == [("the table", 61), ("the table", 70)]


def test_sqlite_has_no_transactions_to_wait_for(sqlite: Any) -> None:
    sqlite.run("CREATE TABLE a (id INTEGER NOT NULL PRIMARY KEY)")
    with source_on(sqlite, config("a", "incrementing", "wait")) as source:
        task = source.start().task
        task.wait_for(State.FAILED)

        assert "'late.commits=wait' is not possible with SqliteDatabaseDialect" in str(task.trace)


def test_an_account_that_sees_its_own_transactions_alone_cannot_wait(postgresql: Any) -> None:
    name = table(postgresql)
    role = f"r_{postgresql.name}"
    postgresql.run(f"CREATE ROLE {role} LOGIN PASSWORD 'secret'", f"GRANT SELECT ON {name} TO {role}")
    try:
        with source_on(postgresql, {**config(name, "incrementing", "wait"), "connection.user": role}) as source:
            task = source.start().task
            task.wait_for(State.FAILED)

            assert "GRANT pg_read_all_stats TO it, or set 'late.commits' to overlap" in str(task.trace)
    finally:
        postgresql.run(f"DROP OWNED BY {role}", f"DROP ROLE {role}")


STANDBY = (
    "'late.commits=wait' needs to see who writes, which a standby does not know: read from the primary, or set 'late.commits' to "
    "overlap"
)


def test_a_standby_of_postgresql_cannot_be_waited_for(postgresql: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who writes is known to the primary alone: on a standby nobody ever seems to."""
    name = table(postgresql)
    monkeypatch.setattr(PostgresqlTransactions, "_STANDBY", "true")
    with source_on(postgresql, config(name, "incrementing", "wait")) as source:
        task = source.start().task
        task.wait_for(State.FAILED)

        assert STANDBY in str(task.trace)


def test_a_replica_of_mariadb_cannot_be_waited_for(mariadb: Any) -> None:
    name = table(mariadb)
    mariadb.run("SET GLOBAL read_only = 1")
    try:
        with source_on(mariadb, config(name, "incrementing", "wait")) as source:
            task = source.start().task
            task.wait_for(State.FAILED)

            assert STANDBY in str(task.trace)
    finally:
        mariadb.run("SET GLOBAL read_only = 0")


def test_an_account_without_process_cannot_wait(mariadb: Any) -> None:
    name = table(mariadb)
    user = f"u_{mariadb.name}"
    mariadb.run(f"CREATE USER {user}@'%' IDENTIFIED BY 'secret'", f"GRANT SELECT ON {mariadb.name}.* TO {user}@'%'")
    try:
        with source_on(mariadb, {**config(name, "incrementing", "wait"), "connection.user": user}) as source:
            task = source.start().task
            task.wait_for(State.FAILED)

            assert "GRANT PROCESS ON *.* TO it, or set 'late.commits' to overlap" in str(task.trace)
    finally:
        mariadb.run(f"DROP USER {user}@'%'")
