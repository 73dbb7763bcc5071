"""Tasks: what moves the data (spec 4.1, 4.3-4.7).

Life of a task, all on its own main thread: ``initialize(context)``, ``start(props)``, then ``poll`` or ``put`` again and
again, then ``stop()``. ``stop`` comes after the last commit, also after a failure (once ``initialize`` was tried).
"""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import ClassVar, Protocol

from penstock.api.batch import Offset, SinkBatch, SourceBatch
from penstock.api.plugin import Configurable
from penstock.api.record import SinkRecord, SourceRecord, TopicPartition


@dataclass(frozen=True, slots=True)
class RecordMetadata:
    """Where the log put a record: topic, partition, offset; timestamp in ms since the epoch, or None."""

    topic: str
    partition: int
    offset: int
    timestamp: int | None = None


class OffsetStorageReader(Protocol):
    """Reads the offsets that were stored for this connector's source partitions. Blocks; raises ConnectException when
    the task is being stopped meanwhile."""

    def offset(self, partition: Offset) -> dict[str, object] | None:
        """The stored offset of one source partition; None if there is none."""

    def offsets(self, partitions: Collection[Offset]) -> list[tuple[Offset, dict[str, object] | None]]:
        """The stored offsets of many source partitions, in the order given."""


class TransactionContext(Protocol):
    """Lets a source task define transactions (``transaction.boundary=connector``); None in every other mode (spec 8.3)."""

    def commit_transaction(self, record: SourceRecord | None = None) -> None:
        """Commit after the current batch, or after ``record``."""

    def abort_transaction(self, record: SourceRecord | None = None) -> None:
        """Abort after the current batch, or after ``record``."""


class ErrantRecordReporter(Protocol):
    """Takes records that a sink task could not write (KIP-610, spec 7.5). Usable from any thread."""

    def report(self, record: SinkRecord, error: BaseException) -> Future[None]:
        """Hand a record to the dead letter queue and the log; the future completes when it is durable.

        Raises ConnectException "Tolerance exceeded in error handler" when errors are not tolerated.
        """


class TaskContext(Protocol):
    """What every task is given."""

    @property
    def configs(self) -> Mapping[str, str]:
        """The task's configuration with references resolved anew."""

    @property
    def stopping(self) -> bool:
        """Whether the task was asked to stop."""

    def wait(self, seconds: float) -> bool:
        """Sleep, but no longer than until a stop or pause; True when the task is stopping. Use instead of ``time.sleep``."""


class SourceTaskContext(TaskContext, Protocol):
    """What a source task is given."""

    @property
    def offset_storage_reader(self) -> OffsetStorageReader:
        """Reads stored source offsets."""

    @property
    def transaction_context(self) -> TransactionContext | None:
        """Set only with exactly-once and ``transaction.boundary=connector``."""


class SinkTaskContext(TaskContext, Protocol):
    """What a sink task is given."""

    def offset(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Rewind: the next delivery of these partitions starts at the given offsets."""

    def timeout(self, timeout_ms: int) -> None:
        """Call ``put`` again after at most this time; holds for the next poll only."""

    @property
    def assignment(self) -> frozenset[TopicPartition]:
        """The partitions this task reads now."""

    def pause(self, *partitions: TopicPartition) -> None:
        """Stop delivery of these partitions. Raises IllegalWorkerStateException when one is not assigned."""

    def resume(self, *partitions: TopicPartition) -> None:
        """Take up delivery again. Raises IllegalWorkerStateException when one is not assigned."""

    def request_commit(self) -> None:
        """Commit offsets before the next delivery."""

    @property
    def errant_record_reporter(self) -> ErrantRecordReporter | None:
        """None unless a dead letter queue or error logging is configured."""


class TransactionBoundary(enum.Enum):
    """When an exactly-once source task commits (KIP-618)."""

    POLL = "poll"
    INTERVAL = "interval"
    CONNECTOR = "connector"


class Task(Configurable, ABC):
    """What source and sink tasks share. ``CONFIG`` defaults to the connector's where a task declares none."""

    def start(self, props: Mapping[str, str]) -> None:  # noqa: ARG002  # for overriding
        """Get ready; ``self.config`` and ``self.props`` are set. Whatever is raised makes the task FAIL."""
        return

    def stop(self) -> None:
        """Release everything. Called once, on the task's main thread, after the last commit."""
        return


class SourceTask(Task):
    """Reads from a system and gives records to the log."""

    context: SourceTaskContext

    def initialize(self, context: SourceTaskContext) -> None:
        """Keep the context; comes before ``start``."""
        self.context = context

    @abstractmethod
    def poll(self) -> Sequence[SourceRecord] | SourceBatch | Sequence[SourceBatch] | None:
        """The next records, as objects or columns; None when there are none now.

        Wait for data with ``self.context.wait``, for a second or so at most, and return None: pause and stop are served
        between polls. RetriableException is logged and taken as None.
        """

    def commit(self) -> None:
        """Called after offsets were stored; everything up to ``commit``'s last records is durable. Errors are logged."""
        return

    def commit_record(self, record: SourceRecord, metadata: RecordMetadata | None) -> None:  # noqa: ARG002
        """Called for each record once the log has it, with None for a dropped one. Overriding it costs a callback a
        record, so the runtime looks whether the class does. May come from another thread. Errors are logged."""
        return

    def record_dropped(self, record: SourceRecord) -> None:  # noqa: ARG002
        """Called, before the next ``poll``, for each record that a transformation or a tolerated error took out. Its offset
        is never stored (spec 8.1): for a task that waits for offsets. Costs nothing where nothing is dropped. Errors are
        logged."""
        return


class SinkTask(Task):
    """Takes records from the log and writes them to a system."""

    TOPICS_CONFIG: ClassVar[str] = "topics"
    TOPICS_REGEX_CONFIG: ClassVar[str] = "topics.regex"

    context: SinkTaskContext

    def initialize(self, context: SinkTaskContext) -> None:
        """Keep the context; comes before ``start``."""
        self.context = context

    @abstractmethod
    def put(self, records: SinkBatch) -> None:
        """Write a batch, or take it over for a later ``flush``. Called also with no records.

        RetriableException: the same batch comes again. Anything else makes the task FAIL.
        """

    def open(self, partitions: Collection[TopicPartition]) -> None:  # noqa: ARG002
        """These partitions are now read by this task; only new ones are told."""
        return

    def close(self, partitions: Collection[TopicPartition]) -> None:  # noqa: ARG002
        """These partitions are taken away, after ``pre_commit`` and before the commit of what it answered (spec 4.6): what
        is raised here makes the task FAIL and the commit not happen. Lost partitions are closed without either."""
        return

    def flush(self, current_offsets: Mapping[TopicPartition, int]) -> None:  # noqa: ARG002
        """Make everything that ``put`` took durable. Whatever is raised makes the commit fail and rewinds the task."""
        return

    def pre_commit(self, current_offsets: Mapping[TopicPartition, int]) -> Mapping[TopicPartition, int]:
        """The offsets that may be committed: everything before them is durable. Calls ``flush`` unless overridden."""
        self.flush(current_offsets)
        return current_offsets
