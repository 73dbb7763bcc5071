"""Connections to real databases."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from penstock.api import Password
from penstock_jdbc.database import tables
from penstock_jdbc.database.credentials import FixedCredentials
from penstock_jdbc.database.failures import Failure, classify
from penstock_jdbc.database.identifiers import TableId
from penstock_jdbc.database.jdbc_type import JdbcType
from penstock_jdbc.database.session import ConnectionFailedError, Database
from penstock_jdbc.database.settings import ConnectionSettings
from tests.databases.server import PrivateDatabase


def never(_seconds: float) -> bool:
    raise AssertionError("nothing to wait for")


def settings(private: PrivateDatabase) -> ConnectionSettings:
    user = FixedCredentials(private.server.user, Password(private.server.password))
    return ConnectionSettings(private.url, user, attempts=1)


@pytest.fixture(params=["postgresql", "mariadb"])
def private(request: pytest.FixtureRequest) -> PrivateDatabase:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, PrivateDatabase)
    return found


def test_a_table_is_listed_and_described_and_a_statement_runs(private: PrivateDatabase) -> None:
    private.run("CREATE TABLE t_a (id integer PRIMARY KEY, v varchar(20), n decimal(10,2) NOT NULL)")
    database = Database(settings(private))
    with database.open(never) as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
        listed = tables.list_tables(connection, database.kind, tables.TableFilter(catalog_pattern=private.name))
        assert [table.table for table in listed] == ["t_a"]
        described = tables.describe(connection, database.kind, listed[0])
        assert described is not None
        assert described.primary_key == ("id",)
        assert [(column.name, column.nullable) for column in described.columns] == [
            ("id", False),
            ("v", True),
            ("n", False),
        ]
        assert described.columns[0].code is JdbcType.INTEGER
        assert (described.columns[2].precision, described.columns[2].scale) == (10, 2)
        assert tables.describe(connection, database.kind, TableId(None, None, "t%")) is None
        assert database.alive(connection)
    database.close()


def test_a_running_statement_is_cancelled_from_another_thread(private: PrivateDatabase) -> None:
    sleeping = "SELECT pg_sleep(60)" if private.server.sub_protocol == "postgresql" else "SELECT SLEEP(60) FROM DUAL"
    database = Database(settings(private))
    with database.open(never) as connection:
        timer = threading.Timer(0.2, database.cancel, [connection])
        timer.start()
        begin = time.monotonic()
        with pytest.raises(
            DBAPIError, match=r"canceling statement due to user request|execution was interrupted"
        ) as caught:
            connection.execute(text(sleeping))
        assert classify(caught.value) is Failure.OTHER
        assert time.monotonic() - begin < 20
        timer.join()


def test_a_server_that_is_not_there_is_told_with_attempts_and_backoff() -> None:
    waits: list[float] = []
    database = Database(ConnectionSettings("jdbc:postgresql://127.0.0.1:1/x?a=b", attempts=3, backoff_ms=20))
    with pytest.raises(
        ConnectionFailedError, match=r"^Cannot connect to jdbc:postgresql://127.0.0.1:1/x \(3 attempts\): "
    ):
        database.open(lambda seconds: bool(waits.append(seconds)))
    assert waits == [0.02, 0.02]


def test_sqlite(tmp_path: Path) -> None:
    database = Database(ConnectionSettings(f"jdbc:sqlite:{tmp_path}/x.db"))
    with database.open(never) as connection:
        connection.execute(
            text("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, v VARCHAR(20), d DECIMAL(10,2))")
        )
        found = tables.describe(connection, database.kind, TableId(None, None, "t"))
        assert found is not None
        assert [(column.code, column.auto_increment) for column in found.columns] == [
            (JdbcType.INTEGER, True),
            (JdbcType.VARCHAR, False),
            (JdbcType.DECIMAL, False),
        ]
        assert tables.list_tables(connection, database.kind, tables.TableFilter()) == [TableId(None, None, "t")]
