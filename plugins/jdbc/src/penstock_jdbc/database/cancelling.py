"""How each driver is told, from another thread, to give up the statement that it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_TOLD_S = 10
"""How long PostgreSQL may take to hear of a cancellation."""

Dial = Callable[[], Any]
"""Opens a further connection of the driver."""


def session_id(driver: str, raw: Any) -> int | None:  # every driver has its own class
    """What :func:`cancel` must know of a new connection, asked while no statement runs on it."""
    return int(raw.thread_id()) if driver in {"mysqldb", "pymysql"} else None


def cancel(driver: str, raw: Any, session: int | None, dial: Dial) -> None:
    """Cancel what runs on ``raw``, a connection of SQLAlchemy's ``driver``. Raises what the driver raises."""
    if session is not None:
        _kill_query(session, dial)
    elif driver == "pysqlite":
        raw.interrupt()
    elif driver == "psycopg":
        if hasattr(raw, "cancel_safe"):  # psycopg 3.2: encrypted, and with a time limit
            raw.cancel_safe(timeout=_TOLD_S)
        else:
            raw.cancel()
    elif driver == "oracledb":
        raw.cancel()
    else:
        raw.close()  # a driver that can't cancel: without its connection the statement fails


def _kill_query(session: int, dial: Dial) -> None:
    """MySQL is told over a second connection."""
    other = dial()
    try:
        cursor = other.cursor()
        cursor.execute(f"KILL QUERY {session}")
        cursor.close()
    finally:
        other.close()
