"""``/connectors/{c}/offsets``: read, alter, reset (KIP-875, spec 1.9)."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from starlette.routing import BaseRoute, Route

from penstock import jackson
from penstock.herder.results import ConnectorOffset, RequestRefused
from penstock.rest import binding, models
from penstock.rest.backend import Backend
from penstock.rest.resource import Answer, Call, Resource

_NOTHING_TO_ALTER = "Partitions / offsets need to be provided for an alter offsets request"


def routes(backend: Backend) -> list[BaseRoute]:
    """Whether a connector may be altered is the herder's business; an empty request is refused before it is asked."""
    herder, waiter = backend.herder, backend.waiter

    async def read(call: Call) -> Answer:
        found = await waiter.result(herder.connector_offsets(call.params["connector"]))
        return Answer(value=models.offsets(found))

    async def alter(call: Call) -> Answer:
        entries = binding.offsets(call.body)
        if not entries:
            raise RequestRefused(HTTPStatus.BAD_REQUEST, _NOTHING_TO_ALTER)
        message = await waiter.result(herder.alter_offsets(call.params["connector"], _last_of_each(entries)))
        return Answer(value=models.message(message))

    async def reset(call: Call) -> Answer:
        message = await waiter.result(herder.reset_offsets(call.params["connector"]))
        return Answer(value=models.message(message))

    return [Route("/connectors/{connector}/offsets", Resource({"GET": read, "PATCH": alter, "DELETE": reset}))]


def _last_of_each(entries: Sequence[ConnectorOffset | None]) -> list[ConnectorOffset]:
    """One entry per partition: of equal partitions the last counts, in the place of the first."""
    merged: dict[bytes, ConnectorOffset] = {}
    for entry in entries:
        if entry is None:
            raise RequestRefused(
                HTTPStatus.BAD_REQUEST,
                "An entry of 'offsets' is null. Each must be an object with 'partition' and 'offset'.",
            )
        merged[_partition_key(entry.partition)] = entry
    return list(merged.values())


def _partition_key(partition: object) -> bytes:
    return jackson.dumps(_sorted(partition))


def _sorted(value: object) -> object:
    """Equal for partitions that Java's maps call equal, whatever the order of their keys."""
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value
