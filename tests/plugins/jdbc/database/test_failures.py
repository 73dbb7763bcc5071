"""What errors mean: those of real databases, and by code those of the others."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from penstock.api import ConnectException
from penstock_jdbc.database.failures import (
    Failure,
    causes,
    chain_text,
    classify,
    driver_says,
    message,
    sqlstate,
    vendor_code,
)
from tests.databases.fixtures import mysql_driver
from tests.databases.server import PrivateDatabase, Server

TABLE = "CREATE TABLE t (id integer PRIMARY KEY, n smallint NOT NULL, v varchar(3), CHECK (n < 100))"


def raised(run: Callable[[], object]) -> Exception:
    """What ``run`` raises."""
    try:
        run()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


@pytest.fixture(scope="module")
def postgresql_table(postgresql_server: Server) -> Iterator[PrivateDatabase]:
    with postgresql_server.database() as database:
        database.run(TABLE)
        yield database


@pytest.fixture(scope="module")
def mariadb_table(mariadb_server: Server) -> Iterator[PrivateDatabase]:
    with mariadb_server.database() as database:
        database.run(TABLE)
        yield database


@pytest.mark.parametrize(
    ("statement", "meaning", "state"),
    [
        ("INSERT INTO t VALUES (1, 1, 'abc'), (1, 2, 'abc')", Failure.DATA, "23505"),
        ("INSERT INTO t VALUES (1, NULL, 'abc')", Failure.DATA, "23502"),
        ("INSERT INTO t VALUES (1, 200, 'abc')", Failure.DATA, "23514"),
        ("INSERT INTO t VALUES (1, 1, 'abcd')", Failure.DATA, "22001"),
        ("INSERT INTO t VALUES (1, 99999, 'a')", Failure.DATA, "22003"),
        ("SELECT 1/0", Failure.DATA, "22012"),
        ("DO $$ BEGIN RAISE EXCEPTION 'no'; END $$", Failure.DATA, "P0001"),
        ("SELECT * FROM nope", Failure.SCHEMA, "42P01"),
        ("SELECT nope FROM t", Failure.SCHEMA, "42703"),
        ("SELEC 1", Failure.SCHEMA, "42601"),
        ("INSERT INTO nope.t VALUES (1)", Failure.SCHEMA, "42P01"),
        ("SET statement_timeout = 1; SELECT pg_sleep(60)", Failure.OTHER, "57014"),
        ("SELECT pg_terminate_backend(pg_backend_pid())", Failure.TRANSIENT, "57P01"),
        ("DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$", Failure.CONFLICT, "40P01"),
        ("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$", Failure.CONFLICT, "40001"),
        ("DO $$ BEGIN RAISE SQLSTATE '55P03'; END $$", Failure.CONFLICT, "55P03"),
        ("DO $$ BEGIN RAISE SQLSTATE '53100'; END $$", Failure.TRANSIENT, "53100"),
        ("DO $$ BEGIN RAISE SQLSTATE '57P03'; END $$", Failure.TRANSIENT, "57P03"),
        ("DO $$ BEGIN RAISE SQLSTATE '25006'; END $$", Failure.TRANSIENT, "25006"),
        ("DO $$ BEGIN RAISE SQLSTATE '28000'; END $$", Failure.OTHER, "28000"),
    ],
)
def test_errors_of_postgresql(postgresql_table: PrivateDatabase, statement: str, meaning: Failure, state: str) -> None:
    error = raised(lambda: postgresql_table.run(statement))
    assert (classify(error), sqlstate(error), vendor_code(error)) == (meaning, state, 0)


@pytest.mark.parametrize(
    ("statement", "meaning", "state", "code"),
    [
        ("INSERT INTO t VALUES (1, 1, 'abc'), (1, 2, 'abc')", Failure.DATA, "23000", 1062),
        ("INSERT INTO t VALUES (1, NULL, 'abc')", Failure.DATA, "23000", 1048),
        ("INSERT INTO t VALUES (1, 200, 'abc')", Failure.DATA, "23000", 4025),
        ("INSERT INTO t VALUES (1, 1, 'abcd')", Failure.DATA, "22001", 1406),
        ("INSERT INTO t VALUES (1, 99999, 'a')", Failure.DATA, "22003", 1264),
        ("INSERT INTO t (id) VALUES (1)", Failure.DATA, "HY000", 1364),
        ("SELECT * FROM nope", Failure.SCHEMA, "42S02", 1146),
        ("SELECT nope FROM t", Failure.SCHEMA, "42S22", 1054),
        ("SELEC 1", Failure.SCHEMA, "42000", 1064),
    ],
)
def test_errors_of_mariadb(
    mariadb_table: PrivateDatabase, statement: str, meaning: Failure, state: str, code: int
) -> None:
    for driver in ("mysqldb", "pymysql"):
        error = raised(partial(run_by, driver, mariadb_table, statement))
        assert (classify(error), sqlstate(error), vendor_code(error)) == (meaning, state, code), driver


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        (1213, Failure.CONFLICT),
        (1205, Failure.CONFLICT),
        (1114, Failure.TRANSIENT),
        (1290, Failure.TRANSIENT),
        (1040, Failure.TRANSIENT),
        (1644, Failure.DATA),
    ],
)
def test_errors_of_mariadb_by_code(mariadb_table: PrivateDatabase, code: int, meaning: Failure) -> None:
    statement = f"SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = {code}"
    for driver in ("mysqldb", "pymysql"):
        assert classify(raised(partial(run_by, driver, mariadb_table, statement))) is meaning


def run_by(driver: str, database: PrivateDatabase, statement: str) -> None:
    """Run SQL by one of the two drivers."""
    server = database.server
    module = mysql_driver(driver)
    with contextlib.closing(
        module.connect(
            host=server.host, port=server.port, user=server.user, password=server.password, database=database.name
        )
    ) as connection:
        connection.cursor().execute(statement)


def test_a_lost_connection_of_mariadb_is_transient(mariadb_table: PrivateDatabase) -> None:
    with contextlib.closing(mariadb_table.connect()) as connection:
        mariadb_table.run(f"KILL {connection.thread_id()}")
        for _ in range(2):  # first told by the server, then by the driver
            assert classify(raised(lambda: connection.cursor().execute("SELECT 1"))) is Failure.TRANSIENT
        connection.connect()


def test_a_lost_connection_of_postgresql_is_transient(postgresql_table: PrivateDatabase) -> None:
    with contextlib.closing(postgresql_table.connect()) as connection:
        postgresql_table.run(f"SELECT pg_terminate_backend({connection.info.backend_pid})")
        for _ in range(2):
            assert classify(raised(lambda: connection.execute("SELECT 1"))) is Failure.TRANSIENT


@pytest.mark.parametrize(
    ("statement", "meaning"),
    [
        ("INSERT INTO t VALUES (1, 1, 'a'), (1, 2, 'b')", Failure.DATA),
        ("INSERT INTO t VALUES (1, NULL, 'a')", Failure.DATA),
        ("INSERT INTO t VALUES ('x', 1, 'a')", Failure.DATA),
        ("SELECT * FROM nope", Failure.SCHEMA),
        ("SELEC 1", Failure.SCHEMA),
    ],
)
def test_errors_of_sqlite(statement: str, meaning: Failure) -> None:
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(TABLE)
        with pytest.raises(sqlite3.Error) as caught:
            connection.execute(statement)
    assert classify(caught.value) is meaning
    assert (sqlstate(caught.value), vendor_code(caught.value) != 0) == (None, True)


def test_a_locked_file_of_sqlite_is_transient(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with contextlib.closing(sqlite3.connect(path)) as one, contextlib.closing(sqlite3.connect(path, timeout=0)) as two:
        one.execute("CREATE TABLE t (id)")
        one.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError) as caught:
            two.execute("INSERT INTO t VALUES (1)")
    assert classify(caught.value) is Failure.TRANSIENT


def test_a_file_of_sqlite_that_may_not_be_written_or_is_none_is_no_row_s_fault(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with contextlib.closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE t (id)")
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        assert classify(raised(lambda: connection.execute("INSERT INTO t VALUES (1)"))) is Failure.SCHEMA
    path.write_text("something else, which is long enough to be taken for a database " * 20)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert classify(raised(lambda: connection.execute("INSERT INTO t VALUES (1)"))) is Failure.SCHEMA


class _OracleError:
    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text


def fake(driver: str, name: str, *args: object) -> Exception:
    """An error as a driver raises it that is not installed here."""
    error: Exception = type(name, (Exception,), {"__module__": driver})(*args)
    return error


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (fake("oracledb.exceptions", "DatabaseError", _OracleError("ORA-00060: deadlock")), Failure.CONFLICT),
        (fake("oracledb.exceptions", "IntegrityError", _OracleError("ORA-00001: unique")), Failure.DATA),
        (fake("oracledb.exceptions", "DatabaseError", _OracleError("ORA-00942: no table")), Failure.SCHEMA),
        (fake("oracledb.exceptions", "DatabaseError", _OracleError("ORA-03113: end of file")), Failure.TRANSIENT),
        (fake("oracledb.exceptions", "OperationalError", _OracleError("DPY-6005: cannot connect")), Failure.TRANSIENT),
        (fake("oracledb.exceptions", "DataError", _OracleError("ORA-99999: new")), Failure.DATA),
        (fake("pymssql.exceptions", "OperationalError", (1205, b"deadlock")), Failure.CONFLICT),
        (fake("pymssql.exceptions", "IntegrityError", (2627, b"key")), Failure.DATA),
        (fake("pymssql.exceptions", "ProgrammingError", (208, b"no table")), Failure.SCHEMA),
        (fake("pymssql.exceptions", "OperationalError", (20009, b"away")), Failure.TRANSIENT),
        (fake("pyodbc", "ProgrammingError", "42S02", "[42S02] no table (208) (SQLExecDirectW)"), Failure.SCHEMA),
        (fake("pyodbc", "OperationalError", "08S01", "[08S01] link"), Failure.TRANSIENT),
        (fake("pyodbc", "Error", "40001", "[40001] deadlock (1205) (SQLExecDirectW)"), Failure.CONFLICT),
        (fake("ibm_db_dbi", "Error", "[IBM][CLI] SQL0911N deadlock SQLSTATE=40001 SQLCODE=-911"), Failure.CONFLICT),
        (fake("ibm_db_dbi", "Error", "[IBM][CLI] SQL0803N SQLSTATE=23505 SQLCODE=-803"), Failure.DATA),
        (fake("ibm_db_dbi", "Error", "[IBM][CLI] SQL30081N SQLSTATE=08001 SQLCODE=-30081"), Failure.TRANSIENT),
        (ConnectionRefusedError(111, "refused"), Failure.TRANSIENT),
        (TimeoutError("slow"), Failure.TRANSIENT),
        (ValueError("ours"), Failure.OTHER),
    ],
)
def test_errors_by_code_and_class(error: Exception, meaning: Failure) -> None:
    assert classify(error) is meaning


def test_causes_are_looked_through() -> None:
    inner = sqlite3.IntegrityError("constraint")
    wrapped = DBAPIError("INSERT …", {"v": "s3cret"}, inner)
    outer = ConnectException("the batch failed")
    outer.__cause__ = wrapped
    assert classify(outer) is Failure.DATA
    assert list(causes(outer)) == [outer, inner]
    assert chain_text(outer) == "the batch failed\nconstraint"


def test_a_chain_in_a_circle_ends() -> None:
    one, two = ValueError("one"), ValueError("two")
    one.__cause__, two.__cause__ = two, one
    assert chain_text(one) == "one\ntwo"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (fake("pymysql.err", "OperationalError", 1045, "Access denied"), "Access denied"),
        (fake("pymssql.exceptions", "OperationalError", (20009, b"away\naway\nsevere\n")), "away\nsevere"),
        (ConnectException("Not a valid JDBC URL: "), "Not a valid JDBC URL: "),
        (ValueError(" x \n"), "x"),
    ],
)
def test_a_message_comes_without_the_drivers_decoration(error: Exception, text: str) -> None:
    assert message(error) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            'connection failed: connection to server at "127.0.0.1", port 5 failed: FATAL:  database "x" does not exist',
            'FATAL: database "x" does not exist',
        ),
        ("something else", "something else"),
    ],
)
def test_what_a_server_said_of_a_login(text: str, said: str) -> None:
    assert driver_says(text) == said
