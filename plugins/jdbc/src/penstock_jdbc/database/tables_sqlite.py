"""SQLite's tables, from ``sqlite_master`` and its PRAGMA functions, as xerial tells them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from penstock_jdbc.database.identifiers import TableId
from penstock_jdbc.database.jdbc_type import JdbcType
from penstock_jdbc.database.table import Column, Table, TableFilter

_LIST = """SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
    UNION ALL SELECT name, 'temporary' FROM sqlite_temp_master WHERE type IN ('table', 'view') ORDER BY type, name"""

_FIND = """SELECT name, type, sql FROM sqlite_master WHERE type IN ('table', 'view') AND name = :table COLLATE NOCASE
    UNION ALL SELECT name, 'temporary', sql FROM sqlite_temp_master
    WHERE type IN ('table', 'view') AND name = :table COLLATE NOCASE"""

_COLUMNS = 'SELECT name, type, "notnull" AS not_null, dflt_value AS default_sql, pk FROM pragma_table_info(:table) ORDER BY cid'

_KINDS = {"table": "TABLE", "view": "VIEW", "temporary": "GLOBAL TEMPORARY"}
_ARGUMENTS = re.compile(r"\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)")

TYPE_CODES: dict[str, JdbcType] = {
    "BOOLEAN": JdbcType.BOOLEAN,
    "TINYINT": JdbcType.TINYINT,
    "SMALLINT": JdbcType.SMALLINT,
    "INT2": JdbcType.SMALLINT,
    "BIGINT": JdbcType.BIGINT,
    "INT8": JdbcType.BIGINT,
    "UNSIGNED BIG INT": JdbcType.BIGINT,
    "DATE": JdbcType.DATE,
    "DATETIME": JdbcType.DATE,
    "TIMESTAMP": JdbcType.TIMESTAMP,
    "INT": JdbcType.INTEGER,
    "INTEGER": JdbcType.INTEGER,
    "MEDIUMINT": JdbcType.INTEGER,
    "DECIMAL": JdbcType.DECIMAL,
    "DOUBLE": JdbcType.DOUBLE,
    "DOUBLE PRECISION": JdbcType.DOUBLE,
    "NUMERIC": JdbcType.NUMERIC,
    "REAL": JdbcType.REAL,
    "FLOAT": JdbcType.FLOAT,
    "CHAR": JdbcType.CHAR,
    "CHARACTER": JdbcType.CHAR,
    "NCHAR": JdbcType.CHAR,
    "NATIVE CHARACTER": JdbcType.CHAR,
    "CLOB": JdbcType.CLOB,
    "VARCHAR": JdbcType.VARCHAR,
    "VARYING CHARACTER": JdbcType.VARCHAR,
    "NVARCHAR": JdbcType.VARCHAR,
    "TEXT": JdbcType.VARCHAR,
    "BINARY": JdbcType.BINARY,
    "BLOB": JdbcType.BLOB,
}
"""xerial's codes by declared type; what it doesn't know is NUMERIC, as SQLite's own affinity is."""

SIGNED = frozenset({"NUMERIC", "INTEGER", "REAL"})
"""The declared types that xerial calls signed."""


class _SqliteCatalog:
    """See :class:`penstock_jdbc.database.tables.Catalog`."""

    def types(self, connection: Connection) -> Sequence[str]:  # noqa: ARG002  # the same everywhere
        return "GLOBAL TEMPORARY", "SYSTEM TABLE", "TABLE", "VIEW"

    def tables(self, connection: Connection, wanted: TableFilter) -> list[TableId]:
        """Patterns say nothing: a file has neither catalogs nor schemas (spec jdbc 21.8)."""
        rows = connection.execute(text(_LIST))
        return [TableId(None, None, name) for name, kind in rows if _KINDS[kind] in wanted.types]

    def describe(self, connection: Connection, table: TableId) -> Table | None:
        rows = connection.execute(text(_FIND), {"table": table.table}).all()
        found = next((row for row in rows if row.name == table.table), rows[0] if rows else None)
        if found is None:
            return None
        rows = connection.execute(text(_COLUMNS), {"table": found.name}).all()
        key = tuple(row.name for row in sorted(rows, key=lambda row: row.pk) if row.pk)
        columns = tuple(_column(row, only_key=len(key) == 1, sql=found.sql or "") for row in rows)
        return Table(TableId(None, None, found.name), _KINDS[found.type], columns, key)


CATALOG = _SqliteCatalog()


def declared_type(declared: str) -> tuple[JdbcType, str, int, int]:
    """Code, name without arguments, precision and scale of a declared type such as ``DECIMAL(10,2)``."""
    name = _ARGUMENTS.sub("", declared).strip().upper()
    arguments = _ARGUMENTS.search(declared)
    precision, scale = (int(arguments[1]), int(arguments[2] or 0)) if arguments else (0, 0)
    return TYPE_CODES.get(name, JdbcType.NUMERIC), name, precision, scale


def _column(row: Any, *, only_key: bool, sql: str) -> Column:  # a row of _COLUMNS
    code, name, precision, scale = declared_type(row.type or "")
    return Column(
        row.name,
        code,
        name,
        precision,
        scale,
        nullable=not row.not_null,
        signed=name in SIGNED,
        auto_increment=bool(row.pk) and only_key and name == "INTEGER" and "AUTOINCREMENT" in sql.upper(),
        default=row.default_sql,
    )
