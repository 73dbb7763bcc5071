"""The contract of a log: Kafka, the embedded SQLite log and the in-memory fake keep the same promises (design 2).

``tests/contract/log`` is the contract in executable form and runs over all three. Offsets count from 0 in each partition
and always mean "the next record to read". Times are seconds (float) where a parameter says ``_s``, else milliseconds.
Configs are Java client keys (``acks``, ``group.id``, ``auto.offset.reset``, ``isolation.level``, ``transactional.id``…)
with string values; an adapter translates them, warns by name of those it does not know, and refuses those whose meaning it
cannot keep. Producers and consumers belong to one thread; an admin may be shared. Errors are those of
:mod:`penstock.log.errors`.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from re import Pattern
from typing import Protocol

from penstock.api.converter import Encoded
from penstock.api.record import TimestampType, TopicPartition
from penstock.api.task import RecordMetadata
from penstock.log.errors import LogError

LogHeader = tuple[str, bytes | None]
"""One header as the log stores it."""

Interrupted = Callable[[], bool]
"""Asked while a call waits; True makes it raise LogInterruptedError."""

DeliveryCallback = Callable[[int, RecordMetadata | None, LogError | None], None]
"""Called with (index in its batch, where it went, None) or (index, None, error), on the producer's thread, from within
``send_batch``, ``poll``, ``flush``, the end of a transaction or ``close``. Must not raise. A record of an aborted transaction
may have the offset −1."""


def never() -> bool:
    """The default ``interrupted``: wait on."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingBatch:
    """Encoded records for one topic, as columns. ``keys``, ``partitions``, ``timestamps`` (ms) and ``headers`` may be None,
    or have one item a record. A ``str`` stands for its UTF-8 bytes. Without a partition the log chooses: by the key's
    murmur2 hash as Kafka's Java client does, at random (in runs) when the key is None."""

    topic: str
    values: Sequence[Encoded]
    keys: Sequence[Encoded] | None = None
    partitions: Sequence[int | None] | None = None
    timestamps: Sequence[int | None] | None = None
    headers: Sequence[Sequence[LogHeader] | None] | None = None

    def __len__(self) -> int:
        return len(self.values)


class ReceivedBatch(Protocol):
    """Consecutive records of one topic partition, as columns that are made when asked for."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def next_offset(self) -> int:
        """The offset after the last record: where a consumer that took this batch goes on. Gaps (compaction, transaction
        markers) may lie between records, so this is not first + length."""

    @property
    def offsets(self) -> Sequence[int]: ...
    @property
    def values(self) -> Sequence[bytes | None]: ...
    @property
    def keys(self) -> Sequence[bytes | None] | None:
        """None when no record has a key."""

    @property
    def timestamps(self) -> Sequence[int | None]: ...
    @property
    def timestamp_type(self) -> TimestampType: ...
    @property
    def headers(self) -> Sequence[Sequence[LogHeader] | None] | None:
        """None when no record has headers."""

    def __len__(self) -> int: ...


class Reports(enum.Enum):
    """What a producer hears of its records. Hearing of each costs a quarter more (design decision 10)."""

    ERRORS = enum.auto()
    """Failures only: ``acknowledged`` moves by ``flush``, callbacks are called with errors only."""
    ALL = enum.auto()
    """Every record: ``acknowledged`` moves with the log's answers, callbacks are called once a record."""


class LogProducer(Protocol):
    """Writes. At-least-once outside transactions; the order of one partition is kept."""

    def send_batch(
        self, batch: OutgoingBatch, *, on_delivery: DeliveryCallback | None = None, interrupted: Interrupted = never
    ) -> int:
        """Submit all records of a batch and return its ticket: 1, 2, 3, …

        Returns before they are durable. While the queue is full it serves reports and waits, asking ``interrupted``: then
        LogInterruptedError, and the batch counts as never acknowledged. Raises InvalidTopicError or RecordTooLargeError at
        the record in question (records before it are on their way, the ticket is used up); with ``on_delivery`` it is told
        instead and the records behind go on. Raises the first earlier failure of a batch sent without ``on_delivery`` (again
        at each call, since such a producer has lost a record).
        """

    @property
    def acknowledged(self) -> int:
        """The ticket of the last batch such that it and *all* before it are durable; 0 at first. A record whose failure was
        given to its ``on_delivery`` counts as dealt with. Never moves past a failure that nobody was told of."""

    @property
    def failure(self) -> LogError | None:
        """The first failure of a batch sent without ``on_delivery``, if any."""

    def poll(self) -> None:
        """Serve reports without waiting."""

    def flush(self, timeout_s: float, *, interrupted: Interrupted = never) -> bool:
        """Wait until everything submitted is answered; False when time is up. ``acknowledged`` is true afterwards."""

    def init_transactions(self, timeout_s: float) -> None:
        """Take over the ``transactional.id``: finishes or aborts what a predecessor left, and fences it."""

    def begin_transaction(self) -> None: ...

    def commit_transaction(self, timeout_s: float) -> None:
        """Flush and commit: all records of the transaction become visible to read-committed readers, or none. Its batches are
        acknowledged then; where nothing is written before, not earlier.

        Raises FencedError, or the failure of a record (the transaction must then be aborted)."""

    def abort_transaction(self, timeout_s: float) -> None:
        """Flush, then abort: none of its records is ever seen by read-committed readers. Clears ``failure``."""

    def close(self, timeout_s: float) -> None:
        """Flush for at most ``timeout_s``, then release everything. An open transaction is aborted. Idempotent."""


class RebalanceListener(Protocol):
    """Told of assignment changes from within ``LogConsumer.poll`` and ``close``. What it raises is kept and raised by that
    call, with nothing collected lost."""

    def on_assigned(self, positions: Mapping[TopicPartition, int]) -> Mapping[TopicPartition, int]:
        """New partitions with the offset each would start at (committed, else the reset policy). The result may name
        partitions that shall start elsewhere. Nothing of them was delivered yet."""

    def on_revoked(self, partitions: Collection[TopicPartition]) -> None:
        """These go away after this call; the consumer may still commit for them."""

    def on_lost(self, partitions: Collection[TopicPartition]) -> None:
        """These are gone already; a commit for them would be refused."""


class LogConsumer(Protocol):
    """Reads, alone (``assign``) or as a member of ``group.id`` (``subscribe``). Commits nothing by itself."""

    def assign(self, positions: Mapping[TopicPartition, int]) -> None:
        """Read exactly these partitions from these offsets."""

    def subscribe(self, topics: Sequence[str] | Pattern[str], listener: RebalanceListener) -> None:
        """Join the group. A pattern must match whole topic names; topics that appear later are taken up (within
        ``metadata.max.age.ms``). Raises InvalidTopicError."""

    def poll(self, timeout_s: float, max_records: int) -> list[ReceivedBatch]:
        """At most ``max_records`` records, as runs of one partition each; an empty list when there are none in time.

        Keep ``timeout_s`` at 0.2 or below where a stop must be seen. Calls the rebalance listener. With
        ``isolation.level=read_committed`` records of aborted or open transactions are not seen. Raises LogError.
        """

    @property
    def assignment(self) -> frozenset[TopicPartition]: ...

    def position(self, partition: TopicPartition) -> int:
        """The offset of the next record that ``poll`` would return."""

    def seek(self, positions: Mapping[TopicPartition, int]) -> None:
        """The next ``poll`` goes on at these offsets; what was prefetched is dropped."""

    def hold(self, partitions: Collection[TopicPartition]) -> None:
        """Deliver nothing of these until ``release``; position and membership are kept. Idempotent."""

    def release(self, partitions: Collection[TopicPartition]) -> None:
        """End of ``hold``. Idempotent."""

    def committed(self, partitions: Collection[TopicPartition], timeout_s: float) -> dict[TopicPartition, int]:
        """The group's committed offsets; partitions without one are left out."""

    def commit(self, offsets: Mapping[TopicPartition, int], timeout_s: float) -> None:
        """Commit and wait: durable when it returns. Raises RetriableLogError (rebalance under way), FencedError (no longer
        a member), LogTimeoutError."""

    def beginning_offsets(
        self, partitions: Collection[TopicPartition], timeout_s: float
    ) -> dict[TopicPartition, int]: ...

    def end_offsets(self, partitions: Collection[TopicPartition], timeout_s: float) -> dict[TopicPartition, int]:
        """One past the last record; with read_committed, the end of the stable part."""

    def partitions_for(self, topic: str, timeout_s: float) -> int | None:
        """How many partitions a topic has; None when it does not exist."""

    def close(self) -> None:
        """Leave the group (``on_revoked`` is called) and release everything. Idempotent."""


@dataclass(frozen=True, slots=True)
class NewTopic:
    """A topic to be created. −1 or None: the log's default. ``configs`` are Kafka's topic configs."""

    name: str
    partitions: int = -1
    replication_factor: int = -1
    configs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TopicDescription:
    """What is there. ``replication_factor`` is 1 in logs that do not replicate."""

    name: str
    partitions: int
    replication_factor: int


class LogAdmin(Protocol):
    """Manages topics, offsets and groups. Safe to share among threads."""

    def cluster_id(self, timeout_s: float) -> str: ...

    def list_topics(self, timeout_s: float) -> list[str]:
        """Names in order, internal ones included."""

    def describe_topics(self, names: Collection[str], timeout_s: float) -> dict[str, TopicDescription]:
        """Topics that do not exist are left out."""

    def create_topics(self, topics: Collection[NewTopic], timeout_s: float) -> dict[str, LogError | None]:
        """For each name None (created) or why not (TopicExistsError, TopicCreationError, InvalidTopicError, LogAuthError)."""

    def delete_topics(self, names: Collection[str], timeout_s: float) -> None:
        """Unknown ones are ignored."""

    def topic_configs(self, name: str, timeout_s: float) -> dict[str, str]:
        """The effective topic configs, at least ``cleanup.policy``, ``retention.ms`` and ``retention.bytes``."""

    def end_offsets(self, partitions: Collection[TopicPartition], timeout_s: float) -> dict[TopicPartition, int]: ...

    def group_offsets(self, group: str, timeout_s: float) -> dict[TopicPartition, int]:
        """All committed offsets of a group; empty for an unknown one."""

    def alter_group_offsets(self, group: str, offsets: Mapping[TopicPartition, int], timeout_s: float) -> None:
        """Set committed offsets. Raises GroupNotEmptyError, UnknownTopicError."""

    def delete_group_offsets(self, group: str, partitions: Collection[TopicPartition], timeout_s: float) -> None:
        """Forget committed offsets. Unknown group: nothing to do. Raises GroupNotEmptyError."""

    def delete_group(self, group: str, timeout_s: float) -> None:
        """Forget a group. Unknown group: nothing to do. Raises GroupNotEmptyError."""

    def close(self) -> None: ...


class Log(Protocol):
    """Makes clients. One per process and cluster; cheap until a client is made."""

    def producer(self, config: Mapping[str, str], reports: Reports = Reports.ERRORS) -> LogProducer: ...
    def consumer(self, config: Mapping[str, str]) -> LogConsumer: ...
    def admin(self, config: Mapping[str, str]) -> LogAdmin: ...
