"""``/connectors`` and what is done with one connector as a whole (spec 1.5, 1.7, 1.8)."""

from __future__ import annotations

from http import HTTPStatus

from starlette.routing import BaseRoute, Route

from penstock.api.exceptions import NotFoundException
from penstock.herder.requests import Config, RestartRequest
from penstock.herder.results import CreatedConnector, RequestRefused
from penstock.rest import binding, models
from penstock.rest.backend import Backend
from penstock.rest.paths import location
from penstock.rest.resource import Answer, Call, Resource

_JAVA_BLANKS = "".join(map(chr, range(0x21)))
"""What Java's ``trim`` cuts off: every character up to the blank, control characters included."""


def routes(backend: Backend) -> list[BaseRoute]:
    """Every path of a connector but its tasks, topics and offsets."""
    resource = _Connectors(backend)
    return [
        Route("/connectors", Resource({"GET": resource.names, "POST": resource.create})),
        Route("/connectors/{connector}", Resource({"GET": resource.info, "DELETE": resource.delete})),
        Route(
            "/connectors/{connector}/config",
            Resource({"GET": resource.config, "PUT": resource.put_config, "PATCH": resource.patch_config}),
        ),
        Route("/connectors/{connector}/status", Resource({"GET": resource.status})),
        Route("/connectors/{connector}/restart", Resource({"POST": resource.restart})),
        Route("/connectors/{connector}/pause", Resource({"PUT": resource.pause})),
        Route("/connectors/{connector}/resume", Resource({"PUT": resource.resume})),
        Route("/connectors/{connector}/stop", Resource({"PUT": resource.stop})),
    ]


class _Connectors:
    def __init__(self, backend: Backend) -> None:
        self._herder = backend.herder
        self._waiter = backend.waiter

    async def names(self, call: Call) -> Answer:
        """Names, or with ``expand`` whatever of ``status`` and ``info`` is asked for; other values say nothing."""
        if not any(name == "expand" for name, _ in call.query):
            return Answer(value=self._herder.connectors())
        expansions = call.asked("expand")
        expanded: dict[str, object] = {}
        for name in self._herder.connectors():
            try:
                expanded[name] = await self._expanded(name, expansions)
            except NotFoundException:
                continue  # it was deleted meanwhile, or has no status yet: Connect leaves it out
        return Answer(value=expanded)

    async def _expanded(self, name: str, expansions: list[str]) -> dict[str, object]:
        shapes: dict[str, object] = {}
        for expansion in expansions:
            if expansion == "status":
                shapes["status"] = models.connector_status(self._herder.connector_status(name))
            elif expansion == "info":
                shapes["info"] = models.connector_info(await self._waiter.result(self._herder.connector_info(name)))
        return shapes

    async def create(self, call: Call) -> Answer:
        request = binding.create_request(call.body)
        if request is None:
            raise RequestRefused(
                HTTPStatus.BAD_REQUEST, "The request has no body. Send a JSON object with 'name' and 'config'."
            )
        name = (request.name or "").strip(_JAVA_BLANKS)
        config = _named(name, request.config)
        created = await self._waiter.result(self._herder.create_connector(name, config, request.initial_state))
        return _created(call, created)

    async def info(self, call: Call) -> Answer:
        info = await self._waiter.result(self._herder.connector_info(call.params["connector"]))
        return Answer(value=models.connector_info(info))

    async def config(self, call: Call) -> Answer:
        config = await self._waiter.result(self._herder.connector_config(call.params["connector"]))
        return Answer(value=dict(config))

    async def put_config(self, call: Call) -> Answer:
        name = call.params["connector"]
        config = _named(name, binding.string_map(call.body))
        created = await self._waiter.result(self._herder.put_connector_config(name, config))
        return _created(call, created) if created.created else Answer(value=models.connector_info(created.info))

    async def patch_config(self, call: Call) -> Answer:
        name = call.params["connector"]
        patch = binding.string_map(call.body)
        if patch is None:
            if name not in self._herder.connectors():
                raise NotFoundException(f"Connector {name} not found")
            raise RequestRefused(
                HTTPStatus.BAD_REQUEST, "The request has no body. Send a JSON object with the keys to change."
            )
        patched = await self._waiter.result(self._herder.patch_connector_config(name, patch))
        return Answer(value=models.connector_info(patched.info))

    async def delete(self, call: Call) -> Answer:
        await self._waiter.result(self._herder.delete_connector(call.params["connector"]))
        return Answer(HTTPStatus.NO_CONTENT)

    async def status(self, call: Call) -> Answer:
        return Answer(value=models.connector_status(self._herder.connector_status(call.params["connector"])))

    async def restart(self, call: Call) -> Answer:
        """Without parameters the instance alone, waited for; with any, whatever they select, as a status (spec 1.8)."""
        request = RestartRequest(
            connector=call.params["connector"],
            only_failed=call.flag("onlyFailed", default=False),
            include_tasks=call.flag("includeTasks", default=False),
        )
        if not (request.only_failed or request.include_tasks):
            await self._waiter.result(self._herder.restart_connector(request.connector))
            return Answer(HTTPStatus.NO_CONTENT)
        status = await self._waiter.result(self._herder.restart_connector_and_tasks(request))
        return Answer(HTTPStatus.ACCEPTED, models.connector_status(status))

    async def pause(self, call: Call) -> Answer:
        await self._waiter.result(self._herder.pause(call.params["connector"]))
        return Answer(HTTPStatus.ACCEPTED)

    async def resume(self, call: Call) -> Answer:
        await self._waiter.result(self._herder.resume(call.params["connector"]))
        return Answer(HTTPStatus.ACCEPTED)

    async def stop(self, call: Call) -> Answer:
        await self._waiter.result(self._herder.stop_connector(call.params["connector"]))
        return Answer(HTTPStatus.NO_CONTENT)


def _named(name: str, config: Config | None) -> Config:
    """The config with its name in it; a config that names another connector is refused (spec 1.7)."""
    if config is None:
        raise RequestRefused(
            HTTPStatus.BAD_REQUEST, "The request has no connector configuration. Send it as a JSON object of strings."
        )
    included = config.get("name")
    if included is None:
        return {**config, "name": name}
    if included != name:
        raise RequestRefused(
            HTTPStatus.BAD_REQUEST,
            f"Connector name configuration ({included}) doesn't match connector name in the URL ({name})",
        )
    return config


def _created(call: Call, created: CreatedConnector) -> Answer:
    return Answer(
        HTTPStatus.CREATED,
        models.connector_info(created.info),
        {"Location": location(call.base_url, created.info.name)},
    )
