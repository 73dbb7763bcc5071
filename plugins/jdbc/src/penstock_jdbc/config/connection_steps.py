"""The first steps of a connection test, which source and sink share: configuration, driver, connection."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sqlalchemy import text
from sqlalchemy.engine import Connection

from penstock.api import Check
from penstock_jdbc.config.found import Findings
from penstock_jdbc.database.failures import chain_text, driver_says
from penstock_jdbc.database.session import ConnectionFailedError, Database
from penstock_jdbc.database.settings import ConnectionSettings

_VERSIONS = {"sqlite": "SELECT 'SQLite ' || sqlite_version()", "oracle": "SELECT banner FROM v$version", "db2": None}
_LONGEST_VERSION = 80


@dataclass(frozen=True, slots=True)
class Reached:
    """A database that answers. Whoever was given one closes it."""

    database: Database
    connection: Connection

    def close(self) -> None:
        """Let go of it."""
        self.connection.close()
        self.database.close()


class Stopwatch:
    """Tells how long a step took."""

    def __init__(self) -> None:
        self._begin = time.monotonic()

    def done(self, name: str, said: str, *, ok: bool = True) -> Check:
        """The check of the step that ends now; the next one begins."""
        begin, self._begin = self._begin, time.monotonic()
        return Check(name, ok, said, round((self._begin - begin) * 1000))


def connection_steps(found: Findings, *, sound: bool) -> Generator[Check, None, Reached | None]:
    """Yields the checks, and returns the connection when all passed. ``sound``: whether the keys fit together, as far as can be
    told without a database. One attempt is made, whatever ``connection.attempts`` says."""
    watch = Stopwatch()
    errors = [f"{value.name}: {error}" for value in found.values for error in value.errors]
    yield watch.done("configuration", "\n".join(errors), ok=sound and not errors)
    if errors or not sound:
        return None
    try:
        settings = replace(ConnectionSettings.of(found.parsed(), found.props), attempts=1)
        database = Database(settings)
    except Exception as error:  # noqa: BLE001  # providers of credentials raise what they like
        yield watch.done("driver", chain_text(error), ok=False)
        return None
    yield watch.done("driver", f"{database.driver} for {database.url.shown}")
    try:
        connection = database.open(lambda _seconds: True)
    except ConnectionFailedError as error:
        yield watch.done("connection", driver_says(error.reason), ok=False)
        return None
    yield watch.done("connection", _version(connection))
    return Reached(database, connection)


@contextmanager
def closing(reached: Reached) -> Iterator[Reached]:
    """Close it at the end, also when nobody asks for further checks."""
    try:
        yield reached
    finally:
        reached.close()


def _version(connection: Connection) -> str:
    """What the server calls itself; at least its dialect."""
    query = _VERSIONS.get(connection.dialect.name, "SELECT version()")
    if connection.dialect.name == "mssql":
        query = "SELECT @@VERSION"
    if query is None:
        return connection.dialect.name
    try:
        said = str(connection.execute(text(query)).scalar())
    except Exception:  # noqa: BLE001  # a version is nice to have
        return connection.dialect.name
    finally:
        connection.rollback()
    return said.partition("\n")[0][:_LONGEST_VERSION]
