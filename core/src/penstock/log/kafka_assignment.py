"""A consumer's part in its group: takes partitions over and gives them back (design section 5).

librdkafka calls back from within a poll. Inside, it neither seeks nor knows positions, and an exception would lose the records
which that poll has collected. So start offsets are resolved here, the listener is asked, and the partitions are assigned with
explicit offsets; whatever is raised is kept for after the poll.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Mapping
from typing import Final

from confluent_kafka import Consumer, KafkaException
from confluent_kafka import TopicPartition as KafkaPartition

from penstock.api.record import TopicPartition
from penstock.log.base import RebalanceListener
from penstock.log.errors import LogError, LogTimeoutError, RetriableLogError
from penstock.log.kafka_backlog import Backlog
from penstock.log.kafka_offsets import StartOffsets, partitions_of, to_kafka

logger = logging.getLogger(__name__)

_RESOLVE_S: Final = 2.0
"""For one try to find start offsets; the next poll tries again."""


class Assignment:
    """On the consumer's thread. ``incremental``: partitions come and go one by one instead of all at once."""

    def __init__(self, backlog: Backlog, starts: StartOffsets, *, incremental: bool) -> None:
        self._backlog = backlog
        self._starts = starts
        self._incremental = incremental
        self._listener: RebalanceListener | None = None
        self._unresolved: list[TopicPartition] = []
        self._raised: BaseException | None = None
        self.changes = 0
        """Goes up with each change of the assignment."""
        self.closing = False
        """No partition is taken over any more."""

    def listen(self, listener: RebalanceListener) -> None:
        """Tell this one of changes from now on."""
        self._listener = listener

    def on_assign(self, consumer: Consumer, found: list[KafkaPartition]) -> None:
        """librdkafka's callback: new partitions. It must be answered with an assignment."""
        self._unresolved = [*(self._unresolved if self._incremental else ()), *partitions_of(found)]
        if self.closing or not self._start(consumer):
            self._tell_client(consumer, {})

    def on_revoke(self, consumer: Consumer, found: list[KafkaPartition]) -> None:
        """librdkafka's callback: partitions to give back."""
        self._let_go(consumer, found, lost=False)

    def on_lost(self, consumer: Consumer, found: list[KafkaPartition]) -> None:
        """librdkafka's callback: partitions that are gone."""
        self._let_go(consumer, found, lost=True)

    def settle(self, consumer: Consumer) -> None:
        """Before a poll: try again to start what could not be started."""
        if self._unresolved:
            self._start(consumer)
            self.raise_kept()

    def raise_kept(self) -> None:
        """After a poll: raise what its callbacks could not."""
        error, self._raised = self._raised, None
        if error is not None:
            raise error

    def _start(self, consumer: Consumer) -> bool:
        """Start all unresolved partitions; False when their offsets are not to be had now."""
        try:
            positions = self._starts.resolve(consumer, self._unresolved, _RESOLVE_S)
        except (RetriableLogError, LogTimeoutError) as error:
            logger.warning("%s. Will try again", error)
            return False
        except LogError as error:
            self._raised = self._raised or error
            return False
        self._unresolved = []
        self._backlog.start(positions)
        listener = self._listener
        if listener is not None:
            moved = self._ask(lambda: listener.on_assigned(dict(positions))) or {}
            positions.update({partition: offset for partition, offset in moved.items() if partition in positions})
            self._backlog.start(positions)
        self._tell_client(consumer, positions)
        return True

    def _tell_client(self, consumer: Consumer, positions: Mapping[TopicPartition, int]) -> None:
        self.changes += 1
        if self._incremental:
            consumer.incremental_assign(to_kafka(positions))
        else:
            consumer.assign(to_kafka(positions))

    def _let_go(self, consumer: Consumer, found: list[KafkaPartition], *, lost: bool) -> None:
        self.changes += 1
        gone = frozenset(partitions_of(found))
        self._unresolved = [partition for partition in self._unresolved if partition not in gone]
        told = gone & self._backlog.partitions
        listener = self._listener
        if listener is not None and told:
            tell = listener.on_lost if lost else listener.on_revoked
            self._ask(lambda: tell(told))
        self._backlog.remove(gone)
        # librdkafka keeps a pause over an assignment: a partition that comes back would rest for ever.
        with contextlib.suppress(KafkaException):  # lost partitions may be unknown to the client already
            consumer.resume(found)
        if self._incremental:
            consumer.incremental_unassign(found)
        else:
            consumer.unassign()

    def _ask(self, call: Callable[[], Mapping[TopicPartition, int] | None]) -> Mapping[TopicPartition, int] | None:
        try:
            return call()
        except BaseException as error:  # noqa: BLE001  # raised again by raise_kept
            self._raised = self._raised or error
            return None
