"""Connectors that a test steers and looks at: each has a handle by the connector's name, with events instead of sleeps."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from penstock.api import (
    ConfigDef,
    ConnectException,
    RetriableException,
    SinkBatch,
    SinkConnector,
    SinkRecord,
    SinkTask,
    SourceBatch,
    SourceConnector,
    SourceRecord,
    SourceTask,
    TopicPartition,
    Transformation,
)


@dataclass
class Handle:
    """What a test says to a task (``polls``, ``put_errors`` …) and what it sees of it (``calls``, ``got`` …)."""

    polls: list[object] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    commit_records: list[tuple[object, object]] = field(default_factory=list)
    put_errors: list[Exception] = field(default_factory=list)
    batches: list[SinkBatch] = field(default_factory=list)
    got: list[SinkRecord] = field(default_factory=list)
    opened: list[TopicPartition] = field(default_factory=list)
    closed: list[TopicPartition] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    dropped: list[object] = field(default_factory=list)
    start_error: Exception | None = None
    flush_error: Exception | None = None
    close_error: Exception | None = None
    pre_commit: Mapping[TopicPartition, int] | None = None
    on_put: object = None
    context: object = None


HANDLES: dict[str, Handle] = {}
_lock = threading.Lock()


def handle(name: str) -> Handle:
    """The handle of a connector, made at first need."""
    with _lock:
        return HANDLES.setdefault(name, Handle())


class SteeredSourceTask(SourceTask):
    """Polls what its handle has."""

    def initialize(self, context) -> None:
        super().initialize(context)
        self.handle = handle("")
        self.handle.calls.append("initialize")

    def start(self, props: Mapping[str, str]) -> None:
        self.handle = handle(props["name"])
        self.handle.context = self.context
        self.handle.calls.append("start")
        if self.handle.start_error is not None:
            raise self.handle.start_error

    def poll(self) -> Sequence[SourceRecord] | SourceBatch | None:
        if not self.handle.polls:
            self.context.wait(0.01)
            return None
        item = self.handle.polls.pop(0)
        if isinstance(item, Exception):
            raise item
        return item

    def commit(self) -> None:
        self.handle.calls.append("commit")

    def record_dropped(self, record) -> None:
        self.handle.dropped.append(record.value)
        raise ValueError("what goes wrong here is only logged")

    def stop(self) -> None:
        self.handle.calls.append("stop")


class RecordingSourceTask(SteeredSourceTask):
    """Wants to hear of each record."""

    def commit_record(self, record, metadata) -> None:
        self.handle.commit_records.append((record.value, metadata))


class SteeredSource(SourceConnector):
    task_class = SteeredSourceTask


class RecordingSource(SourceConnector):
    task_class = RecordingSourceTask


class SteeredSinkTask(SinkTask):
    """Keeps what it is given."""

    def start(self, props: Mapping[str, str]) -> None:
        self.handle = handle(props["name"])
        self.handle.context = self.context
        self.handle.calls.append("start")

    def open(self, partitions: Collection[TopicPartition]) -> None:
        self.handle.opened.extend(partitions)

    def close(self, partitions: Collection[TopicPartition]) -> None:
        self.handle.closed.extend(partitions)
        self.handle.order.append("close")
        if self.handle.close_error is not None:
            error, self.handle.close_error = self.handle.close_error, None
            raise error

    def put(self, records: SinkBatch) -> None:
        if len(records):
            self.handle.batches.append(records)
        if self.handle.put_errors and len(records):
            raise self.handle.put_errors.pop(0)
        if self.handle.on_put is not None:
            self.handle.on_put(self, records)
        self.handle.got.extend(records)

    def flush(self, current_offsets) -> None:
        if self.handle.flush_error is not None:
            error, self.handle.flush_error = self.handle.flush_error, None
            raise error

    def pre_commit(self, current_offsets):
        self.handle.order.append("pre_commit")
        current = super().pre_commit(current_offsets)
        return current if self.handle.pre_commit is None else self.handle.pre_commit

    def stop(self) -> None:
        self.handle.calls.append("stop")
        self.handle.order.append("stop")


class SteeredSink(SinkConnector):
    task_class = SteeredSinkTask


class GreedySource(SourceConnector):
    """Makes more tasks than it may."""

    task_class = SteeredSourceTask

    def task_configs(self, max_tasks: int) -> list[dict[str, str]]:
        return [{"number": str(number)} for number in range(max_tasks + 1)]


class CountingTransform(Transformation):
    """Stateful: numbers what it sees. A value of "poison" is refused, "again" asks for another try once."""

    CONFIG = ConfigDef()
    seen: list[object] = []  # noqa: RUF012  # shared with the test on purpose
    again = 0

    def apply(self, record):
        type(self).seen.append(record.value)
        if record.value == "poison":
            raise ConnectException("poisoned")
        if record.value == "again" and type(self).again:
            type(self).again -= 1
            raise RetriableException("once more")
        if record.value == "drop":
            return None
        return record
