"""``/connectors/{c}/tasks``: configs, status and restart of tasks (spec 1.5)."""

from __future__ import annotations

import re
from http import HTTPStatus

from starlette.routing import BaseRoute, Route

from penstock.ids import TaskId
from penstock.rest import models
from penstock.rest.backend import Backend
from penstock.rest.errors import HttpError
from penstock.rest.internal import submit_task_configs
from penstock.rest.resource import Answer, Call, Resource

_INTEGER = re.compile(r"[+-]?\d+")
_INT32 = range(-(1 << 31), 1 << 31)


def routes(backend: Backend) -> list[BaseRoute]:
    """The tasks of a connector. ``POST`` on the list is for workers among themselves (spec 1.11)."""
    herder, waiter = backend.herder, backend.waiter

    async def configs(call: Call) -> Answer:
        found = await waiter.result(herder.task_configs(call.params["connector"]))
        return Answer(value=models.task_configs(found))

    async def status(call: Call) -> Answer:
        task = _task(call)
        return Answer(value=models.task_status(task.task, herder.task_status(task)))

    async def restart(call: Call) -> Answer:
        await waiter.result(herder.restart_task(_task(call)))
        return Answer(HTTPStatus.NO_CONTENT)

    return [
        Route("/connectors/{connector}/tasks", Resource({"GET": configs, "POST": submit_task_configs})),
        Route("/connectors/{connector}/tasks/{task}/status", Resource({"GET": status})),
        Route("/connectors/{connector}/tasks/{task}/restart", Resource({"POST": restart})),
    ]


def _task(call: Call) -> TaskId:
    """The task that the path names; what Java's ``Integer.valueOf`` refuses is a 404."""
    text = call.params["task"]
    if not _INTEGER.fullmatch(text) or len(text) > 20 or int(text) not in _INT32:  # longer than any int32
        raise HttpError(HTTPStatus.NOT_FOUND, typed=True)
    return TaskId(call.params["connector"], int(text))
