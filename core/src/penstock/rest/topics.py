"""``/connectors/{c}/topics``: which topics a connector has used (KIP-558)."""

from __future__ import annotations

from http import HTTPStatus

from starlette.routing import BaseRoute, Route

from penstock.herder.results import RequestRefused
from penstock.rest import models
from penstock.rest.backend import Backend
from penstock.rest.resource import Answer, Call, Resource

_DISABLED = "Topic tracking is disabled."
_RESET_DISABLED = "Topic tracking reset is disabled."


def routes(backend: Backend) -> list[BaseRoute]:
    """The worker's settings are asked before the connector, so that even an unknown one answers 403."""
    settings = backend.settings

    async def active(call: Call) -> Answer:
        if not settings.topic_tracking:
            raise RequestRefused(HTTPStatus.FORBIDDEN, _DISABLED)
        name = call.params["connector"]
        return Answer(value=models.topics(name, backend.herder.connector_topics(name)))

    async def reset(call: Call) -> Answer:
        if not settings.topic_tracking:
            raise RequestRefused(HTTPStatus.FORBIDDEN, _DISABLED)
        if not settings.topic_tracking_reset:
            raise RequestRefused(HTTPStatus.FORBIDDEN, _RESET_DISABLED)
        await backend.waiter.result(backend.herder.reset_topics(call.params["connector"]))
        return Answer(HTTPStatus.ACCEPTED)

    return [
        Route("/connectors/{connector}/topics", Resource({"GET": active})),
        Route("/connectors/{connector}/topics/reset", Resource({"PUT": reset})),
    ]
