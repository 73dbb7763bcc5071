"""The connection of a task, and what was learnt over it: who writes which shape, and how the tables look."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from sqlalchemy.engine import Connection

from penstock.api import Schema
from penstock_jdbc.database.failures import chain_text
from penstock_jdbc.database.identifiers import TableId
from penstock_jdbc.database.session import Database
from penstock_jdbc.database.table import Table
from penstock_jdbc.sink.abilities import Abilities, has_other_unique_keys
from penstock_jdbc.sink.dialects.base import SinkDialect
from penstock_jdbc.sink.dialects.choice import dialect_for
from penstock_jdbc.sink.dialects.mysql import MySqlSinkDialect
from penstock_jdbc.sink.dialects.postgresql import PostgreSqlSinkDialect
from penstock_jdbc.sink.fields import fields_of
from penstock_jdbc.sink.settings import SinkSettings
from penstock_jdbc.sink.shape import Shape
from penstock_jdbc.sink.structure import LiveTables, OwnNames, TableStructures
from penstock_jdbc.sink.writers.base import ExecutemanyWriter, RowWriter
from penstock_jdbc.sink.writers.mysql import MySqlWriter, check_encoding
from penstock_jdbc.sink.writers.postgresql import PostgreSqlWriter
from penstock_jdbc.sink.writers.sqlite import SqliteWriter

logger = logging.getLogger(__name__)

_MOST_SHAPES = 1000
"""Where every record brings a schema of its own, what was learnt is thrown away now and then."""

_MYSQL = frozenset({"mysql", "mariadb"})

Schemas = tuple[Schema | None, Schema | None]


class SinkSession:
    """Opened at first need and again after it was lost. On the task's thread."""

    def __init__(self, database: Database, settings: SinkSettings, wait: Callable[[float], bool]) -> None:
        self.database = database
        self.dialect: SinkDialect = dialect_for(database.kind, database.identifiers, settings)
        self.structures = TableStructures(settings, self.dialect, LiveTables(lambda: self.connection, database.kind))
        self._settings = settings
        self._wait = wait
        self._connection: Connection | None = None
        self._own = OwnNames()
        self._abilities = Abilities()
        self._shapes: dict[tuple[TableId, Schemas], Shape] = {}
        self._writers: dict[Shape, tuple[Table, RowWriter]] = {}

    @property
    def connection(self) -> Connection:
        """The open connection, or a new one. Raises ConnectionFailedError when there is none to be had."""
        if self._connection is None:
            connection = self.database.open(self._wait)
            try:
                self._own = OwnNames.of(connection, self.database.kind)
                self._abilities = Abilities.of(connection)
                if isinstance(self.dialect, MySqlSinkDialect) and connection.dialect.name in _MYSQL:
                    check_encoding(str(self.database.raw(connection).encoding))
                connection.commit()
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    @property
    def is_open(self) -> bool:
        """Whether there is a connection from before, which may have been lost since."""
        return self._connection is not None

    @property
    def raw(self) -> Any:  # every driver has its own class
        """The driver's connection."""
        return self.database.raw(self.connection)

    def drop(self) -> None:
        """Let go of a connection that failed; what was learnt of tables is forgotten with it."""
        connection, self._connection = self._connection, None
        self.forget()
        if connection is not None:
            try:
                connection.invalidate()
                connection.close()
            except Exception as error:  # noqa: BLE001  # it is lost anyway, whatever a driver says to that
                logger.debug("Closing a lost connection: %s", chain_text(error))

    def forget(self) -> None:
        """Look at every table anew."""
        self.structures.forget()
        self._shapes.clear()
        self._writers.clear()

    def close(self) -> None:
        """Close for good."""
        self.drop()
        self.database.close()

    def shape(self, table: TableId, schemas: Schemas) -> Shape:
        """The shape of records for a table, as configured, with these key and value schemas. Raises ConnectException."""
        found = self._shapes.get((table, schemas))
        if found is None:
            assert self.connection is not None  # it tells catalog and schema of names that lack them
            if len(self._shapes) >= _MOST_SHAPES:
                self.forget()
            whole = self._own.complete(table)
            fields = fields_of(table.table, self._settings, *schemas)
            found = self._shapes[table, schemas] = Shape.of(whole, fields, self._settings, schemas)
        return found

    def writer(self, shape: Shape) -> RowWriter:
        """Who writes rows of a shape, once its table is there with all its columns.

        Raises TableAlterOrCreateException, ConnectException, and what the driver raises.
        """
        table = self.structures.ensure(shape.table, shape.fields)
        known = self._writers.get(shape)
        if known is None or known[0] is not table:
            known = self._writers[shape] = (table, self._made(shape, table))
        return known[1]

    def _made(self, shape: Shape, table: Table) -> RowWriter:
        dialect, driver, connection = self.dialect, self.connection.dialect, self.connection
        if isinstance(dialect, PostgreSqlSinkDialect) and driver.driver == "psycopg":
            untyped = self._option("stringtype", "VARCHAR").lower() == "unspecified"
            rights = self._abilities.with_rows_of(connection, dialect.rules.quoted(shape.table))
            connection.commit()
            return PostgreSqlWriter(dialect, shape, table, untyped_strings=untyped, abilities=rights)
        ambiguous = has_other_unique_keys(connection, table.id)
        connection.commit()
        if isinstance(dialect, MySqlSinkDialect) and driver.name in _MYSQL:
            return MySqlWriter(dialect, shape, table, abilities=self._abilities, ambiguous=ambiguous)
        if driver.name == "sqlite":
            options = {name: self._option(name, "") for name in ("date_class", "date_precision")}
            given = {name: option for name, option in options.items() if option}
            return SqliteWriter(dialect, shape, table, given, ambiguous=ambiguous)
        return ExecutemanyWriter(dialect, shape, table, driver.paramstyle)

    def _option(self, name: str, if_absent: str) -> str:
        given = self.database.settings.properties.get(name)
        return given if given is not None else self.database.url.properties.get(name, if_absent)
