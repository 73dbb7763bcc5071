"""Reading while things happen: columns come and go, connections break, tasks stop, tables differ in size."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import time
from collections import Counter
from typing import Any

import pytest

from penstock.api import Type
from penstock.states import State
from penstock.testing.waiting import eventually
from penstock_jdbc.source.aiven import AivenJdbcSourceConnector
from penstock_jdbc.source.connector import JdbcSourceConnector
from penstock_jdbc.source.facts_sqlite import Declared, SqliteRules
from penstock_jdbc.source.reader_sqlite import SqliteResultSet
from penstock_jdbc.source.sqlite_values import DateOptions
from penstock_jdbc.source.temporal import WallClock
from tests.plugins.jdbc.source.running import source_on


def made(database: Any, base: str, columns: str, *rows: str) -> str:
    """A table whose name no other database of the server has."""
    name = f"{base}_{database.name}"
    database.run(f"CREATE TABLE {name} ({columns})")
    if rows:
        database.run(f"INSERT INTO {name} VALUES {','.join(rows)}")
    return name


def incrementing(name: str, **more: str) -> dict[str, str]:
    return {"mode": "incrementing", "incrementing.column.name": "id", "table.whitelist": name, **more}


def numbers(database: Any, name: str, first: int, last: int) -> None:
    values = ",".join(f"({number})" for number in range(first, last + 1))
    database.run(f"INSERT INTO {name} (id) VALUES {values}")


def test_a_column_that_is_added_is_in_the_next_records(database: Any) -> None:
    name = made(database, "grow", "id int NOT NULL PRIMARY KEY, v varchar(10)", "(1, 'a')")
    with source_on(database, incrementing(name)) as source:
        source.start()
        source.wait_for(f"t-{name}", 1)
        database.run(f"ALTER TABLE {name} ADD COLUMN more int", f"INSERT INTO {name} VALUES (2, 'b', 3)")
        source.wait_for(f"t-{name}", 2)

        first, second = source.workbench.read(f"t-{name}")
        assert [field.name for field in first.value_schema.fields] == ["id", "v"]  # type: ignore[union-attr]
        assert [field.name for field in second.value_schema.fields] == ["id", "v", "more"]  # type: ignore[union-attr]
        assert second.value["more"] == 3  # type: ignore[index]


def test_a_changed_type_changes_the_schema(server_database: Any) -> None:
    name = made(server_database, "retype", "id int NOT NULL PRIMARY KEY, v int", "(1, 5)")
    alter = "ALTER COLUMN v TYPE varchar(9)" if "postgresql" in server_database.url else "MODIFY v varchar(9)"
    with source_on(server_database, incrementing(name)) as source:
        source.start()
        source.wait_for(f"t-{name}", 1)
        server_database.run(f"ALTER TABLE {name} {alter}", f"INSERT INTO {name} VALUES (2, 'x')")
        source.wait_for(f"t-{name}", 2)

        assert source.values(f"t-{name}", "v") == [5, "x"]


def cut_connections(database: Any) -> None:
    """End all sessions but ours."""
    if "postgresql" in database.url:
        database.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = '{database.name}' AND pid <> pg_backend_pid()"
        )
        return
    own = "SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID()"
    for (number,) in database.rows(f"{own} AND db = '{database.name}'"):
        with contextlib.suppress(Exception):
            database.run(f"KILL {number}")


def test_a_connection_that_is_cut_in_the_middle_loses_nothing(server_database: Any) -> None:
    name = made(server_database, "cut", "id int NOT NULL PRIMARY KEY, v varchar(2000)")
    filler = "x" * 1000
    for start in range(0, 4000, 500):
        rows = ",".join(f"({number}, '{filler}')" for number in range(start + 1, start + 501))
        server_database.run(f"INSERT INTO {name} VALUES {rows}")
    with source_on(server_database, incrementing(name, **{"batch.max.rows": "50", "max.buffer.size": "100"})) as source:
        source.start()
        source.wait_for(f"t-{name}", 200)
        cut_connections(server_database)
        source.wait_for(f"t-{name}", 4000)
        source.after_passes()

        assert source.values(f"t-{name}", "id") == list(range(1, 4001))


def sleeping_query(database: Any) -> str:
    return "SELECT 1 AS id, pg_sleep(60)" if "postgresql" in database.url else "SELECT 1 AS id, SLEEP(60) AS s"


def test_a_stop_cancels_what_runs_within_a_second(server_database: Any) -> None:
    with source_on(server_database, {"mode": "bulk", "query": sleeping_query(server_database)}) as source:
        task = source.start().task
        task.wait_for(State.RUNNING)
        busy = (
            f"SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'FETCH%' "
            f"AND datname = '{server_database.name}' AND pid <> pg_backend_pid()"
            if "postgresql" in server_database.url
            else "SELECT 1 FROM information_schema.processlist WHERE info LIKE '%SLEEP(60)%' AND id <> CONNECTION_ID()"
        )
        eventually(lambda: bool(server_database.rows(busy)), "the query runs")
        begun = time.monotonic()
        source.stop()

        assert time.monotonic() - begun < 1.5
        assert server_database.rows(busy) == []


def test_a_large_table_does_not_keep_small_ones_waiting(database: Any) -> None:
    large = made(database, "alarge", "id int NOT NULL PRIMARY KEY")
    small = made(database, "small", "id int NOT NULL PRIMARY KEY", "(1)")
    for start in range(0, 6000, 1000):
        numbers(database, large, start + 1, start + 1000)
    limits = {"batch.max.rows": "5", "max.buffer.size": "5", "poll.interval.ms": "50"}
    with source_on(database, incrementing(f"{large},{small}", **limits)) as source:
        source.start()
        source.wait_for(f"t-{small}", 1)

        assert source.workbench._length(f"t-{large}") < 6000  # it is still being read
        source.wait_for(f"t-{large}", 6000)
        assert source.values(f"t-{large}", "id") == list(range(1, 6001))


def test_a_kill_in_the_middle_of_a_tie_repeats_it_and_loses_nothing(database: Any) -> None:
    sqlite = "sqlite" in database.props["connection.url"]
    kind = "TIMESTAMP" if sqlite else "timestamp(3)"

    def at(second: int) -> str:
        return str(second * 1000 + 1577836800000) if sqlite else f"'2020-01-01 00:00:{second:02}'"

    rows = [f"({number}, {at(1 + number // 10)})" for number in range(40)]
    name = made(database, "tie", f"id int NOT NULL PRIMARY KEY, at {kind} NOT NULL", *rows)
    config = {"mode": "timestamp", "timestamp.column.name": "at", "table.whitelist": name, "batch.max.rows": "3"}
    with source_on(database, config) as source:
        for enough in (5, 12, 23, 31):
            source.start()
            source.wait_for(f"t-{name}", enough)
            source.stop()
        source.start()
        source.wait_for(f"t-{name}", 40)
        source.after_passes()

        found = Counter(source.values(f"t-{name}", "id"))
        assert sorted(found) == list(range(40))
        eventually(lambda: bool(source.offsets()), "the last time is stored")


def test_keys_are_of_the_primary_key_or_of_columns(database: Any) -> None:
    name = made(
        database, "keyed", "b int NOT NULL, a varchar(5) NOT NULL, id int NOT NULL, PRIMARY KEY (a, b)", "(1, 'x', 9)"
    )
    with source_on(database, incrementing(name, **{"key.mode": "pk"})) as source:
        source.start()
        source.wait_for(f"t-{name}", 1)
        (record,) = source.workbench.read(f"t-{name}")
        assert [(field.name, record.key[field.name]) for field in record.key_schema.fields] == [("a", "x"), ("b", 1)]  # type: ignore[union-attr, index]

    with source_on(database, incrementing(name, **{"key.mode": "columns", "key.columns": "id"})) as source:
        source.start()
        source.wait_for(f"t-{name}", 1)
        (record,) = source.workbench.read(f"t-{name}")
        assert record.key["id"] == 9  # type: ignore[index]


@pytest.mark.parametrize(
    ("columns", "config", "text"),
    [
        ("id int NOT NULL", {"key.mode": "pk"}, "has no primary key, which 'key.mode=pk' asks for"),
        ("id int NOT NULL", {"key.mode": "columns", "key.columns": "x"}, "Key column x not found in id"),
        ("id int NOT NULL", {"incrementing.column.name": ""}, "has no column that the database counts up by itself"),
        ("id int NOT NULL", {"incrementing.column.name": "x"}, "Incrementing column: x does not exist in table"),
        ("id int", {}, "because this column is nullable."),
        ("id varchar(5) NOT NULL", {}, "Invalid type for incrementing column: STRING"),
        (
            "id int NOT NULL, at int NOT NULL",
            {"mode": "timestamp", "timestamp.column.name": "at"},
            "is of JDBC type INTEGER, which tells no point in time",
        ),
        (
            "id int NOT NULL, at int",
            {"mode": "timestamp", "timestamp.column.name": "at"},
            "because all of these columns are nullable.",
        ),
        (
            "id int NOT NULL",
            {"mode": "timestamp", "timestamp.column.name": "at,b"},
            "Timestamp columns: at,b do not exist in table",
        ),
        ("id int NOT NULL, v DECIMAL", {"validate.non.null": "false"}, "DECIMAL is declared without digits"),
    ],
)
def test_columns_that_do_not_do_fail_the_task_with_a_reason(
    sqlite: Any, columns: str, config: dict[str, str], text: str
) -> None:
    sqlite.run(f"CREATE TABLE a ({columns})")
    names = [part.split()[0] for part in columns.split(", ")]
    values = {"id": "'x'" if "varchar" in columns else "1", "at": "5", "v": "1.5"}
    sqlite.run(f"INSERT INTO a VALUES ({','.join(values[name] for name in names)})")
    with source_on(sqlite, {**incrementing("a"), **config}) as source:
        task = source.start().task
        task.wait_for(State.FAILED)

        assert text in str(task.trace)


@pytest.mark.parametrize(
    ("column", "values", "text"),
    [
        (
            "v INTEGER",
            ["1", "5000000000"],
            "Column v holds 5000000000, which does not fit int32, the type of its field",
        ),
        ("v TIMESTAMP", ["'soon'"], "Column v of type TIMESTAMP holds a value that cannot be read"),
        (
            "v DATE",
            ["'2020-01-01 05:00:00'"],
            "Kafka Connect Date type should not have any time fields set to non-zero",
        ),
    ],
)
def test_values_that_do_not_fit_fail_the_task_with_a_reason(
    sqlite: Any, column: str, values: list[str], text: str
) -> None:
    sqlite.run(f"CREATE TABLE a (id INTEGER NOT NULL PRIMARY KEY, {column})")
    sqlite.run(*(f"INSERT INTO a (v) VALUES ({value})" for value in values))
    with source_on(sqlite, incrementing("a")) as source:
        task = source.start().task
        task.wait_for(State.FAILED)

        assert text in str(task.trace)


def test_a_fraction_among_whole_numbers_is_cut_with_a_warning(sqlite: Any, caplog: pytest.LogCaptureFixture) -> None:
    sqlite.run(
        "CREATE TABLE a (id INTEGER NOT NULL PRIMARY KEY, v DECIMAL(9,2))", "INSERT INTO a VALUES (1, 2), (2, 2.5)"
    )
    with source_on(sqlite, incrementing("a")) as source:
        source.start()
        source.wait_for("t-a", 2)
        assert source.values("t-a", "v") == [2, 2]
    assert "Column v of SQLite was taken for whole numbers, as its first row says" in caplog.text


def test_columns_without_a_place_in_records_are_left_out_with_a_warning(
    postgresql: Any, caplog: pytest.LogCaptureFixture
) -> None:
    name = made(postgresql, "odd", "id int NOT NULL PRIMARY KEY, v int[]", "(1, '{1}')")
    with source_on(postgresql, incrementing(name)) as source:
        source.start()
        source.wait_for(f"t-{name}", 1)
        (record,) = source.workbench.read(f"t-{name}")
        assert [field.name for field in record.value_schema.fields] == ["id"]  # type: ignore[union-attr]
    assert "of column v is not supported: the column is left out of the records" in caplog.text


def test_wrong_sql_is_tried_for_ever_or_as_often_as_is_said(postgresql: Any, caplog: pytest.LogCaptureFixture) -> None:
    name = made(postgresql, "gone", "id int NOT NULL PRIMARY KEY", "(1)")
    with source_on(postgresql, incrementing(name)) as source:
        task = source.start().task
        source.wait_for(f"t-{name}", 1)
        postgresql.run(f"DROP TABLE {name}")
        source.after_passes(5)
        assert task.state is State.RUNNING
        assert "failed for the 3. time in a row and will be tried again" in caplog.text

        postgresql.run(f"CREATE TABLE {name} (id int NOT NULL PRIMARY KEY)")
        numbers(postgresql, name, 2, 2)
        source.wait_for(f"t-{name}", 2)

    with source_on(postgresql, incrementing(name, **{"query.retry.attempts": "3"})) as source:
        task = source.start().task
        source.wait_for(f"t-{name}", 1)
        postgresql.run(f"DROP TABLE {name}")
        task.wait_for(State.FAILED)
        assert "Failed to query table after retries" in str(task.trace)
        assert f'relation "public.{name}" does not exist' in str(task.trace)


def test_an_outage_is_waited_out_whatever_the_attempts(own_postgresql: Any, caplog: pytest.LogCaptureFixture) -> None:
    with own_postgresql.database() as database:
        name = made(database, "away", "id int NOT NULL PRIMARY KEY", "(1)")
        config = incrementing(
            name, **{"query.retry.attempts": "1", "connection.attempts": "1", "connection.backoff.ms": "10"}
        )
        with source_on(database, config) as source:
            task = source.start().task
            source.wait_for(f"t-{name}", 1)
            own_postgresql.kill()
            source.after_passes(5)
            assert task.state is State.RUNNING
            own_postgresql.start()
            numbers(database, name, 2, 3)
            source.wait_for(f"t-{name}", 3)

            assert source.values(f"t-{name}", "id") == [1, 2, 3]
    assert "failed and will be tried again" in caplog.text


def test_tables_are_watched_by_their_set(sqlite: Any) -> None:
    sqlite.run("CREATE TABLE a (id INTEGER NOT NULL PRIMARY KEY)")
    config = {"mode": "incrementing", "incrementing.column.name": "id", "table.blacklist": "no"}
    with source_on(sqlite, {**config, "table.poll.interval.ms": "20"}) as source:
        running = source.start()
        source.after_passes()
        assert running.reconfigurations == 0
        sqlite.run("CREATE TABLE b (id INTEGER NOT NULL PRIMARY KEY)")
        eventually(lambda: running.reconfigurations == 1, "new tasks are asked for")
        assert [config["tables"] for config in running.connector.task_configs(2)] == ['"a"', '"b"']
        sqlite.run("DROP TABLE a")
        eventually(lambda: running.reconfigurations == 2, "new tasks are asked for again")


def test_offsets_are_taken_for_every_record(sqlite: Any) -> None:
    sqlite.run("CREATE TABLE a (id INTEGER NOT NULL PRIMARY KEY)", "INSERT INTO a VALUES (5), (9)")
    config = {
        **incrementing("a"),
        "transforms": "n",
        "transforms.n.type": "org.apache.kafka.connect.transforms.InsertField$Value",
    }
    config |= {"transforms.n.static.field": "s", "transforms.n.static.value": "x"}
    with source_on(sqlite, config) as source:
        source.start()
        source.wait_for("t-a", 2)
        eventually(lambda: source.offsets() == [{"incrementing": 9}], "the last offset is stored")
        assert source.values("t-a", "s") == ["x", "x"]


def test_own_options_are_checked_and_connects_listing_knows_none(sqlite: Any) -> None:
    sqlite.run("CREATE TABLE a (id INTEGER NOT NULL PRIMARY KEY)")
    props = {**sqlite.props, **incrementing("a"), "topic.prefix": "t-"}
    names = {value.name for value in JdbcSourceConnector().validate(props)}
    assert not any(name.startswith(("key.", "late.", "snapshot.")) for name in names)
    wrong = {**props, "key.mode": "all", "late.commits": "hope", "snapshot.chunk.rows": "0"}
    errors = {value.name: value.errors for value in JdbcSourceConnector().validate(wrong) if value.errors}
    assert sorted(errors) == ["key.mode", "late.commits", "snapshot.chunk.rows"]
    assert "Invalid value all for configuration key.mode" in errors["key.mode"][0]


def test_aivens_connector_qualifies_names_and_has_its_own_beginnings(postgresql: Any) -> None:
    postgresql.run("CREATE SCHEMA other", "CREATE TABLE a (id int NOT NULL PRIMARY KEY)")
    postgresql.run("CREATE TABLE other.a (id int NOT NULL PRIMARY KEY)", "INSERT INTO other.a VALUES (1), (7)")
    config = {
        "mode": "incrementing",
        "incrementing.column.name": "id",
        "table.whitelist": "a",
        "incrementing.initial": "3",
    }
    with source_on(postgresql, {**config, "sql.quote.identifiers": "false"}) as source:
        running = source.running = source.workbench.start(AivenJdbcSourceConnector, source.config, name="c")
        source.wait_for("t-other.a", 1)

        assert source.values("t-other.a", "id") == [7]
        assert running.tasks[0]._spec.task_config["tables"] == "other.a,public.a"
        assert json.dumps(source.workbench.read("t-other.a")[0].value_schema.name) == '"other.a"'  # type: ignore[union-attr]


def test_no_more_rows_are_fetched_than_asked_for(sqlite: Any) -> None:
    """A table larger than memory may be read one row at a time."""
    sqlite.run("CREATE TABLE a (id INTEGER PRIMARY KEY)", "INSERT INTO a VALUES (1), (2), (3), (4), (5)")
    with contextlib.closing(sqlite.connect()) as connection:
        declared = [Declared("id", "INTEGER", not_null=True)]
        rules = SqliteRules(WallClock(), DateOptions(), numbers_mapped=False)
        result = SqliteResultSet(connection.execute("SELECT id FROM a"), declared, rules)
        assert [len(result.fetch(count)) for count in (1, 1, 2, 2)] == [1, 1, 2, 1]


def test_what_a_refused_number_is_told_to_do_helps(sqlite: Any) -> None:
    sqlite.run("CREATE TABLE a (id INTEGER PRIMARY KEY, v NUMERIC)", "INSERT INTO a VALUES (1, 1.5)")
    query = {"mode": "bulk", "topic.prefix": "t-q"}
    with source_on(sqlite, {**query, "query": "SELECT v FROM a"}) as source:
        task = source.start().task
        task.wait_for(State.FAILED)
        assert "or read it with a query that has CAST(... AS TEXT)" in str(task.trace)
    with source_on(sqlite, {**query, "query": "SELECT CAST(v AS TEXT) AS v FROM a"}) as source:
        source.start()
        source.wait_for("t-q", 1)
        assert source.values("t-q", "v") == ["1.5"]


@pytest.mark.parametrize("mapping", ["none", "best_fit"])
def test_a_fraction_that_an_expression_of_sqlite_gives_is_a_double(sqlite: Any, mapping: str) -> None:
    """Also under numeric mappings, which would cut it: an expression has no digits to map."""
    sqlite.run("CREATE TABLE a (id INTEGER PRIMARY KEY, n INT)", "INSERT INTO a VALUES (1, 1), (2, 2)")
    wanted = "SELECT AVG(id) AS average, MAX(n) / 4.0 AS quarter, SUM(id) AS whole FROM a"
    once = {"mode": "bulk", "poll.interval.ms": "600000"}
    config = {**once, "topic.prefix": "t-q", "query": wanted, "numeric.mapping": mapping}
    with source_on(sqlite, config) as source:
        source.start()
        source.wait_for("t-q", 1)
        assert [source.values("t-q", name) for name in ("average", "quarter", "whole")] == [[1.5], [0.5], [3]]
        schema = source.workbench.read("t-q")[0].value_schema
        assert schema is not None
        assert [field.schema.type for field in schema.fields] == [Type.FLOAT64, Type.FLOAT64, Type.INT32]


def test_an_empty_text_of_sqlite_is_no_time(sqlite: Any) -> None:
    sqlite.run(
        "CREATE TABLE a (id INTEGER PRIMARY KEY, d DATE, t TIMESTAMP)",
        "INSERT INTO a VALUES (1, '', ''), (2, '2020-02-29 00:00:00.000', '2020-02-29 00:00:00.000'), (3, '', NULL)",
    )
    with source_on(sqlite, {"mode": "bulk", "poll.interval.ms": "600000", "table.whitelist": "a"}) as source:
        source.start()
        source.wait_for("t-a", 3)
        leap = dt.datetime(2020, 2, 29, tzinfo=dt.UTC)
        assert source.values("t-a", "d") == [None, leap.date(), None]
        assert source.values("t-a", "t") == [None, leap, None]


def test_a_required_column_that_a_join_left_empty_fails_the_task_in_connect_s_words(postgresql: Any) -> None:
    postgresql.run("CREATE TABLE a (id integer PRIMARY KEY)", "INSERT INTO a VALUES (1)")
    joined = "SELECT a.id, b.id AS other FROM a LEFT JOIN a b ON b.id = 9"
    with source_on(postgresql, {"mode": "bulk", "topic.prefix": "t-q", "query": joined}) as source:
        task = source.start().task
        task.wait_for(State.FAILED)
        assert 'DataException: Invalid value: null used for required field: "other", schema type: INT32' in str(
            task.trace
        )


def test_a_domain_that_takes_no_nulls_is_a_required_field(postgresql: Any) -> None:
    postgresql.run(
        "CREATE DOMAIN needed AS integer NOT NULL",
        "CREATE DOMAIN free AS integer",
        "CREATE TABLE a (id integer PRIMARY KEY, n needed, f free)",
        "INSERT INTO a VALUES (1, 2, 3)",
    )
    with source_on(postgresql, {"mode": "bulk", "table.whitelist": "a"}) as source:
        source.start()
        source.wait_for("t-a", 1)
        schema = source.workbench.read("t-a")[0].value_schema
        assert schema is not None
        assert [field.schema.optional for field in schema.fields] == [False, False, True]
