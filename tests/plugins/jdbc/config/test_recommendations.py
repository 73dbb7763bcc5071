"""Tables and columns to choose from, when they are asked for."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from contextlib import closing

import pytest
from sqlalchemy import text

from penstock.api import Password
from penstock_jdbc.config.found import Findings
from penstock_jdbc.config.recommendations import recommend
from penstock_jdbc.config.source_config import SOURCE_CONFIG
from penstock_jdbc.config.source_validation import validate
from penstock_jdbc.database.credentials import FixedCredentials
from penstock_jdbc.database.session import Database
from penstock_jdbc.database.settings import ConnectionSettings
from tests.databases.server import PrivateDatabase

KEYS = ("table.whitelist", "table.blacklist", "incrementing.column.name", "timestamp.column.name")


def recommended(private: PrivateDatabase, props: Mapping[str, str]) -> list[list[object]]:
    given = {**private.props, "mode": "bulk", "connection.attempts": "1", **props}
    found = {value.name: value for value in validate(given)}
    return [found[key].recommended_values for key in KEYS]


@pytest.fixture
def orders(postgresql: PrivateDatabase) -> PrivateDatabase:
    postgresql.run(
        "CREATE SCHEMA s",
        "CREATE TABLE orders (id bigint PRIMARY KEY, n integer, d numeric(9) NOT NULL, at timestamptz, made timestamp, v text)",
        "CREATE TABLE s.lines (id integer NOT NULL, at timestamp)",
    )
    return postgresql


def test_nothing_is_recommended_unasked(orders: PrivateDatabase) -> None:
    assert recommended(orders, {"table.whitelist": "orders"}) == [[], [], [], []]


def test_tables_and_the_columns_of_those_chosen(orders: PrivateDatabase) -> None:
    asked = {"validate.recommendations": "true"}
    tables: list[object] = ["public.orders", "s.lines"]
    assert recommended(orders, {**asked, "table.whitelist": "orders"}) == [tables, tables, ["id", "d"], ["at", "made"]]
    assert recommended(orders, {**asked, "table.whitelist": "orders,s.lines"}) == [
        tables,
        tables,
        ["id"],
        ["at", "made"][:1],
    ]
    assert recommended(orders, {**asked, "table.blacklist": "x", "schema.pattern": "s"}) == [["s.lines"]] * 2 + [[], []]


def test_a_database_that_does_not_answer_in_time_recommends_nothing(
    orders: PrivateDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    props: dict[str, str | None] = {"connection.url": orders.url, "mode": "bulk", "table.whitelist": "orders"}
    found = Findings(SOURCE_CONFIG, props)
    user = FixedCredentials(orders.server.user, Password(orders.server.password))
    database = Database(ConnectionSettings(orders.url, user, attempts=1))
    with closing(orders.connect()) as other, database.open(threading.Event().wait) as connection:
        other.autocommit = False
        other.execute("LOCK TABLE pg_catalog.pg_class IN ACCESS EXCLUSIVE MODE")
        connection.execute(text("SET statement_timeout = 30000"))
        with caplog.at_level(logging.WARNING):
            recommend(found, database, connection, deadline_s=0.2)
    assert "Tables and columns to recommend were not all found: canceling statement due to user request" in caplog.text
    assert [value.recommended_values for value in found.values if value.name in KEYS] == [[], [], [], []]
