"""One record as librdkafka's ``produce`` wants it, and its size as Java counts it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat
from typing import Final

from penstock.api.converter import Encoded
from penstock.log.base import OutgoingBatch

ANY: Final = -1
"""librdkafka's "choose a partition"."""
NOW: Final = 0
"""librdkafka's "the time of the call". So it cannot write the epoch itself, 0; one millisecond later is the nearest."""

Row = tuple[Encoded, Encoded, int, int, list[tuple[str, str | bytes | None]] | None]
"""Value, key, partition, timestamp, headers of one record as ``produce`` wants them."""


def rows(batch: OutgoingBatch) -> Iterator[Row]:
    """The batch record by record."""
    return zip(
        batch.values,
        repeat(None) if batch.keys is None else batch.keys,
        repeat(ANY) if batch.partitions is None else [ANY if p is None else p for p in batch.partitions],
        repeat(NOW) if batch.timestamps is None else [NOW if t is None else t or 1 for t in batch.timestamps],
        repeat(None) if batch.headers is None else [list(h) if h else None for h in batch.headers],
        strict=False,
    )


def encodable(value: Encoded) -> Encoded:
    """Text that UTF-8 cannot hold (lone surrogates) as bytes, with a question mark where Java writes one."""
    return value.encode(errors="replace") if isinstance(value, str) else value


_BATCH_OVERHEAD: Final = 61
_RECORD_OVERHEAD: Final = 21


def java_size(row: Row) -> int:
    """The upper bound of a record's size that Java's client compares (``AbstractRecords.estimateSizeInBytesUpperBound``)."""
    value, key, _, _, headers = row
    size = _BATCH_OVERHEAD + _RECORD_OVERHEAD + _sized(key) + _sized(value) + _varint_size(len(headers or ()))
    return size + sum(_sized(name) + _sized(content) for name, content in headers or ())


def _sized(data: Encoded) -> int:
    if data is None:
        return 1
    length = len(data.encode(errors="replace")) if isinstance(data, str) else len(data)
    return _varint_size(length) + length


def _varint_size(number: int) -> int:
    return max(1, -(-(number << 1).bit_length() // 7))
