"""For whom this thread works, shown before every log message (spec 14.8), and what must never be shown.

The context text is Connect's: ``[name|worker] ``, ``[name|task-0] ``, ``[name|task-0|offsets] ``, trailing blank included,
so that a format can place it directly before the message: ``%(connector_context)s%(message)s``.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from penstock.ids import TaskId

_CONTEXT: ContextVar[str] = ContextVar("connector_context", default="")
HIDDEN = "[hidden]"
_SHORTEST_SECRET = 3


def connector_text(name: str) -> str:
    """The context of a connector instance."""
    return f"[{name}|worker] "


def task_text(task: TaskId, scope: str | None = None) -> str:
    """The context of a task; ``scope`` is ``offsets`` while source offsets are committed."""
    return f"[{task.connector}|task-{task.task}{'' if scope is None else '|' + scope}] "


def current() -> str:
    """The context text of this thread; empty outside of connectors."""
    return _CONTEXT.get()


def enter(text: str) -> None:
    """Set the context of this thread for the rest of its life: for a runner's thread. New threads start without one."""
    _CONTEXT.set(text)


@contextmanager
def within(text: str) -> Iterator[None]:
    """Set the context of this thread for a while."""
    token = _CONTEXT.set(text)
    try:
        yield
    finally:
        _CONTEXT.reset(token)


def context_of(record: logging.LogRecord) -> str:
    """The context that a record carries; empty when it went through no :class:`ContextFilter`."""
    return str(getattr(record, "connector_context", ""))


class ContextFilter(logging.Filter):
    """Gives every record ``connector_context``, empty outside of connectors. For handlers, not loggers: a logger's filters
    don't see what its children log. ``default`` is for threads that a plugin started in a process of one task."""

    def __init__(self, default: str = "") -> None:
        super().__init__()
        self._default = default

    def filter(self, record: logging.LogRecord) -> bool:
        """Always True."""
        if not hasattr(record, "connector_context"):
            record.connector_context = _CONTEXT.get() or self._default
        return True


class SecretFilter(logging.Filter):
    """Replaces resolved secrets by ``[hidden]`` in messages and traces (design decision 13). For handlers.

    Texts of less than three characters are left alone: hiding them would make every log unreadable and protect nobody.
    """

    def __init__(self) -> None:
        super().__init__()
        self._secrets: tuple[str, ...] = ()

    def hide(self, values: Iterable[str]) -> None:
        """Hide these from now on. Called from any thread whenever references were resolved; longest first, so that a
        secret that contains another is hidden whole."""
        known = {*self._secrets, *(value for value in values if len(value) >= _SHORTEST_SECRET)}
        self._secrets = tuple(sorted(known, key=len, reverse=True))

    def filter(self, record: logging.LogRecord) -> bool:
        """Always True; the message is formatted here only when there is something to hide."""
        if self._secrets:
            record.msg, record.args = self.clean(record.getMessage()), None
            if record.exc_info and not record.exc_text:
                record.exc_text = logging.Formatter().formatException(record.exc_info)
            if record.exc_text:
                record.exc_text = self.clean(record.exc_text)
        return True

    def clean(self, text: str) -> str:
        """The text without secrets."""
        for secret in self._secrets:
            if secret in text:
                text = text.replace(secret, HIDDEN)
        return text


SECRETS = SecretFilter()
"""The filter of this process: whoever resolves a reference calls ``SECRETS.hide``; every handler has it."""
