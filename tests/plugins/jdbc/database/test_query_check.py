"""A query is looked at by the database, and nothing of it runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.api import Password
from penstock_jdbc.database.credentials import FixedCredentials
from penstock_jdbc.database.failures import sqlstate, vendor_code
from penstock_jdbc.database.query_check import check_query
from penstock_jdbc.database.session import Database
from penstock_jdbc.database.settings import ConnectionSettings
from tests.databases.fixtures import mysql_driver as installed_driver
from tests.databases.server import PrivateDatabase


def check(database: Database, query: str) -> None:
    with database.open(lambda _seconds: True) as connection:
        check_query(database.driver, database.raw(connection), query)


def on(private: PrivateDatabase) -> Database:
    user = FixedCredentials(private.server.user, Password(private.server.password))
    return Database(ConnectionSettings(private.url, user, attempts=1))


def test_postgresql(postgresql: PrivateDatabase) -> None:
    postgresql.run("CREATE TABLE t (id integer)", "CREATE SEQUENCE s")
    database = on(postgresql)
    check(database, "SELECT * FROM t WHERE id > 3")
    check(database, "SELECT nextval('s'), 'é'")
    check(database, "SELECT 1; DROP TABLE t")
    for query, state in (("SELECT * FROM nope", "42P01"), ("SELECT nope FROM t", "42703"), ("SELEC", "42601")):
        with pytest.raises(Exception, match=r"nope|SELEC") as caught:
            check(database, query)
        assert sqlstate(caught.value) == state
    assert postgresql.rows("SELECT is_called FROM s") == [(False,)]
    assert postgresql.rows("SELECT * FROM t") == []


@pytest.mark.parametrize("driver", ["mysqldb", "pymysql"])
def test_mariadb(mariadb: PrivateDatabase, driver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    installed_driver(driver)
    monkeypatch.setattr("penstock_jdbc.database.plan_mysql.mysql_driver", lambda: driver)
    mariadb.run("CREATE TABLE t (id integer)", "CREATE SEQUENCE s")
    database = on(mariadb)
    check(database, "SELECT * FROM t WHERE id > 3 AND 'it''s 100%' LIKE '%s'")
    check(database, "SELECT nextval(s)")
    for query, code in (("SELECT * FROM nope", 1146), ("SELECT nope FROM t", 1054), ("SELECT 1; DROP TABLE t", 1064)):
        with pytest.raises(Exception, match=r"nope|DROP") as caught:
            check(database, query)
        assert vendor_code(caught.value) == code
    assert mariadb.rows("SELECT nextval(s)") == [(1,)]
    assert mariadb.rows("SELECT * FROM t") == []


def test_sqlite(tmp_path: Path) -> None:
    database = Database(ConnectionSettings(f"jdbc:sqlite:{tmp_path}/x.db"))
    check(database, "SELECT 1")
    with database.open(lambda _seconds: True) as connection:
        raw = database.raw(connection)
        raw.execute("CREATE TABLE t (id)")
        check_query(database.driver, raw, "SELECT 1; DROP TABLE t")
        assert raw.execute("SELECT count(*) FROM t").fetchone() == (0,)
    for query in ("SELECT * FROM nope", "SELECT"):
        with pytest.raises(Exception, match=r"no such table|incomplete input") as caught:
            check(database, query)
        assert vendor_code(caught.value) == 1


def test_a_driver_that_can_not_prepare_alone_is_not_asked() -> None:
    check_query("pymssql", None, "SELECT 1")
