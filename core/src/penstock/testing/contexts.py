"""Contexts for a task that a test drives by hand, call by call."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from penstock.api.batch import Offset
from penstock.api.record import TopicPartition
from penstock.api.task import ErrantRecordReporter, TransactionContext


class TaskContextByHand:
    """What source and sink task contexts share. ``wait`` returns at once."""

    def __init__(self, configs: Mapping[str, str]) -> None:
        self.configs = configs
        self.stopping = False

    def wait(self, seconds: float) -> bool:  # noqa: ARG002
        return self.stopping


class NoOffsets:
    """An offset store without offsets."""

    def offset(self, partition: Offset) -> dict[str, object] | None:  # noqa: ARG002
        return None

    def offsets(self, partitions: Collection[Offset]) -> list[tuple[Offset, dict[str, object] | None]]:
        return [(partition, None) for partition in partitions]


class SourceContextByHand(TaskContextByHand):
    """A SourceTaskContext at the first start: no offsets are stored."""

    offset_storage_reader = NoOffsets()
    transaction_context: TransactionContext | None = None


class SinkContextByHand(TaskContextByHand):
    """A SinkTaskContext that takes what it is asked for and does nothing."""

    def __init__(self, configs: Mapping[str, str], assignment: Collection[TopicPartition]) -> None:
        super().__init__(configs)
        self.assignment = frozenset(assignment)
        self.errant_record_reporter: ErrantRecordReporter | None = None

    def offset(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Nothing is delivered anyway."""

    def timeout(self, timeout_ms: int) -> None:
        """Nothing is delivered anyway."""

    def pause(self, *partitions: TopicPartition) -> None:
        """Nothing is delivered anyway."""

    def resume(self, *partitions: TopicPartition) -> None:
        """Nothing is delivered anyway."""

    def request_commit(self) -> None:
        """Nothing is committed anyway."""
