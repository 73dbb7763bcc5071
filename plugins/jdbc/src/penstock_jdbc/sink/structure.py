"""Tables are made, and columns added, where records ask for them (spec jdbc 13.4)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import text
from sqlalchemy.engine import Connection

from penstock_jdbc.database.failures import Failure, chain_text, classify
from penstock_jdbc.database.identifiers import TableId
from penstock_jdbc.database.kind import DatabaseKind
from penstock_jdbc.database.table import Table
from penstock_jdbc.database.tables import describe
from penstock_jdbc.sink.dialects.base import SinkDialect
from penstock_jdbc.sink.errors import TableAlterOrCreateException
from penstock_jdbc.sink.fields import SinkField, TableFields, shown
from penstock_jdbc.sink.settings import SinkSettings

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OwnNames:
    """Catalog and schema that a connection takes for tables whose name lacks them."""

    catalog: str | None = None
    schema: str | None = None

    @classmethod
    def of(cls, connection: Connection, kind: DatabaseKind) -> OwnNames:
        """Ask the database. Begins a transaction, which the caller ends."""
        if kind is DatabaseKind.POSTGRESQL:
            row = connection.execute(text("SELECT current_database(), current_schema()")).one()
            return cls(row[0], row[1])
        if kind is DatabaseKind.MYSQL:
            return cls(connection.execute(text("SELECT DATABASE()")).scalar_one())
        return cls()

    def complete(self, table: TableId) -> TableId:
        """The name with all its parts."""
        return TableId(table.catalog or self.catalog, table.schema or self.schema, table.table)


def named(table: TableId) -> str:
    """A table as Java's error texts name it."""
    return ".".join(f'"{part}"' for part in (table.catalog, table.schema, table.table) if part is not None)


class TableHome(Protocol):
    """Where tables are looked at and changed."""

    def look(self, table: TableId) -> Table | None:
        """The table as it is now; None when there is none. Raises what the driver raises."""

    def run(self, statements: Sequence[str], table: TableId, added: Sequence[SinkField]) -> None:
        """Run DDL that adds columns to a table, new or not, and commit it. Raises what the driver raises."""


class LiveTables:
    """The tables of a database, over the connection that ``connection`` gives."""

    def __init__(self, connection: Callable[[], Connection], kind: DatabaseKind) -> None:
        self._connection = connection
        self._kind = kind

    def look(self, table: TableId) -> Table | None:
        connection = self._connection()
        found = describe(connection, self._kind, table)
        connection.commit()
        return found

    def run(self, statements: Sequence[str], table: TableId, added: Sequence[SinkField]) -> None:  # noqa: ARG002
        raw = self._connection().connection
        cursor = raw.cursor()
        try:
            for statement in statements:
                logger.info("Running %s", statement)
                cursor.execute(statement)
            raw.commit()
        except Exception:
            raw.rollback()
            raise
        finally:
            cursor.close()


class TableStructures:
    """The tables of one task, remembered. DDL is committed at once, before any row of the batch is written: some databases
    commit with it anyway, and rows of half a batch must not become permanent. On the task's thread."""

    def __init__(self, settings: SinkSettings, dialect: SinkDialect, home: TableHome) -> None:
        self._settings = settings
        self._dialect = dialect
        self._home = home
        self._tables: dict[TableId, Table] = {}

    def forget(self) -> None:
        """Look at every table anew: something outside may have changed them."""
        self._tables.clear()

    def ensure(self, table: TableId, fields: TableFields) -> Table:
        """The table, with all the columns there; made or extended where that is allowed.

        Raises TableAlterOrCreateException where it isn't, and what the driver raises.
        """
        found = self._known(table)
        if found is None:
            return self._create(table, fields)
        missing = [field for field in fields.all if found.column_ignoring_case(field.name) is None]
        return self._amend(found, table, missing) if missing else found

    def _known(self, table: TableId) -> Table | None:
        found = self._tables.get(table)
        if found is None:
            found = self._home.look(table)
            if found is None or found.kind not in self._settings.table_types:
                return None
            self._tables[table] = found
        return found

    def _create(self, table: TableId, fields: TableFields) -> Table:
        if not self._settings.auto_create:
            raise TableAlterOrCreateException(f"Table {named(table)} is missing and auto-creation is disabled")
        try:
            self._home.run(self._dialect.create_table(table, fields), table, fields.all)
        except Exception as error:
            if classify(error) is Failure.TRANSIENT or self._known(table) is None:
                raise
            # Another task was faster. Its records may have had other columns.
            logger.info("Table %s was made by somebody else meanwhile", named(table))
        found = self._known(table)
        if found is None:
            raise TableAlterOrCreateException(f"Table {named(table)} was created, but cannot be found")
        missing = [field for field in fields.all if found.column_ignoring_case(field.name) is None]
        return self._amend(found, table, missing) if missing else found

    def _amend(self, found: Table, table: TableId, missing: list[SinkField]) -> Table:
        self._refuse_amending(found, table, missing)
        for left in range(self._settings.max_retries, -1, -1):
            try:
                self._home.run(self._dialect.alter_table(table, missing), table, missing)
            except Exception as error:
                if classify(error) is Failure.TRANSIENT:
                    raise
                logger.info("Cannot add columns to %s: %s", named(table), chain_text(error))
                amended, missing = self._look_again(table, missing)
                if not missing:  # another task added them
                    return amended
                if not left:
                    raise TableAlterOrCreateException(
                        f"Failed to amend TABLE '{named(table)}' to add missing fields: {shown(missing)}"
                    ) from error
                continue
            return self._look_again(table, missing)[0]
        raise AssertionError("unreachable")

    def _refuse_amending(self, found: Table, table: TableId, missing: list[SinkField]) -> None:
        kind = found.kind
        if kind != "TABLE":
            raise TableAlterOrCreateException(
                f"{kind.capitalize()} {named(table)} is missing fields ({shown(missing)}) and ALTER {kind} is unsupported"
            )
        for field in missing:
            if not field.optional and field.schema.default is None:
                raise TableAlterOrCreateException(
                    f"Cannot ALTER {kind} {named(table)} to add missing field {field}, as the field is not optional and does "
                    "not have a default value"
                )
        if not self._settings.auto_evolve:
            raise TableAlterOrCreateException(
                f"{kind.capitalize()} {named(table)} is missing fields ({shown(missing)}) and auto-evolution is disabled"
            )

    def _look_again(self, table: TableId, missing: list[SinkField]) -> tuple[Table, list[SinkField]]:
        self._tables.pop(table, None)
        found = self._known(table)
        if found is None:
            raise TableAlterOrCreateException(f"Table {named(table)} vanished while columns were added to it")
        return found, [field for field in missing if found.column_ignoring_case(field.name) is None]
