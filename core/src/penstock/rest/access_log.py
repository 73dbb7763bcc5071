"""One line per request as Connect logs it (NCSA extended, and milliseconds), and the Date of every answer."""

from __future__ import annotations

import logging
import time
from email.utils import formatdate

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from penstock.clock import Clock

_log = logging.getLogger(__name__)


class AccessLog:
    """The outermost middleware."""

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began_ms, began = self._clock.time_ms(), self._clock.monotonic()
        status = size = 0

        async def counted(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message).setdefault("Date", formatdate(self._clock.time_ms() / 1000, usegmt=True))
            elif scope["method"] != "HEAD":
                size += len(message.get("body", b""))
            await send(message)

        await self._app(scope, receive, counted)
        if _log.isEnabledFor(logging.INFO):
            elapsed_ms = round((self._clock.monotonic() - began) * 1000)
            _log.info(_line(scope, began_ms, status, size, elapsed_ms))


def _line(scope: Scope, began_ms: int, status: int, size: int, elapsed_ms: int) -> str:
    headers = Headers(scope=scope)
    client = (scope.get("client") or ("-",))[0]
    when = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(began_ms / 1000))
    target = scope["raw_path"].decode("latin-1")
    if scope["query_string"]:
        target += "?" + scope["query_string"].decode("latin-1")
    request = f"{scope['method']} {target} HTTP/{scope['http_version']}"
    referer, agent = headers.get("referer", "-"), headers.get("user-agent", "-")
    return f'{client} - - [{when}] "{request}" {status} {size} "{referer}" "{agent}" {elapsed_ms}'
