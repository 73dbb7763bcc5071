"""The one door by which errors leave: an exception becomes a status and ``{"error_code", "message"}`` (spec 1.2).

The tree of what this package raises itself::

    HttpError                 the request does not fit the API: its path, method or media types
    └── MalformedRequestError what Java's server refuses before its resources see it
    BadBodyError              the body is no JSON or not the JSON that is asked for: 500 with Jackson's text
    RequestTimeoutError       the herder did not answer in time: 500, and what it was doing
    WorkerStoppingError       the herder gave the request up because the worker stops: 500
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import ClassVar, Final

from penstock.api.exceptions import AlreadyExistsException, NotFoundException
from penstock.herder.results import RequestRefused
from penstock.rest import models
from penstock.rest.json_reader import BadBodyError

__all__ = [
    "BadBodyError",
    "ErrorAnswer",
    "HttpError",
    "MalformedRequestError",
    "RequestTimeoutError",
    "WorkerStoppingError",
    "answer_to",
    "java_text",
]

_log = logging.getLogger(__name__)
_JAVA_PACKAGE = "org.apache.kafka.connect.runtime.rest.errors."
_STATUS_LINE: Final = "HTTP and the status"
"""Stands for the text that is made of the status, as against no text at all."""


class HttpError(Exception):
    """An answer that depends on the request line and headers alone. Where ``message`` is left out it is Connect's
    ``HTTP 404 Not Found``; clients see ``null`` where it is None. ``typed`` tells whether the answer carries a Content-Type:
    Connect leaves it out unless a resource method had been chosen (spec live 8)."""

    headers: ClassVar[Mapping[str, str]] = {}

    def __init__(self, status: HTTPStatus, message: str | None = _STATUS_LINE, *, typed: bool = False) -> None:
        text = f"HTTP {status.value} {status.phrase}" if message is _STATUS_LINE else message
        super().__init__(*(() if text is None else (text,)))
        self.status = status
        self.typed = typed


class MalformedRequestError(HttpError):
    """A 400 for what Java's server refuses before its resources see it, with its header against caching."""

    headers: ClassVar[Mapping[str, str]] = {"Cache-Control": "must-revalidate,no-cache,no-store"}

    def __init__(self, message: str) -> None:
        super().__init__(HTTPStatus.BAD_REQUEST, message, typed=True)


class RequestTimeoutError(Exception):
    """The deadline passed. ``stage`` is the herder's sentence on what it is doing, or empty (spec 1.3)."""

    def __init__(self, stage: str) -> None:
        super().__init__(f"Request timed out. {stage}" if stage else "Request timed out")


class WorkerStoppingError(Exception):
    """The request was still queued when the herder stopped."""

    def __init__(self) -> None:
        super().__init__("Worker is shutting down")


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """What goes out. ``message`` is None where the exception had no text: clients see ``null``. ``code`` is the body's
    ``error_code`` where that is not the status."""

    status: int
    message: str | None
    typed: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)
    code: int | None = None

    def body(self) -> dict[str, object]:
        return models.error(self.status if self.code is None else self.code, self.message)


def answer_to(error: BaseException, what: str) -> ErrorAnswer:
    """The answer to ``what`` (method and path) that ended with ``error``.

    An exception that stands for no status is logged here with its trace, and nowhere else.
    """
    message = str(error) or ("" if error.args else None)  # Java tells an empty text from none
    if isinstance(error, HttpError):
        return ErrorAnswer(error.status.value, message, error.typed, error.headers)
    if isinstance(error, RequestRefused):
        return ErrorAnswer(error.status, error.message, code=error.error_code)
    if isinstance(error, NotFoundException):
        return ErrorAnswer(HTTPStatus.NOT_FOUND, message)
    if isinstance(error, AlreadyExistsException):
        return ErrorAnswer(HTTPStatus.CONFLICT, message)
    if not isinstance(error, (BadBodyError, RequestTimeoutError, WorkerStoppingError)):
        _log.error("Uncaught exception in REST call to %s", what, exc_info=error)
    return ErrorAnswer(HTTPStatus.INTERNAL_SERVER_ERROR, message)


def java_text(error: BaseException) -> str:
    """``Throwable.toString()``: class and message, as the validate endpoint shows a failure (spec 1.10)."""
    if isinstance(error, RequestRefused):
        refused = "BadRequestException" if error.status == HTTPStatus.BAD_REQUEST else "ConnectRestException"
        name: str = _JAVA_PACKAGE + refused
    else:
        kind = type(error)
        declared = getattr(kind, "connect_name", None)
        name = declared if isinstance(declared, str) else f"{kind.__module__}.{kind.__qualname__}"
    text = str(error)
    return f"{name}: {text}" if text else name
