"""Cross-origin requests as Connect's server handles them (``access.control.allow.*``; seen on 4.3.1).

Origins are regular expressions, compared without regard to case; ``*`` is any. A preflight request is still answered by the
resource. Answers always vary by origin.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from penstock.api.exceptions import ConfigException

_DEFAULT_METHODS = ("HEAD", "POST", "GET")
_MAX_AGE_S = "60"


def origin_patterns(text: str) -> tuple[re.Pattern[str], ...]:
    """The patterns of ``access.control.allow.origin``. Raises :class:`ConfigException` for one that is no expression."""
    patterns = []
    for origin in (each.strip() for each in text.split(",")):
        try:
            patterns.append(re.compile(".*" if origin == "*" else origin, re.IGNORECASE))
        except re.error as error:
            raise ConfigException.of(
                "access.control.allow.origin", text, f"Invalid regex: {origin}: {error}"
            ) from error
    return tuple(patterns)


def allowed_methods(text: str) -> tuple[str, ...]:
    """The methods of ``access.control.allow.methods``; Connect's default where it is blank."""
    return tuple(each.strip() for each in text.split(",") if each.strip()) or _DEFAULT_METHODS


class CrossOrigin:
    """Middleware; installed only when an origin is allowed at all."""

    def __init__(self, app: ASGIApp, origins: Sequence[re.Pattern[str]], methods: Sequence[str]) -> None:
        self._app = app
        self._origins = origins
        self._methods = ",".join(methods)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        allowed = origin is not None and self._allows(origin)
        preflight = scope["method"] == "OPTIONS" and "access-control-request-method" in headers

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                answer.append("Vary", "Origin")
                if allowed and origin is not None:
                    answer["Access-Control-Allow-Origin"] = origin
                    if preflight:
                        answer["Access-Control-Allow-Methods"] = self._methods
                        answer["Access-Control-Allow-Headers"] = "Content-Type"
                        answer["Access-Control-Max-Age"] = _MAX_AGE_S
            await send(message)

        await self._app(scope, receive, with_headers)

    def _allows(self, origins: str) -> bool:
        """Whether any of the blank-separated origins is allowed."""
        return any(pattern.fullmatch(origin) for origin in origins.split(" ") for pattern in self._origins)
