"""Which partition a record goes to, chosen as Kafka's Java client chooses (``BuiltInPartitioner``, ``Utils.murmur2``).

Equal keys must land in equal partitions whoever writes them: compaction and the order of one key's records depend on it.
"""

from __future__ import annotations

import random
import sys
from functools import lru_cache

_MASK = 0xFFFFFFFF
_M = 0x5BD1E995
_SEED = 0x9747B28C
_CACHED_KEYS = 65_536


def murmur2(data: bytes) -> int:
    """Kafka's 32-bit murmur2 hash, as an unsigned number."""
    length = len(data)
    whole = length & ~3
    h = _SEED ^ length
    for word in memoryview(data)[:whole].cast("I") if sys.byteorder == "little" else _words(data, whole):
        k = (word * _M) & _MASK
        k = ((k ^ (k >> 24)) * _M) & _MASK
        h = ((h * _M) & _MASK) ^ k
    if whole != length:
        h = ((h ^ int.from_bytes(data[whole:], "little")) * _M) & _MASK
    h = ((h ^ (h >> 13)) * _M) & _MASK
    return h ^ (h >> 15)


def _words(data: bytes, whole: int) -> list[int]:
    return [int.from_bytes(data[at : at + 4], "little") for at in range(0, whole, 4)]


@lru_cache(maxsize=_CACHED_KEYS)
def partition_for_key(key: bytes, partitions: int) -> int:
    """Where records with this key go: the hash without its sign, modulo the number of partitions. Cached, as a pure
    Python hash costs some 2 µs and keys repeat."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


class StickyChoice:
    """Partitions for records without a key: random, but the same for a run of them, so that batches stay whole. Belongs
    to one producer."""

    RUN_RECORDS = 500
    """After so many records another partition is drawn (Java changes after ``batch.size`` bytes)."""

    __slots__ = ("_current", "_left")

    def __init__(self) -> None:
        self._current = 0
        self._left = 0

    def take(self, records: int, partitions: int) -> int:
        """The partition for the next ``records`` records, which stay together."""
        if self._left <= 0 or self._current >= partitions:
            self._current = random.randrange(partitions)
            self._left = self.RUN_RECORDS
        self._left -= records
        return self._current
