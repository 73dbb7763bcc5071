"""The WHERE of each mode and the order of its values, on five databases (spec jdbc 6, 20.2)."""

from __future__ import annotations

from collections.abc import Hashable

import pytest

from penstock_jdbc.database.identifiers import Quoting, rules_for
from penstock_jdbc.database.kind import DatabaseKind
from penstock_jdbc.source.criteria import Bind, Statement, criteria_of
from penstock_jdbc.source.mode import Mode
from penstock_jdbc.source.reader_generic import ELSE_NOW, NOW_QUERIES, _bound

SELECT = {
    DatabaseKind.POSTGRESQL: ('SELECT * FROM "s"."T"', '"s"."T"."{}"'),
    DatabaseKind.MYSQL: ("SELECT * FROM `s`.`T`", "`s`.`T`.`{}`"),
    DatabaseKind.SQLITE: ('SELECT * FROM "s"."T"', '"s"."T"."{}"'),
    DatabaseKind.SQLSERVER: ("SELECT * FROM [s].[dbo].[T]", "[s].[dbo].[T].[{}]"),
    DatabaseKind.ORACLE: ('SELECT * FROM "s"."T"', '"s"."T"."{}"'),
}


def statement(kind: DatabaseKind, mode: Mode, times: list[str], suffix: str = "") -> tuple[Statement, str]:
    rules = rules_for(kind, Quoting.ALWAYS)
    table = rules.parse(f"{rules.opening}s{rules.closing}.{rules.opening}T{rules.closing}")
    quoted = rules.quoted(table)
    criteria = criteria_of(mode, times, "Id", lambda name: f"{quoted}{rules.separator}{rules.quote(name)}")
    return criteria.statement(f"SELECT * FROM {quoted}", suffix), SELECT[kind][1]


@pytest.mark.parametrize("kind", SELECT)
def test_incrementing(kind: DatabaseKind) -> None:
    made, column = statement(kind, Mode.INCREMENTING, [])
    inc = column.format("Id")
    assert str(made) == f"{SELECT[kind][0]} WHERE {inc} > ? ORDER BY {inc} ASC"
    assert made.binds == (Bind.LAST_ID,)


@pytest.mark.parametrize("kind", SELECT)
def test_timestamp(kind: DatabaseKind) -> None:
    made, column = statement(kind, Mode.TIMESTAMP, ["ts"])
    time = column.format("ts")
    assert str(made) == f"{SELECT[kind][0]} WHERE {time} > ? AND {time} < ? ORDER BY {time} ASC"
    assert made.binds == (Bind.BEGIN, Bind.END)


@pytest.mark.parametrize("kind", SELECT)
def test_timestamp_and_incrementing_with_several_columns_and_a_suffix(kind: DatabaseKind) -> None:
    made, column = statement(kind, Mode.TIMESTAMP_INCREMENTING, ["upd", "Cre"], "LIMIT 5")
    time = f"COALESCE({column.format('upd')},{column.format('Cre')})"
    inc = column.format("Id")
    assert str(made) == (
        f"{SELECT[kind][0]} WHERE {time} < ? AND (({time} = ? AND {inc} > ?) OR {time} > ?) ORDER BY {time},{inc} ASC LIMIT 5"
    )
    assert made.binds == (Bind.END, Bind.BEGIN, Bind.LAST_ID, Bind.BEGIN)
    values: dict[Hashable, object] = {Bind.END: "end", Bind.BEGIN: "begin", Bind.LAST_ID: 3}
    assert made.values(values) == ["end", "begin", 3, "begin"]


def test_bulk_has_no_clause_but_the_suffix() -> None:
    assert str(statement(DatabaseKind.SQLITE, Mode.BULK, [], "LIMIT 5")[0]) == 'SELECT * FROM "s"."T" LIMIT 5'


def test_numbers_may_have_an_upper_bound() -> None:
    criteria = criteria_of(Mode.INCREMENTING, [], "id", str, bounded=True)
    made = criteria.statement("SELECT 1")
    assert str(made) == "SELECT 1 WHERE id > ? AND id <= ? ORDER BY id ASC"
    assert made.binds == (Bind.LAST_ID, Bind.HIGHEST_ID)


def test_names_are_bare_where_quoting_is_off() -> None:
    rules = rules_for(DatabaseKind.POSTGRESQL, Quoting.NEVER)
    criteria = criteria_of(Mode.INCREMENTING, [], "Id", rules.quote)
    assert str(criteria.statement("SELECT * FROM t")) == "SELECT * FROM t WHERE Id > ? ORDER BY Id ASC"


@pytest.mark.parametrize(
    ("style", "text", "values"),
    [
        ("qmark", "SELECT '%' WHERE id > ? ORDER BY id ASC", (7,)),
        ("format", "SELECT '%%' WHERE id > %s ORDER BY id ASC", (7,)),
        ("pyformat", "SELECT '%%' WHERE id > %s ORDER BY id ASC", (7,)),
        ("numeric", "SELECT '%' WHERE id > :1 ORDER BY id ASC", (7,)),
        ("named", "SELECT '%' WHERE id > :p1 ORDER BY id ASC", {"p1": 7}),
    ],
)
def test_values_are_bound_in_the_style_of_the_driver(style: str, text: str, values: object) -> None:
    made = criteria_of(Mode.INCREMENTING, [], "id", str).statement("SELECT '%'")
    assert _bound(made, {Bind.LAST_ID: 7}, style) == (text, values)


def test_every_database_is_asked_for_the_time_in_its_own_way() -> None:
    assert NOW_QUERIES[DatabaseKind.ORACLE] == "SELECT CURRENT_TIMESTAMP FROM DUAL"
    assert NOW_QUERIES[DatabaseKind.DB2] == "SELECT CURRENT_TIMESTAMP(12) FROM SYSIBM.SYSDUMMY1"
    assert ELSE_NOW == "SELECT CURRENT_TIMESTAMP"
