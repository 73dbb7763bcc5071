"""Endpoints by which workers of a group talk to each other (spec 1.11), as a worker without a group answers them."""

from __future__ import annotations

from http import HTTPStatus

from starlette.routing import BaseRoute, Route

from penstock.herder.results import RequestRefused
from penstock.rest import binding
from penstock.rest.resource import Answer, Call, Resource

_NO_TASK_CONFIGS = "Kafka Connect in standalone mode does not support externally setting task configurations."
_NO_FENCING = "Kafka Connect in standalone mode does not support exactly-once source connectors."


def routes() -> list[BaseRoute]:
    """Zombie fencing; task configs are submitted to the path of the connector's tasks."""
    return [Route("/connectors/{connector}/fence", Resource({"PUT": fence}))]


async def submit_task_configs(call: Call) -> Answer:
    """``POST /connectors/{c}/tasks``: the body is read first, as in Java."""
    binding.task_configs(call.body)
    raise RequestRefused(HTTPStatus.INTERNAL_SERVER_ERROR, _NO_TASK_CONFIGS)


async def fence(_: Call) -> Answer:
    """``PUT /connectors/{c}/fence``."""
    raise RequestRefused(HTTPStatus.INTERNAL_SERVER_ERROR, _NO_FENCING)
