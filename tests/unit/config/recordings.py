"""The recorded validation requests, asked of the herder's side of validation with a child that is a function call."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import msgspec
from tests.compat.rest.expectation import Variables

from penstock.discovery.plugins import PluginDescriptor, PluginIndex
from penstock.herder.validation import Validation
from penstock.tasks.validation import plugin_config_infos, validate_connector
from penstock.worker.worker import Worker

SCENARIOS = Path(__file__).parents[2] / "compat/rest"
PROFILE = {
    "bootstrap.servers": "broker:9092",
    "key.converter": "org.apache.kafka.connect.json.JsonConverter",
    "value.converter": "org.apache.kafka.connect.json.JsonConverter",
    "offset.storage.file.filename": "offsets",
    "config.providers": "file,env,dir",
    "config.providers.file.class": "org.apache.kafka.common.config.provider.FileConfigProvider",
    "config.providers.env.class": "EnvVarConfigProvider",
    "config.providers.dir.class": "DirectoryConfigProvider",
}
"""The recordings' profile ``standalone``, as far as it matters here."""


@dataclass(frozen=True, slots=True)
class Step:
    """One recorded request with its answer; ``number`` counts all steps of the scenario from 1."""

    number: int
    path: str
    query: str
    body: Any
    status: int
    answer: Any


class CallingWorker:
    """Answers as a connector host would, at once. What is asked and answered must be plain data."""

    def __init__(self, index: PluginIndex, props: Mapping[str, str]) -> None:
        self._index, self._props = index, props

    def call(
        self, descriptor: PluginDescriptor, name: str, arguments: Mapping[str, object], deadline_s: float
    ) -> Future[object]:
        future: Future[object] = Future()
        given = msgspec.msgpack.decode(msgspec.msgpack.encode(arguments))
        try:
            if name == "validate":
                answer: object = validate_connector(given["config"], self._index, self._props)
            else:
                answer = plugin_config_infos(descriptor)
            future.set_result(msgspec.msgpack.decode(msgspec.msgpack.encode(answer)))
        except Exception as error:
            future.set_exception(error)
        return future


def validation(index: PluginIndex, props: Mapping[str, str]) -> Validation:
    return Validation(index, cast("Worker", CallingWorker(index, props)))


def steps(file: str) -> Iterator[Step]:
    """The steps of a scenario that have a JSON body and an answer in JSON."""
    recorded = json.loads((SCENARIOS / file).read_text(encoding="utf-8"))["steps"]
    for number, step in enumerate(recorded, 1):
        if step["op"] == "http" and "body" in step["expect"]:
            request, expect = step["request"], step["expect"]
            yield Step(
                number,
                request["path"],
                request.get("query") or "",
                request.get("body"),
                expect["status"],
                expect["body"],
            )


def write_files(file: str, variables: Variables) -> None:
    """The files that a scenario writes before it asks."""
    for step in json.loads((SCENARIOS / file).read_text(encoding="utf-8"))["steps"]:
        if step["op"] == "file_write":
            Path(variables.text(step["path"])).write_text(variables.text(step["text"]), encoding="utf-8")
