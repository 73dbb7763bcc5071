"""Offsets in a table of the target database, moved in the transaction of the rows (spec jdbc 18.15).

A row a topic partition: where to go on, and the epoch of the owner. Who takes a partition over raises the epoch; the one before
then finds no row of its epoch to move, and its transaction ends without a trace. What the database says counts, whatever the
consumer group believes: records that it has are left out, and a consumer that is ahead of it goes back.
"""

# ruff: noqa: S608  # names are quoted, and values are parameters or escaped literals

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from penstock.api import SinkBatch, TopicPartition
from penstock_jdbc.database.kind import DatabaseKind
from penstock_jdbc.sink.dialects.base import MARK, with_marks
from penstock_jdbc.sink.errors import FencedException
from penstock_jdbc.sink.faults import meaning
from penstock_jdbc.sink.grouping import partition_of
from penstock_jdbc.sink.session import SinkSession

logger = logging.getLogger(__name__)

NOTHING_STORED = -1
_MINE = f"WHERE connector = {MARK} AND topic = {MARK} AND kafka_partition = {MARK}"


@dataclass(slots=True)
class Claim:
    """A partition that is ours: where the database goes on, and under which epoch."""

    next_offset: int
    epoch: int


class OffsetLedger:
    """The offsets of one connector in its database. On the task's thread."""

    def __init__(self, session: SinkSession, connector: str, table: str) -> None:
        self._session = session
        self._connector = connector
        self._table = session.dialect.rules.parse(table)
        self._claims: dict[TopicPartition, Claim] = {}
        self._met: set[TopicPartition] = set()
        self._table_seen = False

    def release(self, partitions: Collection[TopicPartition] | None = None) -> None:
        """Own these partitions no more, or none at all: after an outage nobody knows what was committed."""
        for partition in list(self._claims if partitions is None else partitions):
            self._claims.pop(partition, None)
            self._met.discard(partition)

    def claim(self, partitions: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        """Take over those that aren't ours yet, and tell where the database stands with them, if it does.

        Waits for a transaction of the owner before, so that what it commits is seen. Raises what the driver raises.
        """
        wanted = [partition for partition in partitions if partition not in self._claims]
        if wanted:
            self._make_table()
        for partition in sorted(wanted):
            self._claims[partition] = self._taken(partition)
        return {
            partition: claim.next_offset
            for partition in partitions
            if (claim := self._claims[partition]).next_offset != NOTHING_STORED
        }

    def behind(self, first: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
        """Where consumers must go back to whose batch begins (``first``) ahead of the database.

        Once a batch has gone through, its consumer goes on where the database stands. What that one passes over are gaps of
        the log: marks of transactions, records that were compacted away or filtered out.
        """
        return {
            partition: stored
            for partition, offset in first.items()
            if partition not in self._met and (stored := self.stored(partition)) is not None and stored < offset
        }

    def met(self, partitions: Collection[TopicPartition]) -> None:
        """A batch of these went through: written, left out, or sent back to where the database stands."""
        self._met.update(partitions)

    def stored(self, partition: TopicPartition) -> int | None:
        """Where the database goes on; None where it has nothing, or the partition isn't ours."""
        claim = self._claims.get(partition)
        return None if claim is None or claim.next_offset == NOTHING_STORED else claim.next_offset

    def advance(self, cursor: Any, reached: Mapping[TopicPartition, int]) -> None:  # every driver has its own class
        """Move offsets within the transaction of the rows. Raises FencedException when somebody else owns a partition."""
        sql = self._sql(f"UPDATE {self._name} SET next_offset = {MARK} {_MINE} AND epoch = {MARK}")
        for partition, offset in sorted(reached.items()):
            claim = self._claims[partition]
            cursor.execute(sql, (offset, self._connector, partition.topic, partition.partition, claim.epoch))
            if cursor.rowcount != 1:
                self.release([partition])
                raise FencedException(
                    f"Another task has taken over {partition} of connector '{self._connector}' in table "
                    f"{self._table.full_name}; what this one was about to write is rolled back. Restart this task if it "
                    "is the one to go on"
                )

    def advanced(self, reached: Mapping[TopicPartition, int]) -> None:
        """The transaction was committed."""
        for partition, offset in reached.items():
            self._claims[partition].next_offset = offset

    def alter(self, offsets: Mapping[TopicPartition, int | None]) -> None:
        """Set where to go on, or forget it, for a connector that is stopped. Raises what the driver raises."""
        self._make_table()
        raw = self._session.raw
        cursor = raw.cursor()
        for partition, offset in sorted(offsets.items()):
            mine = (self._connector, partition.topic, partition.partition)
            next_offset = NOTHING_STORED if offset is None else offset
            cursor.execute(
                self._sql(f"UPDATE {self._name} SET next_offset = {MARK}, epoch = epoch + 1 {_MINE}"),
                (next_offset, *mine),
            )
            if cursor.rowcount == 0:
                self._insert(cursor, mine, next_offset)
        raw.commit()
        cursor.close()

    @property
    def _name(self) -> str:
        return self._session.dialect.rules.quoted(self._table)

    def _sql(self, text: str) -> str:
        return with_marks(text, self._session.connection.dialect.paramstyle)

    def _taken(self, partition: TopicPartition) -> Claim:
        mine = (self._connector, partition.topic, partition.partition)
        raw = self._session.raw
        cursor = raw.cursor()
        try:
            # The row's lock makes us wait for whoever is about to move it.
            cursor.execute(self._sql(f"UPDATE {self._name} SET epoch = epoch + 1 {_MINE}"), mine)
            if cursor.rowcount == 0:
                self._insert(cursor, mine, NOTHING_STORED)
            cursor.execute(self._sql(f"SELECT next_offset, epoch FROM {self._name} {_MINE}"), mine)
            next_offset, epoch = cursor.fetchone()
            raw.commit()
        except BaseException:
            raw.rollback()
            raise
        finally:
            cursor.close()
        return Claim(int(next_offset), int(epoch))

    def _insert(self, cursor: Any, mine: tuple[str, str, int], next_offset: int) -> None:
        columns = "(connector, topic, kafka_partition, next_offset, epoch)"
        values = ", ".join([MARK] * 5)
        cursor.execute(self._sql(f"INSERT INTO {self._name} {columns} VALUES ({values})"), (*mine, next_offset, 1))

    def _make_table(self) -> None:
        if self._table_seen:
            return
        raw = self._session.raw
        cursor = raw.cursor()
        oracle = self._session.database.kind is DatabaseKind.ORACLE
        text, long = ("VARCHAR2(249)", "NUMBER(19)") if oracle else ("VARCHAR(249)", "BIGINT")
        try:
            cursor.execute(f"SELECT count(*) FROM {self._name}")
            cursor.fetchall()
            raw.rollback()
        except Exception as missing:  # noqa: BLE001  # drivers raise what they like for a table that isn't there
            raw.rollback()
            logger.info(
                "Creating table %s for offsets (it cannot be read: %s)", self._table.full_name, meaning(missing)
            )
            self._create(raw, cursor, text, long)
        finally:
            cursor.close()
        self._table_seen = True

    def _create(self, raw: Any, cursor: Any, text: str, long: str) -> None:
        try:
            cursor.execute(
                f"CREATE TABLE {self._name} (connector {text} NOT NULL, topic {text} NOT NULL, kafka_partition INTEGER NOT NULL, "
                f"next_offset {long} NOT NULL, epoch {long} NOT NULL, PRIMARY KEY (connector, topic, kafka_partition))"
            )
            raw.commit()
        except Exception:  # noqa: BLE001  # if it is not for the table being there by now, the next statement fails too
            raw.rollback()
            # Two tasks make it at once: one of them fails, and finds it there.
            cursor.execute(f"SELECT count(*) FROM {self._name}")
            cursor.fetchall()
            raw.rollback()


def reached_by(batch: SinkBatch) -> dict[TopicPartition, int]:
    """Where each partition goes on after a batch."""
    reached: dict[TopicPartition, int] = {}
    for records in batch.slices:
        partition = partition_of(records)
        reached[partition] = max(reached.get(partition, 0), records.offsets[-1] + 1)
    return reached


def first_of(batch: SinkBatch) -> dict[TopicPartition, int]:
    """Where each partition begins in a batch."""
    first: dict[TopicPartition, int] = {}
    for records in batch.slices:
        first.setdefault(partition_of(records), records.offsets[0])
    return first
