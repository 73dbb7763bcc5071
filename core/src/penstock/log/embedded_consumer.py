"""The consumer of the embedded logs."""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from contextlib import suppress
from re import Pattern

from penstock.api.record import TopicPartition
from penstock.clock import Clock
from penstock.log import group as groups
from penstock.log.base import RebalanceListener, ReceivedBatch
from penstock.log.embedded_config import ConsumerSettings
from penstock.log.embedded_fetch import Fetcher
from penstock.log.embedded_member import Lifeline, Membership
from penstock.log.embedded_store import Bounds, Patience, Store, unknown_partition
from penstock.log.errors import LogError, TopicExistsError
from penstock.log.topics import check_topic_names

_NO_GROUP = "To use the group management or offset commit APIs, you must provide a valid group.id in the consumer configuration."


_LONG_IDLE = 10
"""So many waits in vain."""


class _Life(enum.Enum):
    OPEN = enum.auto()
    CLOSING = enum.auto()
    CLOSED = enum.auto()


class EmbeddedConsumer:
    """A :class:`~penstock.log.base.LogConsumer` over a store. One thread."""

    def __init__(self, store: Store, settings: ConsumerSettings, lifeline: Lifeline, clock: Clock) -> None:
        self._store = store
        self._settings = settings
        self._lifeline = lifeline
        self._clock = clock
        self._fetcher = Fetcher(store, settings.reset, clock)
        self._membership: Membership | None = None
        self._listener: RebalanceListener | None = None
        self._fruitless: Hashable = None
        """The version at which there was nothing to be done and nothing to be read."""
        self._raised: Exception | None = None
        self._idle = 0
        self._life = _Life.OPEN

    def assign(self, positions: Mapping[TopicPartition, int]) -> None:
        self._check_open()
        if self._membership is not None:
            raise LogError("Subscription to topics, partitions and pattern are mutually exclusive")
        check_topic_names({partition.topic for partition in positions})
        self._create_missing({partition.topic for partition in positions})
        self._fruitless = None
        self._fetcher.replace(positions)

    def subscribe(self, topics: Sequence[str] | Pattern[str], listener: RebalanceListener) -> None:
        self._check_open()
        if self._settings.group_id is None:
            raise LogError(_NO_GROUP)
        if self._membership is None and self._fetcher.assignment:
            raise LogError("Subscription to topics, partitions and pattern are mutually exclusive")
        if not isinstance(topics, Pattern):
            check_topic_names(topics)
            self._create_missing(topics)
        self._listener = listener
        self._fruitless = None
        if self._membership is not None:
            self._membership.subscription = topics
            return
        self._membership = Membership(self._store, self._settings, topics, self, self._lifeline, self._clock)

    def poll(self, timeout_s: float, max_records: int) -> list[ReceivedBatch]:
        self._check_open()
        deadline = self._clock.monotonic() + timeout_s
        # Who has been idle for long waits first and looks then: each look costs an idle process more than all the rest.
        version = self._fruitless if self._idle >= _LONG_IDLE and timeout_s > 0 else self._store.version()
        while True:
            due = self._membership is not None and self._membership.polled()
            if due or version != self._fruitless:
                self._step()
                batches = self._fetcher.collect(version, max_records)
                if batches:
                    self._idle, self._fruitless = 0, None
                    return batches
                self._fruitless = version
            remaining = deadline - self._clock.monotonic()
            if remaining <= 0:
                return []
            version = self._store.wait(version, min(remaining, self._settings.look_interval_s), self._idle)
            self._idle += 1

    @property
    def assignment(self) -> frozenset[TopicPartition]:
        return self._fetcher.assignment

    def position(self, partition: TopicPartition) -> int:
        return self._fetcher.position(partition)

    def seek(self, positions: Mapping[TopicPartition, int]) -> None:
        self._fruitless = None
        self._fetcher.seek(positions)

    def hold(self, partitions: Collection[TopicPartition]) -> None:
        self._fetcher.hold(partitions)

    def release(self, partitions: Collection[TopicPartition]) -> None:
        self._fruitless = None
        self._fetcher.release(partitions)

    def committed(self, partitions: Collection[TopicPartition], timeout_s: float) -> dict[TopicPartition, int]:  # noqa: ARG002
        self._check_open()
        committed = self._store.committed(self._group())
        return {partition: committed[partition] for partition in partitions if partition in committed}

    def commit(self, offsets: Mapping[TopicPartition, int], timeout_s: float) -> None:
        self._check_open()
        patience = Patience(self._clock.monotonic() + timeout_s)
        if self._membership is not None:
            self._membership.commit(offsets, patience)
        else:
            self._store.commit(self._group(), offsets, lambda group: groups.check_commit(group, None, -1), patience)

    def beginning_offsets(self, partitions: Collection[TopicPartition], timeout_s: float) -> dict[TopicPartition, int]:  # noqa: ARG002
        return {partition: bounds.start for partition, bounds in self._bounds(partitions).items()}

    def end_offsets(self, partitions: Collection[TopicPartition], timeout_s: float) -> dict[TopicPartition, int]:  # noqa: ARG002
        return {partition: bounds.end for partition, bounds in self._bounds(partitions).items()}

    def partitions_for(self, topic: str, timeout_s: float) -> int | None:  # noqa: ARG002
        self._check_open()
        info = self._store.topics().get(topic)
        return None if info is None else info.partitions

    def close(self) -> None:
        if self._life is not _Life.OPEN:
            return
        self._life = _Life.CLOSING  # the listener may still commit
        try:
            if self._membership is not None:
                self._membership.leave()
        finally:
            self._life = _Life.CLOSED
            self._fetcher.replace({})
            self._store.close()
        self._raise_kept()

    # What the membership tells (Holder), from within poll and close.

    def take(self, partitions: Collection[TopicPartition]) -> None:
        positions = self._fetcher.start(partitions, self._store.committed(self._group()))
        listener = self._listener
        if listener is not None:
            self._tell(lambda: self._fetcher.seek(listener.on_assigned(positions)))

    def give_back(self) -> None:
        partitions, listener = self._fetcher.assignment, self._listener
        if listener is not None and partitions:
            self._tell(lambda: listener.on_revoked(partitions))
        self._fetcher.replace({})

    def lose(self) -> None:
        partitions, listener = self._fetcher.assignment, self._listener
        self._fetcher.replace({})
        if listener is not None and partitions:
            self._tell(lambda: listener.on_lost(partitions))

    def _tell(self, call: Callable[[], None]) -> None:
        """What a listener raises is kept: the rebalance goes on, and the call that it happened in raises it at its end."""
        try:
            call()
        except Exception as error:  # noqa: BLE001  # raised by _raise_kept
            self._raised = self._raised or error

    def _raise_kept(self) -> None:
        error, self._raised = self._raised, None
        if error is not None:
            raise error

    def _step(self) -> None:
        if self._membership is not None:
            self._membership.step()
            self._raise_kept()

    def _bounds(self, partitions: Collection[TopicPartition]) -> dict[TopicPartition, Bounds]:
        self._check_open()
        bounds = self._store.bounds(partitions)
        for partition in partitions:
            if partition not in bounds:
                raise unknown_partition(partition)
        return bounds

    def _create_missing(self, topics: Collection[str]) -> None:
        if not self._settings.auto_create:
            return
        for name in topics:
            if name not in self._store.topics():
                with suppress(TopicExistsError):  # another client was faster
                    self._store.create_topic(name, 1, {})

    def _group(self) -> str:
        if self._settings.group_id is None:
            raise LogError(_NO_GROUP)
        return self._settings.group_id

    def _check_open(self) -> None:
        if self._life is _Life.CLOSED:
            raise LogError("This consumer has already been closed.")
