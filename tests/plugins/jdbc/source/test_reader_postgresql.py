"""Cursors of PostgreSQL that are closed while their session is not well."""

from __future__ import annotations

import gc
import warnings
from typing import Any

import psycopg
import pytest

from penstock_jdbc.source.reader_postgresql import PostgresqlResultSet


def test_a_close_that_is_cancelled_leaves_no_cursor_open(postgresql: Any) -> None:
    """A stop may cancel the very CLOSE; the driver warns of a cursor that is left open when it is collected."""
    with psycopg.connect(**login(postgresql)) as connection:
        cursor = connection.cursor(name="c")
        cursor.execute("SELECT 1")
        real = connection.wait

        def cancelled(*_: object, **__: object) -> None:
            connection.wait = real  # type: ignore[method-assign]
            raise psycopg.errors.QueryCanceled("canceling statement due to user request")

        connection.wait = cancelled  # type: ignore[method-assign, assignment]
        with pytest.raises(psycopg.errors.QueryCanceled, match="user request"):
            PostgresqlResultSet(cursor, []).close()

        assert cursor.closed
        connection.rollback()
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            del cursor
            gc.collect()
        assert warned == []


def login(database: Any) -> dict[str, Any]:
    server = database.server
    return {
        "host": server.host,
        "port": server.port,
        "user": server.user,
        "password": server.password,
        "dbname": database.name,
    }


def test_a_lost_session_leaves_none_open_either(postgresql: Any) -> None:
    connection = psycopg.connect(**login(postgresql))
    cursor = connection.cursor(name="c")
    cursor.execute("SELECT 1")
    postgresql.rows(f"SELECT pg_terminate_backend({connection.info.backend_pid})")
    with pytest.raises(psycopg.OperationalError):
        PostgresqlResultSet(cursor, []).close()

    assert cursor.closed
    connection.close()
