"""A connector's connection test and plan as the herder offers them; Connect has neither (design decision 11)."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from http import HTTPStatus
from typing import TypeVar

import msgspec

from penstock.api.check import Check, PlannedStep
from penstock.api.exceptions import NotFoundException
from penstock.api.hooks import PluginKind
from penstock.discovery.plugins import (
    CONNECTORS,
    AmbiguousPluginError,
    PluginDescriptor,
    PluginIndex,
    PluginNotFoundError,
)
from penstock.herder.requests import Config
from penstock.herder.results import RequestRefused
from penstock.worker.worker import Worker

T = TypeVar("T")

CHECK_DEADLINE_S = 30.0
"""How long a connector may take; what it found until then is the answer."""
_HOST_S = CHECK_DEADLINE_S + 30
"""When the host counts as hanging, and is killed: never for a connector that only waits for a network."""


class Checks:
    """Asks children. Every method returns at once and may be called on any thread; futures are completed on a thread of the
    worker, and fail with NotFoundException for an unknown plugin."""

    def __init__(self, index: PluginIndex, worker: Worker) -> None:
        self._index = index
        self._worker = worker

    def check(self, plugin_name: str, config: Config) -> Future[Sequence[Check]]:
        """The steps of the connector's connection test."""
        return self._ask("check", CONNECTORS, plugin_name, {"config": dict(config)}, Check)

    def plan(
        self, plugin_name: str, config: Config, records: Sequence[tuple[str, bytes | None, bytes | None]]
    ) -> Future[Sequence[PlannedStep]]:
        """What the sink would do before it can write ``records``: (topic, key, value). Refused (400) for a source."""
        samples = [list(record) for record in records]
        arguments: dict[str, object] = {"config": dict(config), "records": samples}
        return self._ask("plan", (PluginKind.SINK,), plugin_name, arguments, PlannedStep)

    def _ask(
        self,
        call: str,
        kinds: Sequence[PluginKind],
        plugin_name: str,
        arguments: dict[str, object],
        answer: type[T],
    ) -> Future[Sequence[T]]:
        result: Future[Sequence[T]] = Future()
        try:
            descriptor = self._find(call, kinds, plugin_name)
        except (NotFoundException, RequestRefused) as error:
            result.set_exception(error)
            return result
        config = arguments["config"]
        assert isinstance(config, dict)
        arguments |= {"name": config.get("name") or "", "deadline_s": CHECK_DEADLINE_S}
        asked = self._worker.call(descriptor, call, arguments, _HOST_S)

        def done(answered: Future[object]) -> None:
            try:
                result.set_result(msgspec.convert(answered.result(), tuple[answer, ...]))  # type: ignore[valid-type]
            except Exception as error:  # noqa: BLE001  # whatever it is, it is the answer to the request
                result.set_exception(error)

        asked.add_done_callback(done)
        return result

    def _find(self, call: str, kinds: Sequence[PluginKind], name: str) -> PluginDescriptor:
        try:
            return self._index.find(kinds, name)
        except AmbiguousPluginError as error:
            raise RequestRefused(HTTPStatus.BAD_REQUEST.value, str(error)) from error
        except PluginNotFoundError:
            pass
        try:
            found = self._index.find(CONNECTORS, name)
        except (PluginNotFoundError, AmbiguousPluginError) as error:
            raise NotFoundException(f"Unknown plugin {name}.") from error
        raise RequestRefused(
            HTTPStatus.BAD_REQUEST.value, f"{found.name} is a {found.kind.value}: only a sink has a {call}."
        )
