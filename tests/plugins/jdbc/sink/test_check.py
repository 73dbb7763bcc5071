"""The sink's connection test, step by step, and its plan in the words of the framework."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from penstock.api import PlannedStep, Schema, SchemaBuilder, SinkRecord, Struct
from penstock_jdbc.sink.connector import JdbcSinkConnector
from tests.databases.server import PrivateDatabase


def steps(database: PrivateDatabase, props: Mapping[str, str]) -> list[tuple[str, bool, str]]:
    checks = JdbcSinkConnector().check({**database.props, **props})
    return [(check.name, check.ok, check.text) for check in checks]


@pytest.fixture
def orders(mariadb: PrivateDatabase) -> PrivateDatabase:
    mariadb.run(
        "CREATE TABLE orders (id int PRIMARY KEY, v text)", "CREATE TABLE x_plain (v int)", "CREATE VIEW v AS SELECT 1"
    )
    return mariadb


def test_the_table_of_each_topic(orders: PrivateDatabase) -> None:
    found = steps(orders, {"topics": "orders, v,gone"})
    assert [(name, ok) for name, ok, _ in found[:3]] == [
        ("configuration", True),
        ("driver", True),
        ("connection", True),
    ]
    assert "MariaDB" in found[2][2]
    assert found[3:] == [
        ("topic orders", True, f"table {orders.name}.orders: 2 columns, primary key id"),
        ("topic v", False, "v is a VIEW, and table.types allows TABLE only"),
        ("topic gone", False, "table gone is missing, and auto.create is off: create it, or set auto.create=true"),
    ]


def test_a_table_that_will_be_created_and_a_format(orders: PrivateDatabase) -> None:
    found = steps(orders, {"topics": "plain,new", "table.name.format": "x_${topic}", "auto.create": "true"})
    assert found[3:] == [
        ("topic plain", True, f"table {orders.name}.x_plain: 1 column, no primary key"),
        ("topic new", True, "table x_new will be created"),
    ]


def test_a_wrong_configuration_ends_the_test(orders: PrivateDatabase) -> None:
    message = "Deletes are only supported for pk.mode record_key"
    assert steps(orders, {"topics": "orders", "delete.enabled": "true"}) == [
        ("configuration", False, f"delete.enabled: {message}\npk.mode: {message}")
    ]


def test_a_plan_has_a_step_for_each_statement_and_each_problem(orders: PrivateDatabase) -> None:
    schema = SchemaBuilder.struct().field("id", Schema.INT32).field("w", Schema.OPTIONAL_STRING).build()
    record = SinkRecord("orders", 0, 0, Struct(schema).put("id", 1), value_schema=schema)
    bare = SinkRecord("orders", 0, 1, "x")
    props = {**orders.props, "topics": "orders", "auto.evolve": "true"}
    *statements, problem = JdbcSinkConnector().plan(props, [record, bare])
    assert [(step.ok, "ADD" in step.text, "`w`" in step.text) for step in statements] == [(True, True, True)]
    assert isinstance(problem, PlannedStep)
    assert (problem.ok, problem.target) == (False, "")
    assert orders.rows(
        "SELECT COUNT(*) FROM information_schema.columns WHERE table_name = 'orders' AND column_name = 'w'"
    ) == [(0,)]
