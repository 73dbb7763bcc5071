"""Consumer groups and their committed offsets in SQLite."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import msgspec

from penstock.api.record import TopicPartition
from penstock.log.embedded_store import Patience, unknown_partition
from penstock.log.errors import LogCorruptError
from penstock.log.group import Group
from penstock.log.sqlite_connection import Connection, Execute

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Group).decode

_LOAD = "SELECT state FROM consumer_groups WHERE name = ?"


class GroupTable:
    """Part of a :class:`~penstock.log.sqlite_store.SqliteStore`; the methods are those of the seam."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def load(self, name: str) -> Group:
        rows = self._connection.read(_LOAD, name)
        return self._decoded(name, rows[0][0]) if rows else Group()

    def change(self, name: str, change: Callable[[Group], Group], patience: Patience) -> Group:
        with self._connection.write(patience) as execute:
            group = self._locked(execute, name)
            changed = change(group)
            if changed is not group:
                execute("INSERT OR REPLACE INTO consumer_groups VALUES (?, ?)", (name, _encode(changed)))
            return changed

    def commit(
        self, name: str, offsets: Mapping[TopicPartition, int], check: Callable[[Group], None], patience: Patience
    ) -> None:
        with self._connection.write(patience) as execute:
            check(self._locked(execute, name))
            for partition, offset in offsets.items():
                stored = execute(
                    "INSERT OR REPLACE INTO group_offsets SELECT ?, topic_id, number, ? FROM topics "
                    "JOIN partitions ON topic_id = topics.id WHERE name = ? AND number = ?",
                    (name, offset, partition.topic, partition.partition),
                )
                if stored.rowcount != 1:
                    raise unknown_partition(partition)

    def committed(self, name: str) -> dict[TopicPartition, int]:
        rows = self._connection.read(
            "SELECT name, partition, committed_offset FROM group_offsets JOIN topics ON topics.id = topic_id "
            "WHERE group_name = ? ORDER BY name, partition",
            name,
        )
        return {TopicPartition(topic, number): offset for topic, number, offset in rows}

    def forget(
        self,
        name: str,
        partitions: Collection[TopicPartition] | None,
        check: Callable[[Group], None],
        patience: Patience,
    ) -> None:
        with self._connection.write(patience) as execute:
            check(self._locked(execute, name))
            if partitions is None:
                execute("DELETE FROM consumer_groups WHERE name = ?", (name,))
                execute("DELETE FROM group_offsets WHERE group_name = ?", (name,))
                return
            for partition in partitions:
                execute(
                    "DELETE FROM group_offsets WHERE group_name = ? AND partition = ? AND topic_id IN "
                    "(SELECT id FROM topics WHERE name = ?)",
                    (name, partition.partition, partition.topic),
                )

    def _locked(self, execute: Execute, name: str) -> Group:
        row = execute(_LOAD, (name,)).fetchone()
        return Group() if row is None else self._decoded(name, row[0])

    def _decoded(self, name: str, state: bytes) -> Group:
        try:
            return _decode(state)
        except msgspec.MsgspecError as error:
            raise LogCorruptError(
                f"{self._connection.path}: the state of the group {name} cannot be decoded ({error}). Move the file away, or "
                f"stop the group and delete its row in the table consumer_groups"
            ) from error
