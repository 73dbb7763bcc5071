"""Having a database look at a query without running it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

TIMEOUT_S = 60
"""How long a database may take to look at a query (spec jdbc 3.1)."""


def check_query(driver: str, raw: Any, query: str) -> None:  # every driver has its own class
    """Have ``query`` prepared on ``raw``, a connection of SQLAlchemy's ``driver``, and thrown away. Nothing of it is run, also
    when further statements follow a semicolon. Does nothing for a driver that can't prepare alone.

    Raises what the driver raises: for wrong SQL its error with SQLSTATE or code.
    """
    check = _CHECKS.get(driver)
    if check is not None:
        check(raw, query)


def _psycopg(raw: Any, query: str) -> None:
    """PQprepare takes one statement alone. pgjdbc splits several by itself, so those are let pass."""
    from psycopg import errors  # an extra

    with raw.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = {TIMEOUT_S * 1000}")
    connection = raw.pgconn
    result = connection.prepare(b"", query.encode(raw.info.encoding))
    if result.error_message:
        error = errors.error_from_result(result, encoding=raw.info.encoding)
        if "multiple commands" not in str(error):
            raise error


def _mysql(raw: Any, query: str) -> None:
    """PREPARE takes one statement alone; MariaDB's and MySQL's drivers refuse several too."""
    cursor = raw.cursor()
    try:
        cursor.execute("SET @penstock_query = %s", (query,))
        cursor.execute("PREPARE penstock_query FROM @penstock_query")
        cursor.execute("DEALLOCATE PREPARE penstock_query")
    finally:
        cursor.close()


def _sqlite(raw: Any, query: str) -> None:
    """EXPLAIN runs nothing. Several statements are refused before any of them runs, with an error that has no code: xerial
    looks at the first alone, so they are let pass."""
    import sqlite3  # beside its driver

    cursor = raw.cursor()
    try:
        cursor.execute(f"EXPLAIN {query}")
    except (sqlite3.ProgrammingError, sqlite3.Warning) as error:
        if getattr(error, "sqlite_errorcode", None) is not None:
            raise
    finally:
        cursor.close()


def _oracledb(raw: Any, query: str) -> None:
    """Oracle only describes a SELECT that is parsed."""
    cursor = raw.cursor()
    try:
        cursor.parse(query)
    finally:
        cursor.close()


_CHECKS: Mapping[str, Callable[[Any, str], None]] = {
    "psycopg": _psycopg,
    "mysqldb": _mysql,
    "pymysql": _mysql,
    "pysqlite": _sqlite,
    "oracledb": _oracledb,
}
