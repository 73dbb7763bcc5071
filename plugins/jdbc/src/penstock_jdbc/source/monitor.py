"""The thread that watches which tables there are (spec jdbc 4)."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from sqlalchemy.engine import Connection

from penstock.api import ConnectException, SourceConnectorContext
from penstock_jdbc.database.failures import Failure, chain_text, classify
from penstock_jdbc.database.identifiers import TableId
from penstock_jdbc.database.session import ConnectionFailedError, Database
from penstock_jdbc.database.tables import list_tables
from penstock_jdbc.source.selection import TableSelection

logger = logging.getLogger(__name__)

UNRECOVERABLE = "Encountered an unrecoverable error while reading tables from the database"


class TableMonitor:
    """Lists tables at ``interval_s``, and asks for new task configs when others are found. The order does not matter.

    An error of the database is logged, and the list of before stands; any other fails the connector.
    """

    def __init__(
        self, database: Database, selection: TableSelection, interval_s: float, context: SourceConnectorContext
    ) -> None:
        self._database = database
        self._selection = selection
        self._interval_s = interval_s
        self._context = context
        self._changed = threading.Condition()
        self._tables: list[TableId] | None = None
        self.failure: Exception | None = None
        """What the connector was told to fail with."""
        self._missed = False
        """Whether somebody asked for the tables before they were listed, and so has to be told once they are."""
        self._stopped = False
        self._connection: Connection | None = None
        self._thread = threading.Thread(target=self._run, name="jdbc-tables", daemon=True)

    def start(self, connection: Connection) -> None:
        """Begin, with a connection that becomes the monitor's."""
        self._connection = connection
        self._thread.start()

    def tables(self, timeout_s: float) -> list[TableId] | None:
        """What was listed last, waiting for the first time; None when that takes longer."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._tables is not None or self.failure is not None or self._stopped, timeout_s
            )
            self._missed = self._missed or self._tables is None
            return self._tables

    def stop(self, timeout_s: float) -> None:
        """End the thread; a listing under way is cancelled."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        connection = self._connection
        if connection is not None:
            self._database.cancel(connection)
        self._thread.join(timeout_s)

    def _run(self) -> None:
        try:
            while not self._stopped:
                self._look()
                with self._changed:
                    self._changed.wait_for(lambda: self._stopped, self._interval_s)
        except Exception as error:  # noqa: BLE001  # whatever it is, the connector is told
            if not self._stopped:
                self._fail(error)
        finally:
            self._drop_connection()

    def _look(self) -> None:
        try:
            found = self._list()
        except ConnectException as error:
            if not isinstance(error, ConnectionFailedError):
                raise
            logger.warning("Cannot list tables, will try again: %s", error)
        except Exception as error:
            if classify(error) is Failure.OTHER and not _is_database_error(error):
                raise
            self._drop_connection()
            logger.warning("Cannot list tables, will try again: %s", chain_text(error))
        else:
            self._publish(found)

    def _list(self) -> list[TableId]:
        connection = self._connection
        if connection is None or not self._database.alive(connection):
            self._drop_connection()
            connection = self._connection = self._database.open(self._wait)
        listed = list_tables(connection, self._database.kind, self._selection.listed)
        connection.rollback()
        return self._selection.chosen(listed, self._database.identifiers)

    def _publish(self, found: list[TableId]) -> None:
        with self._changed:
            before, same = self._tables, self._tables is not None and set(self._tables) == set(found)
            told, self._missed = before is not None or self._missed, False
            if not same:
                self._tables = found
            self._changed.notify_all()
        if told and not same:
            logger.info("Tables changed: %d before, %d now; asking for new task configs", len(before or ()), len(found))
            self._ask(self._context.request_task_reconfiguration)

    def _fail(self, error: Exception) -> None:
        failure = ConnectException(UNRECOVERABLE)
        failure.__cause__ = error
        logger.error(UNRECOVERABLE, exc_info=failure)
        with self._changed:
            self.failure = failure
            self._changed.notify_all()
        self._ask(lambda: self._context.raise_error(failure))

    def _ask(self, call: Callable[[], None]) -> None:
        try:
            call()
        except ConnectException:
            if not self._stopped:  # the connector is just being stopped: nobody is left to tell
                raise

    def _wait(self, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._stopped, seconds)

    def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.invalidate()
                connection.close()
            except Exception:  # a lost connection says so again
                logger.debug("Closing a connection failed", exc_info=True)


def _is_database_error(error: Exception) -> bool:
    from sqlalchemy.exc import SQLAlchemyError

    return isinstance(error, SQLAlchemyError)
