"""The API as data: a list of routes, and a fold of middleware around them.

Before :meth:`App.register` every path answers 404, as a worker that is still starting does (spec 1.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from starlette.routing import BaseRoute, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from penstock.clock import Clock
from penstock.rest import checks, connectors, internal, loggers, offsets, own, plugins, root, tasks, topics
from penstock.rest.access_log import AccessLog
from penstock.rest.backend import Backend
from penstock.rest.cors import CrossOrigin, allowed_methods, origin_patterns
from penstock.rest.errors import HttpError
from penstock.rest.paths import canonical
from penstock.rest.resource import error_response
from penstock.rest.response_headers import ResponseHeaders, parse
from penstock.rest.settings import RestSettings


def main_routes(backend: Backend) -> list[BaseRoute]:
    """What the main listeners serve; ``/admin`` is among it unless it has listeners of its own or none at all."""
    admin = loggers.routes(backend) if backend.settings.admin_listeners is None else []
    return [
        *root.routes(backend),
        *connectors.routes(backend),
        *tasks.routes(backend),
        *topics.routes(backend),
        *offsets.routes(backend),
        *internal.routes(),
        *plugins.routes(backend),
        *admin,
        *own.routes(backend),
        *checks.routes(backend),
    ]


def admin_routes(backend: Backend) -> list[BaseRoute]:
    """What listeners of ``admin.listeners`` serve."""
    return loggers.routes(backend)


class App:
    """The ASGI app of one group of listeners. Requests run on the REST thread; :meth:`register` may be called from any."""

    def __init__(self) -> None:
        self._router = _router([])

    def register(self, routes: Sequence[BaseRoute]) -> None:
        """Serve these routes from now on."""
        self._router = _router(routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            path = canonical(scope["raw_path"].decode("latin-1"))
        except HttpError as error:
            await error_response(error, scope["path"])(scope, receive, send)
            return
        await self._router({**scope, "path": path}, receive, send)


def main_app(app: App, settings: RestSettings, clock: Clock) -> ASGIApp:
    """``app`` behind what the main listeners have in front: access log, extra headers, cross-origin headers.

    Raises :class:`ConfigException` for settings that are wrong.
    """
    wrapped: ASGIApp = app
    if settings.allow_origin.strip():
        wrapped = CrossOrigin(wrapped, origin_patterns(settings.allow_origin), allowed_methods(settings.allow_methods))
    rules = parse(settings.response_headers)
    if rules:
        wrapped = ResponseHeaders(wrapped, rules, clock.time_ms)
    return AccessLog(wrapped, clock)


def admin_app(app: App, clock: Clock) -> ASGIApp:
    """``app`` behind what ``admin.listeners`` have in front: the access log alone."""
    return AccessLog(app, clock)


def _router(routes: Sequence[BaseRoute]) -> Router:
    return Router(routes, redirect_slashes=False, default=_not_found)


async def _not_found(scope: Scope, receive: Receive, send: Send) -> None:
    await error_response(HttpError(HTTPStatus.NOT_FOUND), scope["path"])(scope, receive, send)
