"""Plays a vector: the connector as the runtime runs it, on this thread, over a log in memory, until all is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Any

import penstock_s3.sink.task as task_module
from penstock.api import TopicPartition
from penstock.config.worker import WorkerConfig, WorkerMode
from penstock.discovery.plugins import CONNECTORS, PluginIndex
from penstock.discovery.scan import scan_plugins
from penstock.ids import TaskId
from penstock.log.address import LogKind
from penstock.log.base import Log
from penstock.states import State, TargetState
from penstock.tasks.build import build_connector
from penstock.tasks.control import Control
from penstock.tasks.division import divide
from penstock.tasks.runner import run_task
from penstock.tasks.spec import ConnectorSpec, TaskSpec, WorkerSettings
from penstock.tasks.validation import validate_connector
from penstock.testing.link import MemoryLink
from penstock.testing.workbench import OpenLog
from penstock_s3.storage.store import ObjectStore
from tests.compat.s3.recorded import Json, filled_log, records_of

_INVALID = """Connector configuration is invalid and contains the following {count} error(s):
{errors}
You can also find the above list of errors at the endpoint `/connector-plugins/{{connectorType}}/config/validate`"""
_WORKER = {
    "key.converter": "org.apache.kafka.connect.storage.StringConverter",
    "value.converter": "org.apache.kafka.connect.json.JsonConverter",
    "value.converter.schemas.enable": "false",
    "consumer.auto.offset.reset": "earliest",
    "offset.flush.interval.ms": "1",
}
_PATIENCE = 50
"""Commits after everything was read, at most: a writer without time never ends."""
_numbers = count(1)
_TRACE = re.compile(r"^(?:Caused by: )?([\w.$]+(?:Exception|Error)\b.*)$")


@dataclass(frozen=True)
class Place:
    """Where a vector's objects go: the texts that stand for it in configs, and how the task opens it."""

    texts: Mapping[str, str]
    opened: Callable[..., ObjectStore] | None = None


@cache
def installed() -> PluginIndex:
    """What there is to find, looked for once."""
    return scan_plugins()


def played(vector: Json, place: Place) -> Json:
    """The outcome, in the form of ``expect`` but for the objects, which the caller finds in the bucket."""
    name, dead_letters = f"v{next(_numbers)}", f"dlq{next(_numbers)}"
    texts = {**place.texts, "${dlq}": dead_letters}
    config = {key: _filled(value, texts) for key, value in vector["config"].items()}
    log = filled_log(vector)
    spec = _spec(name, config, log)
    refused = _refused(spec)
    if refused is not None:
        return {"create_status": 400, "create_message": refused}
    with _opening(place):
        trace = _run(spec, vector)
    outcome: Json = {"connector": "RUNNING", "committed": _committed(log, name), "tasks": [_told(trace)]}
    if "dlq" in vector["expect"]:
        outcome["dlq"] = [_dead(record, name) for record in _read(log, dead_letters)]
    return _emptied(outcome, {name: "<name>", **{text: key for key, text in texts.items() if text}})


def _spec(name: str, config: Mapping[str, str], log: Log) -> ConnectorSpec:
    settings = WorkerSettings(
        props=WorkerConfig.parse(_WORKER, WorkerMode.EMBEDDED).props,
        log=OpenLog(LogKind.SQLITE, "", log=log),
        index=installed(),
        worker_id="replay",
    )
    descriptor = installed().find(CONNECTORS, config["connector.class"])
    return ConnectorSpec(
        name=name, descriptor=descriptor, config={**config, "name": name}, generation=0, settings=settings
    )


def _refused(spec: ConnectorSpec) -> str | None:
    found: Any = validate_connector(spec.config, spec.settings.index, spec.settings.props)
    if "refused" in found:
        return str(found["refused"])
    errors = [error for entry in found["configs"] for error in entry["value"]["errors"]]
    return _INVALID.format(count=len(errors), errors="\n".join(errors)) if errors else None


def _run(spec: ConnectorSpec, vector: Json) -> str | None:
    """Run the first task (with all partitions) until everything is read and committed; the trace of its failure."""
    built = build_connector(spec)
    built.connector.start(built.props)
    config = divide(spec, built, 0)[0]
    control, link = Control(TargetState.STARTED), MemoryLink({})
    task = TaskSpec(
        task=TaskId(spec.name, 0),
        descriptor=spec.descriptor,
        connector_config=spec.config,
        task_config=config,
        generation=0,
        settings=spec.settings,
    )
    with _stopped_at_the_end(control, vector):
        run_task(task, control, link)
    built.connector.stop()
    return link.trace if State.FAILED in link.states else None


@contextmanager
def _stopped_at_the_end(control: Control, vector: Json) -> Iterator[None]:
    """Stop once a commit finds that everything was delivered and written."""
    records = len(records_of(vector))
    original, seen = task_module.S3SinkTask.pre_commit, count(1)

    def pre_commit(self: Any, offsets: Mapping[TopicPartition, int]) -> Mapping[TopicPartition, int]:
        safe = original(self, offsets)
        if sum(offsets.values()) >= records and not control.stopping:
            waiting = any(writer.waiting for writer in self._writers.values())
            if not waiting or next(seen) > _PATIENCE:
                control.stop(10)
        return safe

    task_module.S3SinkTask.pre_commit = pre_commit  # type: ignore[method-assign]
    try:
        yield
    finally:
        task_module.S3SinkTask.pre_commit = original  # type: ignore[method-assign]


@contextmanager
def _opening(place: Place) -> Iterator[None]:
    original = task_module.open_store
    if place.opened is not None:
        task_module.open_store = place.opened  # type: ignore[assignment]
    try:
        yield
    finally:
        task_module.open_store = original


def _committed(log: Log, name: str) -> Json:
    admin = log.admin({})
    found: dict[str, dict[str, int]] = {}
    for partition, offset in admin.group_offsets(f"connect-{name}", 10).items():
        found.setdefault(partition.topic, {})[str(partition.partition)] = offset
    admin.close()
    return found


def _told(trace: str | None) -> Json:
    if trace is None:
        return {"state": "RUNNING"}
    heads = [line for line in trace.splitlines() if line and not line.startswith("\t")]
    causes = [line.removeprefix("Caused by: ") for line in heads if line.startswith("Caused by: ")]
    return {"state": "FAILED", "error": heads[0], "causes": causes}


def _read(log: Log, topic: str) -> Sequence[Any]:
    consumer = log.consumer({})
    found: list[Any] = []
    try:
        ends = consumer.end_offsets([TopicPartition(topic, 0)], 10)
        consumer.assign(dict.fromkeys(ends, 0))
        while any(consumer.position(partition) < end for partition, end in ends.items()):
            for batch in consumer.poll(0.1, 1000):
                keys = batch.keys or [None] * len(batch)
                headers = batch.headers or [None] * len(batch)
                found += list(zip(keys, batch.values, headers, strict=True))
    finally:
        consumer.close()
    return found


def _dead(record: Any, name: str) -> Json:
    key, value, headers = record
    shown = [
        [header, _text(value)] for header, value in headers or () if header != "__connect.errors.exception.stacktrace"
    ]
    return {"key": _text(key), "value": _text(value), "headers": shown}


def _text(data: bytes | None) -> str | None:
    return None if data is None else data.decode()


def _filled(value: str, texts: Mapping[str, str]) -> str:
    for text, meant in texts.items():
        value = value.replace(text, meant)
    return value


def _emptied(outcome: Json, texts: Mapping[str, str]) -> Json:
    if isinstance(outcome, dict):
        return {key: _emptied(value, texts) for key, value in outcome.items()}
    if isinstance(outcome, list):
        return [_emptied(value, texts) for value in outcome]
    if isinstance(outcome, str):
        for text, meant in texts.items():
            outcome = outcome.replace(text, meant)
    return outcome
