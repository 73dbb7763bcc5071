"""``/admin/loggers`` (KIP-495, KIP-976; spec 1.12)."""

from __future__ import annotations

import logging
from http import HTTPStatus

from starlette.routing import BaseRoute, Route

from penstock.api.exceptions import NotFoundException
from penstock.herder.results import RequestRefused
from penstock.rest import binding, models
from penstock.rest.backend import Backend
from penstock.rest.log_levels import LEVELS
from penstock.rest.resource import Answer, Call, Resource

_log = logging.getLogger(__name__)


def routes(backend: Backend) -> list[BaseRoute]:
    """Levels of this worker. Alone, ``scope=cluster`` is the same with another status."""
    levels = backend.levels

    async def listing(_: Call) -> Answer:
        return Answer(value=models.logger_levels(levels.all()))

    async def one(call: Call) -> Answer:
        name = call.params["logger"]
        level = levels.one(name)
        if level is None:
            raise NotFoundException(f"Logger {name} not found.")
        return Answer(value=models.logger_level(level))

    async def change(call: Call) -> Answer:
        scope = next(iter(call.asked("scope")), None) or "worker"
        affected = levels.set(call.params["logger"], _wanted_level(call.body))
        if scope.lower() == "cluster":
            return Answer(HTTPStatus.NO_CONTENT)
        if scope.lower() != "worker":
            _log.warning(
                "Received invalid scope '%s' in request to adjust logging level; will default to worker", scope
            )
        return Answer(value=affected)

    return [
        Route("/admin/loggers", Resource({"GET": listing})),
        Route("/admin/loggers/{logger}", Resource({"GET": one, "PUT": change})),
    ]


def _wanted_level(body: bytes) -> str:
    request = binding.string_map(body)
    level = None if request is None else request.get("level")
    if level is None:
        raise RequestRefused(HTTPStatus.BAD_REQUEST, "Desired 'level' parameter was not specified in request.")
    if not level:
        raise RequestRefused(HTTPStatus.INTERNAL_SERVER_ERROR, "Illegal null or empty Level name.")
    if level.strip().upper() not in LEVELS:
        raise NotFoundException(f"invalid log level '{level}'.")
    return level.strip().upper()
