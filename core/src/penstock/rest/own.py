"""``/penstock``: what Connect has no place for (design decisions 11 and 12)."""

from __future__ import annotations

import platform

from starlette.routing import BaseRoute, Route

from penstock import __version__
from penstock.rest.backend import Backend
from penstock.rest.catalog import shape
from penstock.rest.resource import Answer, Call, Resource


def routes(backend: Backend) -> list[BaseRoute]:
    """Our own version, and everything that discovery found."""

    async def version(_: Call) -> Answer:
        info = backend.herder.server_info()
        return Answer(
            value={"version": __version__, "connect_api": info.version, "python": platform.python_version()},
        )

    async def plugins(_: Call) -> Answer:
        return Answer(value=shape(backend.catalog))

    return [
        Route("/penstock/version", Resource({"GET": version}, consumes=False)),
        Route("/penstock/plugins", Resource({"GET": plugins}, consumes=False)),
    ]
