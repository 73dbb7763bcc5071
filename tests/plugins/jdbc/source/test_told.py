"""What users and operators are told of values, configurations and databases that are not as they should be."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.api import ConfigException, ConnectException
from penstock.states import State
from penstock.testing.waiting import eventually
from penstock_jdbc.source.late import HeldUp, MysqlTransactions
from penstock_jdbc.source.task import JdbcSourceTask
from penstock_jdbc.source.watermarks import TimeColumn, _instant_ns
from tests.plugins.fakes import FakeOffsets, started_source
from tests.plugins.jdbc.source.running import QUICK, source_on
from tests.plugins.jdbc.source.test_reading import incrementing, made


def trace_of(database: Any, config: dict[str, str]) -> str:
    """Of the task, which fails."""
    with source_on(database, config) as source:
        task = source.start().task
        task.wait_for(State.FAILED)
        return str(task.trace)


@pytest.mark.parametrize(
    ("scheme", "column", "value", "told"),
    [
        (
            "mysql",
            "datetime",
            "'0000-00-00 00:00:00'",
            (
                "'0000-00-00 00:00:00' is no date. Add zeroDateTimeBehavior=CONVERT_TO_NULL to the options of 'connection.url' "
                "to read null"
            ),
        ),
        (
            "mysql",
            "date",
            "'0000-00-00'",
            "'0000-00-00' is no date. Add zeroDateTimeBehavior=CONVERT_TO_NULL to the options",
        ),
        ("mariadb", "year", "0", "the year 0 is no date"),
    ],
)
def test_days_that_the_server_has_and_no_calendar(
    mariadb: Any, scheme: str, column: str, value: str, told: str
) -> None:
    name = made(mariadb, "zero", f"id int NOT NULL PRIMARY KEY, v {column} NOT NULL", f"(1, {value})")
    url = mariadb.props["connection.url"].replace("jdbc:mariadb:", f"jdbc:{scheme}:")
    assert told in trace_of(mariadb, incrementing(f"{mariadb.name}.{name}", **{"connection.url": url}))


def test_a_text_in_sqlite_that_is_no_time(sqlite: Any) -> None:
    name = made(sqlite, "a", "id INTEGER NOT NULL PRIMARY KEY, v TIMESTAMP", "(1, 'soon')")
    told = "'soon' is no time: yyyy-MM-dd, yyyy-MM-dd HH:mm:ss or yyyy-MM-dd HH:mm:ss.SSS is expected"
    assert told in trace_of(sqlite, incrementing(name))


def test_rows_without_what_tells_how_far_they_go(sqlite: Any) -> None:
    name = made(sqlite, "a", "id INTEGER, at TIMESTAMP NOT NULL", "(NULL, 5)")
    config = incrementing(name) | {
        "mode": "timestamp+incrementing",
        "timestamp.column.name": "at",
        "validate.non.null": "false",
    }
    told = "Null value for incrementing column. Take the rows out with a query or a view, or choose another column"
    assert told in trace_of(sqlite, config)
    # SQL finds no row without any time, unless a driver makes null of it
    with pytest.raises(
        ConnectException, match=r"^Null value for all timestamp columns\. Take the rows out with a query"
    ):
        _instant_ns((TimeColumn(0, int), None))


def test_a_query_has_no_primary_key(sqlite: Any) -> None:
    sqlite.run("CREATE TABLE a (id INTEGER NOT NULL PRIMARY KEY)")
    told = "A query has no primary key: set 'key.mode' to columns and name them in 'key.columns'"
    assert told in trace_of(sqlite, {"mode": "bulk", "query": "SELECT * FROM a", "key.mode": "pk"})


def test_a_task_with_tables_and_a_query(sqlite: Any) -> None:
    props = {**QUICK, **sqlite.props, "mode": "bulk", "query": "SELECT 1", "tables": '"a"', "tables.fetched": "true"}
    with pytest.raises(
        ConfigException, match=r"^A task was assigned both tables and a query: remove 'query' or the table"
    ):
        started_source(JdbcSourceTask(), props, FakeOffsets())


@pytest.mark.parametrize("rows", ["0", "-1"])
def test_batches_of_no_rows(sqlite: Any, rows: str) -> None:
    props = {**QUICK, **sqlite.props, "mode": "bulk", "query": "SELECT 1", "batch.max.rows": rows}
    with pytest.raises(ConfigException, match=rf"^Maximum batch size must be positive: 'batch.max.rows' is {rows}$"):
        started_source(JdbcSourceTask(), props, FakeOffsets())


def test_a_connector_that_finds_no_tables(sqlite: Any, caplog: pytest.LogCaptureFixture) -> None:
    with source_on(sqlite, incrementing("nowhere")) as source:
        source.start().task.wait_for(State.FAILED)
    assert "No tables were found that this connector is to read: check its filters and privileges" in caplog.messages


def test_tables_that_cannot_be_listed_for_a_while(own_postgresql: Any, caplog: pytest.LogCaptureFixture) -> None:
    with own_postgresql.database() as database:
        name = made(database, "away", "id int NOT NULL PRIMARY KEY", "(1)")
        config = incrementing(name) | {
            "table.poll.interval.ms": "20",
            "connection.attempts": "1",
            "connection.backoff.ms": "10",
        }
        with source_on(database, config) as source:
            source.start()
            source.wait_for(f"t-{name}", 1)
            own_postgresql.kill()

            def told() -> list[str]:
                return [text for text in caplog.messages if text.startswith("Cannot list tables, will try again: ")]

            eventually(lambda: len(told()) > 2, "it is tried again and again")
            own_postgresql.start()
    assert "Connection refused" in " ".join(told())


def test_a_list_of_transactions_that_is_never_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penstock_jdbc.source.late._TRIES", 0)
    with pytest.raises(
        TimeoutError, match=r"^information_schema\.innodb_trx is read so often by others that InnoDB does not"
    ):
        MysqlTransactions().running(None)  # type: ignore[arg-type]  # it is not asked


def test_who_holds_rows_up(caplog: pytest.LogCaptureFixture) -> None:
    HeldUp("the table").note(61.5)
    assert caplog.messages == [
        (
            "Rows of the table are held up by a transaction that has been open for 61 s: with 'late.commits=wait' those that came "
            "after it are read when it ends"
        )
    ]
