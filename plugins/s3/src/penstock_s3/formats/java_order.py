"""The order in which Java's hash map would give its entries: files hold maps in that order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")
_BUCKETS = 16


def entries(values: Mapping[K, V]) -> list[tuple[K, V]]:
    """The entries as ``java.util.HashMap`` iterates over them, when they were added one after another."""
    if len(values) < 2:
        return list(values.items())
    buckets = _BUCKETS
    while len(values) > buckets * 3 // 4:
        buckets *= 2
    return sorted(values.items(), key=lambda entry: _spread(_hash(entry[0])) & (buckets - 1))


def _spread(code: int) -> int:
    return code ^ code >> 16


def _hash(key: object) -> int:
    """``hashCode`` as 32 unsigned bits; of what is no text and no integer, 0 (its order is as it was given)."""
    if isinstance(key, bool):
        return 1231 if key else 1237
    if isinstance(key, int):
        return (key if -(1 << 31) <= key < 1 << 31 else key ^ key >> 32) & 0xFFFFFFFF
    if not isinstance(key, str):
        return 0
    code = 0
    units = key.encode("utf-16-be", "surrogatepass")
    for index in range(0, len(units), 2):
        code = (31 * code + (units[index] << 8 | units[index + 1])) & 0xFFFFFFFF
    return code
