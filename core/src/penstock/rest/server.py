"""The HTTP server: sockets, its own thread with an event loop, and uvicorn for the protocol.

Sockets are opened by :meth:`RestServer.open`, before the herder starts, so that a port in use stops the worker early and the
worker's id is known; they answer 404 until :meth:`RestServer.register` (spec 1.1).
"""

from __future__ import annotations

import asyncio
import logging
import math
import socket
import ssl
import threading
from concurrent.futures import Future
from contextlib import suppress
from http import HTTPStatus

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from penstock import jackson
from penstock.clock import SYSTEM_CLOCK, Clock
from penstock.rest import listeners
from penstock.rest.app import App, admin_app, admin_routes, main_app, main_routes
from penstock.rest.backend import Backend
from penstock.rest.errors import ErrorAnswer
from penstock.rest.listeners import BoundListener, Scheme
from penstock.rest.settings import RestSettings
from penstock.rest.tls import server_context

_log = logging.getLogger(__name__)
_IDLE_CONNECTION_S = 30


class RestServer:
    """The worker's REST interface. ``stop`` may be called from any thread, the other methods by whoever starts the worker;
    requests run on the thread ``rest``."""

    def __init__(self, settings: RestSettings, clock: Clock = SYSTEM_CLOCK) -> None:
        """Raises :class:`ConfigException` for listeners, headers or keys that are wrong."""
        self._settings = settings
        self._main, self._admin = App(), App()
        self._plan = [
            (listener, app, values)
            for urls, app, values in (
                (settings.listeners, main_app(self._main, settings, clock), settings.ssl),
                (settings.admin_listeners or (), admin_app(self._admin, clock), settings.admin_ssl),
            )
            for listener in map(listeners.parse, urls)
        ]
        self._contexts = [
            server_context(values) if listener.scheme is Scheme.HTTPS else None for listener, _, values in self._plan
        ]
        self._bound: list[BoundListener] = []
        self._servers: list[_Server] = []
        self._thread: threading.Thread | None = None
        self._started: Future[None] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None

    def open(self) -> None:
        """Open every socket, or none. Raises :class:`ConnectException` for one that cannot be opened."""
        try:
            for listener, _, _ in self._plan:
                self._bound.append(listeners.bind(listener))
        except BaseException:
            self._close_sockets()
            raise

    @property
    def port(self) -> int:
        """The port of the first listener."""
        return self._bound[0].port

    @property
    def admin_port(self) -> int | None:
        """The port of the first of ``admin.listeners``."""
        first = len(self._settings.listeners)
        return self._bound[first].port if len(self._bound) > first else None

    @property
    def advertised_url(self) -> str:
        """Where other workers and clients find this one."""
        return listeners.advertised_url(self._settings, self._bound[: len(self._settings.listeners)])

    @property
    def worker_id(self) -> str:
        """``host:port`` of the advertised URL: ``worker_id`` everywhere."""
        return listeners.worker_id(self.advertised_url)

    def start(self) -> int:
        """Serve, opening the sockets if that has not been done. Returns the port of the first listener."""
        if not self._bound:
            self.open()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="rest", daemon=True)
        self._thread.start()
        self._started.result()
        _log.info(
            "REST server listening at %s, advertising %s", ", ".join(map(self._url, self._bound)), self.advertised_url
        )
        return self.port

    def register(self, backend: Backend) -> None:
        """Serve the API on top of ``backend`` from now on."""
        self._main.register(main_routes(backend))
        self._admin.register(admin_routes(backend))

    def stop(self, timeout_s: float = 60.0) -> None:
        """Take no new request, let those in work end for at most ``timeout_s``, then close. May be called twice, and on a
        server that was opened only."""
        if self._thread is not None and self._started.exception() is None and self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed: it was stopped before
                for server in self._servers:
                    self._loop.call_soon_threadsafe(server.leave, timeout_s)
            self._thread.join()
        self._close_sockets()

    def _close_sockets(self) -> None:
        for bound in self._bound:
            bound.socket.close()

    def _url(self, bound: BoundListener) -> str:
        listener = bound.listener
        return str(listeners.Listener(listener.scheme, listener.host, bound.port))

    async def _serve(self) -> None:
        try:
            self._loop = asyncio.get_running_loop()
            self._servers = [
                _Server(app, context) for (_, app, _), context in zip(self._plan, self._contexts, strict=True)
            ]
            serving = [
                asyncio.create_task(server.serve(sockets=[bound.socket]))
                for server, bound in zip(self._servers, self._bound, strict=True)
            ]
            for server in self._servers:
                await server.serving.wait()
        except BaseException as error:
            self._started.set_exception(error)
            raise
        self._started.set_result(None)
        await asyncio.gather(*serving)


class _Server(uvicorn.Server):
    """One listener. Unlike uvicorn's own it sleeps while nothing happens; the Date is set by :class:`AccessLog`."""

    def __init__(self, app: ASGIApp, context: ssl.SSLContext | None) -> None:
        config = uvicorn.Config(
            app,
            http=_Protocol,
            ws="none",
            lifespan="off",
            loop="asyncio",
            log_config=None,
            log_level=logging.WARNING,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            timeout_keep_alive=_IDLE_CONNECTION_S,
        )
        config.load()
        config.ssl = context
        super().__init__(config)
        self.serving = asyncio.Event()
        self._leaving = asyncio.Event()

    def leave(self, timeout_s: float) -> None:
        """End :meth:`serve`; on the loop's thread."""
        self.config.timeout_graceful_shutdown = math.ceil(timeout_s)
        self.should_exit = True
        self._leaving.set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.serving.set()

    async def main_loop(self) -> None:
        await self._leaving.wait()


class _Protocol(H11Protocol):
    """uvicorn's protocol, answering what is no HTTP in Connect's error shape."""

    def send_400_response(self, msg: str) -> None:
        body = jackson.dumps(ErrorAnswer(HTTPStatus.BAD_REQUEST, msg).body())
        response = h11.Response(
            status_code=HTTPStatus.BAD_REQUEST,
            headers=[("content-type", "application/json"), ("content-length", str(len(body))), ("connection", "close")],
            reason=HTTPStatus.BAD_REQUEST.phrase,
        )
        for event in (response, h11.Data(data=body), h11.EndOfMessage()):
            sent = self.conn.send(event)
            if sent:
                self.transport.write(sent)
        self.transport.close()
