"""A sink task by hand, on SQLite, PostgreSQL and MariaDB."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.databases.server import MariadbServer, OwnServer, PostgresqlServer
from tests.kafka.fixtures import unavailable
from tests.kafka.jars import ServiceUnavailableError
from tests.plugins.jdbc.sink.targets import ServerTarget, SqliteTarget, Target

KINDS = ("sqlite", "postgresql", "mariadb")


def target_of(kind: str, request: Any, folder: Path) -> Iterator[Target]:
    if kind == "sqlite":
        yield SqliteTarget(folder / "target.db")
        return
    with contextlib.closing(ServerTarget(request.getfixturevalue(kind))) as target:
        yield target


@pytest.fixture(params=KINDS)
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Target]:
    """A fresh database of each kind."""
    yield from target_of(request.param, request, tmp_path)


@pytest.fixture(params=["postgresql", "mariadb"])
def server_target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Target]:
    """A fresh database of each kind that has a server."""
    yield from target_of(request.param, request, tmp_path)


@pytest.fixture(params=["postgresql", "mariadb"])
def durable_server(request: pytest.FixtureRequest) -> Iterator[OwnServer]:
    """A server for one test alone, which keeps what it committed when it is killed."""
    try:
        if request.param == "postgresql":
            server: OwnServer = PostgresqlServer({"synchronous_commit": "on"})
        else:
            server = MariadbServer({"innodb-flush-log-at-trx-commit": "2"})
    except ServiceUnavailableError as error:
        unavailable(error)
        raise
    with contextlib.closing(server):
        yield server


@pytest.fixture
def sqlite_target(tmp_path: Path) -> Target:
    return SqliteTarget(tmp_path / "target.db")
