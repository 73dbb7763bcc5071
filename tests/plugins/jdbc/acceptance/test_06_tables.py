"""Acceptance check 6: which tables are read, and by how many tasks."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from penstock.api import ConnectException
from penstock.states import State
from penstock.testing.waiting import eventually
from penstock_jdbc.config.source_config import SOURCE_CONFIG
from penstock_jdbc.database.identifiers import TableId, rules_for
from penstock_jdbc.database.kind import DatabaseKind
from penstock_jdbc.database.tables import list_tables
from penstock_jdbc.source import monitor
from penstock_jdbc.source.aiven import AivenJdbcSourceConnector
from penstock_jdbc.source.selection import TableSelection, groups_of, split_quoted
from tests.plugins.jdbc.acceptance.reading import full_name, quoted
from tests.plugins.jdbc.source.running import Source, source_on

ORDERS = TableId(None, "public", "orders")
LINES = TableId(None, "public", "order_lines")
USERS = TableId(None, "crm", "Users")
LISTED = [LINES, ORDERS, USERS]


def chosen(tables: list[TableId] = LISTED, **config: str) -> list[TableId]:
    props = {"connection.url": "jdbc:x:y", **{key.replace("_", "."): value for key, value in config.items()}}
    return TableSelection.of(SOURCE_CONFIG.parsed(props)).chosen(tables, rules_for(DatabaseKind.POSTGRESQL))


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, LISTED),
        ({"table_whitelist": "orders"}, [ORDERS]),
        ({"table_whitelist": "public.orders"}, [ORDERS]),
        ({"table_whitelist": '"public"."orders"'}, [ORDERS]),
        ({"table_whitelist": " orders , Users ,none"}, [ORDERS, USERS]),
        ({"table_whitelist": "users"}, []),
        ({"table_whitelist": "ord.*"}, []),
        ({"table_whitelist": "other.orders"}, []),
        ({"table_blacklist": "public.orders,Users"}, [LINES]),
        ({"table_blacklist": "none"}, LISTED),
        ({"table_whitelist": "orders,Users", "table_blacklist": "orders"}, [ORDERS, USERS]),  # the whitelist wins
        ({"table_include_list": r"public\..*"}, [LINES, ORDERS]),
        ({"table_include_list": "orders"}, []),  # a full match of the full name
        ({"table_include_list": r".*orders,(?i)CRM\.users"}, [ORDERS, USERS]),
        ({"table_include_list": ".*", "table_exclude_list": r".*_lines,crm\..*"}, [ORDERS]),
        ({"table_include_list": r".*\.orders,public\.orders"}, [ORDERS]),  # each once
        ({"table_include_list": '"public"."orders"'}, []),  # names are unquoted
    ],
    ids=str,
)
def test_filters(config: dict[str, str], expected: list[TableId]) -> None:
    assert chosen(**config) == expected


def test_two_tables_of_one_name() -> None:
    same = [TableId(None, "a", "t"), TableId(None, "b", "t"), TableId(None, "b", "u")]
    assert chosen(same, table_whitelist="a.t,u") == [same[0], same[2]]
    with pytest.raises(ConnectException) as raised:
        chosen(same)
    assert str(raised.value) == (
        "The connector uses the unqualified table name as the topic name and has detected duplicate unqualified table names. "
        "This could lead to mixed data types in the topic and downstream processing errors. To prevent such processing errors, "
        "the JDBC Source connector fails to start when it detects duplicate table name configurations. Update the connector's "
        "'table.whitelist' config to include exactly one table in each of the tables listed below.\n"
        '\t[["a"."t", "b"."t"]]'
    )


@pytest.mark.parametrize("tables", range(1, 12))
@pytest.mark.parametrize("most", range(1, 13))
def test_groups(tables: int, most: int) -> None:
    """As even as can be, in order, the larger ones first; never an empty one."""
    listed = [TableId(None, None, f"t{number}") for number in range(tables)]
    groups = groups_of(listed, most)
    sizes = [len(group) for group in groups]
    assert [table for group in groups for table in group] == listed
    assert len(groups) == min(tables, most)
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] - sizes[-1] in (0, 1)


def test_names_in_task_configs_may_hold_commas_within_their_quotes() -> None:
    rules = rules_for(DatabaseKind.POSTGRESQL)
    names = ['"public"."a,b"', '"c"', '"d""e,"']
    assert split_quoted(",".join(names), rules) == names


# ---- live -------------------------------------------------------------------------------------------------------------


def make(database: Any, *names: str) -> None:
    for name in names:
        database.run(f"CREATE TABLE {name} (id integer NOT NULL PRIMARY KEY)", f"INSERT INTO {name} VALUES (1)")


def incrementing(database: Any, *names: str, **config: str) -> dict[str, str]:
    return {
        "mode": "incrementing",
        "incrementing.column.name": "id",
        "table.whitelist": ",".join(full_name(database, name) for name in names),
        "table.poll.interval.ms": "20",
        **{key.replace("_", "."): value for key, value in config.items()},
    }


def tasks_of(source: Source, most: int) -> list[tuple[str, str]]:
    assert source.running is not None
    configs = source.running.connector.task_configs(most)
    return [(config["tables"], config["tables.fetched"]) for config in configs]


def test_tables_are_divided_among_tasks(database: Any) -> None:
    names = ["ta", "tb", "tc", "td", "te"]
    make(database, *names)
    with source_on(database, incrementing(database, *names, tasks_max="2")) as source:
        source.start()
        for name in names:
            source.wait_for(f"t-{name}", 1)
        a, b, c, d, e = (quoted(database, name) for name in names)
        assert tasks_of(source, 2) == [(f"{a},{b},{c}", "true"), (f"{d},{e}", "true")]
        assert tasks_of(source, 9) == [(name, "true") for name in (a, b, c, d, e)]


def test_a_table_that_appears_and_one_that_vanishes(database: Any) -> None:
    make(database, "ta")
    with source_on(database, incrementing(database, "ta", "tb")) as source:
        running = source.start()
        source.wait_for("t-ta", 1)
        make(database, "tb")
        eventually(lambda: running.reconfigurations == 1, "new task configs are asked for")
        source.stop()
        running = source.start()
        source.wait_for("t-tb", 1)
        assert tasks_of(source, 1) == [(f"{quoted(database, 'ta')},{quoted(database, 'tb')}", "true")]

        database.run("DROP TABLE ta")
        eventually(lambda: running.reconfigurations == 1, "new task configs are asked for again")
        assert tasks_of(source, 2) == [(quoted(database, "tb"), "true")]
        assert source.values("t-ta", "id") == source.values("t-tb", "id") == [1]


def test_no_table_fails_the_task_as_in_java(database: Any) -> None:
    """Until one appears: then there is a new task."""
    with source_on(database, incrementing(database, "ta")) as source:
        running = source.start()
        running.task.wait_for(State.FAILED)
        assert "Task is being killed because it was not assigned a table nor a query to execute." in str(
            running.task.trace
        )
        assert tasks_of(source, 3) == [("", "true")]
        make(database, "ta")
        eventually(lambda: running.reconfigurations == 1, "new task configs are asked for")
        source.stop()
        source.start()
        eventually(lambda: source.values("t-ta", "id") == [1], "the table is read")


def test_a_first_list_that_comes_late_ends_the_idling(sqlite: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks are asked for before there is a list: one idles, until the list has come and tasks are divided by it."""
    make(sqlite, "ta")
    listed = threading.Event()

    def late(*arguments: Any) -> Any:
        assert listed.wait(30)
        return list_tables(*arguments)

    monkeypatch.setattr(monitor, "list_tables", late)
    with source_on(sqlite, incrementing(sqlite, "ta", table_monitoring_startup_polling_limit_ms="0")) as source:
        running = source.start()
        running.wait_until_running()
        assert [task._spec.task_config["tables.fetched"] for task in running.tasks] == ["false"]
        assert running.task._spec.task_config["tables"] == ""
        assert source.engines == []

        listed.set()
        eventually(lambda: running.reconfigurations == 1, "new task configs are asked for")
        assert tasks_of(source, 1) == [('"ta"', "true")]
        assert running.task.state is State.RUNNING


def test_two_tables_of_one_name_fail_the_connector(postgresql: Any, caplog: pytest.LogCaptureFixture) -> None:
    postgresql.run(
        "CREATE SCHEMA s", "CREATE TABLE t (id integer PRIMARY KEY)", "CREATE TABLE s.t (id integer PRIMARY KEY)"
    )
    config = {**incrementing(postgresql), "table.whitelist": "t"}
    with source_on(postgresql, config) as source:
        running = source.start()
        eventually(lambda: running.error is not None, "the connector fails")
        assert "Encountered an unrecoverable error while reading tables from the database" in str(running.error)
        assert '[["public"."t", "s"."t"]]' in caplog.text
        assert running.tasks == ()


def test_aiven_s_connector_reads_both(postgresql: Any) -> None:
    postgresql.run(
        "CREATE SCHEMA s",
        "CREATE TABLE t (id integer PRIMARY KEY)",
        "CREATE TABLE s.t (id integer PRIMARY KEY)",
        "INSERT INTO t VALUES (1)",
        "INSERT INTO s.t VALUES (2)",
    )
    with source_on(postgresql, {}) as source:
        config = {**source.config, "mode": "incrementing", "incrementing.column.name": "id", "table.whitelist": "t"}
        running = source.workbench.start(AivenJdbcSourceConnector, config, name="aiven")
        source.wait_for("t-public.t", 1)
        source.wait_for("t-s.t", 1)
        assert running.error is None
        running.stop()
