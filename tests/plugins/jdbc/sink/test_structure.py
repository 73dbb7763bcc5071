"""Tables that change while they are looked at (spec jdbc 13.4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from penstock.api import Schema
from penstock_jdbc.database.identifiers import IdentifierRules, TableId
from penstock_jdbc.database.jdbc_type import JdbcType
from penstock_jdbc.database.table import Column, Table
from penstock_jdbc.sink.dialects.others import GenericSinkDialect
from penstock_jdbc.sink.errors import TableAlterOrCreateException
from penstock_jdbc.sink.fields import SinkField, TableFields
from penstock_jdbc.sink.settings import SinkSettings
from penstock_jdbc.sink.structure import OwnNames, TableStructures, named
from penstock_jdbc.sink.temporal import Clocks

T = TableId(None, None, "t")
A, B = SinkField("a", Schema.INT32, is_key=True), SinkField("b", Schema.OPTIONAL_INT32, is_key=False)


class Home:
    """Tables in memory; ``on_run`` may change them, and refuse."""

    def __init__(self) -> None:
        self.tables: dict[TableId, Table] = {}
        self.looks = 0
        self.on_run: Callable[[], None] = lambda: None

    def look(self, table: TableId) -> Table | None:
        self.looks += 1
        return self.tables.get(table)

    def run(self, statements: Sequence[str], table: TableId, added: Sequence[SinkField]) -> None:
        self.on_run()
        before = self.tables.get(table)
        columns = before.columns if before is not None else ()
        self.have(*(column.name for column in columns), *(field.name for field in added))

    def have(self, *names: str, kind: str = "TABLE") -> None:
        self.tables[T] = Table(T, kind, tuple(Column(name, JdbcType.INTEGER, "int") for name in names))


def structures(home: Home, **settings: Any) -> TableStructures:
    made = SinkSettings("s", **{"auto_create": True, "auto_evolve": True, "max_retries": 2, **settings})
    return TableStructures(made, GenericSinkDialect(IdentifierRules(), Clocks()), home)


def refuse() -> None:
    raise RuntimeError("refused")


def test_a_table_is_looked_at_once() -> None:
    home = Home()
    home.have("a", "b")
    found = structures(home)
    for _ in range(3):
        found.ensure(T, TableFields((A, B)))
    assert home.looks == 1
    found.forget()
    found.ensure(T, TableFields((A, B)))
    assert home.looks == 2


def test_a_table_that_somebody_else_made_meanwhile_with_fewer_columns() -> None:
    home = Home()

    def faster() -> None:
        home.on_run = lambda: None
        home.have("a")
        refuse()

    home.on_run = faster
    table = structures(home).ensure(T, TableFields((A, B)))
    assert [column.name for column in table.columns] == ["a", "b"]


def test_a_create_that_fails_and_leaves_no_table() -> None:
    home = Home()
    home.on_run = refuse
    with pytest.raises(RuntimeError, match="refused"):
        structures(home).ensure(T, TableFields((A,)))


def test_a_table_that_was_created_but_is_not_there() -> None:
    home = Home()
    home.run = lambda *_: None  # type: ignore[method-assign]
    with pytest.raises(TableAlterOrCreateException) as raised:
        structures(home).ensure(T, TableFields((A,)))
    assert str(raised.value) == 'Table "t" was created, but cannot be found'


def test_columns_that_somebody_else_added_meanwhile() -> None:
    home = Home()
    home.have("a")

    def faster() -> None:
        home.have("a", "b")
        refuse()

    home.on_run = faster
    assert structures(home).ensure(T, TableFields((A, B))).column("b") is not None


def test_columns_that_cannot_be_added() -> None:
    home = Home()
    home.have("a")
    tries = []
    home.on_run = lambda: (tries.append(1), refuse())[1]
    with pytest.raises(TableAlterOrCreateException) as raised:
        structures(home).ensure(T, TableFields((A, B)))
    assert str(raised.value) == (
        "Failed to amend TABLE '\"t\"' to add missing fields: "
        "[SinkRecordField{schema=Schema{INT32}, name='b', isPrimaryKey=false}]"
    )
    assert str(raised.value.__cause__) == "refused"
    assert len(tries) == 3


def test_a_table_that_vanishes_while_columns_are_added() -> None:
    home = Home()
    home.have("a")
    home.on_run = home.tables.clear
    home.run = lambda *_: home.on_run()  # type: ignore[method-assign]
    with pytest.raises(TableAlterOrCreateException) as raised:
        structures(home).ensure(T, TableFields((A, B)))
    assert str(raised.value) == 'Table "t" vanished while columns were added to it'


def test_other_kinds_of_tables() -> None:
    home = Home()
    home.have("a", kind="PARTITIONED TABLE")
    with pytest.raises(TableAlterOrCreateException, match="is missing and auto-creation is disabled"):
        structures(home, auto_create=False).ensure(T, TableFields((A,)))
    allowed = frozenset({"PARTITIONED TABLE"})
    assert structures(home, table_types=allowed).ensure(T, TableFields((A,))).kind == "PARTITIONED TABLE"
    with pytest.raises(TableAlterOrCreateException, match="and ALTER PARTITIONED TABLE is unsupported"):
        structures(home, table_types=allowed).ensure(T, TableFields((A, B)))


def test_names_with_all_their_parts() -> None:
    assert named(TableId("c", "s", "t")) == '"c"."s"."t"'
    assert OwnNames("c", "s").complete(T) == TableId("c", "s", "t")
    assert OwnNames("c", "s").complete(TableId(None, "x", "t")) == TableId("c", "x", "t")
    assert OwnNames().complete(T) == T
