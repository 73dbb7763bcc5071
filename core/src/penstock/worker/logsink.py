"""Writes the log records of children, on a thread of its own: a slow terminal must not hold up the supervisor."""

from __future__ import annotations

import logging
import queue
import threading
from contextlib import suppress

from penstock.worker.frames import Log

CAPACITY = 10_000
"""Records that may wait to be written. What comes on top is dropped, counted, and told."""

OUTPUT_LOGGER = "penstock.output"
"""The logger of what children print."""


class LogSink:
    """``write`` is called on the supervisor's thread and never waits."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._records: queue.Queue[logging.LogRecord | None] = queue.Queue(capacity)
        self._dropped = 0
        self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
        self._thread.start()

    def write(self, frame: Log) -> None:
        """Hand on what a child logged."""
        self._put(
            logging.makeLogRecord(
                {
                    "name": frame.logger,
                    "levelno": frame.level,
                    "levelname": logging.getLevelName(frame.level),
                    "msg": frame.message,
                    "created": frame.created,
                    "msecs": frame.created % 1 * 1000,
                    "threadName": frame.thread,
                    "exc_text": frame.trace,
                    "connector_context": frame.context,
                }
            )
        )

    def say(self, level: int, context: str, message: str, logger: str = OUTPUT_LOGGER) -> None:
        """Log a line about, or of, a child."""
        self._put(
            logging.makeLogRecord(
                {
                    "name": logger,
                    "levelno": level,
                    "levelname": logging.getLevelName(level),
                    "msg": message,
                    "connector_context": context,
                }
            )
        )

    def close(self, timeout_s: float = 5.0) -> None:
        """Write what waits, for at most so long, and end."""
        with suppress(queue.Full):  # the writer is stuck on a full terminal: nothing more can be said
            self._records.put(None, timeout=timeout_s)
        self._thread.join(timeout_s)

    def _put(self, record: logging.LogRecord) -> None:
        try:
            self._records.put_nowait(record)
        except queue.Full:
            self._dropped += 1

    def _run(self) -> None:
        while (record := self._records.get()) is not None:
            self._handle(record)
            if self._dropped:
                dropped, self._dropped = self._dropped, 0
                logging.getLogger(__name__).warning(
                    "%d log records of connectors and tasks were dropped: they come faster than they can be written",
                    dropped,
                )

    @staticmethod
    def _handle(record: logging.LogRecord) -> None:
        logger = logging.getLogger(record.name)
        if logger.isEnabledFor(record.levelno):
            logger.handle(record)
