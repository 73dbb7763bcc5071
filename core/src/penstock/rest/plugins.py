"""``/connector-plugins``: what is installed, its keys, and validation (spec 1.10)."""

from __future__ import annotations

from http import HTTPStatus

from starlette.routing import BaseRoute, Route

from penstock.herder.requests import Config
from penstock.herder.results import ConfigInfos, RequestRefused
from penstock.rest import binding, models
from penstock.rest.backend import Backend
from penstock.rest.errors import RequestTimeoutError, WorkerStoppingError, java_text
from penstock.rest.resource import Answer, Call, Resource

_SUFFIX = "Connector"


def routes(backend: Backend) -> list[BaseRoute]:
    """The list of plugins and the two questions that are asked of one."""
    herder, waiter = backend.herder, backend.waiter

    async def listing(call: Call) -> Answer:
        found = herder.plugins(call.flag("connectorsOnly", default=True))
        return Answer(value=[models.plugin_info(plugin) for plugin in found])

    async def keys(call: Call) -> Answer:
        version = next(iter(call.asked("version")), None)
        found = await waiter.result(herder.plugin_config(call.params["plugin"], version))
        return Answer(value=[models.config_key(key) for key in found])

    async def validate(call: Call) -> Answer:
        config = binding.string_map(call.body)
        if config is None:
            raise RequestRefused(
                HTTPStatus.BAD_REQUEST,
                "The request has no connector configuration. Send it as a JSON object of strings.",
            )
        check_type(call.params["plugin"], config)
        return Answer(value=models.config_infos(await _validated(backend, call.params["plugin"], config)))

    return [
        Route("/connector-plugins", Resource({"GET": listing})),
        Route("/connector-plugins/{plugin}/config", Resource({"GET": keys})),
        Route("/connector-plugins/{plugin}/config/validate", Resource({"PUT": validate})),
    ]


async def _validated(backend: Backend, plugin: str, config: Config) -> ConfigInfos:
    """The herder's result. Unlike elsewhere, any failure is a 500 that names the class of what went wrong."""
    try:
        return await backend.waiter.result(backend.herder.validate(plugin, config))
    except (RequestTimeoutError, WorkerStoppingError):
        raise
    except Exception as error:
        raise RequestRefused(HTTPStatus.INTERNAL_SERVER_ERROR, java_text(error)) from error


def check_type(plugin: str, config: Config) -> None:
    """The class in the config must end with the name in the path, one trailing "Connector" left aside on both."""
    included = config.get("connector.class")
    if included is not None and not _normalised(included).endswith(_normalised(plugin)):
        raise RequestRefused(
            HTTPStatus.BAD_REQUEST, f"Included connector type {included} does not match request type {plugin}"
        )


def _normalised(name: str) -> str:
    return name.removesuffix(_SUFFIX) if len(name) > len(_SUFFIX) else name
