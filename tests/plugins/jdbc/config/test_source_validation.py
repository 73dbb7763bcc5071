"""Validation of the source beyond the recordings, each error by its text."""

from __future__ import annotations

import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from penstock.api import ConfigDef
from penstock_jdbc.config.connection_check import within_deadline
from penstock_jdbc.config.found import Findings
from penstock_jdbc.config.source_config import AIVEN_SOURCE_CONFIG, SOURCE_CONFIG
from penstock_jdbc.config.source_validation import validate

BULK = {"mode": "bulk", "table.whitelist": "t", "topic.prefix": "p"}
NEW = {"table.include.list": "t", "topic.prefix": "p"}
QUERY = {"mode": "bulk", "query": "SELECT * FROM t", "topic.prefix": "p"}


@pytest.fixture
def url(tmp_path: Path) -> str:
    path = tmp_path / "x.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, at TIMESTAMP)")
    return f"jdbc:sqlite:{path}"


def errors(url: str, props: Mapping[str, str | None], definition: ConfigDef = SOURCE_CONFIG) -> dict[str, list[str]]:
    given = {"connection.url": url, "connection.attempts": "1", **props}
    return {value.name: value.errors for value in validate(given, definition) if value.errors}


@pytest.mark.parametrize(
    ("props", "key", "message"),
    [
        (
            {**NEW, "mode": "timestamp"},
            "mode",
            (
                "Timestamp column configuration must be provided when using mode 'timestamp' or 'timestamp+incrementing'. Provide "
                "'timestamp.columns.mapping'."
            ),
        ),
        (
            {**NEW, "mode": "timestamp+incrementing", "timestamp.columns.mapping": "t:[at]"},
            "mode",
            (
                "Incrementing column configuration must be provided when using mode 'incrementing' or 'timestamp+incrementing'. "
                "Provide 'incrementing.column.mapping'."
            ),
        ),
        (
            {**NEW, "mode": "bulk", "incrementing.column.mapping": "t:id"},
            "mode",
            (
                "Incrementing column configurations should not be provided if mode is not 'incrementing' or "
                "'timestamp+incrementing'. Remove 'incrementing.column.mapping'."
            ),
        ),
        (
            {"mode": "bulk", "table.exclude.list": "t"},
            "table.exclude.list",
            (
                "table.exclude.list cannot be used without table.include.list. Exclude list only applies to tables that match the "
                "include list."
            ),
        ),
        (
            {**BULK, "transaction.isolation.mode": "sql_server_snapshot", "dialect.name": "PostgreSqlDatabaseDialect"},
            "transaction.isolation.mode",
            "Isolation mode of `SQL_SERVER_SNAPSHOT` can only be configured with a Sql Server Dialect",
        ),
        (
            {"mode": "bulk", "query.masked": "DELETE FROM t"},
            "query.masked",
            "Only SELECT statements are supported for 'query.masked'. Please provide a statement that starts with SELECT.",
        ),
        (
            {"mode": "bulk", "query.masked": "SELECT * FROM nope"},
            "query.masked",
            (
                "The configured query is not valid and has database/connection errors. Please provide the correct query by "
                "validating the query syntax and the existing table/column names with the database being connected (errorCode: 1)"
            ),
        ),
    ],
)
def test_one_error_on_one_key(url: str, props: dict[str, str], key: str, message: str) -> None:
    assert errors(url, props) == {key: [message]}


@pytest.mark.parametrize(
    "props",
    [
        BULK,
        QUERY,
        {**BULK, "connection.foo": "bar", "some.other": "key"},
        {**NEW, "mode": "bulk", "table.exclude.list": "x.*"},
        {**NEW, "mode": "timestamp", "timestamp.columns.mapping": "t:[at|at2]"},
        {
            **NEW,
            "mode": "timestamp+incrementing",
            "timestamp.columns.mapping": "t:[at]",
            "incrementing.column.mapping": "t:id",
        },
        {**QUERY, "transaction.isolation.mode": "default"},
        {**QUERY, "mode": "timestamp", "timestamp.column.name": "at"},
        {**QUERY, "query": "select\n1"},
        {**BULK, "jdbc.credentials.provider.class": "penstock_jdbc.database.credentials:FixedCredentials"},
    ],
)
def test_nothing_wrong(url: str, props: dict[str, str]) -> None:
    assert errors(url, props) == {}


def test_snapshot_isolation_is_for_sql_server() -> None:
    props = {**BULK, "transaction.isolation.mode": "SQL_SERVER_SNAPSHOT", "dialect.name": "SqlServerDatabaseDialect"}
    assert list(errors("jdbc:sqlserver://127.0.0.1:1;loginTimeout=1", props)) == ["connection.url"]


def test_errors_of_single_keys_come_before_all_others(url: str) -> None:
    props = {"mode": "bulk", "query": "DELETE", "table.whitelist": "t", "batch.max.rows": "x"}
    assert errors(url, props) == {
        "batch.max.rows": ["Invalid value x for configuration batch.max.rows: Not a number of type INT"]
    }


def test_two_generations_are_refused(url: str) -> None:
    found = errors(url, {**BULK, "timestamp.columns.mapping": "t:[at]"})
    assert list(found) == ["table.whitelist", "timestamp.columns.mapping"]
    assert all(texts[0].startswith("Cannot mix legacy and new configuration approaches.") for texts in found.values())


def test_beside_a_query_generations_may_mix_but_not_beside_filters(url: str) -> None:
    mixed = {**BULK, "timestamp.columns.mapping": "t:[at]"}
    two = errors(url, {**mixed, "query": "SELECT 1", "query.masked": "SELECT 1"})
    assert list(two) == ["query", "query.masked"]
    assert all(texts[0].startswith("Both 'query' and 'query.masked' configs cannot be set") for texts in two.values())
    filtered = errors(url, {**mixed, "query": "SELECT 1"})
    assert list(filtered) == ["table.whitelist", "query", "query.masked"]
    assert all(texts[0].startswith("Do not specify table filtering configs") for texts in filtered.values())
    mapped = errors(
        url, {"mode": "bulk", "query": "SELECT 1", "timestamp.column.name": "at", "timestamp.columns.mapping": "t:[at]"}
    )
    assert mapped == {
        "mode": [
            (
                "Timestamp column configurations should not be provided if mode is not 'timestamp' or "
                "'timestamp+incrementing'. Remove 'timestamp.columns.mapping'."
            )
        ]
    }


def test_a_null_is_shown_to_validation_and_taken_as_not_given(url: str) -> None:
    assert errors(url, {**BULK, "query": None, "some.other": None}) == {}


def test_a_missing_driver_is_an_error_of_the_url() -> None:
    found = errors("jdbc:derby:x", BULK)
    assert found["connection.url"][0].startswith(
        "Could not connect to database. No driver for DerbyDatabaseDialect (jdbc:derby:x) is known to this plugin."
    )


def test_forbidden_options_are_an_error_of_the_url(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JDBC_CONNECTION_URL_BLOCKED_PARAMS", "evil")
    assert errors(url, {**BULK, "connection.evil": "1"})["connection.url"][0].startswith(
        "Could not connect to database. The connection sets evil, which the operator of this worker forbids"
    )


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes connections and says nothing."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield server.getsockname()[1]


def test_a_database_that_keeps_silent_is_given_up(silent: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penstock_jdbc.config.connection_check.DEADLINE_S", 0.3)
    found = errors(f"jdbc:postgresql://127.0.0.1:{silent}/x?connectTimeout=5", BULK)
    assert found == {"connection.url": ["Could not connect to database. There was no answer within 0.3 s"]}


def test_what_is_found_after_the_deadline_is_not_added(url: str) -> None:
    found = Findings(SOURCE_CONFIG, {"connection.url": url, **BULK})
    late, done = threading.Event(), threading.Event()

    def ask(wait: Callable[[float], bool]) -> None:
        assert wait(20), "told that time is over"
        found.add(["mode"], "too late")
        late.wait(20)
        done.set()

    values = within_deadline(found, ask, 0.1)
    late.set()
    assert done.wait(20)
    assert {value.name: value.errors for value in values if value.errors} == {
        "connection.url": ["Could not connect to database. There was no answer within 0.1 s"]
    }


def test_a_fault_of_ours_is_not_hidden(url: str) -> None:
    def ask(_wait: Callable[[float], bool]) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        within_deadline(Findings(SOURCE_CONFIG, {"connection.url": url}), ask)


def test_aivens_source_needs_no_filter(url: str) -> None:
    assert errors(url, {"mode": "bulk"}, AIVEN_SOURCE_CONFIG) == {}
    assert set(errors(url, {"mode": "bulk"})) == {
        "table.whitelist",
        "table.blacklist",
        "table.include.list",
        "table.exclude.list",
    }


def test_secrets_are_in_no_value_shown(url: str) -> None:
    props = {"connection.url": url, **BULK, "connection.user": "u", "connection.password": "s3cret"}
    found = validate({**props, "connection.attempts": "1"})
    assert [value.errors for value in found if value.errors] == []
    assert not any("s3cret" in repr(value) for value in found)
