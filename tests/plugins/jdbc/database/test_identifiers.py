"""Names of tables, taken apart and written, as each dialect does it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.api import ConnectException
from penstock_jdbc.database.identifiers import IdentifierRules, Quoting, TableId, rules_for
from penstock_jdbc.database.kind import DatabaseKind

NAMES = st.text(min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("kind", "text", "table"),
    [
        (DatabaseKind.POSTGRESQL, "orders", TableId(None, None, "orders")),
        (DatabaseKind.POSTGRESQL, "public.orders", TableId(None, "public", "orders")),
        (DatabaseKind.POSTGRESQL, '"public"."My.Orders"', TableId(None, "public", "My.Orders")),
        (DatabaseKind.POSTGRESQL, 'db.public."a""b"', TableId("db", "public", 'a"b')),
        (DatabaseKind.POSTGRESQL, "Orders", TableId(None, None, "Orders")),
        (DatabaseKind.POSTGRESQL, "x" * 70, TableId(None, None, "x" * 63)),
        (DatabaseKind.MYSQL, "`shop`.`or``ders`", TableId(None, "shop", "or`ders")),
        (DatabaseKind.SQLITE, '"t1"', TableId(None, None, "t1")),
        (DatabaseKind.SQLSERVER, "orders", TableId(None, "dbo", "orders")),
        (DatabaseKind.SQLSERVER, "shop.orders", TableId("shop", "dbo", "orders")),
        (DatabaseKind.SQLSERVER, "[shop].[x].[or]]ders]", TableId("shop", "x", "or]ders")),
        (DatabaseKind.SYBASE, "shop.orders", TableId("shop", None, "orders")),
        (DatabaseKind.ORACLE, "HR.ORDERS", TableId(None, "HR", "ORDERS")),
        (DatabaseKind.ORACLE, "hr.orders", TableId(None, "hr", "orders")),
        (DatabaseKind.DB2, '"S"."T"', TableId(None, "S", "T")),
    ],
)
def test_a_name_is_taken_apart(kind: DatabaseKind, text: str, table: TableId) -> None:
    assert rules_for(kind).parse(text) == table


@pytest.mark.parametrize(
    ("kind", "text", "table"),
    [
        (DatabaseKind.POSTGRESQL, "Public.Orders", TableId(None, "Public", "orders")),
        (DatabaseKind.ORACLE, "hr.orders", TableId(None, "hr", "ORDERS")),
        (DatabaseKind.MYSQL, "Orders", TableId(None, None, "Orders")),
    ],
)
def test_never_quoting_folds_the_table_as_the_server_does(kind: DatabaseKind, text: str, table: TableId) -> None:
    assert rules_for(kind, Quoting.NEVER).parse(text) == table


@pytest.mark.parametrize(
    ("kind", "sql"),
    [
        (DatabaseKind.POSTGRESQL, '"c"."s"."a""b]`"'),
        (DatabaseKind.SQLITE, '"c"."s"."a""b]`"'),
        (DatabaseKind.ORACLE, '"c"."s"."a""b]`"'),
        (DatabaseKind.DB2, '"c"."s"."a""b]`"'),
        (DatabaseKind.MYSQL, '`c`.`s`.`a"b]```'),
        (DatabaseKind.SQLSERVER, '[c].[s].[a"b]]`]'),
    ],
)
def test_a_name_is_written_with_its_closing_quotes_doubled(kind: DatabaseKind, sql: str) -> None:
    assert rules_for(kind).quoted(TableId("c", "s", 'a"b]`')) == sql


def test_without_quoting_names_are_written_as_they_are() -> None:
    rules = rules_for(DatabaseKind.SQLSERVER, Quoting.NEVER)
    assert rules.quoted(TableId(None, "dbo", "Orders")) == "dbo.Orders"


def test_the_full_name_leaves_out_what_is_missing() -> None:
    assert [str(TableId("c", "s", "t")), TableId(None, "s", "t").full_name, TableId("c", None, "t").full_name] == [
        "c.s.t",
        "s.t",
        "c.t",
    ]


@given(NAMES, NAMES, NAMES, st.sampled_from([DatabaseKind.MYSQL, DatabaseKind.SQLITE, DatabaseKind.SQLSERVER]))
def test_what_was_quoted_is_read_back(catalog: str, schema: str, table: str, kind: DatabaseKind) -> None:
    rules = rules_for(kind)
    name = TableId(catalog, schema, table)
    assert rules.parse(rules.quoted(name)) == name


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('"a', 'missing trailing quote in "a'),
        ("a.", "ends in delimiter a."),
        (".a", "a part of '.a' is empty"),
        ("", "a part of '' is empty"),
        ('"a"b', "'.' expected before b in \"a\"b"),
        ("a.b.c.d", "The table name 'a.b.c.d' has 4 parts, but may have three at most"),
    ],
)
def test_a_name_that_is_none_is_told(text: str, message: str) -> None:
    with pytest.raises(ConnectException) as caught:
        IdentifierRules().parse(text)
    assert message in str(caught.value)
