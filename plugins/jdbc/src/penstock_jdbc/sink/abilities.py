"""What a session may do and what a table has beside its columns, where that decides how rows are written."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import text
from sqlalchemy.engine import Connection

from penstock_jdbc.database.identifiers import TableId

_MYSQL_INDEXES = """SELECT count(*) FROM information_schema.statistics WHERE table_schema = COALESCE(:database, DATABASE())
    AND table_name = :name AND non_unique = 0 AND index_name <> 'PRIMARY'"""
_SQLITE_INDEXES = """SELECT count(*) FROM pragma_index_list(:name) WHERE "unique" = 1 AND origin <> 'pk'"""

_COPY_DIFFERS = """SELECT row_security_active(to_regclass(:name))
    OR EXISTS (SELECT FROM pg_catalog.pg_rewrite WHERE ev_class = to_regclass(:name) AND ev_type = '3')"""
"""Policies and rules for inserts."""


@dataclass(frozen=True, slots=True)
class Abilities:
    """``temporary_tables``: the account may make them (PostgreSQL). ``copies``: COPY may fill the table, which it may not under
    row-level security, nor where there is a rule for inserts, which it does not heed (PostgreSQL). ``backslashes``: they escape
    in literals (MySQL). ``packet``: bytes of the longest statement that the server takes (MySQL), which hangs up on longer ones."""

    temporary_tables: bool = True
    copies: bool = True
    backslashes: bool = True
    packet: int = 1 << 30

    @classmethod
    def of(cls, connection: Connection) -> Abilities:
        """Ask the database. Begins a transaction, which the caller ends."""
        match connection.dialect.name:
            case "postgresql":
                asked = "SELECT has_database_privilege(current_database(), 'TEMP') AND NOT pg_is_in_recovery()"
                return cls(temporary_tables=bool(connection.execute(text(asked)).scalar_one()))
            case "mysql" | "mariadb":
                asked = "SELECT @@SESSION.sql_mode, @@max_allowed_packet"
                mode, packet = connection.execute(text(asked)).one()
                return cls(backslashes="NO_BACKSLASH_ESCAPES" not in str(mode), packet=int(packet))
            case _:
                return cls()

    def with_rows_of(self, connection: Connection, quoted_table: str) -> Abilities:
        """What holds for one table of PostgreSQL. Begins a transaction, which the caller ends."""
        return replace(self, copies=not connection.execute(text(_COPY_DIFFERS), {"name": quoted_table}).scalar_one())


def has_other_unique_keys(connection: Connection, table: TableId) -> bool:
    """Whether rows of different primary keys may still be the same to a unique index, and an upsert take one for the other.

    Asked where that is so: PostgreSQL's ON CONFLICT names its key, and refuses what hits another one. Begins a transaction,
    which the caller ends.
    """
    match connection.dialect.name:
        case "mysql" | "mariadb":
            named = {"database": table.schema or table.catalog, "name": table.table}
            return bool(connection.execute(text(_MYSQL_INDEXES), named).scalar_one())
        case "sqlite":
            return bool(connection.execute(text(_SQLITE_INDEXES), {"name": table.table}).scalar_one())
        case _:
            return False
