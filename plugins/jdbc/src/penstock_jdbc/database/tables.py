"""Which tables a database has, and what they look like (spec jdbc 4).

Names are compared exactly: no name is ever taken as a LIKE pattern, unlike ``schema.pattern`` and ``catalog.pattern``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from sqlalchemy.engine import Connection

from penstock_jdbc.database import tables_inspected, tables_mysql, tables_postgresql, tables_sqlite
from penstock_jdbc.database.identifiers import TableId
from penstock_jdbc.database.kind import DatabaseKind
from penstock_jdbc.database.table import Column, Table, TableFilter

__all__ = ["Column", "Table", "TableFilter", "describe", "list_tables", "table_types"]


class Catalog(Protocol):
    """How one kind of database tells its tables."""

    def types(self, connection: Connection) -> Sequence[str]:
        """The table types that the JDBC driver of this database names."""

    def tables(self, connection: Connection, wanted: TableFilter) -> list[TableId]:
        """The tables of these types and patterns, in the order in which the JDBC driver lists them."""

    def describe(self, connection: Connection, table: TableId) -> Table | None:
        """One table; None when there is none of that name."""


_CATALOGS: Mapping[DatabaseKind, Catalog] = {
    DatabaseKind.POSTGRESQL: tables_postgresql.CATALOG,
    DatabaseKind.MYSQL: tables_mysql.CATALOG,
    DatabaseKind.SQLITE: tables_sqlite.CATALOG,
}


_WITHOUT_TYPES: Mapping[DatabaseKind, tuple[str, ...]] = {
    DatabaseKind.MYSQL: ("LOCAL TEMPORARY", "SEQUENCE", "SYSTEM TABLE", "SYSTEM VIEW", "TABLE", "VIEW"),
    DatabaseKind.SQLITE: ("TABLE", "VIEW"),
}
"""What JDBC drivers list when not one of the types that were asked for exists; the others list nothing."""


def table_types(connection: Connection, kind: DatabaseKind) -> list[str]:
    """The types of tables that the database knows, by the names that its JDBC driver gives them."""
    return list(_catalog(connection, kind).types(connection))


def list_tables(connection: Connection, kind: DatabaseKind, wanted: TableFilter) -> list[TableId]:
    """The tables that ``wanted`` lets through, in the JDBC driver's order. Types are matched in any case; a type that the
    database doesn't know matches nothing, and some drivers list all tables where no type is left. Begins a transaction, which the caller ends. Raises what the driver raises."""
    catalog = _catalog(connection, kind)
    known = catalog.types(connection)
    asked = {name.upper() for name in wanted.types}
    types = tuple(name for name in known if name.upper() in asked) or _WITHOUT_TYPES.get(kind, ())
    if not types:
        return []
    return catalog.tables(connection, TableFilter(types, wanted.catalog_pattern, wanted.schema_pattern))


def describe(connection: Connection, kind: DatabaseKind, table: TableId) -> Table | None:
    """The table, its columns in order and its primary key; None when it doesn't exist. A missing schema or catalog is the
    connection's own. Begins a transaction, which the caller ends. Raises what the driver raises."""
    return _catalog(connection, kind).describe(connection, table)


def _catalog(connection: Connection, kind: DatabaseKind) -> Catalog:
    """That of the connection's own dialect: a foreign ``dialect.name`` changes SQL, not where a server keeps its tables."""
    own = {
        "postgresql": DatabaseKind.POSTGRESQL,
        "mysql": DatabaseKind.MYSQL,
        "mariadb": DatabaseKind.MYSQL,
        "sqlite": DatabaseKind.SQLITE,
    }.get(connection.dialect.name, kind)
    return _CATALOGS.get(own, tables_inspected.CATALOG)
