"""From a batch as it is sent to columns for each partition, with what an embedded log refuses taken out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from penstock.clock import Clock
from penstock.log.base import LogHeader, OutgoingBatch
from penstock.log.columns import Columns, as_bytes, as_headers
from penstock.log.embedded_config import ProducerSettings
from penstock.log.embedded_store import TopicInfo
from penstock.log.errors import LogError, RecordTooLargeError, UnknownTopicError
from penstock.log.partitioner import StickyChoice, partition_for_key

_OVERHEAD = 100
"""More than a record costs beside its key, value and headers."""

_encode = msgspec.msgpack.Encoder().encode


@dataclass(frozen=True, slots=True)
class Route:
    """What goes to one partition. ``indices`` are the records' places in the batch, in order."""

    partition: int
    indices: Sequence[int]
    columns: Columns


@dataclass(slots=True)
class Routed:
    """A batch taken apart. ``failures`` are records that the log does not take, ``refusal`` is what stopped the batch: then
    it is cut before that record."""

    routes: list[Route] = field(default_factory=list)
    failures: list[tuple[int, LogError]] = field(default_factory=list)
    refusal: LogError | None = None


class Router:
    """Belongs to one producer."""

    __slots__ = ("_clock", "_settings", "_sticky")

    def __init__(self, settings: ProducerSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._sticky = StickyChoice()

    def route(self, batch: OutgoingBatch, topic: TopicInfo, *, told: bool = False) -> Routed:
        """``told``: a record that is too large is a failure like others, for its sender hears of it; else it stops the batch.

        Never raises LogError; it is in the result. Raises TypeError, ValueError for a batch that is none: columns of
        different lengths, values that are no bytes."""
        routed = Routed()
        columns = self._columns(batch, topic)
        count = self._accepted(columns, routed, told=told)
        targets = self._targets(batch, topic, columns, count, routed)
        if isinstance(targets, int):
            if count:
                routed.routes.append(
                    Route(targets, range(count), columns if count == len(columns) else columns.cut(0, count))
                )
            return routed
        for partition, indices in targets.items():
            routed.routes.append(Route(partition, indices, _picked(columns, indices)))
        return routed

    def _columns(self, batch: OutgoingBatch, topic: TopicInfo) -> Columns:
        _check_lengths(batch)
        keys = None if batch.keys is None else as_bytes(batch.keys)
        now = self._clock.time_ms()
        return Columns(
            values=as_bytes(batch.values),
            timestamps=now if topic.settings.append_time else _timestamps(batch.timestamps, now),
            keys=None if keys is None or keys.count(None) == len(keys) else keys,
            headers=None if batch.headers is None else as_headers(batch.headers),
            append_time=topic.settings.append_time,
        )

    def _accepted(self, columns: Columns, routed: Routed, *, told: bool) -> int:
        """How many records come before the first that stops the batch."""
        limit = self._settings.max_request_size
        most = _longest(columns.values) + _longest(columns.keys) + _OVERHEAD
        if columns.headers is not None:
            most += 2 * len(_encode(columns.headers))  # no record has more headers than all together
        if most <= limit:
            return len(columns)
        for index, value in enumerate(columns.values):
            key = None if columns.keys is None else columns.keys[index]
            size = record_size(key, value, None if columns.headers is None else columns.headers[index])
            if size > limit:
                error = RecordTooLargeError(
                    f"The message is {size} bytes when serialized which is larger than {limit}, which is the value of the "
                    "max.request.size configuration."
                )
                if not told:
                    routed.refusal = error
                    return index
                routed.failures.append((index, error))
        return len(columns)

    def _targets(
        self, batch: OutgoingBatch, topic: TopicInfo, columns: Columns, count: int, routed: Routed
    ) -> int | dict[int, list[int]]:
        """One partition for all, or the records of each."""
        keys = None if self._settings.ignore_keys else columns.keys
        left_out = {index for index, _error in routed.failures}
        if batch.partitions is None and not topic.settings.compact and not left_out:
            if topic.partitions == 1:
                return 0
            if keys is None:
                return self._sticky.take(count, topic.partitions)
        targets: dict[int, list[int]] = {}
        for index in range(count):
            if index in left_out:
                continue
            partition = None if batch.partitions is None else batch.partitions[index]
            key = None if keys is None else keys[index]
            if topic.settings.compact and (columns.keys is None or columns.keys[index] is None):
                routed.failures.append((index, _keyless(topic, partition or 0)))
                continue
            if partition is None:
                partition = (
                    self._sticky.take(1, topic.partitions) if key is None else partition_for_key(key, topic.partitions)
                )
            elif not 0 <= partition < topic.partitions:
                routed.failures.append((index, _no_partition(topic, partition)))
                continue
            targets.setdefault(partition, []).append(index)
        return targets


def _check_lengths(batch: OutgoingBatch) -> None:
    count = len(batch.values)
    for name in ("keys", "partitions", "timestamps", "headers"):
        column = getattr(batch, name)
        if column is not None and len(column) != count:
            raise ValueError(
                f"OutgoingBatch for topic {batch.topic}: column {name} has {len(column)} items, but values has {count}"
            )


def record_size(key: bytes | None, value: bytes | None, headers: Sequence[LogHeader] | None) -> int:
    """The most that a record can take in Kafka's format, as its producer estimates it before sending."""
    size = 61 + 21 + _field(key) + _field(value) + _varint(len(headers or ()))
    for name, content in headers or ():
        size += _field(name.encode(errors="replace")) + _field(content)
    return size


def _field(content: bytes | None) -> int:
    return 1 if content is None else _varint(len(content)) + len(content)


def _varint(number: int) -> int:
    return max(1, ((number << 1).bit_length() + 6) // 7)


def _longest(column: Sequence[bytes | None] | None) -> int:
    return max((len(item) for item in column if item is not None), default=0) if column else 0


def _timestamps(given: Sequence[int | None] | None, now: int) -> int | list[int]:
    if not given:
        return now
    stamps = [now if stamp is None else stamp for stamp in given]
    if type(sum(stamps)) is not int:
        raise TypeError("Timestamps must be int (milliseconds) or None")
    return stamps[0] if stamps.count(stamps[0]) == len(stamps) else stamps


def _picked(columns: Columns, indices: Sequence[int]) -> Columns:
    if len(indices) == len(columns):
        return columns
    return Columns(
        values=[columns.values[index] for index in indices],
        timestamps=columns.timestamps
        if isinstance(columns.timestamps, int)
        else [columns.timestamps[index] for index in indices],
        keys=None if columns.keys is None else [columns.keys[index] for index in indices],
        headers=None if columns.headers is None else [columns.headers[index] for index in indices],
        append_time=columns.append_time,
    )


def _keyless(topic: TopicInfo, partition: int) -> LogError:
    return LogError(f"Compacted topic cannot accept message without key in topic partition {topic.name}-{partition}.")


def _no_partition(topic: TopicInfo, partition: int) -> LogError:
    return UnknownTopicError(
        f"Partition {partition} of topic {topic.name} with partition count {topic.partitions} is not present in metadata."
    )
