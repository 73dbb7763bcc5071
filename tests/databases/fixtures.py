"""Pytest fixtures, loaded by the root ``conftest.py`` and so usable by every test.

Where a database is not installed, tests that ask for it are skipped with the reason; with ``PENSTOCK_REQUIRE_SERVICES=1``
they fail. ``PENSTOCK_POSTGRESQL_URL`` and ``PENSTOCK_MARIADB_URL`` name servers to use instead of starting some.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import TypeVar

import pytest

from tests.databases.server import (
    MariadbServer,
    PostgresqlServer,
    PrivateDatabase,
    Server,
    mariadb_server,
    postgresql_server,
)
from tests.kafka.fixtures import unavailable
from tests.kafka.jars import ServiceUnavailableError

_FIXTURES = frozenset({"postgresql", "postgresql_server", "own_postgresql", "mariadb", "mariadb_server", "own_mariadb"})
S = TypeVar("S", bound=Server)


@pytest.fixture(scope="session", name="postgresql_server")
def _postgresql_server() -> Iterator[Server]:
    """The PostgreSQL of this test session, for tests that make databases of their own on it."""
    yield from _running(postgresql_server)


@pytest.fixture(scope="session", name="mariadb_server")
def _mariadb_server() -> Iterator[Server]:
    """The MariaDB of this test session."""
    yield from _running(mariadb_server)


@pytest.fixture
def postgresql(postgresql_server: Server) -> Iterator[PrivateDatabase]:
    """A PostgreSQL database for one test."""
    with postgresql_server.database() as database:
        yield database


@pytest.fixture
def mariadb(mariadb_server: Server) -> Iterator[PrivateDatabase]:
    """A MariaDB database for one test."""
    with mariadb_server.database() as database:
        yield database


@pytest.fixture
def own_postgresql() -> Iterator[PostgresqlServer]:
    """A PostgreSQL for one test alone, to be killed and started again."""
    yield from _running(PostgresqlServer)


@pytest.fixture
def own_mariadb() -> Iterator[MariadbServer]:
    """A MariaDB for one test alone, to be killed and started again."""
    yield from _running(MariadbServer)


def mysql_driver(name: str) -> ModuleType:
    """The module of one of the two drivers, by SQLAlchemy's name. Where it is not installed the test is skipped, or fails in
    CI."""
    module = {"mysqldb": "MySQLdb", "pymysql": "pymysql"}[name]
    try:
        return importlib.import_module(module)
    except ImportError:
        unavailable(ServiceUnavailableError(f"{module} is not installed, so there is no such driver to test"))
        raise


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a database server, so that ``-m 'not databases'`` leaves it out."""
    for item in items:
        if _FIXTURES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.databases)


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known."""
    config.addinivalue_line("markers", "databases: needs PostgreSQL or MariaDB")


def _running(make: Callable[[], S]) -> Iterator[S]:
    try:
        server = make()
    except ServiceUnavailableError as error:
        unavailable(error)
        raise
    try:
        yield server
    finally:
        server.close()
