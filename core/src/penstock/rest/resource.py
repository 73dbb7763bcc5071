"""One path with its methods, as an ASGI app: what Connect's resource methods share around the work itself.

The order is Java's: the method (405; OPTIONS is answered here), the media types (415, 406), then the handler; every
exception leaves through :mod:`penstock.rest.errors`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl, unquote

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from penstock import jackson
from penstock.rest.errors import HttpError, answer_to
from penstock.rest.media import JSON, TEXT, check_acceptable, check_consumable, first_choice, prefers_text

_ORDER = ("HEAD", "POST", "DELETE", "GET", "OPTIONS", "PUT", "PATCH")
"""The order of Java's hash set, which shows in answers to OPTIONS."""


class _Nothing:
    """No body at all, as against a JSON null."""

    __slots__ = ()


NOTHING: Final = _Nothing()


@dataclass(frozen=True, slots=True)
class Call:
    """A request, read completely. ``params`` are the decoded parts of the path; ``base_url`` is ``scheme://host`` as the
    client wrote it."""

    params: Mapping[str, str]
    query: tuple[tuple[str, str], ...]
    body: bytes
    base_url: str

    def asked(self, name: str) -> list[str]:
        """All values of a query parameter, in order; ``?x`` counts as an empty one."""
        return [value for key, value in self.query if key == name]

    def flag(self, name: str, *, default: bool) -> bool:
        """A boolean parameter as JAX-RS reads it: the first value counts; empty is the default, all but "true" is false."""
        values = self.asked(name)
        return default if not values or values[0] == "" else values[0].lower() == "true"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a handler answers: a status, a JSON value or nothing, more headers."""

    status: HTTPStatus = HTTPStatus.OK
    value: object = NOTHING
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Call], Awaitable[Answer]]


class Resource:
    """The ASGI app of one path. ``handlers`` maps GET, POST, … to handlers; HEAD comes with GET. ``consumes`` is False for
    the few resources of Connect that do not care for the Content-Type."""

    def __init__(self, handlers: Mapping[str, Handler], *, consumes: bool = True) -> None:
        self._handlers = dict(handlers)
        if "GET" in self._handlers:
            self._handlers["HEAD"] = self._handlers["GET"]
        self._allowed = [method for method in _ORDER if method in self._handlers or method == "OPTIONS"]
        self._consumes = consumes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._respond(request)
        except Exception as error:  # noqa: BLE001  # the door: whatever it is, the client gets Connect's shape
            response = error_response(error, f"{request.method} {scope['path']}")
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        accept = ", ".join(request.headers.getlist("accept")) or None
        if request.method == "OPTIONS":
            return self._options(accept)
        handler = self._handlers.get(request.method)
        if handler is None:
            raise HttpError(HTTPStatus.METHOD_NOT_ALLOWED)
        if self._consumes:
            check_consumable(request.headers.get("content-type"))
        check_acceptable(accept)
        answer = await handler(await _call(request))
        if answer.value is NOTHING:
            return Response(status_code=answer.status, headers=answer.headers)
        return _json(answer.status, answer.value, answer.headers)

    def _options(self, accept: str | None) -> Response:
        allow = {"Allow": ",".join(self._allowed)}
        if prefers_text(accept):
            return Response(", ".join(self._allowed), headers={**allow, "Content-Type": TEXT})
        return Response(headers={**allow, "Content-Type": first_choice(accept)})


def error_response(error: BaseException, what: str) -> Response:
    """The response for a request that ended with ``error``."""
    answer = answer_to(error, what)
    if answer.typed:
        return _json(answer.status, answer.body(), answer.headers)
    return Response(jackson.dumps(answer.body()), status_code=answer.status, headers=answer.headers)


def _json(status: int, value: object, headers: Mapping[str, str]) -> Response:
    return Response(jackson.dumps(value), status_code=status, headers={**headers, "Content-Type": JSON})


async def _call(request: Request) -> Call:
    query = request.scope["query_string"].decode("latin-1")
    return Call(
        params={name: unquote(value) for name, value in request.path_params.items()},
        query=tuple(parse_qsl(query, keep_blank_values=True)),
        body=await request.body(),
        base_url=f"{request.scope['scheme']}://{_host(request.headers, request.scope)}",
    )


def _host(headers: Headers, scope: Scope) -> str:
    """The host as the client wrote it; an HTTP/1.0 client need not have written one."""
    written = headers.get("host")
    if written:
        return written
    server = scope.get("server") or ("127.0.0.1", None)
    host = f"[{server[0]}]" if ":" in server[0] else server[0]
    return host if server[1] is None else f"{host}:{server[1]}"
