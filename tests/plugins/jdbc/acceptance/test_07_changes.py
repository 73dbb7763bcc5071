"""Acceptance check 7, beside what tests/plugins/jdbc/source/test_reading.py has: a table that is dropped."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.api import ConnectException
from penstock.testing.waiting import eventually
from tests.plugins.jdbc.acceptance.reading import kind_of, task_on

CONFIG = {"mode": "incrementing", "incrementing.column.name": "id"}
CREATE = "CREATE TABLE t (id integer NOT NULL PRIMARY KEY)"


def test_a_table_that_is_dropped_and_made_again(database: Any, caplog: pytest.LogCaptureFixture) -> None:
    """What Java does: MariaDB's driver says that trying again is of no use, and the task ends; else it is tried for ever."""
    database.run(CREATE, "INSERT INTO t VALUES (1), (2)")
    with task_on(database, CONFIG, "t") as reader:
        reader.read_through()
        database.run("DROP TABLE t")
        if kind_of(database) == "mariadb":
            with pytest.raises(ConnectException, match=r"^Error while polling for records$"):
                reader.read(3)
            return
        eventually(lambda: "Reading" in caplog.text and "will be tried again" in caplog.text, "the failure is logged")
        database.run(CREATE, "INSERT INTO t VALUES (1), (3)")
        assert reader.read(3).values("id") == [1, 2, 3]


def test_a_dropped_table_fails_the_task_after_the_attempts(postgresql: Any, sqlite: Any) -> None:
    for database in (postgresql, sqlite):
        database.run(CREATE, "INSERT INTO t VALUES (1), (2)")
        with task_on(database, {**CONFIG, "query.retry.attempts": "2"}, "t") as reader:
            reader.read_through()
            database.run("DROP TABLE t")
            with pytest.raises(ConnectException, match=r"^Error while polling for records$") as raised:
                reader.read(3)
            assert str(raised.value.__cause__) == "Failed to query table after retries"


def test_rows_of_a_dropped_column_s_table_go_on(database: Any) -> None:
    database.run("CREATE TABLE t (id integer NOT NULL PRIMARY KEY, v integer)", "INSERT INTO t VALUES (1, 5)")
    with task_on(database, CONFIG, "t") as reader:
        reader.read_through()
        database.run("ALTER TABLE t DROP COLUMN v", "INSERT INTO t VALUES (2)")
        reader.read(2)
        schemas = [record.value_schema for record in reader.records]
        assert [[field.name for field in schema.fields] for schema in schemas if schema] == [["id", "v"], ["id"]]
