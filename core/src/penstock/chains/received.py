"""Messages as a log delivers them to a sink task, and what its chain made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from penstock.api.converter import SchemaAndValue
from penstock.api.exceptions import ConnectException
from penstock.api.record import SinkRecord, TimestampType
from penstock.chains.message import Message
from penstock.log.base import LogHeader
from penstock.tasks.received import Delivery

Raw = bytes | None
"""What stands in a column: bytes, or data in their place where no converter reads them (:mod:`penstock.chains.passthrough`)."""


class ChainError(ConnectException):
    """The messages, or what a transformation made of them, cannot be what a task has."""


@dataclass(frozen=True, slots=True)
class Row:
    """One message. ``number`` is its place among all; key, value and headers are as the log has them."""

    number: int
    message: Message
    key: Raw
    value: Raw
    headers: Sequence[LogHeader]

    @property
    def offset(self) -> int:
        """Its offset: the message's own, else its number."""
        return self.number if self.message.offset is None else self.message.offset

    @property
    def place(self) -> tuple[str | None, int | None, int]:
        """Topic, partition and offset."""
        return self.message.topic, self.message.partition or 0, self.offset


class Received:
    """A :class:`penstock.log.base.ReceivedBatch` of rows that lie in one partition."""

    timestamp_type = TimestampType.CREATE_TIME

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = tuple(rows)
        self.topic, self.partition = rows[0].message.topic, rows[0].message.partition or 0
        self.offsets = [row.offset for row in rows]
        self.values = [row.value for row in rows]
        keys = [row.key for row in rows]
        self.keys = keys if any(key is not None for key in keys) else None
        self.timestamps = [row.message.timestamp for row in rows]
        self.headers = [row.headers for row in rows] if any(row.headers for row in rows) else None

    @property
    def next_offset(self) -> int:
        """Behind the last row."""
        return self.offsets[-1] + 1

    def __len__(self) -> int:
        return len(self.rows)


def in_batches(rows: Sequence[Row]) -> list[Received]:
    """The rows in their order, those next to each other in one partition together."""
    groups: list[list[Row]] = []
    for row in rows:
        if groups and groups[-1][-1].place[:2] == row.place[:2]:
            groups[-1].append(row)
        else:
            groups.append([row])
    return [Received(group) for group in groups]


def number_of(record: SinkRecord, numbers: Mapping[tuple[str | None, int | None, int], int]) -> int:
    """From which message a record came. Raises :class:`ChainError` for one that a transformation made from nothing."""
    if record.delivery is not None:
        delivery, index = record.delivery
        assert isinstance(delivery, Delivery)
        assert isinstance(delivery.batch, Received)
        return delivery.batch.rows[index].number
    place = (record.original_topic, record.original_kafka_partition, record.original_kafka_offset)
    try:
        return numbers[place]
    except KeyError as error:
        raise ChainError(
            f"A transformation made the record {record!r}, offset {record.kafka_offset}, which came from no message: a sink's "
            "record must be changed with record.replace(...), so that it keeps where it was read"
        ) from error


def delivered(record: SinkRecord) -> Message:
    """What ``put`` would get."""
    return Message(
        topic=record.topic or "",
        value=SchemaAndValue(record.value_schema, record.value),
        key=SchemaAndValue(record.key_schema, record.key),
        headers=tuple((header.key, SchemaAndValue(header.schema, header.value)) for header in record.headers)
        if record.has_headers
        else (),
        timestamp=record.timestamp,
        partition=record.kafka_partition,
    )
