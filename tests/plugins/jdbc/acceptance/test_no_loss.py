"""Writers that commit late and out of order, while the source reads in every mode, is stopped and is killed.

Java's connector loses such rows, and so do we by default (``late.commits=ignore``): that is shown first. Then ``wait`` and
``overlap``, which lose none: rows come once, and again only after a restart, where the mode allows it.
"""

from __future__ import annotations

import contextlib
import random
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from penstock.testing.waiting import eventually
from tests.plugins.jdbc.acceptance.reading import full_name, kind_of
from tests.plugins.jdbc.source.running import Source, source_on
from tests.support.scale import scaled

MODES = ("incrementing", "timestamp", "timestamp+incrementing")
WRITERS = 4
TRANSACTIONS = scaled(400, 12)
"""Of each writer."""
COLUMNS = {
    "postgresql": "id bigserial PRIMARY KEY, at_ timestamptz NOT NULL DEFAULT now(), w bigint NOT NULL UNIQUE, version int DEFAULT 0",
    "mariadb": "id bigint auto_increment PRIMARY KEY, at_ datetime(6) NOT NULL DEFAULT now(6), w bigint NOT NULL UNIQUE, version int DEFAULT 0",
    "sqlite": "id INTEGER PRIMARY KEY, at_ TIMESTAMP NOT NULL, w BIGINT NOT NULL, version INTEGER DEFAULT 0",
}


def make(database: Any) -> None:
    database.run(f"CREATE TABLE late ({COLUMNS[kind_of(database)]})")


def config(database: Any, mode: str, late: str, **more: str) -> dict[str, str]:
    return {
        "mode": mode,
        "incrementing.column.name": "id",
        "timestamp.column.name": "at_",
        "table.whitelist": full_name(database, "late"),
        "late.commits": late,
        **{key.replace("_", "."): value for key, value in more.items()},
    }


def of_query(given: dict[str, str], database: Any) -> dict[str, str]:
    """The same, with a query in place of the table."""
    query = {**given, "query": f"SELECT * FROM {full_name(database, 'late')}", "topic.prefix": "t-late"}
    del query["table.whitelist"]
    return query


def execute(connection: Any, statement: str) -> None:
    connection.cursor().execute(statement)


# ---- the loss that Java knows -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_by_default_late_rows_are_lost_as_in_java(server_database: Any, mode: str) -> None:
    make(server_database)
    with (
        contextlib.closing(server_database.connect()) as late,
        source_on(server_database, config(server_database, mode, "ignore")) as source,
    ):
        execute(late, "BEGIN")
        execute(late, "INSERT INTO late (w) VALUES (1)")
        server_database.run("INSERT INTO late (w) VALUES (2)")
        source.start()
        source.wait_for("t-late", 1)
        execute(late, "COMMIT")
        source.after_passes()
        server_database.run("INSERT INTO late (w) VALUES (3)")
        source.wait_for("t-late", 2)

        assert source.values("t-late", "w") == [2, 3]


@pytest.mark.parametrize(("late", "expected"), [("ignore", [2, 4]), ("overlap", [2, 1, 4, 3])])
@pytest.mark.parametrize("mode", MODES)
def test_numbers_and_times_that_go_back(sqlite: Any, mode: str, late: str, expected: list[int]) -> None:
    """One writer after the other, as SQLite has it, but not in the order of numbers and times."""
    make(sqlite)
    with source_on(sqlite, config(sqlite, mode, late)) as source:
        source.start()
        for count, row in enumerate((2, 1, 4, 3), 1):
            sqlite.run(f"INSERT INTO late (id, at_, w) VALUES ({row}, {row * 1000}, {row})")
            if row in expected:
                source.wait_for("t-late", min(count, expected.index(row) + 1))
            source.after_passes(2)

        assert source.values("t-late", "w") == expected


# ---- many writers -------------------------------------------------------------------------------------------------------


class Writers:
    """Threads that write rows in transactions, commit them late, take some back, and change others.

    ``backwards``: numbers and times are given by the program, in any order within some hundred rows and some seconds.
    """

    def __init__(self, database: Any, *, backwards: bool = False, updates: bool = False) -> None:
        self._database = database
        self._updates = updates
        self.failures: list[BaseException] = []
        self._numbers: Iterator[int] | None = _shuffled(WRITERS * TRANSACTIONS * 3) if backwards else None
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._guarded, args=(number,)) for number in range(WRITERS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join(120)
        assert not any(thread.is_alive() for thread in self._threads)
        assert self.failures == []

    def _guarded(self, number: int) -> None:
        try:
            with contextlib.closing(self._database.connect()) as connection:
                self._write(connection, number)
        except BaseException as error:
            self.failures.append(error)

    def _write(self, connection: Any, number: int) -> None:
        chance = random.Random(number)
        if (
            kind_of(self._database) == "mariadb"
        ):  # else updates lock gaps, and the writers wait for each other in circles
            execute(connection, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
        for step in range(TRANSACTIONS):
            first = (number * TRANSACTIONS + step) * 3
            execute(connection, "BEGIN")
            for w in range(first, first + chance.randrange(1, 4)):
                execute(connection, self._insert(w, chance))
            if self._updates and step:
                changed = (number * TRANSACTIONS + chance.randrange(step)) * 3
                now = "now()" if kind_of(self._database) == "postgresql" else "now(6)"
                execute(connection, f"UPDATE late SET version = version + 1, at_ = {now} WHERE w = {changed}")
            threading.Event().wait(chance.random() * 0.03)  # the time that a transaction takes
            execute(connection, "COMMIT" if chance.random() > 0.1 else "ROLLBACK")

    def _insert(self, w: int, chance: random.Random) -> str:
        if self._numbers is None:
            return f"INSERT INTO late (w) VALUES ({w})"
        with self._lock:
            number = next(self._numbers)
        now = "now()" if kind_of(self._database) == "postgresql" else "now(6)"
        return f"INSERT INTO late (id, at_, w) VALUES ({number}, {now} - INTERVAL '{chance.randrange(20)}' SECOND, {w})"


def _shuffled(count: int) -> Iterator[int]:
    """1 to ``count`` in no order, but none far from its place: an overlap of the default width must suffice."""
    chance = random.Random(5)
    return iter(sorted(range(1, count + 1), key=lambda number: number + chance.uniform(0, _FAR)))


_FAR = 300


def kill(source: Source, stored: dict[bytes, bytes | None]) -> None:
    """End the source as kill -9 does: what it stored after ``stored`` was taken is gone, though the records are there."""
    source.stop()
    store = source.workbench._stores["c"]
    store.clear()
    store.update(stored)


def run(source: Source, database: Any, writers: Writers) -> Counter[tuple[int, int]]:
    """Read while they write, with a stop and a kill in between; what came, by row and version, and how often."""
    source.start()
    writers.start()
    source.wait_for("t-late", TRANSACTIONS // 2)
    source.stop()
    stored = dict(source.workbench._stores["c"])
    source.start()
    source.wait_for("t-late", TRANSACTIONS)
    kill(source, stored)
    source.start()
    writers.join()
    wanted = set(database.rows("SELECT w, version FROM late"))
    for _ in range(60):
        source.after_passes(2)
        records = [record.value for record in source.workbench.read("t-late")]
        found = Counter((value["w"], value["version"]) for value in records)  # type: ignore[index]
        if wanted <= found.keys():
            break
    assert wanted - found.keys() == set(), "rows are missing"
    return found


RESTARTS = 2


@pytest.mark.soak
@pytest.mark.parametrize("late", ["wait", "overlap"])
@pytest.mark.parametrize("mode", MODES)
def test_stopped_and_killed_among_many_writers(server_database: Any, mode: str, late: str) -> None:
    make(server_database)
    updates = "timestamp" in mode
    with source_on(server_database, config(server_database, mode, late)) as source:
        found = run(source, server_database, Writers(server_database, backwards=late == "overlap", updates=updates))
        source.after_passes()
        # a row comes again after a restart at most, and what was rolled back never
        assert max(found.values()) <= 1 + (RESTARTS if late == "overlap" or mode == "timestamp" else 1)
        stored = {w for (w,) in server_database.rows("SELECT w FROM late")}
        assert {w for w, _ in found} == stored


@pytest.mark.parametrize("late", ["wait", "overlap"])
def test_a_query_instead_of_a_table(server_database: Any, late: str) -> None:
    make(server_database)
    given = of_query(config(server_database, "timestamp+incrementing", late), server_database)
    with source_on(server_database, given) as source:
        found = run(source, server_database, Writers(server_database, backwards=late == "overlap"))
        assert {w for w, _ in found} == {w for (w,) in server_database.rows("SELECT w FROM late")}
        assert max(found.values()) <= 1 + (RESTARTS if late == "overlap" else 1)


@pytest.mark.parametrize("mode", ["incrementing", "timestamp+incrementing"])
def test_a_snapshot_first(server_database: Any, mode: str) -> None:
    """Rows that were there, rows that come while the snapshot is read, and those that are committed after it."""
    make(server_database)
    rows = ",".join(f"({10_000_000 + w})" for w in range(300))
    server_database.run(f"INSERT INTO late (w) VALUES {rows}")
    given = config(server_database, mode, "wait", snapshot_mode="initial", snapshot_chunk_rows="40")
    with (
        contextlib.closing(server_database.connect()) as late,
        source_on(server_database, given) as source,
    ):
        execute(late, "BEGIN")
        execute(late, "INSERT INTO late (w) VALUES (-1)")

        def commit_late() -> None:
            eventually(lambda: source.engines and source.engines[0].passes > 2, "the source reads")
            execute(late, "COMMIT")

        committing = threading.Thread(target=commit_late)
        committing.start()
        run(source, server_database, Writers(server_database))
        committing.join()
        source.after_passes()
        assert -1 in source.values("t-late", "w")


def test_bulk_reads_everything_again_in_every_pass(server_database: Any) -> None:
    """No row is lost, whenever it was committed; all of them come again and again."""
    make(server_database)
    writers = Writers(server_database)
    with source_on(server_database, config(server_database, "bulk", "ignore", poll_interval_ms="50")) as source:
        source.start()
        writers.start()
        writers.join()
        source.after_passes(2)
        found = Counter(source.values("t-late", "w"))
        assert found.keys() == {w for (w,) in server_database.rows("SELECT w FROM late")}
