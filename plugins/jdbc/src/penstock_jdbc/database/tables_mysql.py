"""Tables of MySQL and MariaDB, from ``information_schema``, as their JDBC drivers tell them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from penstock_jdbc.database.identifiers import TableId
from penstock_jdbc.database.jdbc_type import JdbcType
from penstock_jdbc.database.table import Column, Table, TableFilter, like

_LIST = """SELECT table_schema AS s, table_name AS n, table_type AS type FROM information_schema.tables
    ORDER BY table_type, table_schema, table_name"""

_FIND = """SELECT table_schema AS s, table_name AS n, table_type AS type FROM information_schema.tables
    WHERE table_schema = COALESCE(:database, DATABASE()) AND table_name = :table"""

_COLUMNS = """SELECT column_name AS name, data_type AS type, column_type AS full_type, numeric_precision AS digits,
    numeric_scale AS scale, character_maximum_length AS length, datetime_precision AS fraction, is_nullable AS nullable,
    column_default AS default_sql, extra AS extra, column_key AS part
    FROM information_schema.columns WHERE table_schema = :database AND table_name = :table ORDER BY ordinal_position"""

_KEY = """SELECT column_name AS n FROM information_schema.statistics
    WHERE table_schema = :database AND table_name = :table AND index_name = 'PRIMARY' ORDER BY seq_in_index"""

TYPE_CODES: dict[str, JdbcType] = {
    "bit": JdbcType.BIT,
    "tinyint": JdbcType.TINYINT,
    "smallint": JdbcType.SMALLINT,
    "mediumint": JdbcType.INTEGER,
    "int": JdbcType.INTEGER,
    "integer": JdbcType.INTEGER,
    "bigint": JdbcType.BIGINT,
    "float": JdbcType.REAL,
    "double": JdbcType.DOUBLE,
    "decimal": JdbcType.DECIMAL,
    "date": JdbcType.DATE,
    "year": JdbcType.DATE,
    "time": JdbcType.TIME,
    "datetime": JdbcType.TIMESTAMP,
    "timestamp": JdbcType.TIMESTAMP,
    "char": JdbcType.CHAR,
    "enum": JdbcType.CHAR,
    "set": JdbcType.CHAR,
    "varchar": JdbcType.VARCHAR,
    "tinytext": JdbcType.VARCHAR,
    "text": JdbcType.LONGVARCHAR,
    "mediumtext": JdbcType.LONGVARCHAR,
    "longtext": JdbcType.LONGVARCHAR,
    "json": JdbcType.LONGVARCHAR,
    "binary": JdbcType.BINARY,
    "varbinary": JdbcType.VARBINARY,
    "tinyblob": JdbcType.VARBINARY,
    "blob": JdbcType.LONGVARBINARY,
    "mediumblob": JdbcType.LONGVARBINARY,
    "longblob": JdbcType.LONGVARBINARY,
    "geometry": JdbcType.BINARY,
    "point": JdbcType.BINARY,
    "linestring": JdbcType.BINARY,
    "polygon": JdbcType.BINARY,
    "multipoint": JdbcType.BINARY,
    "multilinestring": JdbcType.BINARY,
    "multipolygon": JdbcType.BINARY,
    "geometrycollection": JdbcType.BINARY,
    "vector": JdbcType.LONGVARBINARY,
}
"""Connector/J's codes by ``data_type``; other types are OTHER."""

_KINDS = {
    "BASE TABLE": "TABLE",
    "SYSTEM VERSIONED": "TABLE",
    "VIEW": "VIEW",
    "SYSTEM VIEW": "SYSTEM VIEW",
    "SEQUENCE": "SEQUENCE",
    "TEMPORARY": "LOCAL TEMPORARY",
}
_SYSTEM_SCHEMAS = frozenset({"mysql", "information_schema", "performance_schema", "sys"})
_INTEGERS = frozenset({"tinyint", "smallint", "mediumint", "int", "integer", "bigint"})


class _MysqlCatalog:
    """See :class:`penstock_jdbc.database.tables.Catalog`."""

    def types(self, connection: Connection) -> Sequence[str]:  # noqa: ARG002  # the same on every server
        return "LOCAL TEMPORARY", "SEQUENCE", "SYSTEM TABLE", "SYSTEM VIEW", "TABLE", "VIEW"

    def tables(self, connection: Connection, wanted: TableFilter) -> list[TableId]:
        """All databases of the server; ``schema.pattern`` and an empty ``catalog.pattern`` say nothing (spec jdbc 21.8)."""
        fits = like(wanted.catalog_pattern or None)
        rows = connection.execute(text(_LIST))
        return [
            TableId(schema, None, name)
            for schema, name, kind in rows
            if _kind(kind, schema) in wanted.types and fits(schema)
        ]

    def describe(self, connection: Connection, table: TableId) -> Table | None:
        """A database may stand in the catalog's or in the schema's place: ``a.b`` is parsed into a schema."""
        asked = {"database": table.catalog or table.schema, "table": table.table}
        rows = connection.execute(text(_FIND), asked).all()
        found = next((row for row in rows if row.n == table.table), rows[0] if rows else None)
        if found is None:
            return None
        at = {"database": found.s, "table": found.n}
        columns = tuple(_column(row) for row in connection.execute(text(_COLUMNS), at))
        key = tuple(connection.execute(text(_KEY), at).scalars())
        return Table(TableId(found.s, None, found.n), _kind(str(found.type), str(found.s)), columns, key)


CATALOG = _MysqlCatalog()


def _kind(kind: str, schema: str) -> str:
    found = _KINDS.get(kind, kind)
    return "SYSTEM TABLE" if found == "TABLE" and schema.lower() in _SYSTEM_SCHEMAS else found


def _column(row: Any) -> Column:  # a row of _COLUMNS
    full = row.full_type.lower()
    code = TYPE_CODES.get(row.type.lower(), JdbcType.OTHER)
    if full.startswith("tinyint(1)"):
        code = JdbcType.BIT
    precision, scale = _precision_and_scale(row, full)
    return Column(
        row.name,
        code,
        row.type.upper(),
        precision,
        scale,
        nullable=row.nullable == "YES",
        signed=row.type.lower() in {*_INTEGERS, "float", "double", "decimal"} and "unsigned" not in full,
        auto_increment="auto_increment" in (row.extra or "").lower(),
        default=row.default_sql if row.default_sql != "NULL" else None,
    )


def _precision_and_scale(row: Any, full: str) -> tuple[int, int]:  # a row of _COLUMNS
    if row.fraction is not None:
        return 0, int(row.fraction)
    if row.type.lower() == "bit":
        found = re.search(r"\((\d+)\)", full)
        return int(found[1]) if found else 1, 0
    if row.digits is not None:
        return int(row.digits), int(row.scale or 0)
    return int(row.length or 0), 0
