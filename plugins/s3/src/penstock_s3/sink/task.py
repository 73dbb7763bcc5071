"""The task of the S3 sinks (spec 5, 6)."""

from __future__ import annotations

import logging
import math
import random
import time
from collections.abc import Callable, Collection, Mapping
from typing import ClassVar

from penstock.api import ConfigDef, ConnectException, SinkBatch, SinkRecord, SinkSlice, SinkTask, TopicPartition
from penstock_s3.config.settings import SinkSettings
from penstock_s3.sink.building import build_tools
from penstock_s3.sink.manifest import check_preconditions
from penstock_s3.sink.memory import relieve
from penstock_s3.sink.nulls import NullPolicy
from penstock_s3.sink.partition_writer import PartitionWriter
from penstock_s3.sink.rotation import Reason
from penstock_s3.sink.tools import Tools
from penstock_s3.storage.opening import open_store
from penstock_s3.storage.orphans import abort_orphans
from penstock_s3.storage.store import ObjectStore

logger = logging.getLogger(__name__)

_SOON_MS = 1
_IDLE_MS = 3_600_000


class S3SinkTask(SinkTask):
    """Divides records among the writers of their topic partitions."""

    CONFIG: ClassVar[ConfigDef]
    connect_name = "io.confluent.connect.s3.S3SinkTask"

    _tools: Tools | None = None
    _store: ObjectStore | None = None

    def settings(self) -> SinkSettings:
        """What the configuration asks for; a dialect's own. Raises ConfigException."""
        raise NotImplementedError

    def opened_store(self, settings: SinkSettings) -> ObjectStore:
        """Where objects go; for tests to say otherwise."""
        return open_store(settings.store, self.context.wait)

    def now_ms(self) -> int:
        """The wall clock."""
        return time.time_ns() // 1_000_000

    def start(self, props: Mapping[str, str]) -> None:  # noqa: ARG002  # self.config has them typed
        """Find the bucket. Raises ConnectException when it is not there, ConfigException for what cannot be configured."""
        self._settings = self.settings()
        self._writers: dict[TopicPartition, PartitionWriter] = {}
        self._paused: set[TopicPartition] = set()
        self._store = self.opened_store(self._settings)
        self._store.check()
        report = self._reporter()
        self._tools = build_tools(self._settings, self._store, report, self.now_ms)
        if self._settings.manifest:
            check_preconditions(self._store, self._tools.naming.root, self._settings)
        self._nulls = NullPolicy(self._settings.nulls, report)
        limit = self._settings.max_write_ms
        self._works = limit is None or limit >= 0  # else nothing is ever written, as in the original

    def open(self, partitions: Collection[TopicPartition]) -> None:
        """Begin with these partitions; uploads that a former owner left unfinished are aborted."""
        tools, now_ms = self._open_tools, self.now_ms()
        for partition in partitions:
            self._writers[partition] = PartitionWriter(tools, partition, now_ms)
        for writer in self._writers.values():
            writer.take()  # first: what a manifest names must not be aborted below
        if self._settings.store.abort_orphans:
            self._abort_orphans([each for each in partitions if self._writers[each].is_owner])

    def put(self, records: SinkBatch) -> None:
        """Write a batch; and look what time has brought about, also without records."""
        now_ms = self.now_ms()
        limit = self._settings.max_write_ms
        deadline_ms = math.inf if limit is None else now_ms + limit
        for part in records.slices:
            self._enqueue(part)
        if self._works:
            writers = list(self._writers.items())
            random.shuffle(writers)  # when time is short, each has its turn (spec 5.1)
            for partition, writer in writers:
                self._rewind(partition, writer.work(now_ms, deadline_ms))
        relieve(self._open_tools, [writer.files for writer in self._writers.values()])
        self._pause_and_resume()
        self._ask_for_time()

    def pre_commit(self, current_offsets: Mapping[TopicPartition, int]) -> Mapping[TopicPartition, int]:
        """What is visible in the bucket, and nothing else (spec 6)."""
        if self._settings.rotation.on_flush:
            self._flush_or_forget(current_offsets.keys(), Reason.FLUSH)
        elif self._settings.flush_on_close and self.context.stopping:
            self._flush_or_forget(current_offsets.keys(), Reason.CLOSE)
        safe: dict[TopicPartition, int] = {}
        for partition, delivered in current_offsets.items():
            writer = self._writers.get(partition)
            committed = None if writer is None else writer.committed()
            if committed is not None:
                safe[partition] = min(committed, delivered)
        return safe

    def close(self, partitions: Collection[TopicPartition]) -> None:
        """Give up what is not visible: the next owner reads it again. With ``flush.on.close`` it is finished instead."""
        if self._settings.flush_on_close:
            self._flush(partitions, Reason.CLOSE)
        for partition in partitions:
            writer = self._writers.pop(partition, None)
            if writer is not None:
                writer.close()
        self._paused.difference_update(partitions)

    def stop(self) -> None:
        """Release threads, memory and connections."""
        if self._tools is not None:
            for writer in self._writers.values():
                writer.close()
            self._writers.clear()
            self._tools.finisher.close()
            self._tools.outputs.threads.close()
            self._tools.outputs.pool.close()
            self._tools = None
        if self._store is not None:
            self._store.close()
            self._store = None

    @property
    def _open_tools(self) -> Tools:
        if self._tools is None:
            raise ConnectException("The S3 sink task was stopped")
        return self._tools

    def _enqueue(self, part: SinkSlice) -> None:
        """Hand a slice to the writer of the partition that it was read from, whatever transformations made of its topic."""
        where = part.originals or TopicPartition(part.topic or "", part.kafka_partition or 0)
        writer = self._writers.get(where)
        if writer is None:
            raise ConnectException(f"No writer found for topic partition {where}")
        for kept in self._nulls.kept(part):
            writer.enqueue(kept)
        writer.seen(part.offsets[-1])

    def _reporter(self) -> Callable[[SinkRecord, Exception], None] | None:
        reporter = self.context.errant_record_reporter
        if reporter is None:
            return None

        def report(record: SinkRecord, error: Exception) -> None:
            # Not waited for: the runtime commits no offset before the dead letter is durable.
            reporter.report(record, error)

        return report

    def _flush_or_forget(self, partitions: Collection[TopicPartition], reason: Reason) -> None:
        """When this raises the runtime rewinds to what is committed: nothing that comes again may be kept here."""
        try:
            self._flush(partitions, reason)
        except Exception:
            for partition in partitions:
                writer = self._writers.get(partition)
                if writer is not None:
                    writer.forget()
            raise

    def _flush(self, partitions: Collection[TopicPartition], reason: Reason) -> None:
        for partition in partitions:
            writer = self._writers.get(partition)
            if writer is not None:
                self._rewind(partition, writer.flush(self.now_ms(), reason))

    def _rewind(self, partition: TopicPartition, offset: int | None) -> None:
        if offset is not None:
            self.context.offset({partition: offset})

    def _pause_and_resume(self) -> None:
        """Hold partitions whose writers have enough to do; short waits within a ``put`` hold nothing (spec 5.1)."""
        enough = max(self._settings.rotation.flush_size or 1, 1)
        full = {
            partition
            for partition, writer in self._writers.items()
            if writer.waiting and (writer.backing_off or writer.waiting >= enough)
        }
        if full - self._paused:
            self.context.pause(*(full - self._paused))
        if self._paused - full:
            self.context.resume(*(self._paused - full))
        self._paused = full

    def _ask_for_time(self) -> None:
        """Have ``put`` called when the schedule or a pause is over, not when records happen to come (spec 5, ours)."""
        if not self._works:
            return
        wakes = [wake for wake in (writer.wake_ms() for writer in self._writers.values()) if wake is not None]
        if wakes:
            self.context.timeout(min(_IDLE_MS, max(_SOON_MS, min(wakes) - self.now_ms())))

    def _abort_orphans(self, partitions: Collection[TopicPartition]) -> None:
        naming, store = self._open_tools.naming, self._open_tools.outputs.store
        mine = set(partitions)

        def ours(key: str) -> bool:
            parsed = naming.parse(key)
            return parsed is not None and TopicPartition(parsed.topic, parsed.partition) in mine

        for topic in sorted({partition.topic for partition in partitions}):
            abort_orphans(store, naming.prefix(topic), ours)
