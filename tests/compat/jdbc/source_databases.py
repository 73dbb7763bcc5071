"""The database of a source recording: emptied between recordings rather than made anew, which is quicker."""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.databases.server import PrivateDatabase


class Origin(ABC):
    """What a recording's tables are made in."""

    places: dict[str, str]
    """The README's placeholders."""

    @abstractmethod
    def empty(self) -> None:
        """As fresh as the database of a recording."""

    @abstractmethod
    def run(self, statements: list[str]) -> None:
        """Statements, each in a transaction of its own."""

    def close(self) -> None:  # noqa: B027  # a file needs none
        """Let go of it."""


class SqliteOrigin(Origin):
    """A file in WAL mode."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._number = 0
        self.places = {}

    def empty(self) -> None:
        self._number += 1
        path = self._folder / f"d{self._number}"
        self.places = {"@DB@": str(path)}
        self.run(["PRAGMA journal_mode = WAL"])

    def run(self, statements: list[str]) -> None:
        with contextlib.closing(sqlite3.connect(self.places["@DB@"], isolation_level=None, timeout=30)) as connection:
            for statement in statements:
                connection.execute(statement)


class PostgresqlOrigin(Origin):
    """A database whose schemas are dropped."""

    def __init__(self, database: PrivateDatabase) -> None:
        self._connection: Any = database.connect()
        self.places = _places(database)

    def empty(self) -> None:
        names = self._connection.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_)'"
        ).fetchall()
        self._connection.execute("SET client_min_messages = warning")
        for (name,) in names:
            self._connection.execute(f'DROP SCHEMA "{name}" CASCADE')
        self._connection.execute("CREATE SCHEMA public")

    def run(self, statements: list[str]) -> None:
        for statement in statements:
            self._connection.execute(statement)

    def close(self) -> None:
        self._connection.close()


class MariadbOrigin(Origin):
    """A database that is dropped and made again, with those that a recording added to it."""

    def __init__(self, database: PrivateDatabase) -> None:
        self._name = database.name
        self._connection: Any = database.connect()
        self.places = _places(database)

    def empty(self) -> None:
        cursor = self._connection.cursor()
        cursor.execute(
            "SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE %s", (f"{self._name}%",)
        )
        self.run([f"DROP DATABASE `{name}`" for (name,) in cursor.fetchall()])
        self.run([f"CREATE DATABASE {self._name} CHARACTER SET utf8mb4", f"USE {self._name}", "SET sql_mode = DEFAULT"])

    def run(self, statements: list[str]) -> None:
        cursor = self._connection.cursor()
        for statement in statements:
            cursor.execute(statement)

    def close(self) -> None:
        with contextlib.suppress(Exception):
            self.empty()
        self._connection.close()


@contextlib.contextmanager
def origin_for(kind: str, request: Any) -> Iterator[Origin]:
    """The database of one kind; ``request`` is pytest's, for the fixtures of servers."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield SqliteOrigin(Path(folder))
        return
    server = request.getfixturevalue("postgresql_server" if kind == "postgresql" else "mariadb_server")
    with server.database() as database:
        origin = (PostgresqlOrigin if kind == "postgresql" else MariadbOrigin)(database)
        try:
            yield origin
        finally:
            origin.close()


def _places(database: PrivateDatabase) -> dict[str, str]:
    server = database.server
    return {
        "@DB@": database.name,
        "@HOST@": f"{server.host}:{server.port}",
        "@USER@": server.user,
        "@PASSWORD@": server.password,
    }
