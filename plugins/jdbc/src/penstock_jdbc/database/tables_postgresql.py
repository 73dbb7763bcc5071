"""PostgreSQL's tables, from its own catalog, as pgjdbc tells them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from penstock_jdbc.database.identifiers import TableId
from penstock_jdbc.database.jdbc_type import JdbcType
from penstock_jdbc.database.table import Column, Table, TableFilter, like

_SYSTEM = "(n.nspname = 'pg_catalog' OR n.nspname = 'information_schema')"

_KINDS = f"""CASE
    WHEN n.nspname ~ '^pg_temp_' THEN CASE c.relkind WHEN 'r' THEN 'TEMPORARY TABLE' WHEN 'v' THEN 'TEMPORARY VIEW' END
    WHEN {_SYSTEM} THEN CASE c.relkind WHEN 'r' THEN 'SYSTEM TABLE' WHEN 'v' THEN 'SYSTEM VIEW' END
    WHEN n.nspname ~ '^pg_' THEN NULL
    ELSE CASE c.relkind WHEN 'r' THEN 'TABLE' WHEN 'p' THEN 'PARTITIONED TABLE' WHEN 'v' THEN 'VIEW'
        WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE' END END"""

_LIST = f"""SELECT n.nspname, c.relname, {_KINDS} AS kind
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY 3, 1, 2"""  # noqa: S608  # only constants are put in

_FIND = f"""SELECT c.oid, n.nspname, c.relname, {_KINDS} AS kind
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relname = :table
    AND CASE WHEN CAST(:schema AS text) IS NULL THEN pg_catalog.pg_table_is_visible(c.oid) ELSE n.nspname = :schema END"""  # noqa: S608  # only constants are put in

_COLUMNS = """SELECT a.attname, t.typname, t.typtype, b.typname AS base,
    CASE WHEN t.typtype = 'd' AND a.atttypmod = -1 THEN t.typtypmod ELSE a.atttypmod END AS modifier,
    a.attnotnull OR (t.typtype = 'd' AND t.typnotnull) AS not_null, a.attidentity <> '' AS identity,
    pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS default_sql,
    COALESCE(b.typtype, t.typtype) AS kind, COALESCE(b.typcategory, t.typcategory) AS category
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_catalog.pg_type b ON t.typtype = 'd' AND b.oid = t.typbasetype
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = :oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"""

_KEY = """SELECT a.attname FROM pg_catalog.pg_index i
    CROSS JOIN LATERAL pg_catalog.unnest(i.indkey) WITH ORDINALITY AS k(attnum, place)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
    WHERE i.indrelid = :oid AND i.indisprimary ORDER BY k.place"""

TYPE_CODES: dict[str, JdbcType] = {
    "int2": JdbcType.SMALLINT,
    "int4": JdbcType.INTEGER,
    "int8": JdbcType.BIGINT,
    "oid": JdbcType.BIGINT,
    "float4": JdbcType.REAL,
    "float8": JdbcType.DOUBLE,
    "money": JdbcType.DOUBLE,
    "numeric": JdbcType.NUMERIC,
    "char": JdbcType.CHAR,
    "bpchar": JdbcType.CHAR,
    "varchar": JdbcType.VARCHAR,
    "text": JdbcType.VARCHAR,
    "name": JdbcType.VARCHAR,
    "bytea": JdbcType.BINARY,
    "bool": JdbcType.BIT,
    "bit": JdbcType.BIT,
    "date": JdbcType.DATE,
    "time": JdbcType.TIME,
    "timetz": JdbcType.TIME,
    "timestamp": JdbcType.TIMESTAMP,
    "timestamptz": JdbcType.TIMESTAMP,
    "refcursor": JdbcType.REF_CURSOR,
    "xml": JdbcType.SQLXML,
}
"""pgjdbc's codes by type name; other base types are OTHER."""


class _PostgresqlCatalog:
    """See :class:`penstock_jdbc.database.tables.Catalog`."""

    def types(self, connection: Connection) -> Sequence[str]:  # noqa: ARG002  # the same on every server
        return (
            "FOREIGN TABLE",
            "MATERIALIZED VIEW",
            "PARTITIONED TABLE",
            "SYSTEM TABLE",
            "SYSTEM VIEW",
            "TABLE",
            "TEMPORARY TABLE",
            "TEMPORARY VIEW",
            "VIEW",
        )

    def tables(self, connection: Connection, wanted: TableFilter) -> list[TableId]:
        """The catalog that pgjdbc reports is left out, so that names stay ``schema.table``."""
        if wanted.catalog_pattern is not None:
            database = connection.execute(text("SELECT current_database()")).scalar_one()
            if wanted.catalog_pattern != database:  # pgjdbc compares exactly; an empty one is no database either
                return []
        fits = like(wanted.schema_pattern)
        rows = connection.execute(text(_LIST))
        return [TableId(None, schema, name) for schema, name, kind in rows if kind in wanted.types and fits(schema)]

    def describe(self, connection: Connection, table: TableId) -> Table | None:
        found = connection.execute(text(_FIND), {"table": table.table, "schema": table.schema}).first()
        if found is None:
            return None
        oid, schema, name, kind = found
        columns = tuple(_column(row) for row in connection.execute(text(_COLUMNS), {"oid": oid}))
        key = tuple(connection.execute(text(_KEY), {"oid": oid}).scalars())
        return Table(TableId(None, schema, name), kind or "TABLE", columns, key)


CATALOG = _PostgresqlCatalog()


def type_code(name: str, kind: str, category: str) -> JdbcType:
    """pgjdbc's code of a type by ``pg_type``'s ``typname``, ``typtype`` and ``typcategory``; of a domain ask for its base."""
    if category == "A":
        return JdbcType.ARRAY
    found = TYPE_CODES.get(name)
    if found is not None:
        return found
    return {"e": JdbcType.VARCHAR, "c": JdbcType.STRUCT, "d": JdbcType.DISTINCT}.get(kind, JdbcType.OTHER)


def precision_and_scale(name: str, modifier: int) -> tuple[int, int]:
    """What a type modifier says: digits and scale of a number, length of a text or bit string, digits of a second."""
    if name == "numeric":
        if modifier < 4:
            return 0, 0
        scale = (modifier - 4) & 0x7FF
        return ((modifier - 4) >> 16) & 0xFFFF, scale - 2048 if scale >= 1024 else scale
    if name in {"bpchar", "varchar"}:
        return max(modifier - 4, 0), 0
    if name in {"bit", "varbit"}:
        return max(modifier, 0), 0
    if name in {"time", "timetz", "timestamp", "timestamptz"}:
        return 0, 6 if modifier < 0 else modifier
    return _DIGITS.get(name, 0), 0


_DIGITS = {"int2": 5, "int4": 10, "int8": 19, "oid": 10, "float4": 8, "float8": 17, "bool": 1, "date": 13}


def _column(row: Any) -> Column:  # a row of _COLUMNS
    name = row.base or row.typname
    precision, scale = precision_and_scale(name, row.modifier)
    default = row.default_sql
    return Column(
        row.attname,
        type_code(name, row.kind, row.category),
        name,
        precision,
        scale,
        nullable=not row.not_null,
        signed=name != "oid",
        auto_increment=bool(row.identity) or (default is not None and default.startswith("nextval(")),
        default=default,
    )
