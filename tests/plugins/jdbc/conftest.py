"""Databases for tests of JDBC connectors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.plugins.jdbc.source.running import SqliteDatabase


@pytest.fixture
def sqlite(tmp_path: Path) -> SqliteDatabase:
    return SqliteDatabase(tmp_path / "source.db")


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def database(request: pytest.FixtureRequest) -> Any:
    """A fresh database of each kind."""
    return request.getfixturevalue(request.param)


@pytest.fixture(params=["postgresql", "mariadb"])
def server_database(request: pytest.FixtureRequest) -> Any:
    """A fresh database of each kind that has a server."""
    return request.getfixturevalue(request.param)
