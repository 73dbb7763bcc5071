"""Plays a vector: the connector and its tasks are driven by hand, as the runtime drives them, with real files and converters.

There is no producer and no consumer: what a source hands out is taken as acknowledged at once, record by record.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from penstock.api import (
    ConnectException,
    Converter,
    Offset,
    PluginKind,
    SinkBatch,
    SinkSlice,
    SinkTask,
    SourceRecord,
    SourceTask,
    TopicPartition,
)
from penstock.discovery.plugins import PluginIndex, load_class
from penstock.discovery.scan import scan_plugins
from penstock_file.stream_sink import FileStreamSinkConnector
from penstock_file.stream_source import FileStreamSourceConnector
from tests.compat.filestream.vectors import Json, change, content, in_place, shown, shown_records, source_offsets
from tests.plugins.fakes import FakeOffsets, polled_records, started_sink, started_source

TOPIC = "the-topic-of-the-vector"
_BY_JAVA_NAME = {
    connector.connect_name: connector for connector in (FileStreamSourceConnector, FileStreamSinkConnector)
}
_INVALID = """Connector configuration is invalid and contains the following {count} error(s):
{errors}
You can also find the above list of errors at the endpoint `/connector-plugins/{{connectorType}}/config/validate`"""


@cache
def installed() -> PluginIndex:
    """What there is to find, looked for once."""
    return scan_plugins()


def played(vector: Json, folder: Path) -> list[Any]:
    """What the steps of ``vector`` brought, in the form of its ``expect``."""
    places = {"${dir}": str(folder), "${topic}": TOPIC}
    config = in_place(vector["config"], places)
    player = (SourcePlayer if vector["kind"] == "source" else SinkPlayer)(config, folder)
    for step in vector["steps"]:
        if not change(folder, step):
            getattr(player, step["op"])(**{key: value for key, value in step.items() if key != "op"})
    player.stop()
    back = {str(folder): "${dir}", TOPIC: "${topic}"}
    return [in_place(outcome, back) for outcome in player.outcomes]


class Player:
    """What both kinds share: the life of connector and tasks."""

    def __init__(self, config: dict[str, str], folder: Path) -> None:
        self.outcomes: list[Any] = []
        self.config = config
        self.folder = folder
        self.connector = _BY_JAVA_NAME[config["connector.class"]]()
        self.state: str | None = None
        self.failure: ConnectException | None = None

    def start(self) -> None:
        errors = [error for value in self.connector.validate(self.config) for error in value.errors]
        if errors:
            message = _INVALID.format(count=len(errors), errors="\n".join(errors))
            self.outcomes.append({"create_status": 400, "message": message})
            return
        self.connector.use_config(self.config)
        self.connector.start(self.config)
        self._run()

    def stop(self) -> None:
        if self.state == "RUNNING":
            self.stop_tasks()
        self.state = None

    def stop_state(self) -> None:
        self.stop()
        self.state = "STOPPED"

    def pause(self) -> None:
        self.state = "PAUSED"

    def resume(self) -> None:
        if self.state == "PAUSED":
            self.state = "RUNNING"
        else:
            self._run()

    def restart(self) -> None:
        self.stop()
        self._run()

    def _run(self) -> None:
        self.state, self.failure = "RUNNING", None
        try:
            self.start_tasks(self.connector.task_configs(int(self.config.get("tasks.max", "1"))))
        except ConnectException as error:
            self.failure = error

    def start_tasks(self, configs: list[dict[str, str]]) -> None:
        raise NotImplementedError

    def stop_tasks(self) -> None:
        raise NotImplementedError

    def status(self, tasks: int) -> Json | None:
        if self.state is None:
            return None
        if self.failure is None:
            return {"connector": self.state, "tasks": [{"state": self.state}] * tasks}
        cause = self.failure.__cause__
        causes = [f"{getattr(cause, 'connect_name', type(cause).__name__)}: {cause}"] if cause is not None else []
        failed = {"state": "FAILED", "error": f"{self.failure.connect_name}: {self.failure}", "causes": causes}
        return {"connector": self.state, "tasks": [failed] * tasks}

    def value_converter(self) -> Converter:
        converter = load_class(installed().find(PluginKind.CONVERTER, self.config["value.converter"]))()
        assert isinstance(converter, Converter)
        prefix = "value.converter."
        options = {key.removeprefix(prefix): value for key, value in self.config.items() if key.startswith(prefix)}
        converter.use_config(options | {"converter.type": "value"})
        converter.configure(options | {"converter.type": "value"}, is_key=False)
        return converter

    def make_task(self) -> SourceTask | SinkTask:
        module, name = str(self.connector.task_class).split(":")
        task: SourceTask | SinkTask = getattr(import_module(module), name)()
        return task


class SourcePlayer(Player):
    """A source and the offset store."""

    def __init__(self, config: dict[str, str], folder: Path) -> None:
        super().__init__(config, folder)
        self.store = FakeOffsets()
        self.task: SourceTask | None = None

    def start_tasks(self, configs: list[dict[str, str]]) -> None:
        (config,) = configs
        task = self.make_task()
        assert isinstance(task, SourceTask)
        self.task = task
        self.context = started_source(task, config, self.store)
        self.converter = self.value_converter()

    def stop_tasks(self) -> None:
        assert self.task is not None
        self.task.stop()

    def wait(self) -> None:
        values = self._poll_all() if self.state == "RUNNING" and self.failure is None else []
        offsets = {"status": 404} if self.state is None else self._offsets()
        self.outcomes.append({"status": self.status(1), "offsets": offsets, **shown_records(values)})

    def patch_offset(self, position: object) -> None:
        self._alter({"position": position}, "patch", "altered")

    def reset_offsets(self) -> None:
        self._alter(None, "reset", "reset")

    def _alter(self, offset: Offset | None, operation: str, done: str) -> None:
        assert isinstance(self.connector, FileStreamSourceConnector)
        partition: Offset = {"filename": self._file()}
        try:
            assert self.connector.alter_offsets(self.config, [(partition, offset)])
        except ConnectException as error:
            self.outcomes.append({operation: 500, "message": str(error)})
            return
        self.store.stored.append((partition, offset))
        message = f"The offsets for this connector have been {done} successfully"
        self.outcomes.append({operation: 200, "message": message})

    def _poll_all(self) -> list[bytes | None]:
        assert self.task is not None
        values: list[bytes | None] = []
        waits = len(self.context.waits)
        try:
            while len(self.context.waits) == waits:
                values.extend(map(self._sent, polled_records(self.task)))
        except ConnectException as error:
            self.failure = error
        return values

    def _sent(self, record: SourceRecord) -> bytes | None:
        assert record.topic is not None
        try:
            encoded = self.converter.from_connect_data(record.topic, None, record.value_schema, record.value)
        except ConnectException as error:
            raise ConnectException("Tolerance exceeded in error handler") from error
        assert record.source_partition is not None
        self.store.stored.append((record.source_partition, record.source_offset))
        return encoded

    def _offsets(self) -> Json:
        stored = self.store.offset({"filename": self._file()})
        position = None if stored is None else stored["position"]
        assert position is None or isinstance(position, int)
        return source_offsets(self._file(), position)

    def _file(self) -> str:
        return self.config.get("file", "").strip()


class SinkPlayer(Player):
    """A sink and its topic."""

    def __init__(self, config: dict[str, str], folder: Path) -> None:
        super().__init__(config, folder)
        self.topic: list[bytes | None] = []
        self.committed = 0
        self.tasks: list[SinkTask] = []

    def start_tasks(self, configs: list[dict[str, str]]) -> None:
        self.tasks = []
        for config in configs:
            task = self.make_task()
            assert isinstance(task, SinkTask)
            self.tasks.append(task)
            started_sink(task, config)
        self.converter = self.value_converter()

    def stop_tasks(self) -> None:
        for task in self.tasks:
            task.stop()

    def produce(self, records: list[Json]) -> None:
        self.topic += [None if record["value"] is None else content(record["value"]) for record in records]

    def wait(self) -> None:
        if self.state == "RUNNING" and self.failure is None and self.committed < len(self.topic):
            self._deliver()
        if self.state is None:
            offsets: Json = {"status": 404}
        elif not self.committed:
            offsets = {"offsets": []}
        else:
            partition = {"kafka_partition": 0, "kafka_topic": TOPIC}
            offsets = {"offsets": [{"partition": partition, "offset": {"kafka_offset": self.committed}}]}
        status = self.status(max(1, len(self.tasks)))
        self.outcomes.append({"status": status, "offsets": offsets, "files": self._files()})

    def _deliver(self) -> None:
        decoded = [self.converter.to_connect_data(TOPIC, None, value) for value in self.topic[self.committed :]]
        parts = [
            SinkSlice(topic=TOPIC, kafka_partition=0, offsets=(offset,), values=(value,), value_schema=schema)
            for offset, (schema, value) in enumerate(decoded, self.committed)
        ]
        task = self.tasks[0]  # the topic has one partition
        task.put(SinkBatch(parts))
        self.committed = task.pre_commit({TopicPartition(TOPIC, 0): len(self.topic)})[TopicPartition(TOPIC, 0)]

    def _files(self) -> Json:
        files = {path.name: path.read_bytes() for path in self.folder.iterdir()}
        return {name: shown(re.sub(rb"\[B@[0-9a-f]+", b"[B@<hash>", data)) for name, data in files.items()}
