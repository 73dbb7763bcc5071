"""Validation's look at the database itself, within a deadline.

A plugin that does not answer a validation in time is killed together with every connector that runs beside it, so a database
that keeps silent is left behind on a thread of its own.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.engine import Connection

from penstock.api import ConfigValue
from penstock_jdbc.config.found import Findings
from penstock_jdbc.config.names import CONNECTION_URL
from penstock_jdbc.database.failures import chain_text, driver_says, message, sqlstate, vendor_code
from penstock_jdbc.database.query_check import check_query
from penstock_jdbc.database.session import ConnectionFailedError, Database
from penstock_jdbc.database.settings import ConnectionSettings

logger = logging.getLogger(__name__)

DEADLINE_S = 75.0
"""Less than the 90 s that a plugin has for an answer."""

Wait = Callable[[float], bool]
"""Sleeps; true when there is no time left."""

_WRONG_QUERY = (
    "The configured query is not valid and has database/connection errors. Please provide the correct query by validating the "
    "query syntax and the existing table/column names with the database being connected"
)


def within_deadline(found: Findings, ask: Callable[[Wait], None], deadline_s: float | None = None) -> list[ConfigValue]:
    """What is found once ``ask(wait)``, run on another thread, has looked at the database and added errors. When that takes
    longer than ``deadline_s``, what was found before with an error on ``connection.url``. Raises what ``ask`` raises."""
    limit_s = DEADLINE_S if deadline_s is None else deadline_s
    over, raised = threading.Event(), list[BaseException]()

    def run() -> None:
        try:
            ask(over.wait)
        except BaseException as error:  # noqa: BLE001  # raised again on the caller's thread
            raised.append(error)

    thread = threading.Thread(target=run, name="validation's connection", daemon=True)
    thread.start()
    thread.join(limit_s)
    if thread.is_alive():
        left = found.copy()  # the thread may still add to the other
        over.set()
        left.add([CONNECTION_URL], f"Could not connect to database. There was no answer within {limit_s:g} s")
        return left.values
    if raised:
        raise raised[0]
    return found.values


@contextmanager
def connected(found: Findings, wait: Wait) -> Iterator[tuple[Database, Connection] | None]:
    """A connection with the settings found, closed at the end; None, with an error on ``connection.url``, when there is none
    to be had. Blocks for as long as the attempts and their backoff take, or ``wait`` allows."""
    try:
        database = Database(ConnectionSettings.of(found.parsed(), found.props))
        connection = database.open(wait)
    except Exception as error:  # noqa: BLE001  # drivers and credential providers raise what they like
        logger.info("Could not connect to the database for validation: %s", chain_text(error))
        reason = driver_says(error.reason) if isinstance(error, ConnectionFailedError) else message(error)
        found.add([CONNECTION_URL], f"Could not connect to database. {reason}")
        yield None
        return
    try:
        yield database, connection
    finally:
        connection.close()
        database.close()


def query_is_valid(found: Findings, key: str, query: str, at: tuple[Database, Connection]) -> bool:
    """Have the database prepare ``query``; wrong SQL becomes an error of ``key``, with SQLSTATE and vendor code. What is no
    database error is let pass, and shows when the query is run."""
    database, connection = at
    try:
        check_query(database.driver, database.raw(connection), query)
    except Exception as error:  # noqa: BLE001  # every driver has its own
        state, code = sqlstate(error), vendor_code(error)
        if state is None and code == 0:
            logger.debug("The query could not be checked: %s", chain_text(error))
            return True
        parts = [f"SQLState: {state}"] if state is not None else []
        parts += [f"errorCode: {code}"] if code != 0 else []
        found.add([key], f"{_WRONG_QUERY} ({', '.join(parts)})")
        return False
    finally:
        _roll_back(connection)
    return True


def _roll_back(connection: Connection) -> None:
    try:
        connection.connection.rollback()
    except Exception as error:  # noqa: BLE001  # a connection that broke is closed soon
        logger.debug("Rollback after validation failed: %s", error)
