"""Connections to real databases."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from penstock.api import Password
from penstock.testing import eventually
from penstock_jdbc.database import tables
from penstock_jdbc.database.credentials import Credentials, FixedCredentials
from penstock_jdbc.database.failures import Failure, classify
from penstock_jdbc.database.identifiers import TableId
from penstock_jdbc.database.isolation import Isolation
from penstock_jdbc.database.jdbc_type import JdbcType
from penstock_jdbc.database.session import ConnectionFailedError, Database
from penstock_jdbc.database.settings import ConnectionSettings
from tests.databases.fixtures import mysql_driver as installed_driver
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


class Waits:
    """What was slept, and after how many sleeps a stop comes."""

    def __init__(self, stop_after: int = 99) -> None:
        self.seconds: list[float] = []
        self.stop_after = stop_after

    def __call__(self, seconds: float) -> bool:
        self.seconds.append(seconds)
        return len(self.seconds) >= self.stop_after


def test_a_server_that_is_not_there_is_told_with_attempts_and_backoff(caplog: pytest.LogCaptureFixture) -> None:
    waits = Waits()
    database = Database(ConnectionSettings("jdbc:postgresql://127.0.0.1:1/x?a=b", attempts=3, backoff_ms=20))
    with (
        caplog.at_level(logging.INFO),
        pytest.raises(
            ConnectionFailedError, match=r"^Cannot connect to jdbc:postgresql://127.0.0.1:1/x \(3 attempts\): "
        ),
    ):
        database.open(waits)
    assert waits.seconds == [0.02, 0.02]
    assert "on attempt 2/3. Will retry in 20 ms. " in caplog.text


def test_a_stop_ends_the_attempts() -> None:
    waits = Waits(stop_after=1)
    database = Database(ConnectionSettings("jdbc:postgresql://127.0.0.1:1/x", attempts=3))
    with pytest.raises(ConnectionFailedError, match=r"\(1 attempt\)"):
        database.open(waits)
    assert waits.seconds == [10.0]


class Provider:
    """Gives no password at first, as a vault that is not ready."""

    def __init__(self, private: PrivateDatabase) -> None:
        self.private = private
        self.asked = 0

    def credentials(self) -> Credentials:
        self.asked += 1
        if self.asked == 1:
            raise ValueError("the vault is sealed")
        return Credentials(self.private.server.user, self.private.server.password)


def test_a_provider_is_asked_for_every_connection_and_its_failure_is_a_try(private: PrivateDatabase) -> None:
    provider = Provider(private)
    database = Database(ConnectionSettings(private.url, provider, attempts=2, backoff_ms=1))
    waits = Waits()
    database.open(waits).close()
    database.open(waits).close()
    assert (provider.asked, waits.seconds) == (3, [0.001])


def test_a_wrong_password_is_told(private: PrivateDatabase) -> None:
    wrong = FixedCredentials(private.server.user, Password("wrong"))
    with pytest.raises(
        ConnectionFailedError, match=r"(?i)(password authentication failed|access denied) for user"
    ) as caught:
        Database(ConnectionSettings(private.url, wrong, attempts=1)).open(never)
    assert "wrong" not in str(caught.value)


def test_the_isolation_is_set_on_every_connection(private: PrivateDatabase) -> None:
    database = Database(replace(settings(private), isolation=Isolation.SERIALIZABLE))
    asked = "SHOW transaction_isolation" if private.server.sub_protocol == "postgresql" else "SELECT @@tx_isolation"
    for _ in range(2):
        with database.open(never) as connection:
            assert connection.execute(text(asked)).scalar_one().lower() == "serializable"


def test_an_isolation_that_the_database_lacks_is_ignored_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = f"jdbc:sqlite:{tmp_path}/x.db"
    with caplog.at_level(logging.WARNING):
        Database(ConnectionSettings(url, isolation=Isolation.REPEATABLE_READ)).open(never).close()
    assert (
        f"{url} does not know the isolation mode REPEATABLE_READ, which is ignored; it knows READ_UNCOMMITTED, SERIALIZABLE"
        in caplog.text
    )


def test_sessions_of_postgresql_are_in_utc_and_in_the_schema_asked_for(postgresql: PrivateDatabase) -> None:
    postgresql.run("CREATE SCHEMA s", "ALTER DATABASE " + postgresql.name + " SET timezone = 'Asia/Tokyo'")
    url = f"{postgresql.url}?currentSchema=s,public&ApplicationName=me"
    with Database(replace(settings(postgresql), url=url)).open(never) as connection:
        connection.rollback()
        row = connection.execute(
            text("SELECT current_setting('TimeZone'), current_schema(), current_setting('application_name')")
        ).one()
    assert tuple(row) == ("UTC", "s", "me")


@pytest.mark.parametrize("driver", ["mysqldb", "pymysql"])
def test_sessions_of_mariadb_are_strict_and_have_the_variables_asked_for(
    mariadb: PrivateDatabase, driver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed_driver(driver)
    monkeypatch.setattr("penstock_jdbc.database.plan_mysql.mysql_driver", lambda: driver)
    mariadb.run("CREATE TABLE t (v varchar(3))")
    url = f"{mariadb.url}?sessionVariables=sql_mode='ANSI_QUOTES',wait_timeout=77&forceConnectionTimeZoneToSession=true"
    url += "&connectionTimeZone=%2B03:00"
    database = Database(replace(settings(mariadb), url=url))
    assert database.driver == driver
    with database.open(never) as connection:
        row = connection.execute(text("SELECT @@wait_timeout, @@sql_mode, @@time_zone, @@character_set_client")).one()
        assert tuple(row) == (77, "ANSI_QUOTES", "+03:00", "utf8mb4")
    with Database(settings(mariadb)).open(never) as connection, pytest.raises(DBAPIError, match="Data too long"):
        connection.execute(text("INSERT INTO t VALUES ('abcd')"))


def test_the_next_host_of_mariadb_is_tried(mariadb: PrivateDatabase) -> None:
    url = f"jdbc:mariadb://127.0.0.1:1,127.0.0.1:{mariadb.server.port}/{mariadb.name}"
    with Database(replace(settings(mariadb), url=url)).open(never) as connection:
        assert connection.execute(text("SELECT DATABASE()")).scalar_one() == mariadb.name


def test_a_lost_connection_is_not_alive(private: PrivateDatabase) -> None:
    database = Database(settings(private))
    postgresql = private.server.sub_protocol == "postgresql"
    connection = database.open(never)
    asked = "SELECT pg_backend_pid()" if postgresql else "SELECT CONNECTION_ID()"
    number = connection.execute(text(asked)).scalar_one()
    assert database.alive(connection)
    private.run(f"SELECT pg_terminate_backend({number})" if postgresql else f"KILL {number}")
    eventually(lambda: not database.alive(connection), "the connection is noticed to be lost")
    connection.invalidate()
    connection.close()
    assert not database.alive(connection)


def test_a_connection_in_a_failed_transaction_of_postgresql_is_alive(postgresql: PrivateDatabase) -> None:
    database = Database(settings(postgresql))
    with database.open(never) as connection:
        with pytest.raises(DBAPIError):
            connection.execute(text("SELECT nope"))
        assert database.alive(connection)


def test_a_cancellation_that_fails_is_logged(mariadb: PrivateDatabase, caplog: pytest.LogCaptureFixture) -> None:
    provider = Provider(mariadb)
    provider.asked = 1
    database = Database(ConnectionSettings(mariadb.url, provider, attempts=1))
    with database.open(never) as connection, caplog.at_level(logging.WARNING):
        provider.asked = 0
        database.cancel(connection)
    assert f"Cannot cancel the running statement on {mariadb.url}: the vault is sealed" in caplog.text


@pytest.mark.parametrize("form", ["jdbc:sqlite:{}/x.db?user=u", "sqlite:///{}/x.db"])
def test_sqlite_has_no_place_for_user_and_password(tmp_path: Path, form: str) -> None:
    login = FixedCredentials("u", Password("p"))
    with Database(ConnectionSettings(form.format(tmp_path), login, attempts=1)).open(never) as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1


def test_a_native_url_is_opened(tmp_path: Path) -> None:
    with Database(ConnectionSettings(f"sqlite:///{tmp_path}/x.db")).open(never) as connection:
        connection.execute(text("CREATE TABLE t (id)"))
    assert (tmp_path / "x.db").exists()


def test_a_file_opened_for_reading_only_refuses_writes(tmp_path: Path) -> None:
    url = f"jdbc:sqlite:{tmp_path}/a b.db"
    with Database(ConnectionSettings(url)).open(never) as connection:
        connection.execute(text("CREATE TABLE t (id)"))
    with (
        Database(ConnectionSettings(f"{url}?open_mode=1")).open(never) as connection,
        pytest.raises(DBAPIError, match="readonly"),
    ):
        connection.execute(text("INSERT INTO t VALUES (1)"))


def test_a_statement_of_sqlite_is_cancelled_from_another_thread(tmp_path: Path) -> None:
    database = Database(ConnectionSettings(f"jdbc:sqlite:{tmp_path}/x.db"))
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    with database.open(never) as connection:
        timer = threading.Timer(0.2, database.cancel, [connection])
        timer.start()
        with pytest.raises(DBAPIError, match="interrupted") as caught:
            connection.execute(text(endless))
        timer.join()
    assert classify(caught.value) is Failure.OTHER


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
