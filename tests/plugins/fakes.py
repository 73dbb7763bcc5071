"""Stand-ins for what the runtime gives a task: nothing sleeps, everything is remembered."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from penstock.api import (
    ErrantRecordReporter,
    Offset,
    Schema,
    SinkBatch,
    SinkSlice,
    SinkTask,
    SourceBatch,
    SourceRecord,
    SourceTask,
    TopicPartition,
    TransactionContext,
)


class FakeContext:
    """``wait`` returns at once, notes how long it should have been, and calls ``on_wait``."""

    def __init__(self) -> None:
        self.configs: Mapping[str, str] = {}
        self.stopping = False
        self.waits: list[float] = []
        self.on_wait: Callable[[], None] = lambda: None

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.on_wait()
        return self.stopping


class FakeOffsets:
    """An offset store: pairs of partition and offset, latest last."""

    def __init__(self) -> None:
        self.stored: list[tuple[Offset, Offset | None]] = []
        self.reads = 0

    def offset(self, partition: Offset) -> dict[str, object] | None:
        self.reads += 1
        for known, offset in reversed(self.stored):
            if known == partition:
                return None if offset is None else dict(offset)
        return None

    def offsets(self, partitions: Collection[Offset]) -> list[tuple[Offset, dict[str, object] | None]]:
        return [(partition, self.offset(partition)) for partition in partitions]


class FakeSourceContext(FakeContext):
    """The context of a source task."""

    def __init__(self, offsets: FakeOffsets | None = None) -> None:
        super().__init__()
        self.offset_storage_reader = offsets if offsets is not None else FakeOffsets()
        self.transaction_context: TransactionContext | None = None


class FakeSinkContext(FakeContext):
    """The context of a sink task."""

    def __init__(self) -> None:
        super().__init__()
        self.timeouts: list[int] = []
        self.rewinds: list[Mapping[TopicPartition, int]] = []
        self.assignment: frozenset[TopicPartition] = frozenset()
        self.errant_record_reporter: ErrantRecordReporter | None = None

    def offset(self, offsets: Mapping[TopicPartition, int]) -> None:
        self.rewinds.append(offsets)

    def timeout(self, timeout_ms: int) -> None:
        self.timeouts.append(timeout_ms)

    def pause(self, *partitions: TopicPartition) -> None:
        raise NotImplementedError

    def resume(self, *partitions: TopicPartition) -> None:
        raise NotImplementedError

    def request_commit(self) -> None:
        raise NotImplementedError


def started_source(task: SourceTask, props: Mapping[str, str], offsets: FakeOffsets | None = None) -> FakeSourceContext:
    """Start a source task as the runtime does."""
    context = FakeSourceContext(offsets)
    task.initialize(context)
    task.use_config(props)
    task.start(props)
    return context


def started_sink(task: SinkTask, props: Mapping[str, str]) -> FakeSinkContext:
    """Start a sink task as the runtime does."""
    context = FakeSinkContext()
    task.initialize(context)
    task.use_config(props)
    task.start(props)
    return context


def polled_records(task: SourceTask) -> list[SourceRecord]:
    """What one poll brings, as records."""
    polled = task.poll()
    if polled is None:
        return []
    if isinstance(polled, SourceBatch):
        return polled.records()
    return [record for item in polled for record in (item.records() if isinstance(item, SourceBatch) else [item])]


def batch_of(*values: object, schema: Schema | None = None, topic: str = "t", first_offset: int = 0) -> SinkBatch:
    """A sink batch of one partition with these values."""
    return batch_of_columns(values, schema=schema, topic=topic, first_offset=first_offset)


def batch_of_columns(
    values: Sequence[object],
    *,
    keys: Sequence[object] | None = None,
    schema: Schema | None = None,
    topic: str = "t",
    first_offset: int = 0,
) -> SinkBatch:
    """A sink batch of one partition with these columns."""
    offsets = range(first_offset, first_offset + len(values))
    part = SinkSlice(
        topic=topic, kafka_partition=0, offsets=offsets, values=list(values), keys=keys, value_schema=schema
    )
    return SinkBatch([part])
