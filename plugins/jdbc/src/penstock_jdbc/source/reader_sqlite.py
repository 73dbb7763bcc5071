"""Reading SQLite with the standard library's driver."""

from __future__ import annotations

import sqlite3
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from sqlalchemy.engine import Connection

from penstock_jdbc.database.session import Database
from penstock_jdbc.database.table import Table
from penstock_jdbc.source.criteria import Statement
from penstock_jdbc.source.facts import ColumnFacts
from penstock_jdbc.source.facts_sqlite import Declared, SqliteRules, column_facts
from penstock_jdbc.source.fields import FieldRules
from penstock_jdbc.source.numeric import NumericMapping
from penstock_jdbc.source.rows import Row
from penstock_jdbc.source.sqlite_values import DateOptions, instants
from penstock_jdbc.source.temporal import WallClock

_NOW = "SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')"
_NS_PER_US = 1000


class SqliteResultSet:
    """Rows from a cursor. The first one is looked at early: it tells types."""

    def __init__(self, cursor: sqlite3.Cursor, declared: Sequence[Declared], rules: SqliteRules) -> None:
        self._cursor = cursor
        first = cursor.fetchone()
        self._held: list[Row] = [] if first is None else [first]
        values = [None] * len(declared) if first is None else first
        self.columns: Sequence[ColumnFacts] = [
            column_facts(column, value, rules) for column, value in zip(declared, values, strict=True)
        ]

    def fetch(self, count: int) -> Sequence[Row]:
        """See :class:`penstock_jdbc.source.reader.ResultSet`."""
        held, self._held = self._held, []
        if len(held) == count:
            return held  # fetchmany(0) would be all of them
        return [*held, *self._cursor.fetchmany(count - len(held))] if held else self._cursor.fetchmany(count)

    def close(self) -> None:
        """See :class:`penstock_jdbc.source.reader.ResultSet`."""
        self._cursor.close()


class SqliteReader:
    """See :class:`penstock_jdbc.source.reader.Reader`."""

    def __init__(self, database: Database, rules: FieldRules) -> None:
        options = {**database.url.properties, **database.settings.properties}
        self._clock = rules.clock
        self._date_class = options.get("date_class", "INTEGER").upper()
        seconds = options.get("date_precision", "MILLISECONDS").upper() == "SECONDS"
        self._dates = DateOptions(unit_us=1_000_000 if seconds else 1000)
        self._rules = SqliteRules(rules.clock, self._dates, rules.numeric is not NumericMapping.NONE)

    def begin(self, raw: Any) -> None:
        """Nothing is to be set."""

    def query(
        self, connection: Connection, statement: Statement, values: Mapping[Hashable, object], table: Table | None
    ) -> SqliteResultSet:
        """See :class:`penstock_jdbc.source.reader.Reader`."""
        raw: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]  # its class
        cursor = raw.execute(statement.render("?"), statement.values(values))
        names = [str(column[0]) for column in cursor.description]
        declared = _of_table(names, raw, table) if table is not None else _of_query(names, raw, statement.select)
        return SqliteResultSet(cursor, declared, self._rules)

    def now_us(self, connection: Connection) -> int:
        """See :class:`penstock_jdbc.source.reader.Reader`. SQLite tells the time of the machine, in UTC."""
        raw: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]  # its class
        (text,) = raw.execute(_NOW).fetchone()
        return int(instants(WallClock(), self._dates)([text])[0])

    def timestamp(self, instant_ns: int) -> object:
        """As ``date_class`` has it: milliseconds (INTEGER), or the wall time in ``db.timezone`` (TEXT). Java's driver knows
        milliseconds only; digits below are kept where there are any, so that a row is not found again."""
        instant_us = instant_ns // _NS_PER_US
        if self._date_class == "TEXT":
            wall = self._clock.moment(instant_us)
            text = wall.strftime("%Y-%m-%d %H:%M:%S.%f")
            return text if instant_us % 1000 else text[:-3]
        if self._date_class == "REAL":
            return instant_us / 86_400_000_000 + 2_440_587.5
        return instant_us // self._dates.unit_us


def _of_table(names: Sequence[str], raw: sqlite3.Connection, table: Table) -> list[Declared]:
    """Declared types by column, which are looked up in every pass: a table may have got another column."""
    rows = raw.execute('SELECT name, type, "notnull" FROM pragma_table_info(?)', (table.id.table,)).fetchall()
    known = {name: Declared(name, kind or "", bool(not_null)) for name, kind, not_null in rows}
    if table.kind == "VIEW":
        return _of_query(names, raw, f"SELECT * FROM {_quoted(table.id.table)}")  # noqa: S608  # a quoted name
    return [known.get(name, Declared(name, "", not_null=False)) for name in names]


def _of_query(names: Sequence[str], raw: sqlite3.Connection, select: str) -> list[Declared]:
    """Declared types of a query's columns, by way of a view of it, and whether they may be null.

    The driver doesn't tell which column of which table one comes from. It is taken for the one that the query reads under
    the same name and with the same declared type, if that is not null in all tables read.
    """
    read: set[tuple[str, str]] = set()

    def note(action: int, table: str | None, column: str | None, *_: object) -> int:
        if action == sqlite3.SQLITE_READ and table and column:
            read.add((table, column))
        return sqlite3.SQLITE_OK

    raw.set_authorizer(note)
    try:
        raw.execute(f"EXPLAIN {select}").close()
    finally:
        raw.set_authorizer(None)
    raw.execute(f"CREATE TEMP VIEW penstock_columns AS {select.rstrip().rstrip(';')}")
    try:
        rows = raw.execute("SELECT name, type FROM pragma_table_info('penstock_columns')").fetchall()
    finally:
        raw.execute("DROP VIEW temp.penstock_columns")
    types = [kind or "" for _, kind in rows] if len(rows) == len(names) else [""] * len(names)
    origins = [origin for table in {table for table, _ in read} for origin in _columns_read(raw, table, read)]
    return [_declared(name, kind, origins) for name, kind in zip(names, types, strict=True)]


def _columns_read(raw: sqlite3.Connection, table: str, read: set[tuple[str, str]]) -> list[Declared]:
    """Those of a table; views have none of their own."""
    if raw.execute("SELECT 1 FROM sqlite_master WHERE name = ? AND type = 'view'", (table,)).fetchone():
        return []
    rows = raw.execute('SELECT name, type, "notnull" FROM pragma_table_info(?)', (table,)).fetchall()
    return [Declared(name, kind or "", bool(not_null)) for name, kind, not_null in rows if (table, name) in read]


def _declared(name: str, kind: str, origins: Sequence[Declared]) -> Declared:
    same = [origin for origin in origins if origin.name.lower() == name.lower() and origin.text == kind]
    if same:
        return Declared(name, kind, all(origin.not_null for origin in same))
    of_type = any(origin.text == kind for origin in origins)
    return Declared(name, kind if of_type else "", not_null=False)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
