"""The source's connection test, step by step."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from penstock.api import Check
from penstock_jdbc.source.aiven import AivenJdbcSourceConnector
from penstock_jdbc.source.connector import JdbcSourceConnector
from tests.databases.server import PrivateDatabase

Found = list[tuple[str, bool, str]]


def steps(
    database: PrivateDatabase, props: Mapping[str, str], connector: type[JdbcSourceConnector] = JdbcSourceConnector
) -> Found:
    given = {**database.props, "mode": "bulk", "topic.prefix": "p", **props}
    checks = list(connector().check(given))
    assert all(isinstance(check, Check) and check.milliseconds >= 0 for check in checks)
    return [(check.name, check.ok, check.text) for check in checks]


@pytest.fixture
def orders(postgresql: PrivateDatabase) -> PrivateDatabase:
    postgresql.run(
        "CREATE SCHEMA s",
        "CREATE TABLE orders (id bigint PRIMARY KEY, at timestamp NOT NULL, maybe timestamp, v text)",
        "CREATE TABLE s.orders (id integer)",
        "CREATE TABLE lines (id integer NOT NULL, at timestamp NOT NULL)",
        "CREATE INDEX ON lines (at)",
    )
    return postgresql


def test_everything_is_fine(orders: PrivateDatabase) -> None:
    props = {"mode": "incrementing", "incrementing.column.name": "id", "table.whitelist": "public.orders,lines"}
    *common, tables, first, second = steps(orders, props)
    shown = f"jdbc:postgresql://127.0.0.1:{orders.server.port}/{orders.name}"
    assert common[:2] == [("configuration", True, ""), ("driver", True, f"psycopg for {shown}")]
    assert (common[2][:2], common[2][2].startswith("PostgreSQL 1")) == (("connection", True), True)
    assert tables == ("tables", True, "2 of 3: public.lines, public.orders")
    assert first == (
        "table public.lines",
        True,
        "read by id; no index begins with id, so every poll reads the whole table",
    )
    assert second == ("table public.orders", True, "read by id")


def test_a_column_that_is_not_there_or_may_be_null(orders: PrivateDatabase) -> None:
    props = {"mode": "timestamp", "table.whitelist": "lines,public.orders", "timestamp.column.name": "maybe"}
    found = {name: (ok, text) for name, ok, text in steps(orders, props)}
    assert found["table public.lines"][0] is False
    assert "maybe" in found["table public.lines"][1]
    assert found["table public.orders"][0] is False
    fine = {name: (ok, text) for name, ok, text in steps(orders, {**props, "timestamp.column.name": "at"})}
    assert fine["table public.lines"] == (True, "read by at")


def test_no_table_passes_the_filters(orders: PrivateDatabase) -> None:
    assert steps(orders, {"table.whitelist": "nope"})[-1] == (
        "tables",
        False,
        (
            "None of the 3 tables of type TABLE that this user sees passes the filters. A whitelist holds names or full names, an "
            "include list regular expressions for full names"
        ),
    )


def test_two_tables_of_one_name_are_refused_unless_names_are_qualified(orders: PrivateDatabase) -> None:
    name, ok, text = steps(orders, {"table.whitelist": "orders"})[-1]
    assert (name, ok) == ("tables", False)
    assert "duplicate unqualified table names" in text
    found = steps(orders, {"table.whitelist": "orders"}, AivenJdbcSourceConnector)
    assert [name for name, ok, _ in found if ok][-2:] == ["table public.orders", "table s.orders"]


def test_a_query(orders: PrivateDatabase) -> None:
    assert steps(orders, {"query": "SELECT * FROM orders"})[-1] == ("query", True, "The database accepts it")
    name, ok, text = steps(orders, {"query": "SELECT * FROM nope"})[-1]
    assert (name, ok, text.partition("\n")[0]) == ("query", False, 'relation "nope" does not exist')


def test_a_wrong_configuration_ends_the_test(orders: PrivateDatabase) -> None:
    assert steps(orders, {"batch.max.rows": "x"}) == [
        (
            "configuration",
            False,
            "batch.max.rows: Invalid value x for configuration batch.max.rows: Not a number of type INT",
        )
    ]
    [(name, ok, text)] = steps(orders, {"query": "DELETE", "mode": "bulk"})
    assert (name, ok, text.startswith("query: Only SELECT statements are supported")) == ("configuration", False, True)


def test_a_driver_or_a_connection_that_is_not_to_be_had(orders: PrivateDatabase) -> None:
    wanted = {"table.whitelist": "orders"}
    name, ok, text = steps(orders, {**wanted, "connection.url": "jdbc:derby:x"})[-1]
    assert (name, ok, text.startswith("No driver for DerbyDatabaseDialect")) == ("driver", False, True)
    missing = f"jdbc:postgresql://127.0.0.1:{orders.server.port}/nope"
    assert steps(orders, {**wanted, "connection.url": missing})[-1] == (
        "connection",
        False,
        'FATAL: database "nope" does not exist',
    )
