"""Reading PostgreSQL with psycopg 3: a cursor on the server, results in the binary format."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from sqlalchemy.engine import Connection

from penstock_jdbc.database.table import Table
from penstock_jdbc.source import facts_postgresql as types
from penstock_jdbc.source.criteria import Statement
from penstock_jdbc.source.facts import ColumnFacts
from penstock_jdbc.source.facts_postgresql import ServerColumn, column_facts
from penstock_jdbc.source.rows import Row
from penstock_jdbc.source.temporal import WallClock

_NOW = "SELECT floor(extract(epoch FROM current_timestamp) * 1000)::bigint * 1000"
_READER = """SELECT set_config('application_name',
    left(current_setting('application_name'), 40) || ' [penstock reader]', false)"""
"""The name by which sessions that only read are known to those who look for writers (:mod:`penstock_jdbc.source.late`)."""
_NOT_NULL = """SELECT a.attrelid::bigint, a.attnum FROM pg_catalog.pg_attribute a
    JOIN unnest(%s::bigint[], %s::int[]) AS c(relation, number) ON a.attrelid = c.relation AND a.attnum = c.number
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid WHERE a.attnotnull OR (t.typtype = 'd' AND t.typnotnull)"""
_TYPES = "SELECT oid::bigint, typname, typtype = 'e' FROM pg_catalog.pg_type WHERE oid = ANY(%s::bigint[]::oid[])"


class PostgresqlResultSet:
    """Rows of a cursor on the server."""

    def __init__(self, cursor: Any, columns: Sequence[ColumnFacts]) -> None:
        self._cursor = cursor
        self.columns = columns

    def fetch(self, count: int) -> Sequence[Row]:
        """See :class:`penstock_jdbc.source.reader.ResultSet`."""
        rows: list[Row] = self._cursor.fetchmany(count)
        return rows

    def close(self) -> None:
        """See :class:`penstock_jdbc.source.reader.ResultSet`."""
        try:
            self._cursor.close()
        except BaseException:
            _close_here(self._cursor)
            raise


def _close_here(cursor: Any) -> None:
    """Close a cursor whose statement failed, as far as the driver goes: it asks the server no more, where that has failed."""
    for _ in range(2):
        with contextlib.suppress(Exception):
            cursor.close()


class PostgresqlReader:
    """See :class:`penstock_jdbc.source.reader.Reader`."""

    def __init__(self, clock: WallClock) -> None:
        self._clock = clock
        self._names = itertools.count(1)
        self._types: dict[int, tuple[str, bool]] = {}

    def begin(self, raw: Any) -> None:
        """Have the driver hand out dates and times as numbers, and plan for the whole result, not for its first rows."""
        from psycopg.types.numeric import Int4BinaryLoader, Int8BinaryLoader  # only here: an extra of the package
        from psycopg.types.string import ByteaBinaryLoader

        for oid in (types.TIME, types.TIMESTAMP, types.TIMESTAMPTZ, types.MONEY):
            raw.adapters.register_loader(oid, Int8BinaryLoader)
        raw.adapters.register_loader(types.DATE, Int4BinaryLoader)
        for oid in (types.CHAR, types.JSON, types.JSONB, types.XML, types.UUID, types.TIMETZ, types.BIT):
            raw.adapters.register_loader(oid, ByteaBinaryLoader)
        raw.execute("SET cursor_tuple_fraction = 1")
        raw.execute(_READER)
        raw.commit()

    def query(
        self,
        connection: Connection,
        statement: Statement,
        values: Mapping[Hashable, object],
        table: Table | None,  # noqa: ARG002  # the server describes its results
    ) -> PostgresqlResultSet:
        """See :class:`penstock_jdbc.source.reader.Reader`."""
        raw: Any = connection.connection.driver_connection
        cursor = raw.cursor(name=f"penstock_{next(self._names)}")
        try:
            if statement.binds:
                text = statement.render("%s", lambda part: part.replace("%", "%%"))
                cursor.execute(text, statement.values(values), binary=True)
            else:
                cursor.execute(str(statement), binary=True)
            columns = [column_facts(column) for column in self._columns(raw, cursor)]
        except BaseException:
            _close_here(cursor)
            raise
        return PostgresqlResultSet(cursor, columns)

    def now_us(self, connection: Connection) -> int:
        """See :class:`penstock_jdbc.source.reader.Reader`."""
        raw: Any = connection.connection.driver_connection
        (now,) = raw.execute(_NOW).fetchone()
        return int(now)

    def timestamp(self, instant_ns: int) -> object:
        """A wall time of ``db.timezone`` with its offset, as a text without a type: a column without a zone takes the digits,
        one with a zone takes the instant."""
        return self._clock.moment(instant_ns // 1000).isoformat(" ")

    def _columns(self, raw: Any, cursor: Any) -> list[ServerColumn]:
        result = cursor.pgresult
        places = range(result.nfields)
        origins = [(result.ftable(place), result.ftablecol(place)) for place in places]
        oids = [result.ftype(place) for place in places]
        self._learn(raw, {oid for oid in oids if oid not in self._types})
        tables = [origin for origin in origins if origin[0]]
        rows = raw.execute(_NOT_NULL, ([table for table, _ in tables], [number for _, number in tables])).fetchall()
        not_null = set(rows)
        return [
            ServerColumn(
                name=result.fname(place).decode(),
                oid=oids[place],
                modifier=result.fmod(place),
                type_name=self._types.get(oids[place], ("", False))[0],
                enum=self._types.get(oids[place], ("", False))[1],
                not_null=origins[place] in not_null,
            )
            for place in places
        ]

    def _learn(self, raw: Any, oids: set[int]) -> None:
        if oids:
            rows = raw.execute(_TYPES, (list(oids),)).fetchall()
            self._types.update({oid: (name, is_enum) for oid, name, is_enum in rows})
