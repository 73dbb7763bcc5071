"""Reading MySQL and MariaDB with mysqlclient or PyMySQL: unbuffered, in the text protocol."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

from sqlalchemy.engine import Connection

from penstock_jdbc.database.jdbc_type import BINARIES
from penstock_jdbc.database.table import Table
from penstock_jdbc.source import facts_mysql as types
from penstock_jdbc.source.criteria import Statement
from penstock_jdbc.source.facts import ColumnFacts
from penstock_jdbc.source.facts_mysql import MysqlField, MysqlRules, column_facts
from penstock_jdbc.source.rows import Row
from penstock_jdbc.source.temporal import WallClock, microseconds

_NOW = "SELECT CURRENT_TIMESTAMP(3)"
_BINARY_CHARSET = 63
_BINARY_FLAG = 128
_PATIENCE_S = 3600
"""How long the server waits for a reader that does not take rows, because the log takes none, say."""
_NATIVE: dict[int, Callable[[Any], Any]] = {
    **dict.fromkeys((types.TINY, types.SHORT, types.LONG, types.INT24, types.LONGLONG), int),
    types.FLOAT: float,
    types.DOUBLE: float,
    **dict.fromkeys(
        (types.NEWDECIMAL, types.DATE, types.NEWDATE, types.TIME, types.DATETIME, types.TIMESTAMP, types.YEAR), str
    ),
}
"""What the driver makes of values by type; the rest is text, or bytes where it is binary."""


def driver_arguments(driver: str) -> dict[str, object]:
    """Arguments of the driver's ``connect`` that have values come as this module reads them."""
    if driver == "mysqldb":
        from MySQLdb.converters import conversions  # only here: an extra of the package
    else:
        from pymysql.converters import conversions
    encoders = {key: value for key, value in conversions.items() if not isinstance(key, int)}
    return {"conv": {**encoders, **_NATIVE}}


class MysqlResultSet:
    """Rows as the server sends them."""

    def __init__(self, cursor: Any, fields: Sequence[MysqlField], rules: MysqlRules) -> None:
        self._cursor = cursor
        self.columns: Sequence[ColumnFacts] = [column_facts(field, rules) for field in fields]

    def fetch(self, count: int) -> Sequence[Row]:
        """See :class:`penstock_jdbc.source.reader.ResultSet`."""
        rows: Sequence[Row] = self._cursor.fetchmany(count)
        return rows

    def close(self) -> None:
        """Takes the rest of the rows, if there is one: the protocol has no other way."""
        self._cursor.close()


class MysqlReader:
    """See :class:`penstock_jdbc.source.reader.Reader`."""

    def __init__(self, driver: str, clock: WallClock, rules: MysqlRules) -> None:
        self._compiled = driver == "mysqldb"
        self._clock = clock
        self._rules = rules

    def begin(self, raw: Any) -> None:
        """Have the server wait for us, and say that we only read: others look for writers."""
        cursor = raw.cursor()
        cursor.execute(f"SET SESSION net_write_timeout = {_PATIENCE_S}")
        cursor.execute("SET SESSION TRANSACTION READ ONLY")
        cursor.close()
        raw.commit()

    def query(
        self, connection: Connection, statement: Statement, values: Mapping[Hashable, object], table: Table | None
    ) -> MysqlResultSet:
        """See :class:`penstock_jdbc.source.reader.Reader`."""
        raw: Any = connection.connection.driver_connection
        cursor = raw.cursor(self._unbuffered())
        try:
            if statement.binds:
                text = statement.render("%s", lambda part: part.replace("%", "%%"))
                cursor.execute(text, statement.values(values))
            else:
                cursor.execute(str(statement))
        except BaseException:
            cursor.close()
            raise
        fields = _described(cursor, table) if self._compiled else _fields(cursor, table)
        if not self._compiled:
            return MysqlResultSet(cursor, fields, self._rules)
        return _Inspected(cursor, fields, self._rules, known=table is not None)

    def now_us(self, connection: Connection) -> int:
        """The server's wall time, taken for one of ``db.timezone`` as Java's connector does."""
        raw: Any = connection.connection.driver_connection
        cursor = raw.cursor()
        cursor.execute(_NOW)
        (text,) = cursor.fetchone()
        cursor.close()
        return self._clock.instant(int(microseconds([dt.datetime.fromisoformat(str(text))])[0]))

    def timestamp(self, instant_ns: int) -> object:
        """The wall time in ``db.timezone``."""
        wall = self._clock.moment(instant_ns // 1000)
        return wall.replace(tzinfo=None).isoformat(" ", "microseconds")

    def _unbuffered(self) -> Any:
        if self._compiled:
            from MySQLdb.cursors import SSCursor  # only here: an extra of the package
        else:
            from pymysql.cursors import SSCursor
        return SSCursor


class _Inspected(MysqlResultSet):
    """mysqlclient does not tell which characters are bytes, so that of a query's columns the first value tells."""

    def __init__(self, cursor: Any, fields: Sequence[MysqlField], rules: MysqlRules, *, known: bool) -> None:
        self._held: list[Row] = []
        if not known and any(field.type in types.CHARACTERS for field in fields):
            self._held = list(cursor.fetchmany(_LOOKED_AT))
            fields = [_by_value(field, [row[place] for row in self._held]) for place, field in enumerate(fields)]
        super().__init__(cursor, fields, rules)

    def fetch(self, count: int) -> Sequence[Row]:
        """See :class:`penstock_jdbc.source.reader.ResultSet`."""
        if not self._held:
            return super().fetch(count)
        taken, self._held = self._held[:count], self._held[count:]
        return [*taken, *super().fetch(count - len(taken))] if len(taken) < count else taken


_LOOKED_AT = 1000
"""Rows that are looked at for values."""


def _by_value(field: MysqlField, values: Sequence[object]) -> MysqlField:
    given = next((value for value in values if value is not None), None)
    if given is None or field.type not in types.CHARACTERS:
        return field
    return MysqlField(field.name, field.type, field.length, field.decimals, field.flags, isinstance(given, bytes), "")


def _described(cursor: Any, table: Table | None) -> list[MysqlField]:
    """What mysqlclient tells, and what the table's own description says of characters."""
    result = cursor._result  # noqa: SLF001 # the cursor has no public way to lengths and flags
    found = []
    for (name, kind, _, _, length, decimals, _), flags in zip(result.describe(), result.field_flags(), strict=True):
        column = None if table is None else table.column(name)
        binary = bool(flags & _BINARY_FLAG) if column is None else column.code in BINARIES
        found.append(
            MysqlField(name, kind, length, decimals, flags, binary, "" if column is None else column.type_name)
        )
    return found


def _fields(cursor: Any, table: Table | None) -> list[MysqlField]:
    """What PyMySQL tells."""
    found = []
    for field in cursor._result.fields:  # noqa: SLF001 # the cursor has no public way to lengths and flags
        column = None if table is None else table.column(field.name)
        found.append(
            MysqlField(
                field.name,
                field.type_code,
                field.length,
                field.scale,
                field.flags,
                field.charsetnr == _BINARY_CHARSET,
                "" if column is None else column.type_name,
            )
        )
    return found
