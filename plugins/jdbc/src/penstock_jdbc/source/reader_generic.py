"""Reading any database that SQLAlchemy and a driver serve, by PEP 249 alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from sqlalchemy.engine import Connection

from penstock_jdbc.database.kind import DatabaseKind
from penstock_jdbc.database.table import Table
from penstock_jdbc.source.criteria import Statement
from penstock_jdbc.source.facts import ColumnFacts
from penstock_jdbc.source.facts_generic import of_table, of_values
from penstock_jdbc.source.rows import Row
from penstock_jdbc.source.temporal import WallClock, microseconds

NOW_QUERIES: Mapping[DatabaseKind, str] = {
    DatabaseKind.ORACLE: "SELECT CURRENT_TIMESTAMP FROM DUAL",
    DatabaseKind.DB2: "SELECT CURRENT_TIMESTAMP(12) FROM SYSIBM.SYSDUMMY1",
    DatabaseKind.DERBY: "VALUES(CURRENT_TIMESTAMP)",
    DatabaseKind.HANA: "SELECT CURRENT_TIMESTAMP FROM DUMMY",
    DatabaseKind.SYBASE: "SELECT getdate()",
}
"""How a database tells the time; others are asked ``SELECT CURRENT_TIMESTAMP`` (spec jdbc 6)."""
ELSE_NOW = "SELECT CURRENT_TIMESTAMP"
_LOOKED_AT = 1000
"""Rows of a query that are looked at for types."""


class GenericResultSet:
    """Rows of a cursor. Those of a query are looked at early: they tell types."""

    def __init__(self, cursor: Any, table: Table | None) -> None:
        self._cursor = cursor
        described = [(str(column[0]), column[6] if len(column) > 6 else None) for column in cursor.description]
        known = [None if table is None else table.column_ignoring_case(name) for name, _ in described]
        self._held: list[Row] = [] if all(known) else list(cursor.fetchmany(_LOOKED_AT))
        self.columns: Sequence[ColumnFacts] = [
            of_table(name, column)
            if column is not None
            else of_values(name, [row[place] for row in self._held], None if null_ok is None else bool(null_ok))
            for place, ((name, null_ok), column) in enumerate(zip(described, known, strict=True))
        ]

    def fetch(self, count: int) -> Sequence[Row]:
        """See :class:`penstock_jdbc.source.reader.ResultSet`."""
        taken, self._held = self._held[:count], self._held[count:]
        return [*taken, *self._cursor.fetchmany(count - len(taken))] if len(taken) < count else taken

    def close(self) -> None:
        """See :class:`penstock_jdbc.source.reader.ResultSet`."""
        self._cursor.close()


class GenericReader:
    """See :class:`penstock_jdbc.source.reader.Reader`."""

    def __init__(self, kind: DatabaseKind, paramstyle: str, clock: WallClock) -> None:
        self._now = NOW_QUERIES.get(kind, ELSE_NOW)
        self._paramstyle = paramstyle
        self._clock = clock

    def begin(self, raw: Any) -> None:
        """Nothing is to be set."""

    def query(
        self, connection: Connection, statement: Statement, values: Mapping[Hashable, object], table: Table | None
    ) -> GenericResultSet:
        """See :class:`penstock_jdbc.source.reader.Reader`."""
        raw: Any = connection.connection.driver_connection
        cursor = raw.cursor()
        cursor.arraysize = _LOOKED_AT
        try:
            text, given = _bound(statement, values, self._paramstyle)
            cursor.execute(text, given) if statement.binds else cursor.execute(text)
            return GenericResultSet(cursor, table)
        except BaseException:
            cursor.close()
            raise

    def now_us(self, connection: Connection) -> int:
        """The database's clock; one that tells no zone is read in ``db.timezone``."""
        raw: Any = connection.connection.driver_connection
        cursor = raw.cursor()
        try:
            cursor.execute(self._now)
            (moment,) = cursor.fetchone()
        finally:
            cursor.close()
        if isinstance(moment, str):
            moment = dt.datetime.fromisoformat(moment)
        us = int(microseconds([moment])[0])
        instant = us if moment.tzinfo is not None else self._clock.instant(us)
        return instant // 1000 * 1000

    def timestamp(self, instant_ns: int) -> object:
        """The wall time in ``db.timezone``."""
        return self._clock.moment(instant_ns // 1000).replace(tzinfo=None)


def _bound(statement: Statement, values: Mapping[Hashable, object], style: str) -> tuple[str, Any]:
    """SQL and values in a driver's style of parameters (PEP 249)."""
    given = statement.values(values)
    if style == "qmark":
        return statement.render("?"), tuple(given)
    if style in ("format", "pyformat"):
        return statement.render("%s", lambda part: part.replace("%", "%%") if given else part), tuple(given)
    text = statement.texts[0]
    for number, part in enumerate(statement.texts[1:], 1):
        text += f":{number if style == 'numeric' else f'p{number}'}{part}"
    if style == "numeric":
        return text, tuple(given)
    return text, {f"p{number}": value for number, value in enumerate(given, 1)}
