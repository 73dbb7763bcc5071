"""Logging inside a child: every record becomes a LOG frame; the worker alone writes logs (design section 4)."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping

from penstock.logcontext import SECRETS, ContextFilter, context_of
from penstock.worker.frames import Log, sendable

RECORDS_PER_SECOND = 2_000
"""What one child may log. More is dropped, counted, and told."""

SendLog = Callable[[Log], bool]
"""Takes a record to be sent; False when too many wait already. Any thread, returns at once."""


class FrameHandler(logging.Handler):
    """Hands records over to be sent; never waits and never raises into the code that logs."""

    def __init__(self, send: SendLog) -> None:
        super().__init__()
        self._send = send
        self._formatter = logging.Formatter()
        self._second = 0.0
        self._sent = 0
        self._dropped = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Called by logging, under the handler's lock, after the filters."""
        try:
            frame = self._frame(record)
        except Exception:  # noqa: BLE001  # wrong arguments of a log call; logging's own way to tell
            self.handleError(record)
            return
        now = time.monotonic()
        if now - self._second >= 1.0:
            self._second, self._sent = now, 0
            self._tell_dropped(frame)
        self._sent += 1
        if self._sent > RECORDS_PER_SECOND or not self._send(frame):
            self._dropped += 1

    def _tell_dropped(self, like: Log) -> None:
        if self._dropped:
            text = f"{self._dropped} log records were dropped: at most {RECORDS_PER_SECOND} a second are kept"
            told = Log(logging.WARNING, __name__, text, like.context, like.created, like.thread, None)
            if self._send(told):
                self._dropped = 0

    def _frame(self, record: logging.LogRecord) -> Log:
        message = record.getMessage()
        if record.exc_info and not record.exc_text:
            record.exc_text = self._formatter.formatException(record.exc_info)
        if record.stack_info:
            message = f"{message}\n{record.stack_info}"
        context = context_of(record)
        thread = record.threadName or threading.current_thread().name
        trace = sendable(record.exc_text) if record.exc_text else None
        return Log(record.levelno, record.name, sendable(message), sendable(context), record.created, thread, trace)


def install(send: SendLog, context: str) -> None:
    """Route all logging of this process into frames. ``context`` is for threads that have none of their own."""
    handler = FrameHandler(send)
    handler.addFilter(ContextFilter(context))
    handler.addFilter(SECRETS)
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)


def apply_levels(levels: Mapping[str, int]) -> None:
    """Set levels by logger name; "" is the root."""
    for name, level in levels.items():
        logging.getLogger(name or None).setLevel(level)


def current_levels() -> dict[str, int]:
    """The levels that are set in this process; "" is the root."""
    levels = {"": logging.getLogger().getEffectiveLevel()}
    for name, logger in logging.getLogger().manager.loggerDict.items():
        if isinstance(logger, logging.Logger) and logger.level != logging.NOTSET:
            levels[name] = logger.level
    return levels
