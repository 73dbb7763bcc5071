"""Compaction of topics in SQLite, bit by bit.

As in Kafka, the keys of the part that was not compacted before are mapped to their last offset, and everything up to there
is rewritten without the records that a later one replaced. Many small batches become few large ones on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from penstock.api.record import TopicPartition
from penstock.clock import Clock
from penstock.log.columns import StoredRun, joined
from penstock.log.compaction import note_keys, surviving
from penstock.log.embedded_store import Patience
from penstock.log.errors import LogInterruptedError
from penstock.log.sqlite_store import SqliteStore, encode_columns
from penstock.log.topic_config import TopicSettings

_MAX_KEYS = 1_000_000
"""So many keys are mapped in one go; what comes after them is left for the next."""

_GROUP_RECORDS = 1_000
_GROUP_BYTES = 512 * 1024


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A row of the table batches, without its records."""

    base_offset: int
    next_offset: int
    records: int
    bytes: int
    newest_ms: int
    stored_ms: int
    payload_id: int


@dataclass(slots=True)
class _Group:
    """Consecutive rows that become one."""

    rows: list[BatchRow] = field(default_factory=list)
    kept: list[StoredRun] = field(default_factory=list)
    records: int = 0
    bytes: int = 0

    @property
    def worth_rewriting(self) -> bool:
        return len(self.rows) > 1 or self.records != sum(row.records for row in self.rows)


class Compactor:
    """On the housekeeper's thread."""

    def __init__(self, store: SqliteStore, clock: Clock, patience: Callable[[], Patience]) -> None:
        self._store = store
        self._clock = clock
        self._patience = patience

    def clean(self, partition: TopicPartition, settings: TopicSettings) -> None:
        """Compact one partition if enough of it is new. Raises LogError, LogInterruptedError."""
        connection = self._store.connection
        found = connection.read(
            "SELECT partitions.id, clean_offset FROM partitions JOIN topics ON topics.id = topic_id WHERE name = ? AND "
            "number = ?",
            *partition,
        )
        for partition_id, clean_offset in found:
            rows = self._rows(partition_id)
            oldest_dirty = self._clock.time_ms() - settings.min_compaction_lag_ms
            dirty = [row for row in rows if row.next_offset > clean_offset and row.stored_ms <= oldest_dirty]
            total = sum(row.records for row in rows)
            if not dirty or sum(row.records for row in dirty) < settings.min_dirty_ratio * total:
                continue
            last, end = self._last_offsets(partition, dirty)
            tombstones_before = self._clock.time_ms() - settings.delete_retention_ms
            for group in self._groups(
                partition, [row for row in rows if row.next_offset <= end], last, tombstones_before
            ):
                self._rewrite(partition_id, group)
            with connection.write(self._patience()) as execute:
                execute("UPDATE partitions SET clean_offset = ? WHERE id = ?", (end, partition_id))

    def _rows(self, partition_id: int) -> list[BatchRow]:
        rows = self._store.connection.read(
            "SELECT base_offset, next_offset, records, bytes, newest_ms, stored_ms, payload_id FROM batches "
            "WHERE partition_id = ? ORDER BY base_offset",
            partition_id,
        )
        return [BatchRow(*row) for row in rows]

    def _last_offsets(self, partition: TopicPartition, dirty: list[BatchRow]) -> tuple[dict[bytes, int], int]:
        """The last offset of each key among the dirty rows, and up to where they were looked at."""
        last: dict[bytes, int] = {}
        end = dirty[0].base_offset
        for row in dirty:
            run = self._load(partition, row)
            end = row.next_offset
            if run is not None:
                note_keys(run, last)
            if len(last) >= _MAX_KEYS:
                break
        return last, end

    def _groups(
        self, partition: TopicPartition, rows: list[BatchRow], last: dict[bytes, int], tombstones_before: int
    ) -> Iterator[_Group]:
        group = _Group()
        for row in rows:
            run = self._load(partition, row)
            if run is None:
                continue
            run = surviving(run, last, drop_tombstones=row.stored_ms <= tombstones_before)
            full = group.records + len(run.columns) > _GROUP_RECORDS or group.bytes + row.bytes > _GROUP_BYTES
            if group.rows and full:
                yield group
                group = _Group()
            group.rows.append(row)
            group.kept.append(run)
            group.records += len(run.columns)
            group.bytes += row.bytes if len(run.columns) else 0
        if group.rows:
            yield group

    def _rewrite(self, partition_id: int, group: _Group) -> None:
        if not group.worth_rewriting:
            return
        base, following = group.rows[0].base_offset, group.rows[-1].next_offset
        columns = joined(group.kept).columns
        data = encode_columns(columns)
        ids = [row.payload_id for row in group.rows]
        with self._store.connection.write(self._patience()) as execute:
            there = execute(
                "SELECT payload_id FROM batches WHERE partition_id = ? AND base_offset >= ? AND base_offset < ? "
                "ORDER BY base_offset",
                (partition_id, base, following),
            ).fetchall()
            if [payload_id for (payload_id,) in there] != ids:
                return  # changed meanwhile (retention, deletion): the next round sees it as it is
            execute(
                "DELETE FROM batches WHERE partition_id = ? AND base_offset >= ? AND base_offset < ?",
                (partition_id, base, following),
            )
            execute(f"DELETE FROM payloads WHERE id IN ({', '.join('?' * len(ids))})", ids)  # noqa: S608
            if len(columns):
                payload_id = execute("INSERT INTO payloads (data) VALUES (?)", (data,)).lastrowid
                newest, stored = max(row.newest_ms for row in group.rows), max(row.stored_ms for row in group.rows)
                place = (partition_id, base, following, len(columns), len(data), newest, stored, payload_id)
                execute("INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?, ?, ?)", place)
            saved = sum(row.bytes for row in group.rows) - (len(data) if len(columns) else 0)
            execute("UPDATE partitions SET bytes = bytes - ? WHERE id = ?", (saved, partition_id))

    def _load(self, partition: TopicPartition, row: BatchRow) -> StoredRun | None:
        """The records of a row; None when it was removed meanwhile."""
        self._check_stopping()
        found = self._store.connection.read("SELECT data FROM payloads WHERE id = ?", row.payload_id)
        if not found:
            return None
        return self._store.decoded(partition, row.base_offset, row.next_offset, found[0][0])

    def _check_stopping(self) -> None:
        if self._patience().interrupted():
            raise LogInterruptedError("Compaction was given up: the process is stopping")
