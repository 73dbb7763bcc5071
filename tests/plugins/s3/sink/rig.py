"""A sink task driven by hand over a log in memory, with a store that may be cut at any call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

from penstock.api import ConfigDef, Schema, SinkBatch, SinkRecord, SinkSlice, TopicPartition
from penstock_s3.config.choices import (
    Compatibility,
    Compression,
    DecimalFormat,
    Escaping,
    Extractor,
    FormatKind,
    OnNull,
    Partitioning,
    SchemaAffix,
)
from penstock_s3.config.settings import (
    AvroSettings,
    FormatSettings,
    NamingSettings,
    NullSettings,
    PartitionSettings,
    RotationSettings,
    SinkSettings,
)
from penstock_s3.sink.task import S3SinkTask
from penstock_s3.storage.body import Body
from penstock_s3.storage.local_store import LocalStore
from penstock_s3.storage.store import ALWAYS, ObjectInfo, ObjectStore, Part, PendingUpload, Precondition, read_all
from tests.plugins.s3.storage.settings import store_settings

TOPIC = "t"
HERE = TopicPartition(TOPIC, 0)


def sink_settings(**changes: object) -> SinkSettings:
    """Settings; ``changes`` by the names of any settings class, which must be unique, or of whole parts."""
    parts: dict[str, Any] = {
        "store": store_settings("file:///", "bucket"),
        "naming": NamingSettings("topics", "/", "+", 10),
        "partition": PartitionSettings(
            kind=Partitioning.DEFAULT,
            delim="/",
            fields=(),
            duration_ms=3_600_000,
            path_format="yyyy-MM-dd-HH",
            locale="en",
            timezone="UTC",
            extractor=Extractor.RECORD,
            timestamp_field="timestamp",
            affix=SchemaAffix.NONE,
            tombstone=None,
            template="",
            escaping=Escaping.NONE,
            custom="",
        ),
        "format": FormatSettings(
            kind=FormatKind.JSON,
            compression=Compression.NONE,
            compression_level=-1,
            avro=AvroSettings("null", True, True, False, 1000),
            parquet_codec="snappy",
            decimals=DecimalFormat.BASE64,
            bytes_extension=".bin",
            bytes_separator=b"\n",
            keys=None,
            headers=None,
        ),
        "rotation": RotationSettings(
            flush_size=3,
            interval_ms=None,
            schedule_ms=None,
            timezone="UTC",
            on_partition_change=True,
            max_open_files=None,
            compatibility=Compatibility.NONE,
            flush_bytes=None,
            idle_ms=None,
        ),
        "nulls": NullSettings(OnNull.FAIL, report=True),
    }
    settings = SinkSettings(connector="c", retry_backoff_ms=1, max_write_ms=None, manifest=False, **parts)
    for name, value in changes.items():
        owners = [part for part in parts if name in type(getattr(settings, part)).__slots__]
        if name in SinkSettings.__slots__:
            settings = replace(settings, **{name: value})
            continue
        assert owners, name
        for owner in owners:
            settings = replace(settings, **{owner: replace(getattr(settings, owner), **{name: value})})
    return settings


@dataclass(frozen=True)
class Row:
    """A record of the log; its offset is its place."""

    value: object
    key: object = None
    timestamp: int | None = None
    schema: Schema | None = None
    headers: Any = None
    topic: str = TOPIC


class Killed(BaseException):
    """kill -9: nobody catches it, nothing is cleaned up after it."""


class CutStore:
    """A store that dies at call number ``at`` (from 1), ``before`` it reaches the store beneath or after. Counts calls."""

    def __init__(self, store: ObjectStore, at: int | None = None, *, before: bool = True) -> None:
        self._store = store
        self._at = at
        self._before = before
        self.calls: list[str] = []

    def _call(self, name: str, do: Callable[[], Any]) -> Any:
        self.calls.append(name)
        number = len(self.calls)
        if self._at is not None and (number > self._at or (self._before and number == self._at)):
            raise Killed(name)
        answer = do()
        if number == self._at:
            if hasattr(answer, "close"):
                answer.close()  # as the end of a process does
            raise Killed(name)
        return answer

    def check(self) -> None:
        self._call("check", self._store.check)

    def head(self, key: str) -> ObjectInfo | None:
        return self._call("head", lambda: self._store.head(key))

    def put(self, key: str, body: Body, precondition: Precondition = ALWAYS) -> str:
        return self._call("put", lambda: self._store.put(key, body, precondition))

    def begin_upload(self, key: str) -> str:
        return self._call("begin_upload", lambda: self._store.begin_upload(key))

    def upload_part(self, key: str, upload_id: str, number: int, body: Body) -> Part:
        return self._call("upload_part", lambda: self._store.upload_part(key, upload_id, number, body))

    def complete_upload(
        self, key: str, upload_id: str, parts: Sequence[Part], precondition: Precondition = ALWAYS
    ) -> str:
        return self._call("complete_upload", lambda: self._store.complete_upload(key, upload_id, parts, precondition))

    def abort_upload(self, key: str, upload_id: str) -> None:
        self._call("abort_upload", lambda: self._store.abort_upload(key, upload_id))

    def uploads(self, prefix: str) -> Iterator[PendingUpload]:
        return self._call("uploads", lambda: iter(list(self._store.uploads(prefix))))

    def tag(self, key: str, tags: Mapping[str, str]) -> None:
        self._call("tag", lambda: self._store.tag(key, tags))

    def list(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        return self._call("list", lambda: iter(list(self._store.list(prefix, after))))

    def open(self, key: str) -> BinaryIO:
        return self._call("open", lambda: self._store.open(key))

    def delete(self, key: str) -> None:
        self._call("delete", lambda: self._store.delete(key))

    def close(self) -> None:
        return


class RigContext:
    """A SinkTaskContext that remembers."""

    def __init__(self, *, dead_letters: bool = False) -> None:
        self.configs: Mapping[str, str] = {}
        self.stopping = False
        self.rewinds: dict[TopicPartition, int] = {}
        self.timeouts: list[int] = []
        self.paused: set[TopicPartition] = set()
        self.assignment = frozenset({HERE})
        self.reported: list[tuple[SinkRecord, BaseException]] = []
        self.errant_record_reporter = self if dead_letters else None

    def report(self, record: SinkRecord, error: BaseException) -> Future[None]:
        self.reported.append((record, error))
        done: Future[None] = Future()
        done.set_result(None)
        return done

    def wait(self, seconds: float) -> bool:
        return self.stopping

    def offset(self, offsets: Mapping[TopicPartition, int]) -> None:
        self.rewinds.update(offsets)

    def timeout(self, timeout_ms: int) -> None:
        self.timeouts.append(timeout_ms)

    def pause(self, *partitions: TopicPartition) -> None:
        self.paused.update(partitions)

    def resume(self, *partitions: TopicPartition) -> None:
        self.paused.difference_update(partitions)

    def request_commit(self) -> None:
        return


class RigTask(S3SinkTask):
    """The task with settings and store of a test."""

    CONFIG = ConfigDef()

    def __init__(self, settings: SinkSettings, store: ObjectStore) -> None:
        self.given = settings
        self.time_ms: int | None = None
        self.given_store = store

    def settings(self) -> SinkSettings:
        return self.given

    def opened_store(self, settings: SinkSettings) -> ObjectStore:
        return self.given_store

    def now_ms(self) -> int:
        return super().now_ms() if self.time_ms is None else self.time_ms


@dataclass
class Rig:
    """A log of one topic partition, the group's committed offset, and tasks that come and go."""

    rows: Sequence[Row]
    settings: SinkSettings
    bucket: ObjectStore
    batch: int = 4
    committed: int | None = None
    dead_letters: bool = False
    context: RigContext = field(default_factory=RigContext)
    position: int = 0
    time_ms: int | None = None
    """What the first task takes for the time; None: the wall clock."""

    def started(self, store: ObjectStore | None = None) -> RigTask:
        """A task that owns the partition, from the committed offset."""
        task = RigTask(self.settings, store or self.bucket)
        task.time_ms = self.time_ms
        self.context = RigContext(dead_letters=self.dead_letters)
        task.initialize(self.context)
        task.start({})
        self.position = self.committed or 0
        task.open([HERE])
        self._rewind()
        return task

    def deliver(self, task: RigTask, count: int | None = None) -> None:
        """Give the task the next batch, and commit what it vouches for."""
        start = self.position
        end = min(len(self.rows), start + (self.batch if count is None else count))
        if HERE in self.context.paused:
            end = start
        task.put(SinkBatch(slices(self.rows, start, end)))
        self.position = end
        self._rewind()
        self.commit(task)

    def commit(self, task: RigTask) -> None:
        safe = task.pre_commit({HERE: self.position})
        if HERE in safe:
            self.committed = safe[HERE]

    def run(self, store: ObjectStore | None = None) -> None:
        """A task's life: everything delivered, then closed and stopped."""
        task = self.started(store)
        while self.position < len(self.rows):
            self.deliver(task)
        self.deliver(task)
        self.end(task)

    def end(self, task: RigTask) -> None:
        self.context.stopping = True
        self.commit(task)
        task.close([HERE])
        task.stop()

    def objects(self) -> dict[str, bytes]:
        """What is in the bucket, without manifests."""
        return {
            info.key: read_all(self.bucket, info.key)
            for info in self.bucket.list("")
            if "/.state/" not in info.key and not info.key.startswith(".state/")
        }

    def _rewind(self) -> None:
        offset = self.context.rewinds.pop(HERE, None)
        if offset is not None:
            self.position = offset


def slices(rows: Sequence[Row], start: int, end: int) -> list[SinkSlice]:
    """Records of the log as the runtime hands them over: a slice as long as schemas stay."""
    found: list[SinkSlice] = []
    while start < end:
        stop = start
        while stop < end and (rows[stop].schema, rows[stop].topic) == (rows[start].schema, rows[start].topic):
            stop += 1
        run = rows[start:stop]
        found.append(
            SinkSlice(
                topic=run[0].topic,
                kafka_partition=0,
                offsets=range(start, stop),
                values=[row.value for row in run],
                value_schema=run[0].schema,
                keys=[row.key for row in run],
                timestamps=[row.timestamp for row in run],
                headers=[row.headers for row in run] if any(row.headers for row in run) else None,
                originals=HERE if run[0].topic != TOPIC else None,
            )
        )
        start = stop
    return found


def bucket(folder: Path) -> LocalStore:
    """An empty bucket, without fsync."""
    (folder / "bucket").mkdir()
    return LocalStore(folder, "bucket", fsync=False)


class FaultyStore(CutStore):
    """A store that fails as ``plan`` says: asked with a call's name and its number among those of that name, from 1, it
    returns what to raise, before or (with ``after``) behind the call. ``puts`` are the keys of the calls that wrote."""

    def __init__(
        self, store: ObjectStore, plan: Callable[[str, int], Exception | None], *, after: bool = False
    ) -> None:
        super().__init__(store)
        self._plan = plan
        self._after = after
        self.puts: list[str] = []

    def put(self, key: str, body: Body, precondition: Precondition = ALWAYS) -> str:
        self.puts.append(key)
        return super().put(key, body, precondition)

    def _call(self, name: str, do: Callable[[], Any]) -> Any:
        self.calls.append(name)
        fault = self._plan(name, self.calls.count(name))
        if fault is None:
            return do()
        if self._after:
            do()
        raise fault
