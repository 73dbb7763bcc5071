"""Housekeeping of the embedded log: deleted topics, old records, given-up transactions, compaction, and the file's size.

It is done by one process at a time, who holds the lease, in steps that each take the write lock for some ten milliseconds.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from pathlib import Path

from penstock.api.record import TopicPartition
from penstock.clock import Clock
from penstock.log.embedded_store import Patience
from penstock.log.errors import LogInterruptedError
from penstock.log.sqlite_compaction import Compactor
from penstock.log.sqlite_connection import Connection, Row
from penstock.log.sqlite_process import is_gone, this_process
from penstock.log.sqlite_store import SqliteStore
from penstock.log.topic_config import TopicSettings

logger = logging.getLogger(__name__)

LEASE_S = 60.0
INTERVAL_S = 5.0
_LEASE = "housekeeping"

_STEP_BYTES = 8 * 1024 * 1024
"""Records of so many bytes are removed in one transaction."""

_ABANDONED_MS = 24 * 60 * 60 * 1000
"""What a transaction put aside is dropped after this time; the longest that a Kafka broker allows by default is 15 min."""

_WAL_BYTES = 64 * 1024 * 1024
_VACUUM_PAGES = 256
_FREE_PAGES = 2048
_FREE_SHARE = 0.25


class Keeper:
    """On the caretaker's thread, with a store of its own."""

    def __init__(self, store: SqliteStore, clock: Clock, stopping: Callable[[], bool]) -> None:
        self._store = store
        self._connection: Connection = store.connection
        self._clock = clock
        self._stopping = stopping
        self._name = f"{this_process()} {uuid.uuid4()}"
        self._next = clock.monotonic() + INTERVAL_S

    def turn(self) -> None:
        """One round, if it is time and this process's turn. Raises LogError."""
        now = self._clock.monotonic()
        if now < self._next:
            return
        self._next = now + INTERVAL_S
        if self.take_lease(now):
            self.round()

    def take_lease(self, now: float) -> bool:
        """Whether this keeper does the housekeeping for the next LEASE_S seconds; a process may have several."""
        own = self._name
        rows = self._connection.read("SELECT holder, taken FROM leases WHERE name = ?", _LEASE)
        if rows and _held_by_another(rows[0][0], rows[0][1], own, now):
            return False
        with self._connection.write(self._patience()) as execute:
            row = execute("SELECT holder, taken FROM leases WHERE name = ?", (_LEASE,)).fetchone()
            if row is not None and _held_by_another(row[0], row[1], own, now):
                return False
            execute("INSERT OR REPLACE INTO leases VALUES (?, ?, ?)", (_LEASE, own, now))
        return True

    def round(self) -> None:
        """Everything once. Raises LogError, LogInterruptedError."""
        self._remove_deleted()
        self._remove_abandoned()
        for name, topic in self._store.topics().items():
            for number in range(topic.partitions):
                partition = TopicPartition(name, number)
                if topic.settings.delete:
                    self._retain(partition, topic.settings)
                if topic.settings.compact:
                    Compactor(self._store, self._clock, self._patience).clean(partition, topic.settings)
        self._shrink()

    def _remove_deleted(self) -> None:
        """The records of deleted topics."""
        for (partition_id,) in self._connection.read("SELECT id FROM partitions WHERE topic_id IS NULL"):
            while self._remove_oldest(partition_id, lambda _row: True):
                pass
            with self._connection.write(self._patience()) as execute:
                execute("DELETE FROM partitions WHERE id = ? AND topic_id IS NULL", (partition_id,))

    def _remove_abandoned(self) -> None:
        """What transactions put aside that will never be committed."""
        while True:
            rows = self._connection.read(
                "SELECT payload_id FROM spooled LEFT JOIN producers USING (transactional_id) WHERE producers.epoch IS NULL "
                "OR spooled.epoch <> producers.epoch OR created_ms < ? LIMIT 4",
                self._clock.time_ms() - _ABANDONED_MS,
            )
            if not rows:
                return
            with self._connection.write(self._patience()) as execute:
                for row in rows:
                    execute("DELETE FROM spooled WHERE payload_id = ?", row)
                    execute("DELETE FROM payloads WHERE id = ?", row)

    def _retain(self, partition: TopicPartition, settings: TopicSettings) -> None:
        """``retention.ms``, counted from the writing of a batch, and ``retention.bytes``."""
        rows = self._connection.read(
            "SELECT partitions.id, bytes, start_offset FROM partitions JOIN topics ON topics.id = topic_id "
            "WHERE name = ? AND number = ?",
            *partition,
        )
        for partition_id, stored, start in rows:
            excess = None if settings.retention_bytes is None else stored - settings.retention_bytes
            oldest = None if settings.retention_ms is None else self._clock.time_ms() - settings.retention_ms
            limit = _Limit(excess, oldest)
            end = start
            while True:
                removed_to = self._remove_oldest(partition_id, limit.allows_removal)
                if removed_to is None:
                    break
                end = removed_to
            if end != start:
                self._tell_unread(partition, end)

    def _remove_oldest(self, partition_id: int, removable: Callable[[Row], bool]) -> int | None:
        """Remove the oldest batches, as many as may be and one step takes; the offset that the partition starts at now, None
        when there was nothing to remove."""
        self._check_stopping()
        taken = 0

        def wanted(row: Row) -> bool:
            nonlocal taken
            if taken >= _STEP_BYTES or not removable(row):
                return False
            taken += row[2]
            return True

        rows = self._connection.read_while(
            "SELECT base_offset, next_offset, bytes, stored_ms, payload_id FROM batches WHERE partition_id = ? "
            "ORDER BY base_offset",
            (partition_id,),
            wanted,
        )
        if not rows:
            return None
        end: int = rows[-1][1]
        with self._connection.write(self._patience()) as execute:
            execute("DELETE FROM batches WHERE partition_id = ? AND next_offset <= ?", (partition_id, end))
            for row in rows:
                execute("DELETE FROM payloads WHERE id = ?", (row[4],))
            execute(
                "UPDATE partitions SET start_offset = ?, bytes = bytes - ? WHERE id = ?", (end, taken, partition_id)
            )
        return end

    def _tell_unread(self, partition: TopicPartition, start: int) -> None:
        rows = self._connection.read(
            "SELECT group_name, committed_offset FROM group_offsets JOIN topics ON topics.id = topic_id "
            "WHERE name = ? AND partition = ? AND committed_offset < ?",
            *partition,
            start,
        )
        for group, offset in rows:
            logger.warning(
                "Retention removed records of %s that the group %s had not read (offsets %s to %d). Raise retention.ms or "
                "retention.bytes of the topic, or let the group read faster",
                partition,
                group,
                offset,
                start - 1,
            )

    def _shrink(self) -> None:
        """Give free pages back to the file system, and keep the write-ahead log short when busy writers let it grow."""
        ((pages,),) = self._connection.read("PRAGMA page_count")
        ((free,),) = self._connection.read("PRAGMA freelist_count")
        if free > max(_FREE_PAGES, int(pages * _FREE_SHARE)):
            while free > _FREE_PAGES:
                self._check_stopping()
                self._connection.vacuum(_VACUUM_PAGES, self._patience())
                free -= _VACUUM_PAGES
        wal = Path(f"{self._connection.path}-wal")
        if wal.exists() and wal.stat().st_size > _WAL_BYTES:
            self._connection.checkpoint()

    def _patience(self) -> Patience:
        return Patience(self._clock.monotonic() + LEASE_S / 2, self._stopping)

    def _check_stopping(self) -> None:
        if self._stopping():
            raise LogInterruptedError("Housekeeping was given up: the process is stopping")


class _Limit:
    """Which batches have to go, asked in their order, oldest first. ``excess`` is by how many bytes the partition is too
    large, ``oldest`` the time before which batches are too old; None: no such limit."""

    def __init__(self, excess: int | None, oldest: int | None) -> None:
        self._excess = excess
        self._oldest = oldest

    def allows_removal(self, row: Row) -> bool:
        _, _, size, stored_ms, _ = row
        too_large = self._excess is not None and self._excess >= size  # like Kafka: never below the limit
        too_old = self._oldest is not None and stored_ms < self._oldest
        if too_large and self._excess is not None:
            self._excess -= size
        return too_large or too_old


def _held_by_another(holder: str, taken: float, own: str, now: float) -> bool:
    return holder != own and taken <= now <= taken + LEASE_S and not is_gone(holder.partition(" ")[0])
