"""A sink task by hand, on SQLite, PostgreSQL and MariaDB."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

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


@pytest.fixture
def sqlite_target(tmp_path: Path) -> Target:
    return SqliteTarget(tmp_path / "target.db")
