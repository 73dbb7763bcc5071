"""Committing consumer offsets: only what ``pre_commit`` vouches for (spec 8.4)."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from penstock.api.record import TopicPartition
from penstock.api.task import SinkTask
from penstock.errors.operator import RetryWithTolerance
from penstock.log.base import LogConsumer
from penstock.log.errors import LogError

logger = logging.getLogger(__name__)

Offsets = dict[TopicPartition, int]


@dataclass(slots=True)
class SinkOffsets:
    """Where each partition stands: ``delivered`` counts only batches whose ``put`` returned."""

    delivered: Offsets
    committed: Offsets


class SinkOffsetCommitter:
    """Commits on the task's thread. ``timeout_s`` is ``offset.flush.timeout.ms``."""

    def __init__(self, task: SinkTask, consumer: LogConsumer, operator: RetryWithTolerance, timeout_s: float) -> None:
        self._task = task
        self._consumer = consumer
        self._operator = operator
        self.timeout_s = timeout_s
        self.offsets = SinkOffsets({}, {})

    def start(self, positions: Mapping[TopicPartition, int]) -> None:
        """Newly assigned partitions: delivered = committed = position (spec 4.6)."""
        self.offsets.delivered.update(positions)
        self.offsets.committed.update(positions)

    def forget(self, partitions: Collection[TopicPartition]) -> None:
        """Partitions that are gone."""
        for partition in partitions:
            self.offsets.delivered.pop(partition, None)
            self.offsets.committed.pop(partition, None)

    def moved(self, partition: TopicPartition, offset: int) -> None:
        """The task rewound: both marks stand there now (spec 4.5)."""
        self.offsets.delivered[partition] = offset
        self.offsets.committed[partition] = offset

    def commit(self, partitions: Collection[TopicPartition]) -> Offsets | None:
        """One commit over ``partitions`` while they stay. None when all went well or nothing was to do; after a failure of
        ``pre_commit`` the offsets to rewind to. Raises ConnectException when a failed record could not be reported.

        Failures are logged: a commit that did not happen means records come again, never that they are lost.
        """
        try:
            vouched = self._vouched(partitions, self.timeout_s)
        except _NotVouchedError as refused:
            rewind = {p: self.offsets.committed[p] for p in partitions if p in self.offsets.committed}
            logger.exception(
                "Offset commit failed, rewinding to last committed offsets %s", _shown(rewind), exc_info=refused.cause
            )
            self.offsets.delivered.update(rewind)
            return rewind
        self.store(vouched, self.timeout_s)
        return None

    def vouched(self, partitions: Collection[TopicPartition], timeout_s: float) -> Offsets:
        """The first half of the last commit of partitions that go away: what may be committed of them; empty when nothing
        is to do. The second half is :meth:`store`, and ``SinkTask.close`` comes between them (spec 4.6).

        ``timeout_s`` is for the dead letters. Raises ConnectException when a failed record
        could not be reported; what ``pre_commit`` raises is logged.
        """
        try:
            return self._vouched(partitions, timeout_s)
        except _NotVouchedError as refused:
            logger.exception("Offset commit failed while closing: %s", refused.cause, exc_info=refused.cause)
            return {}

    def store(self, offsets: Offsets, timeout_s: float) -> None:
        """Commit what ``vouched`` answered. A log that does not take it is logged: the records come again."""
        if not offsets:
            return
        try:
            self._consumer.commit(offsets, timeout_s)
        except LogError:
            logger.exception("Commit of offsets %s failed; they will be committed later", _shown(offsets))
            return
        self.offsets.committed.update((p, o) for p, o in offsets.items() if p in self.offsets.committed)

    def _vouched(self, partitions: Collection[TopicPartition], timeout_s: float) -> Offsets:
        """What ``pre_commit`` allows and is not committed yet. Raises _NotVouchedError for what ``pre_commit`` raises."""
        current = {p: self.offsets.delivered[p] for p in partitions if p in self.offsets.delivered}
        if not current or not self._operator.settle(timeout_s):
            return {}  # invariant: a dead letter is durable before its offset moves
        try:
            safe = self._task.pre_commit(dict(current))
        except Exception as error:
            raise _NotVouchedError(error) from error  # whatever the task raises, its records are not durable
        wanted = self._filtered(current, safe)
        unchanged = all(offset == self.offsets.committed.get(p) for p, offset in wanted.items())
        return {} if unchanged else wanted

    def _filtered(self, current: Offsets, safe: Mapping[TopicPartition, int] | None) -> Offsets:
        """What may be committed of what the task returned (spec 8.4): results are filtered, never trusted."""
        wanted: Offsets = {}
        for partition, offset in (safe or {}).items():
            if partition not in self.offsets.delivered:
                logger.warning(
                    "Ignoring invalid task provided offset %s/%s -- partition not assigned", partition, offset
                )
            elif partition not in current:
                continue  # assigned, but not part of this commit
            elif offset > current[partition]:
                logger.warning(
                    "Ignoring invalid task provided offset %s/%s -- not yet consumed, taskOffset=%s currentOffset=%s",
                    partition,
                    offset,
                    offset,
                    current[partition],
                )
            else:
                wanted[partition] = offset
        return wanted


class _NotVouchedError(Exception):
    """``pre_commit`` raised ``cause``."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


def _shown(offsets: Mapping[TopicPartition, int]) -> str:
    return ", ".join(f"{partition}@{offset}" for partition, offset in sorted(offsets.items()))
