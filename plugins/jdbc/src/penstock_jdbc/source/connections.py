"""The connections of one task: one for each pass that is open, kept for the next."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable

from sqlalchemy.engine import Connection

from penstock_jdbc.database.session import Database
from penstock_jdbc.source.reader import Reader

logger = logging.getLogger(__name__)


class Connections:
    """Opened and used on the reading thread; ``cancel_all`` may be called from any."""

    def __init__(self, database: Database, reader: Reader, wait: Callable[[float], bool]) -> None:
        self._database = database
        self._reader = reader
        self._wait = wait
        self._lock = threading.Lock()
        self._idle: list[Connection] = []
        self._busy: set[Connection] = set()

    def take(self) -> Connection:
        """A connection that answers, a new one if need be. Raises ConnectionFailedError, and what the driver raises."""
        while self._idle:
            connection = self._idle.pop()
            if self._database.alive(connection):
                break
            self._close(connection)
        else:
            connection = self._database.open(self._wait)
            try:
                self._reader.begin(self._database.raw(connection))
            except BaseException:
                self._close(connection)
                raise
        with self._lock:
            self._busy.add(connection)
        return connection

    def give_back(self, connection: Connection) -> None:
        """Its work is done: end the transaction, which lets go of its snapshot and locks. Raises what the driver raises."""
        self._database.raw(connection).commit()
        with self._lock:
            self._busy.discard(connection)
        self._idle.append(connection)

    def drop(self, connection: Connection) -> None:
        """Its work failed: who knows what state it is in."""
        with self._lock:
            self._busy.discard(connection)
        self._close(connection)

    def cancel(self, connection: Connection) -> None:
        """Cancel the statement of one connection."""
        self._database.cancel(connection)

    def cancel_all(self) -> None:
        """Cancel whatever statements run."""
        with self._lock:
            busy = list(self._busy)
        for connection in busy:
            self._database.cancel(connection)

    def close(self) -> None:
        """Close all of them."""
        for connection in [*self._idle, *self._busy]:
            self._close(connection)
        self._idle.clear()
        self._busy.clear()

    def _close(self, connection: Connection) -> None:
        with contextlib.suppress(Exception):  # a lost connection says so again
            connection.invalidate()
        with contextlib.suppress(Exception):
            connection.close()
