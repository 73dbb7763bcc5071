"""What the contract suite needs of a log, and how it drives consumers without sleeping."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from penstock.api.record import TopicPartition
from penstock.log.base import Log, LogConsumer, LogHeader, LogProducer, OutgoingBatch, ReceivedBatch

PATIENCE_S = 60.0
"""Far longer than anything takes; a real broker on a busy machine may need seconds for a rebalance."""


class Adapter(Protocol):
    """One log under test. Topics and groups get names of their own, so that tests may share a broker."""

    name: str
    log: Log
    shortest_session_ms: int
    """The shortest session timeout that this log accepts."""

    def new_topic(self, partitions: int = 1, configs: Mapping[str, str] | None = None) -> str:
        """A topic that exists when this returns."""

    def second_log(self) -> Log:
        """The same log as another process or connection would have it."""

    def full_producer(self) -> AbstractContextManager[LogProducer] | None:
        """A producer whose ``send_batch`` of one record waits for as long as the context is open; None when this log never
        waits."""


class Read(NamedTuple):
    """One record as a consumer saw it."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int | None
    headers: list[LogHeader]


def unique(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


def group_config(adapter: Adapter, group: str, **more: str) -> dict[str, str]:
    """A member that notices changes fast. Keys are given with underscores for dots."""
    config = {
        "group.id": group,
        "auto.offset.reset": "earliest",
        "session.timeout.ms": str(adapter.shortest_session_ms),
        "heartbeat.interval.ms": "200",
        "metadata.max.age.ms": "500",
    }
    return config | {key.replace("_", "."): value for key, value in more.items()}


def rows(batches: Iterable[ReceivedBatch]) -> list[Read]:
    """Batches as records."""
    found: list[Read] = []
    for batch in batches:
        count = len(batch)
        assert count > 0, "an empty batch was delivered"
        assert len(batch.offsets) == len(batch.values) == len(batch.timestamps) == count
        keys, headers = batch.keys, batch.headers
        assert keys is None or len(keys) == count
        assert headers is None or len(headers) == count
        found.extend(
            Read(
                batch.partition,
                batch.offsets[index],
                None if keys is None else keys[index],
                batch.values[index],
                batch.timestamps[index],
                [] if headers is None else list(headers[index] or ()),
            )
            for index in range(count)
        )
        assert batch.next_offset > batch.offsets[-1]
    return found


def take(consumer: LogConsumer, count: int, *, timeout_s: float = PATIENCE_S) -> list[Read]:
    """Poll until ``count`` records came."""
    found: list[Read] = []
    deadline = time.monotonic() + timeout_s
    while len(found) < count:
        assert time.monotonic() < deadline, f"{len(found)} of {count} records came within {timeout_s:.0f} s"
        found += rows(consumer.poll(0.2, 500))
    return found


def read_all(log: Log, topic: str, *, isolation: str = "read_committed") -> list[Read]:
    """Everything that a topic holds now, in the order of partitions and offsets."""
    consumer = log.consumer({"isolation.level": isolation, "auto.offset.reset": "earliest"})
    try:
        count = consumer.partitions_for(topic, 30)
        assert count is not None, f"topic {topic} does not exist"
        partitions = [TopicPartition(topic, number) for number in range(count)]
        consumer.assign(consumer.beginning_offsets(partitions, 30))
        ends = consumer.end_offsets(partitions, 30)
        found: list[Read] = []
        deadline = time.monotonic() + PATIENCE_S
        while any(consumer.position(partition) < end for partition, end in ends.items()):
            assert time.monotonic() < deadline, "the end was not reached"
            found += rows(consumer.poll(0.2, 500))
        return sorted(found)
    finally:
        consumer.close()


def read_committed(log: Log, topic: str, count: int) -> list[bytes | None]:
    """The values that a topic holds once there are ``count``: a broker tells its partitions of a transaction's end a moment
    after it told the producer."""
    deadline = time.monotonic() + PATIENCE_S
    while len(found := values(read_all(log, topic))) < count:
        assert time.monotonic() < deadline, f"{len(found)} of {count} records became visible"
    return found


def values(found: Iterable[Read]) -> list[bytes | None]:
    return [read.value for read in found]


def drive(
    consumers: Collection[LogConsumer], until: Callable[[], bool], *, timeout_s: float = PATIENCE_S
) -> list[Read]:
    """Poll the consumers in turn until something is true; what they delivered meanwhile."""
    found: list[Read] = []
    deadline = time.monotonic() + timeout_s
    while not until():
        assert time.monotonic() < deadline, f"did not come true within {timeout_s:.0f} s"
        for consumer in consumers:
            found += rows(consumer.poll(0.05, 500))
    return found


class Listener:
    """Remembers what it was told. ``starts`` are the offsets that it asks for; ``before_revoke`` runs in ``on_revoked``."""

    def __init__(
        self,
        starts: Mapping[TopicPartition, int] | None = None,
        before_revoke: Callable[[Collection[TopicPartition]], None] | None = None,
    ) -> None:
        self.starts = starts or {}
        self.before_revoke = before_revoke
        self.assigned: list[dict[TopicPartition, int]] = []
        self.revoked: list[frozenset[TopicPartition]] = []
        self.lost: list[frozenset[TopicPartition]] = []
        self.owned: set[TopicPartition] = set()

    def on_assigned(self, positions: Mapping[TopicPartition, int]) -> Mapping[TopicPartition, int]:
        self.assigned.append(dict(positions))
        self.owned |= set(positions)
        return {partition: offset for partition, offset in self.starts.items() if partition in positions}

    def on_revoked(self, partitions: Collection[TopicPartition]) -> None:
        if self.before_revoke is not None:
            self.before_revoke(partitions)
        self.revoked.append(frozenset(partitions))
        self.owned -= set(partitions)

    def on_lost(self, partitions: Collection[TopicPartition]) -> None:
        self.lost.append(frozenset(partitions))
        self.owned -= set(partitions)


def send(log: Log, topic: str, *items: bytes, partition: int | None = None) -> None:
    """Write values and wait until they are durable."""
    producer = log.producer({})
    partitions = None if partition is None else [partition] * len(items)
    ticket = producer.send_batch(OutgoingBatch(topic=topic, values=items, partitions=partitions))
    assert producer.flush(30)
    assert producer.acknowledged == ticket
    producer.close(30)


def partitions_of(topic: str, count: int) -> list[TopicPartition]:
    return [TopicPartition(topic, number) for number in range(count)]
