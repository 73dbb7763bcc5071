"""A log in plain Python, for tests and for looking at how the contract is meant. Shared by all clients that are made from
one ``MemoryLog``; gone with it. Topics with ``cleanup.policy=compact`` are compacted, nothing else is ever removed."""

from __future__ import annotations

import base64
import threading
import uuid
from bisect import bisect_right
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from penstock.api.record import TopicPartition
from penstock.clock import SYSTEM_CLOCK, Clock
from penstock.log.base import Reports
from penstock.log.columns import Columns, StoredRun, joined
from penstock.log.compaction import note_keys, surviving
from penstock.log.embedded_admin import EmbeddedAdmin
from penstock.log.embedded_config import ConsumerSettings, consumer_settings, note_admin_config, producer_settings
from penstock.log.embedded_consumer import EmbeddedConsumer
from penstock.log.embedded_member import Membership
from penstock.log.embedded_producer import EmbeddedProducer
from penstock.log.embedded_store import (
    FOREVER,
    Bounds,
    Fence,
    Patience,
    Prepared,
    TopicInfo,
    Write,
    fenced,
    unknown_partition,
)
from penstock.log.errors import TopicExistsError
from penstock.log.group import Group
from penstock.log.topic_config import TopicSettings, topic_settings
from penstock.log.topics import check_new_topic_name

_COMPACT_AFTER = 1000
"""Batches of a compacted partition; then they become one."""


class MemoryLog:
    """A :class:`~penstock.log.base.Log` whose clients meet in this object. Safe to use from many threads."""

    def __init__(self, *, auto_create: bool = True, clock: Clock = SYSTEM_CLOCK) -> None:
        self._store = MemoryStore(clock)
        self._auto_create = auto_create
        self._clock = clock
        self._cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()[:22]

    def producer(self, config: Mapping[str, str], reports: Reports = Reports.ERRORS) -> EmbeddedProducer:
        settings = producer_settings(config)
        return EmbeddedProducer(self._store, settings, reports, self._clock, auto_create=self._auto_create)

    def consumer(self, config: Mapping[str, str]) -> EmbeddedConsumer:
        return EmbeddedConsumer(self._store, consumer_settings(config), PollingLifeline(), self._clock)

    def admin(self, config: Mapping[str, str]) -> EmbeddedAdmin:
        note_admin_config(config)
        return EmbeddedAdmin(self._store, PollingLifeline(), self._clock, self._cluster_id, TopicSettings())


class PollingLifeline:
    """All members live in this process; each proves that it is alive by polling within ``max.poll.interval.ms``."""

    process = ""

    def lease_s(self, settings: ConsumerSettings) -> float:
        return settings.max_poll_interval_s

    def is_gone(self, process: str) -> bool:  # noqa: ARG002
        return False

    def attach(self, membership: Membership) -> None:
        """Polling is enough."""

    def detach(self, membership: Membership) -> None:
        """Nothing was attached."""


@dataclass(slots=True)
class _Kept:
    """Columns that wait to be written."""

    columns: Columns

    @property
    def count(self) -> int:
        return len(self.columns)

    @property
    def size(self) -> int:
        return 0


@dataclass(slots=True)
class _GroupState:
    group: Group = field(default_factory=Group)
    offsets: dict[TopicPartition, int] = field(default_factory=dict)


class MemoryStore:
    """A :class:`~penstock.log.embedded_store.Store` for any number of clients and threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._version = 0
        self._topics: dict[str, TopicInfo] = {}
        self._runs: dict[TopicPartition, list[StoredRun]] = {}
        self._groups: dict[str, _GroupState] = {}
        self._epochs: dict[str, int] = {}

    def version(self) -> int:
        return self._version

    def wait(self, version: object, timeout_s: float, idle: int) -> int:  # noqa: ARG002
        with self._changed:
            self._changed.wait_for(lambda: self._version != version, timeout_s)
            return self._version

    def topics(self) -> Mapping[str, TopicInfo]:
        return self._topics

    def create_topic(self, name: str, partitions: int, configs: Mapping[str, str]) -> None:
        with self._changed:
            if name in self._topics:
                raise TopicExistsError(f"Topic '{name}' already exists.")
            check_new_topic_name(name, self._topics)
            info = TopicInfo(name, partitions, dict(configs), topic_settings(configs, TopicSettings()))
            self._runs.update({TopicPartition(name, number): [] for number in range(partitions)})
            self._topics = self._topics | {name: info}
            self._touch()

    def delete_topic(self, name: str) -> None:
        with self._changed:
            info = self._topics.get(name)
            if info is None:
                return
            self._topics = {key: other for key, other in self._topics.items() if key != name}
            for number in range(info.partitions):
                del self._runs[TopicPartition(name, number)]
            for state in self._groups.values():
                state.offsets = {key: offset for key, offset in state.offsets.items() if key.topic != name}
            self._touch()

    def prepare(self, columns: Columns) -> list[Prepared]:
        return [_Kept(columns)]

    def append(self, writes: Sequence[Write], fence: Fence | None, patience: Patience) -> list[int]:  # noqa: ARG002
        with self._changed:
            self._check_fence(fence)
            self._check_partitions([write.partition for write in writes])
            bases = []
            for write in writes:
                assert isinstance(write.prepared, _Kept)
                runs = self._runs[write.partition]
                base = runs[-1].next_offset if runs else 0
                runs.append(StoredRun(base, base + write.prepared.count, write.prepared.columns))
                bases.append(base)
                self._compact_if_due(write.partition)
            self._touch()
            return bases

    def spool(self, prepared: Sequence[Prepared], fence: Fence, patience: Patience) -> list[Prepared]:  # noqa: ARG002
        return list(prepared)

    def claim(self, transactional_id: str, patience: Patience) -> Fence:  # noqa: ARG002
        with self._changed:
            epoch = self._epochs[transactional_id] = self._epochs.get(transactional_id, -1) + 1
            return Fence(transactional_id, epoch)

    def discard(self, fence: Fence, patience: Patience) -> None:  # noqa: ARG002
        with self._changed:
            self._check_fence(fence)

    def bounds(self, partitions: Collection[TopicPartition]) -> dict[TopicPartition, Bounds]:
        with self._changed:
            found = {partition: self._runs[partition] for partition in partitions if partition in self._runs}
            return {partition: Bounds(0, runs[-1].next_offset if runs else 0) for partition, runs in found.items()}

    def read(self, partition: TopicPartition, offset: int, max_records: int) -> StoredRun | None:  # noqa: ARG002
        with self._changed:
            runs = self._runs.get(partition, [])
            at = bisect_right(runs, offset, key=lambda run: run.next_offset)
            return runs[at] if at < len(runs) else None

    def offset_at(self, partition: TopicPartition, timestamp: int) -> int | None:
        with self._changed:
            for run in self._runs.get(partition, []):
                found = run.first_since(timestamp)
                if found is not None:
                    return found
            return None

    def group(self, name: str) -> Group:
        with self._changed:
            state = self._groups.get(name)
            return Group() if state is None else state.group

    def change_group(self, name: str, change: Callable[[Group], Group], patience: Patience = FOREVER) -> Group:  # noqa: ARG002
        with self._changed:
            state = self._groups.get(name) or _GroupState()
            changed = change(state.group)
            if changed is not state.group:
                state.group = changed
                self._groups[name] = state
                self._touch()
            return changed

    def commit(
        self,
        name: str,
        offsets: Mapping[TopicPartition, int],
        check: Callable[[Group], None],
        patience: Patience,  # noqa: ARG002
    ) -> None:
        with self._changed:
            state = self._groups.get(name) or _GroupState()
            check(state.group)
            self._check_partitions(offsets)
            state.offsets |= offsets
            self._groups[name] = state
            self._touch()

    def committed(self, name: str) -> dict[TopicPartition, int]:
        with self._changed:
            state = self._groups.get(name)
            return {} if state is None else dict(state.offsets)

    def forget(
        self,
        name: str,
        partitions: Collection[TopicPartition] | None,
        check: Callable[[Group], None],
        patience: Patience,  # noqa: ARG002
    ) -> None:
        with self._changed:
            state = self._groups.get(name)
            if state is None:
                return
            check(state.group)
            if partitions is None:
                del self._groups[name]
            else:
                for partition in partitions:
                    state.offsets.pop(partition, None)
            self._touch()

    def close(self) -> None:
        """The store stays for other clients."""

    def _touch(self) -> None:
        self._version += 1
        self._changed.notify_all()

    def _compact_if_due(self, partition: TopicPartition) -> None:
        """Many batches become one, so that each record is looked at once for every so many new batches."""
        settings = self._topics[partition.topic].settings
        runs = self._runs[partition]
        if not settings.compact or len(runs) < _COMPACT_AFTER:
            return
        last: dict[bytes, int] = {}
        for run in runs:
            note_keys(run, last)
        young = self._clock.time_ms() - settings.delete_retention_ms
        kept = [surviving(run, last, drop_tombstones=run.columns.max_timestamp() <= young) for run in runs]
        self._runs[partition] = [joined(kept)]

    def _check_fence(self, fence: Fence | None) -> None:
        if fence is not None and self._epochs[fence.transactional_id] != fence.epoch:
            raise fenced(fence)

    def _check_partitions(self, partitions: Collection[TopicPartition]) -> None:
        for partition in partitions:
            if partition not in self._runs:
                raise unknown_partition(partition)
