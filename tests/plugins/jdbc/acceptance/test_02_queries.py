"""Acceptance check 2: the SQL of every mode, and which values it binds in which order, on every dialect."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from penstock_jdbc.config.source_config import SOURCE_TASK_CONFIG
from penstock_jdbc.database.identifiers import Quoting, TableId, rules_for
from penstock_jdbc.database.jdbc_type import JdbcType
from penstock_jdbc.database.kind import DatabaseKind
from penstock_jdbc.database.table import Column, Table
from penstock_jdbc.source import planning
from penstock_jdbc.source.criteria import Bind
from penstock_jdbc.source.planning import Planner
from penstock_jdbc.source.settings import SourceSettings
from penstock_jdbc.source.target import Target
from tests.plugins.jdbc.acceptance.reading import MOMENTS, full_name, kind_of, moment, quoted, task_on

KINDS = {
    DatabaseKind.POSTGRESQL: "public.Orders",
    DatabaseKind.MYSQL: "shop.Orders",
    DatabaseKind.SQLITE: "Orders",
    DatabaseKind.SQLSERVER: "shop.dbo.Orders",
    DatabaseKind.ORACLE: "HR.Orders",
    DatabaseKind.DB2: "HR.Orders",
}
"""Each with a full name as its databases have them."""

QUOTED = {
    DatabaseKind.POSTGRESQL: ('"public"."Orders"', '"{}"'),
    DatabaseKind.MYSQL: ("`shop`.`Orders`", "`{}`"),
    DatabaseKind.SQLITE: ('"Orders"', '"{}"'),
    DatabaseKind.SQLSERVER: ("[shop].[dbo].[Orders]", "[{}]"),
    DatabaseKind.ORACLE: ('"HR"."Orders"', '"{}"'),
    DatabaseKind.DB2: ('"HR"."Orders"', '"{}"'),
}

CLAUSES: dict[str, tuple[str, list[Bind]]] = {
    "bulk": ("", []),
    "incrementing": (" WHERE {inc} > ? ORDER BY {inc} ASC", [Bind.LAST_ID]),
    "timestamp": (" WHERE {at} > ? AND {at} < ? ORDER BY {at} ASC", [Bind.BEGIN, Bind.END]),
    "timestamp+incrementing": (
        " WHERE {at} < ? AND (({at} = ? AND {inc} > ?) OR {at} > ?) ORDER BY {at},{inc} ASC",
        [Bind.END, Bind.BEGIN, Bind.LAST_ID, Bind.BEGIN],
    ),
}
"""As the specification has them (6)."""


def planned(kind: DatabaseKind, monkeypatch: pytest.MonkeyPatch, **config: str) -> Target:
    """What a task would read, for a table with the columns Id, At and Upd."""
    props = {"connection.url": "jdbc:x:y", **{key.replace("_", "."): value for key, value in config.items()}}
    settings = SourceSettings.of(SOURCE_TASK_CONFIG.parsed(props), props)
    rules = rules_for(kind, Quoting(props.get("quote.sql.identifiers", "always")))

    def describe(_connection: object, _kind: DatabaseKind, table: TableId) -> Table:
        columns = tuple(Column(name, JdbcType.BIGINT, "x", nullable=False) for name in ("Id", "At", "Upd"))
        return Table(table, "TABLE", columns)

    monkeypatch.setattr(planning, "describe", describe)
    database: Any = SimpleNamespace(kind=kind, identifiers=rules)
    connection: Any = SimpleNamespace(rollback=lambda: None)
    planner = Planner(database, connection, settings)
    return planner.query() if settings.query else planner.tables([KINDS[kind]])[0]


@pytest.mark.parametrize("times", ["At", "Upd,At"])
@pytest.mark.parametrize("mode", CLAUSES)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_tables(kind: DatabaseKind, mode: str, times: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns stand behind the table's full name; of several times the first that is not null counts."""
    table, mark = QUOTED[kind]
    columns = [f"{table}.{mark.format(name)}" for name in times.split(",")]
    at = columns[0] if len(columns) == 1 else f"COALESCE({','.join(columns)})"
    clause, binds = CLAUSES[mode]

    target = planned(
        kind, monkeypatch, mode=mode, incrementing_column_name="Id", timestamp_column_name=times, query_suffix=" FOR X "
    )

    where = clause.format(inc=f"{table}.{mark.format('Id')}", at=at)
    assert str(target.statement) == f"SELECT * FROM {table}{where} FOR X"
    assert list(target.statement.binds) == binds


@pytest.mark.parametrize("mode", CLAUSES)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_queries(kind: DatabaseKind, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's text as it is, then the clauses with bare columns."""
    _, mark = QUOTED[kind]
    clause, binds = CLAUSES[mode]
    query = "SELECT a.Id, b.At FROM a JOIN b USING (x) -- 100%"

    target = planned(
        kind, monkeypatch, mode=mode, incrementing_column_name="Id", timestamp_column_name="At", query=query
    )

    assert str(target.statement) == query + clause.format(inc=mark.format("Id"), at=mark.format("At"))
    assert list(target.statement.binds) == binds


NEVER = {
    DatabaseKind.POSTGRESQL: "public.orders",
    DatabaseKind.MYSQL: "shop.Orders",
    DatabaseKind.SQLITE: "Orders",
    DatabaseKind.SQLSERVER: "shop.dbo.Orders",
    DatabaseKind.ORACLE: "HR.ORDERS",
    DatabaseKind.DB2: "HR.Orders",
}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_without_quotes(kind: DatabaseKind, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's table name is put in lower case, Oracle's in upper case; columns stay as they were given."""
    target = planned(
        kind, monkeypatch, mode="incrementing", incrementing_column_name="Id", quote_sql_identifiers="never"
    )
    table = NEVER[kind]
    assert str(target.statement) == f"SELECT * FROM {table} WHERE {table}.Id > ? ORDER BY {table}.Id ASC"


def test_values_are_bound_in_the_order_of_the_statement(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {Bind.BEGIN: "begin", Bind.END: "end", Bind.LAST_ID: 7}
    for mode, expected in {
        "incrementing": [7],
        "timestamp": ["begin", "end"],
        "timestamp+incrementing": ["end", "begin", 7, "begin"],
    }.items():
        target = planned(
            DatabaseKind.ORACLE, monkeypatch, mode=mode, incrementing_column_name="Id", timestamp_column_name="At"
        )
        assert target.statement.values(dict(given)) == expected


# ---- run by the databases ---------------------------------------------------------------------------------------------


def fill(database: Any, table: str, columns: tuple[str, str, str]) -> None:
    """Rows 1 to 3; row 2 has no first time but a second one, which is the latest of all."""
    number, first, second = columns
    kind = MOMENTS[kind_of(database)]
    database.run(
        f"CREATE TABLE {table} ({number} integer NOT NULL PRIMARY KEY, {first} {kind} NULL, {second} {kind} NULL)"
    )
    for row, one, two in ((1, 1000, 59_000), (2, None, 5000), (3, 3000, None)):
        moments = ", ".join(moment(database, ms) for ms in (one, two))
        database.run(f"INSERT INTO {table} VALUES ({row}, {moments})")


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("bulk", [1, 2, 3]),
        ("incrementing", [1, 2, 3]),
        ("timestamp", [1, 3, 2]),
        ("timestamp+incrementing", [1, 3, 2]),
    ],
)
@pytest.mark.parametrize("source", ["table", "query"])
def test_mixed_case_names_and_several_times(database: Any, mode: str, expected: list[int], source: str) -> None:
    mark = "`" if kind_of(database) == "mariadb" else '"'
    names = [f"{mark}{name}{mark}" for name in ("Row Id", "At", "uPd")]
    fill(database, quoted(database, "Mixed Case"), (names[0], names[1], names[2]))
    config = {
        "mode": mode,
        "incrementing.column.name": "Row Id",
        "timestamp.column.name": "At,uPd",
        "validate.non.null": "false",
        "poll.interval.ms": "600000",
    }
    tables = ["Mixed Case"]
    if source == "query":
        tables = []
        config["query"] = f"SELECT * FROM {quoted(database, 'Mixed Case')}"
    with task_on(database, config, *tables) as reader:
        reader.read(3)
        assert reader.values("Row Id") == expected


@pytest.mark.parametrize("mode", ["incrementing", "timestamp", "timestamp+incrementing"])
def test_names_without_quotes_are_the_database_s_own(database: Any, mode: str) -> None:
    fill(database, "plain", ("num", "first_at", "second_at"))
    config = {
        "mode": mode,
        "incrementing.column.name": "num",
        "timestamp.column.name": "first_at,second_at",
        "validate.non.null": "false",
        "quote.sql.identifiers": "never",
        "query": f"SELECT * FROM {full_name(database, 'plain')}",
        "query.suffix": "LIMIT 2",
    }
    with task_on(database, config) as reader:
        reader.read_through(2)
        assert sorted(reader.values("num")) == [1, 2, 3]
