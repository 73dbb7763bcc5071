"""Topics, records and transactions of the embedded log in SQLite; groups are in :mod:`penstock.log.sqlite_groups`."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from penstock.api.record import TopicPartition
from penstock.clock import Clock
from penstock.log.columns import Columns, StoredRun, joined
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
from penstock.log.errors import LogCorruptError, LogError
from penstock.log.group import Group
from penstock.log.sqlite_connection import Connection, Execute, Row
from penstock.log.sqlite_groups import GroupTable
from penstock.log.sqlite_topics import TopicTable
from penstock.log.topic_config import TopicSettings

_ROW_BYTES = 4 * 1024 * 1024
"""A batch that is larger is stored as several rows: what is read at once must fit in memory beside many others."""

_READ_BYTES = 8 * 1024 * 1024
_SHORTEST_PAUSE_S = 0.001
_LONGEST_PAUSE_S = 0.25

encode_columns = msgspec.msgpack.Encoder().encode
"""The bytes of a row."""

_decode = msgspec.msgpack.Decoder(Columns).decode


@dataclass(frozen=True, slots=True)
class _Encoded:
    """One row to be."""

    data: bytes
    count: int
    newest_ms: int

    @property
    def size(self) -> int:
        return len(self.data)


@dataclass(frozen=True, slots=True)
class _Spooled:
    """A row that waits for its transaction."""

    payload_id: int
    count: int
    newest_ms: int
    stored_bytes: int

    size = 0
    """It takes no memory any more."""


class SqliteStore:
    """A :class:`~penstock.log.embedded_store.Store`; one connection, one thread at a time."""

    def __init__(
        self,
        connection: Connection,
        defaults: TopicSettings,
        clock: Clock,
        on_close: Callable[[], None] | None = None,
    ) -> None:
        self.connection = connection
        self._on_close = on_close
        self._clock = clock
        self._topics = TopicTable(connection, defaults)
        self._groups = GroupTable(connection)

    @property
    def cluster_id(self) -> str:
        ((cluster_id,),) = self.connection.read("SELECT cluster_id FROM log_info")
        return str(cluster_id)

    def version(self) -> tuple[int, int]:
        return self.connection.version()

    def wait(self, version: object, timeout_s: float, idle: int) -> tuple[int, int]:
        """Looks at ``PRAGMA data_version`` after pauses that grow from 1 to 250 ms, by ``idle`` over several calls."""
        deadline = time.monotonic() + timeout_s
        pause = min(_SHORTEST_PAUSE_S * 2 ** min(idle, 10), _LONGEST_PAUSE_S)
        while True:
            remaining = deadline - time.monotonic()
            time.sleep(max(0.0, min(pause, remaining)))
            current = self.connection.version()
            if current != version or remaining <= pause:
                return current
            pause = min(pause * 2, _LONGEST_PAUSE_S)

    def topics(self) -> Mapping[str, TopicInfo]:
        return self._topics.refreshed()

    def create_topic(self, name: str, partitions: int, configs: Mapping[str, str]) -> None:
        self._topics.create(name, partitions, configs)

    def delete_topic(self, name: str) -> None:
        self._topics.delete(name)

    def prepare(self, columns: Columns) -> list[Prepared]:
        data = encode_columns(columns)
        count = len(columns)
        if len(data) > _ROW_BYTES and count > 1:
            half = count // 2
            return self.prepare(columns.cut(0, half)) + self.prepare(columns.cut(half, count))
        return [_Encoded(data, count, columns.max_timestamp())]

    def append(self, writes: Sequence[Write], fence: Fence | None, patience: Patience) -> list[int]:
        self.topics()
        with self.connection.write(patience) as execute:
            if fence is not None:
                _check_epoch(execute, fence)
            return [self._append(execute, write) for write in writes]

    def spool(self, prepared: Sequence[Prepared], fence: Fence, patience: Patience) -> list[Prepared]:
        now = self._clock.time_ms()
        done: list[Prepared] = []
        with self.connection.write(patience) as execute:
            _check_epoch(execute, fence)
            for item in prepared:
                if isinstance(item, _Encoded):
                    payload_id = execute("INSERT INTO payloads (data) VALUES (?)", (item.data,)).lastrowid
                    assert payload_id is not None
                    row = (payload_id, fence.transactional_id, fence.epoch, now)
                    execute("INSERT INTO spooled VALUES (?, ?, ?, ?)", row)
                    done.append(_Spooled(payload_id, item.count, item.newest_ms, item.size))
                else:
                    done.append(item)
        return done

    def claim(self, transactional_id: str, patience: Patience) -> Fence:
        with self.connection.write(patience) as execute:
            rows = execute("SELECT epoch FROM producers WHERE transactional_id = ?", (transactional_id,)).fetchall()
            epoch = rows[0][0] + 1 if rows else 0
            execute("INSERT OR REPLACE INTO producers VALUES (?, ?)", (transactional_id, epoch))
        return Fence(transactional_id, epoch)

    def discard(self, fence: Fence, patience: Patience) -> None:
        with self.connection.write(patience) as execute:
            _check_epoch(execute, fence)
            execute(
                "UPDATE spooled SET epoch = -1 WHERE transactional_id = ? AND epoch = ?",
                (fence.transactional_id, fence.epoch),
            )

    def bounds(self, partitions: Collection[TopicPartition]) -> dict[TopicPartition, Bounds]:
        self.topics()
        found = {self._topics.id_of(partition): partition for partition in partitions}
        ids = {key: partition for key, partition in found.items() if key is not None}
        marks = ", ".join("?" * len(ids))
        rows = self.connection.read(
            f"SELECT id, start_offset, end_offset FROM partitions WHERE topic_id IS NOT NULL AND id IN ({marks})",  # noqa: S608
            *ids,
        )
        return {ids[row[0]]: Bounds(row[1], row[2]) for row in rows}

    def read(self, partition: TopicPartition, offset: int, max_records: int) -> StoredRun | None:
        self.topics()
        partition_id = self._topics.id_of(partition)
        if partition_id is None:
            return None
        taken = [0, 0]

        def wanted(row: Row) -> bool:
            records, size = row[2], row[3]
            room = taken[0] + records <= max_records and taken[1] + size <= _READ_BYTES
            if taken[0] and not room:
                return False
            taken[0] += records
            taken[1] += size
            return True

        rows = self.connection.read_while(
            "SELECT base_offset, next_offset, records, bytes, data FROM batches JOIN payloads ON payloads.id = payload_id "
            "WHERE partition_id = ?1 AND next_offset > ?2 AND base_offset >= coalesce((SELECT max(base_offset) FROM batches "
            "WHERE partition_id = ?1 AND base_offset <= ?2), 0) ORDER BY base_offset",
            (partition_id, offset),
            wanted,
        )
        runs = [self.decoded(partition, row[0], row[1], row[4]) for row in rows]
        return joined(runs) if runs else None

    def offset_at(self, partition: TopicPartition, timestamp: int) -> int | None:
        self.topics()
        rows = self.connection.read(
            "SELECT base_offset, next_offset, data FROM batches JOIN payloads ON payloads.id = payload_id "
            "WHERE partition_id = ? AND newest_ms >= ? ORDER BY base_offset LIMIT 1",
            self._topics.id_of(partition),
            timestamp,
        )
        if not rows:
            return None
        base, following, data = rows[0]
        return self.decoded(partition, base, following, data).first_since(timestamp)

    def group(self, name: str) -> Group:
        return self._groups.load(name)

    def change_group(self, name: str, change: Callable[[Group], Group], patience: Patience = FOREVER) -> Group:
        return self._groups.change(name, change, patience)

    def commit(
        self, name: str, offsets: Mapping[TopicPartition, int], check: Callable[[Group], None], patience: Patience
    ) -> None:
        self._groups.commit(name, offsets, check, patience)

    def committed(self, name: str) -> dict[TopicPartition, int]:
        return self._groups.committed(name)

    def forget(
        self,
        name: str,
        partitions: Collection[TopicPartition] | None,
        check: Callable[[Group], None],
        patience: Patience,
    ) -> None:
        self._groups.forget(name, partitions, check, patience)

    def close(self) -> None:
        self.connection.close()
        on_close, self._on_close = self._on_close, None
        if on_close is not None:
            on_close()

    def _append(self, execute: Execute, write: Write) -> int:
        partition_id = self._topics.id_of(write.partition)
        row = execute(
            "SELECT end_offset FROM partitions WHERE id = ? AND topic_id IS NOT NULL", (partition_id,)
        ).fetchone()
        if row is None:
            raise unknown_partition(write.partition)
        base: int = row[0]
        item = write.prepared
        if isinstance(item, _Encoded):
            payload_id, size, newest = self._insert(execute, item), item.size, item.newest_ms
        else:
            assert isinstance(item, _Spooled)
            payload_id, size, newest = item.payload_id, item.stored_bytes, item.newest_ms
            if execute("DELETE FROM spooled WHERE payload_id = ?", (payload_id,)).rowcount != 1:
                raise LogError(
                    "The transaction was open for too long, and housekeeping has dropped its records; abort it and begin anew"
                )
        end = base + item.count
        place = (partition_id, base, end, item.count, size, newest, self._clock.time_ms(), payload_id)
        execute("INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?, ?, ?)", place)
        execute("UPDATE partitions SET end_offset = ?, bytes = bytes + ? WHERE id = ?", (end, size, partition_id))
        return base

    def _insert(self, execute: Execute, item: _Encoded) -> int:
        payload_id = execute("INSERT INTO payloads (data) VALUES (?)", (item.data,)).lastrowid
        assert payload_id is not None
        return payload_id

    def decoded(self, partition: TopicPartition, base: int, following: int, data: bytes) -> StoredRun:
        """A row's records. Raises LogCorruptError."""
        try:
            return StoredRun(base, following, _decode(data))
        except msgspec.MsgspecError as error:
            raise LogCorruptError(
                f"{self.connection.path}: the batch at offset {base} of {partition} cannot be decoded ({error}). Move the file "
                "away, or skip the batch by setting the offset of its readers behind it"
            ) from error


def _check_epoch(execute: Execute, fence: Fence) -> None:
    row = execute("SELECT epoch FROM producers WHERE transactional_id = ?", (fence.transactional_id,)).fetchone()
    if row is None or row[0] != fence.epoch:
        raise fenced(fence)
