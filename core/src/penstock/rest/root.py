"""``GET /`` and ``GET /health`` (spec 1.5, 1.6)."""

from __future__ import annotations

from http import HTTPStatus

from starlette.routing import BaseRoute, Route

from penstock.herder.results import Health
from penstock.rest import models
from penstock.rest.backend import Backend
from penstock.rest.resource import Answer, Call, Resource
from penstock.rest.waiting import Pending, settled

_STARTING = "Worker is still starting up."
_UNHEALTHY = "Worker was unable to handle this request and may be unable to handle other requests."


def routes(backend: Backend) -> list[BaseRoute]:
    """The worker itself. Neither resource cares for a Content-Type."""

    async def server_info(_: Call) -> Answer:
        return Answer(value=models.server_info(backend.herder.server_info()))

    async def health(_: Call) -> Answer:
        state = await _health(backend)
        return Answer(HTTPStatus(state.code), models.health(state))

    return [
        Route("/", Resource({"GET": server_info}, consumes=False)),
        Route("/health", Resource({"GET": health}, consumes=False)),
    ]


async def _health(backend: Backend) -> Health:
    """The herder's own word, or what its silence means: 503 while it starts, 500 afterwards."""
    try:
        return await settled(backend.herder.health(), backend.settings.health_timeout_s)
    except Pending:
        return silent(ready=backend.is_ready(), stage=backend.herder.stage())


def silent(*, ready: bool, stage: str) -> Health:
    """What a herder that does not answer means. ``stage`` is its sentence on what it is doing, or empty."""
    text = _UNHEALTHY if ready else _STARTING
    message = f"{text} {stage}" if stage else text
    if ready:
        return Health(HTTPStatus.INTERNAL_SERVER_ERROR, "unhealthy", message)
    return Health(HTTPStatus.SERVICE_UNAVAILABLE, "starting", message)
