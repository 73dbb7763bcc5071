"""A database for one recording after the other: emptied rather than made anew, which is quicker."""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.compat.jdbc.recordings import Json
from tests.compat.jdbc.sink_tables import mysql_tables, postgresql_tables, sqlite_tables
from tests.databases.server import PrivateDatabase


class Target(ABC):
    """What a recording's tables are made in."""

    places: dict[str, str]
    """The README's placeholders."""

    @abstractmethod
    def empty(self) -> None:
        """As fresh as the database of a recording."""

    @abstractmethod
    def run(self, statements: list[str]) -> None:
        """Statements of a ``sql`` step, each in a transaction of its own."""

    @abstractmethod
    def tables(self) -> list[Json]:
        """All tables."""


class SqliteTarget(Target):
    def __init__(self, path: Path) -> None:
        self._path = path
        self.places = {"@DB@": str(path)}

    def empty(self) -> None:
        for path in self._path.parent.glob(f"{self._path.name}*"):
            path.unlink()
        with contextlib.closing(self._connected()) as connection:
            connection.execute("PRAGMA journal_mode = WAL")

    def run(self, statements: list[str]) -> None:
        with contextlib.closing(self._connected()) as connection:
            for statement in statements:
                connection.execute(statement)

    def tables(self) -> list[Json]:
        with contextlib.closing(self._connected()) as connection:
            return sqlite_tables(connection)

    def _connected(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, isolation_level=None)


class ServerTarget(Target):
    def __init__(self, database: PrivateDatabase) -> None:
        self._database = database
        server = database.server
        self._connection: Any = database.connect()
        self.places = {
            "@DB@": database.name,
            "@HOST@": f"{server.host}:{server.port}",
            "@USER@": server.user,
            "@PASSWORD@": server.password,
        }

    def close(self) -> None:
        self._connection.close()

    def run(self, statements: list[str]) -> None:
        cursor = self._connection.cursor()
        for statement in statements:
            cursor.execute(statement)

    def empty(self) -> None:
        if self._database.server.sub_protocol == "postgresql":
            dropped = [f'DROP SCHEMA "{name}" CASCADE' for name in self._schemas()]
            self.run(["SET client_min_messages = warning", *dropped, "CREATE SCHEMA public"])
            return
        name = self._database.name
        self.run([f"DROP DATABASE {name}", f"CREATE DATABASE {name} CHARACTER SET utf8mb4", f"USE {name}"])

    def _schemas(self) -> list[str]:
        """PostgreSQL's schemas that are not its own: a recording may have made some."""
        cursor = self._connection.cursor()
        cursor.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'"
        )
        return [name for (name,) in cursor.fetchall()]

    def tables(self) -> list[Json]:
        if self._database.server.sub_protocol == "postgresql":
            return postgresql_tables(self._connection)
        return mysql_tables(self._connection, self._database.name)


@contextlib.contextmanager
def target_for(kind: str, request: Any) -> Iterator[Target]:
    """The target of one kind of database: ``request`` is pytest's, for the fixtures of servers."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield SqliteTarget(Path(folder) / "db")
        return
    server = request.getfixturevalue("postgresql_server" if kind == "postgresql" else "mariadb_server")
    with server.database() as database:
        target = ServerTarget(database)
        try:
            yield target
        finally:
            target.close()
