"""The order in which a Java hash map or set gives its strings: it shows in a few texts and lists that clients see."""

from __future__ import annotations

from collections.abc import Iterable

_DEFAULT_BUCKETS = 16


def hash_order(names: Iterable[str]) -> list[str]:
    """The distinct names as ``java.util.HashMap`` iterates over them, when they were added one after another."""
    distinct = list(dict.fromkeys(names))
    buckets = _DEFAULT_BUCKETS
    while len(distinct) > buckets * 3 // 4:
        buckets *= 2
    return sorted(distinct, key=lambda name: _bucket(name, buckets))


def copied_hash_order(names: Iterable[str]) -> list[str]:
    """The distinct names as ``new HashMap<>(other)`` iterates over them: such a map is made just large enough."""
    distinct = list(dict.fromkeys(names))
    buckets = 1
    while buckets < len(distinct) / 0.75 + 1:
        buckets *= 2
    return sorted(distinct, key=lambda name: _bucket(name, buckets))


def _bucket(name: str, buckets: int) -> int:
    code = 0
    units = name.encode("utf-16-be", "surrogatepass")
    for index in range(0, len(units), 2):
        code = (31 * code + (units[index] << 8 | units[index + 1])) & 0xFFFFFFFF
    return (code ^ code >> 16) & (buckets - 1)
