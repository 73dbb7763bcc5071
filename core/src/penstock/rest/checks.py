"""``/penstock/connector-plugins/{class}/check`` and ``/plan``: connection tests and dry runs, which Connect doesn't have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from starlette.routing import BaseRoute, Route

from penstock import jackson
from penstock.herder.requests import Config
from penstock.herder.results import RequestRefused
from penstock.rest.backend import Backend
from penstock.rest.plugins import check_type
from penstock.rest.resource import Answer, Call, Resource

Record = tuple[str, bytes | None, bytes | None]

_CONFIG_EXPECTED = 'Send a JSON object with "config", an object of the connector\'s keys and values.'
_RECORDS_EXPECTED = (
    'Send a JSON object with "config" and "records", a list of sample records: {"topic": …, "key": …, "value": …}. A key or '
    "value that is a string stands for its bytes in UTF-8, anything else for its JSON text, as it would lie in the topic."
)


def routes(backend: Backend) -> list[BaseRoute]:
    """Both are POST: a connection is opened on behalf of the client. 200 also where a check fails: ``ok`` says so."""
    herder, waiter = backend.herder, backend.waiter

    async def check(call: Call) -> Answer:
        config = _config(_body(call.body, _CONFIG_EXPECTED), _CONFIG_EXPECTED)
        check_type(call.params["plugin"], config)
        found = await waiter.result(herder.check(call.params["plugin"], config))
        return Answer(value={"ok": all(each.ok for each in found), "checks": [asdict(each) for each in found]})

    async def plan(call: Call) -> Answer:
        body = _body(call.body, _RECORDS_EXPECTED)
        config, records = _config(body, _RECORDS_EXPECTED), _records(body)
        check_type(call.params["plugin"], config)
        found = await waiter.result(herder.plan(call.params["plugin"], config, records))
        return Answer(value={"ok": all(each.ok for each in found), "steps": [asdict(each) for each in found]})

    return [
        Route("/penstock/connector-plugins/{plugin}/check", Resource({"POST": check})),
        Route("/penstock/connector-plugins/{plugin}/plan", Resource({"POST": plan})),
    ]


def _body(body: bytes, expected: str) -> Mapping[str, Any]:
    try:
        found = jackson.loads(body)
    except ValueError as error:
        raise _refused(f"The body is no JSON: {error}. {expected}") from error
    if not isinstance(found, dict):
        raise _refused(expected)
    return found


def _config(body: Mapping[str, Any], expected: str) -> Config:
    """Scalars become their text, as in the bodies that Connect takes."""
    config = body.get("config")
    if not isinstance(config, dict):
        raise _refused(expected)
    wrong = [key for key, value in config.items() if isinstance(value, (dict, list))]
    if wrong:
        raise _refused(f"The value of {wrong[0]} in the config is no string. {expected}")
    return {key: value if value is None or isinstance(value, str) else _text(value) for key, value in config.items()}


def _records(body: Mapping[str, Any]) -> list[Record]:
    given = body.get("records")
    if not isinstance(given, list) or not all(isinstance(record, dict) for record in given):
        raise _refused(_RECORDS_EXPECTED)
    found: list[Record] = []
    for number, record in enumerate(given, 1):
        topic = record.get("topic")
        if not isinstance(topic, str) or not topic:
            raise _refused(f"Record {number} has no topic. {_RECORDS_EXPECTED}")
        unknown = sorted(record.keys() - {"topic", "key", "value"})
        if unknown:
            raise _refused(f"Record {number} has '{unknown[0]}', which nobody knows. {_RECORDS_EXPECTED}")
        found.append((topic, _bytes(record.get("key")), _bytes(record.get("value"))))
    return found


def _bytes(node: object) -> bytes | None:
    if node is None:
        return None
    return node.encode() if isinstance(node, str) else jackson.dumps(node)


def _text(scalar: object) -> str:
    return jackson.dumps(scalar).decode()


def _refused(message: str) -> RequestRefused:
    return RequestRefused(HTTPStatus.BAD_REQUEST.value, message)
