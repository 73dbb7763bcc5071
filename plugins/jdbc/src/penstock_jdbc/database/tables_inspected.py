"""Tables of every other database, through SQLAlchemy's inspector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import inspect, types
from sqlalchemy.engine import Connection
from sqlalchemy.exc import NoSuchTableError

from penstock_jdbc.database.identifiers import TableId
from penstock_jdbc.database.jdbc_type import JdbcType
from penstock_jdbc.database.table import Column, Table, TableFilter, like

_CODES: tuple[tuple[type[types.TypeEngine[Any]], JdbcType], ...] = (
    (types.Boolean, JdbcType.BIT),
    (types.SmallInteger, JdbcType.SMALLINT),
    (types.BigInteger, JdbcType.BIGINT),
    (types.Integer, JdbcType.INTEGER),
    (types.REAL, JdbcType.REAL),
    (types.Float, JdbcType.DOUBLE),
    (types.DECIMAL, JdbcType.DECIMAL),
    (types.Numeric, JdbcType.NUMERIC),
    (types.DateTime, JdbcType.TIMESTAMP),
    (types.Date, JdbcType.DATE),
    (types.Time, JdbcType.TIME),
    (types.NVARCHAR, JdbcType.NVARCHAR),
    (types.NCHAR, JdbcType.NCHAR),
    (types.CLOB, JdbcType.CLOB),
    (types.CHAR, JdbcType.CHAR),
    (types.Text, JdbcType.LONGVARCHAR),
    (types.Uuid, JdbcType.CHAR),
    (types.String, JdbcType.VARCHAR),
    (types.BLOB, JdbcType.BLOB),
    (types.BINARY, JdbcType.BINARY),
    (types.VARBINARY, JdbcType.VARBINARY),
    (types.LargeBinary, JdbcType.LONGVARBINARY),
    (types.JSON, JdbcType.LONGVARCHAR),
)
"""The first class that a column's type is of decides."""

_NAMES = {
    "TINYINT": JdbcType.TINYINT,
    "MONEY": JdbcType.DECIMAL,
    "SMALLMONEY": JdbcType.DECIMAL,
    "DATETIMEOFFSET": JdbcType.SQLSERVER_DATETIMEOFFSET,
    "SQL_VARIANT": JdbcType.SQLSERVER_SQL_VARIANT,
    "UNIQUEIDENTIFIER": JdbcType.CHAR,
    "XML": JdbcType.LONGNVARCHAR,
    "TIMESTAMP WITH TIME ZONE": JdbcType.ORACLE_TIMESTAMPTZ,
    "TIMESTAMP WITH LOCAL TIME ZONE": JdbcType.ORACLE_TIMESTAMPLTZ,
    "BINARY_FLOAT": JdbcType.ORACLE_BINARY_FLOAT,
    "BINARY_DOUBLE": JdbcType.ORACLE_BINARY_DOUBLE,
    "ROWID": JdbcType.ROWID,
    "INTERVAL": JdbcType.OTHER,
    "NUMBER": JdbcType.NUMERIC,
}


class _InspectedCatalog:
    """See :class:`penstock_jdbc.database.tables.Catalog`."""

    def types(self, connection: Connection) -> Sequence[str]:  # noqa: ARG002  # what an inspector can tell
        return "MATERIALIZED VIEW", "TABLE", "VIEW"

    def tables(self, connection: Connection, wanted: TableFilter) -> list[TableId]:
        inspector = inspect(connection)
        fits = like(wanted.schema_pattern)
        catalog = connection.engine.url.database if connection.dialect.name == "mssql" else None
        if wanted.catalog_pattern is not None and not like(wanted.catalog_pattern)(catalog):
            return []
        found: list[tuple[str, str | None, str]] = []
        for schema in inspector.get_schema_names():
            if fits(schema) and schema.lower() not in _SYSTEM_SCHEMAS:
                found.extend((kind, schema, name) for kind, name in _names(inspector, schema, wanted.types))
        return [TableId(catalog, schema, name) for _, schema, name in sorted(found)]

    def describe(self, connection: Connection, table: TableId) -> Table | None:
        inspector = inspect(connection)
        schema = table.schema
        try:
            listed = inspector.get_columns(table.table, schema=schema)
            key = inspector.get_pk_constraint(table.table, schema=schema)["constrained_columns"]
        except NoSuchTableError:
            return None
        if not listed:
            return None
        is_view = table.table in inspector.get_view_names(schema=schema)
        columns = tuple(_column(column) for column in listed)
        return Table(table, "VIEW" if is_view else "TABLE", columns, tuple(key))


CATALOG = _InspectedCatalog()
_SYSTEM_SCHEMAS = frozenset(
    {"information_schema", "sys", "guest", "system", "sysibm", "syscat", "sysstat", "sysfun", "sysproc", "systools"}
)


def _names(inspector: Any, schema: str, wanted: Sequence[str]) -> list[tuple[str, str]]:  # per dialect
    found: list[tuple[str, str]] = []
    if "TABLE" in wanted:
        found.extend(("TABLE", name) for name in inspector.get_table_names(schema=schema))
    if "VIEW" in wanted:
        found.extend(("VIEW", name) for name in inspector.get_view_names(schema=schema))
    if "MATERIALIZED VIEW" in wanted:
        try:
            names = inspector.get_materialized_view_names(schema=schema)
        except NotImplementedError:
            names = []
        found.extend(("MATERIALIZED VIEW", name) for name in names)
    return found


def _column(column: Mapping[str, Any]) -> Column:
    kind = column["type"]
    name = type(kind).__name__.upper().replace("_WITH_", " WITH ")
    code = _NAMES.get(name) or next((code for cls, code in _CODES if isinstance(kind, cls)), JdbcType.OTHER)
    if code is JdbcType.TIMESTAMP and getattr(kind, "timezone", False):
        code = JdbcType.TIMESTAMP_WITH_TIMEZONE
    default = column.get("default")
    return Column(
        column["name"],
        code,
        name,
        int(getattr(kind, "precision", None) or getattr(kind, "length", None) or 0),
        int(getattr(kind, "scale", None) or 0),
        nullable=column.get("nullable"),
        signed=not getattr(kind, "unsigned", False) and name != "TINYINT",
        auto_increment=column.get("autoincrement") is True or bool(column.get("identity")),
        default=default,
    )
