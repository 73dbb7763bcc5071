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
        self._timeout_s = timeout_s
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

    def commit(self, partitions: Collection[TopicPartition], *, closing: bool) -> Offsets | None:
        """One commit over ``partitions``. None when all went well or nothing was to do; after a failure of
        ``pre_commit`` while not closing, the offsets to rewind to.

        Failures are logged: a commit that did not happen means records come again, never that they are lost.
        """
        current = {p: self.offsets.delivered[p] for p in partitions if p in self.offsets.delivered}
        if not current:
            return None
        self._operator.settle(self._timeout_s)  # invariant: a dead letter is durable before its offset moves
        try:
            safe = self._task.pre_commit(dict(current))
        except Exception as error:  # noqa: BLE001  # whatever the task raises, its records are not durable
            return self._pre_commit_failed(current, error, closing=closing)
        wanted = self._filtered(current, safe)
        changed = {p: offset for p, offset in wanted.items() if offset != self.offsets.committed.get(p)}
        if not changed:
            return None
        try:
            self._consumer.commit(wanted, self._timeout_s)
        except LogError:
            logger.exception("Commit of offsets %s failed; they will be committed later", _shown(wanted))
            return None
        self.offsets.committed.update(wanted)
        return None

    def _pre_commit_failed(self, current: Offsets, error: Exception, *, closing: bool) -> Offsets | None:
        if closing:
            logger.error("Offset commit failed while closing: %s", error, exc_info=error)
            return None
        rewind = {p: self.offsets.committed[p] for p in current if p in self.offsets.committed}
        logger.error("Offset commit failed, rewinding to last committed offsets %s", _shown(rewind), exc_info=error)
        self.offsets.delivered.update(rewind)
        return rewind

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


def _shown(offsets: Mapping[TopicPartition, int]) -> str:
    return ", ".join(f"{partition}@{offset}" for partition, offset in sorted(offsets.items()))
