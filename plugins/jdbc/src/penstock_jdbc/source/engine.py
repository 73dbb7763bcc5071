"""The reading thread: which table gets its turn, and what an error means (spec jdbc 7, 14)."""

from __future__ import annotations

import heapq
import logging
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy.engine import Connection

from penstock.api import ConnectException
from penstock_jdbc.database.failures import Failure, chain_text, classify, hidden
from penstock_jdbc.database.kind import DatabaseKind
from penstock_jdbc.database.session import ConnectionFailedError
from penstock_jdbc.source.buffer import BatchBuffer
from penstock_jdbc.source.chunks import ChunkSize
from penstock_jdbc.source.connections import Connections
from penstock_jdbc.source.querier import ProcessingError, Querier
from penstock_jdbc.source.settings import Pace
from penstock_jdbc.source.snapshot import SnapshotQuerier

logger = logging.getLogger(__name__)

Reading = Querier | SnapshotQuerier

POLLING_FAILED: Final = "Error while polling for records"
RETRIES_USED_UP: Final = "Failed to query table after retries"
MOST_OPEN: Final = 4
"""Passes that are open at a time, each on a connection of its own: long ones leave the others their turns."""
_CANCEL_AGAIN_S: Final = 0.2
_GIVES_UP_ON_WRONG_SQL = frozenset({DatabaseKind.MYSQL, DatabaseKind.ORACLE, DatabaseKind.DB2})
"""Whose Java drivers tell by an exception's class that trying again is of no use, and so end the task at once."""


@dataclass(order=True, slots=True)
class _Due:
    """A querier that waits for its next pass, from ``at`` (monotonic seconds) on; names decide between equals."""

    at: float
    name: str
    querier: Reading = field(compare=False)


@dataclass(slots=True)
class _Open:
    """A pass under way."""

    querier: Reading
    connection: Connection
    chunk: ChunkSize


class ReadingEngine:
    """Runs the queriers of one task on a thread of its own, and hands out what they read through ``buffer``.

    A table is due again ``poll.interval.ms`` after its last pass ended. Open passes take turns chunk by chunk, and tables that
    are due begin in between, so that a large table does not keep small ones waiting.
    """

    def __init__(
        self,
        queriers: Sequence[Reading],
        connections: Connections,
        buffer: BatchBuffer,
        pace: Pace,
        kind: DatabaseKind,
    ) -> None:
        self._due = [_Due(0.0, querier.target.shown, querier) for querier in queriers]
        heapq.heapify(self._due)
        self._open: deque[_Open] = deque()
        self._connections = connections
        self._buffer = buffer
        self._pace = pace
        self._kind = kind
        self._halted = False
        self.queriers = len(queriers)
        self._thread = threading.Thread(target=self._run, name="jdbc-reader", daemon=True)
        self.passes = 0
        """Passes that have ended, well or not: a test waits for them."""

    def start(self) -> None:
        """Begin reading."""
        self._thread.start()

    def halt(self) -> None:
        """Stop reading, and cancel what runs. Returns at once; from any thread, as often as one likes."""
        self._halted = True
        self._buffer.close()
        self._connections.cancel_all()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread's end, cancelling what it still begins. Whether it has ended."""
        end = time.monotonic() + timeout_s
        while self._thread.is_alive() and time.monotonic() < end:
            self._connections.cancel_all()
            self._thread.join(min(_CANCEL_AGAIN_S, max(0.0, end - time.monotonic())))
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            while not self._halted:
                self._turn()
        except Exception as error:  # noqa: BLE001  # goes to the task's own thread
            if not self._halted:
                self._buffer.fail(error)
        finally:
            for opened in self._open:
                self._connections.cancel(opened.connection)
                opened.querier.abandon()
            self._connections.close()

    def _turn(self) -> None:
        """Begin a pass that is due, if there is room, else read a chunk of the next open one, else wait."""
        now = time.monotonic()
        due = self._due[0].at <= now if self._due else False
        if due and len(self._open) < MOST_OPEN:
            self._begin(heapq.heappop(self._due).querier)
        elif self._open:
            self._read(self._open.popleft())
        elif self._due:
            self._buffer.wait_closed(self._due[0].at - now)
        else:
            self._buffer.wait_closed(self._pace.poll_interval_s)

    def _begin(self, querier: Reading) -> None:
        connection = None
        try:
            connection = self._connections.take()
            querier.begin(connection)
        except Exception as error:  # noqa: BLE001  # drivers raise what they like
            self._failed(querier, connection, error)
            return
        opened = _Open(querier, connection, ChunkSize(self._pace.batch_rows, fixed=self._pace.batch_is_set))
        self._open.appendleft(opened)  # a small table is done with its first chunk

    def _read(self, opened: _Open) -> None:
        querier, connection = opened.querier, opened.connection
        try:
            batch = querier.fetch(opened.chunk.rows)
            if batch is None:
                querier.end()
                self._connections.give_back(connection)
        except Exception as error:  # noqa: BLE001  # drivers raise what they like
            self._failed(querier, connection, error)
            return
        if batch is None:
            following = querier.successor()
            self._wait_for_next(following, at_once=following is not querier or querier.immediate)
        else:
            opened.chunk.learn(batch)
            self._open.append(opened)
            self._buffer.put(batch)

    def _wait_for_next(self, querier: Reading, *, at_once: bool = False) -> None:
        self.passes += 1
        next_at = time.monotonic() + (0 if at_once else self._pace.poll_interval_s)
        heapq.heappush(self._due, _Due(next_at, querier.target.shown, querier))

    def _failed(self, querier: Reading, connection: Connection | None, error: Exception) -> None:
        """Decide whether a pass is tried again. Raises what ends the task."""
        if connection is not None and isinstance(error, ProcessingError):
            self._connections.cancel(connection)  # the statement is well, and MySQL's would be read to its end
        querier.abandon()
        if connection is not None:
            self._connections.drop(connection)
        if self._halted:
            raise error
        if isinstance(error, ProcessingError):
            raise ConnectException(POLLING_FAILED) from error
        self._count(querier, error)
        self._wait_for_next(querier)

    def _count(self, querier: Reading, error: Exception) -> None:
        """An outage is waited out for ever; anything else as often as ``query.retry.attempts`` says."""
        meaning = Failure.TRANSIENT if isinstance(error, ConnectionFailedError) else classify(error)
        if querier.target.masked and not isinstance(error, ConnectionFailedError):
            error = hidden(error)
        shown, text = querier.target.shown, chain_text(error)
        if meaning in (Failure.TRANSIENT, Failure.CONFLICT):
            logger.warning("Reading %s failed and will be tried again: %s", shown, text)
            return
        if self._kind in _GIVES_UP_ON_WRONG_SQL and meaning in (Failure.SCHEMA, Failure.DATA):
            raise ConnectException(POLLING_FAILED) from _with_cause(ConnectException(text), error)
        querier.failures += 1
        attempts = self._pace.retry_attempts
        if 0 < attempts <= querier.failures:
            raise ConnectException(POLLING_FAILED) from _with_cause(ConnectException(RETRIES_USED_UP), error)
        logger.error(
            "Reading %s failed for the %d. time in a row and will be tried again ('query.retry.attempts' is %d): %s",
            shown,
            querier.failures,
            attempts,
            text,
        )


def _with_cause(error: ConnectException, cause: Exception) -> ConnectException:
    error.__cause__ = cause
    return error
