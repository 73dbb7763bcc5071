"""A cache of things made from keys, bounded, that forgets what was asked for longest ago."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Lru(Generic[K, V]):
    """Makes each value once. Not for several threads: a converter belongs to one."""

    __slots__ = ("_key", "_known", "_make", "_size", "_value")

    def __init__(self, size: int, make: Callable[[K], V]) -> None:
        """``size`` below 1 counts as 1. What ``make`` raises comes through, and nothing is kept."""
        self._size = max(1, size)
        self._make = make
        self._known: OrderedDict[K, V] = OrderedDict()
        self._key: K | None = None
        self._value: V | None = None

    def get(self, key: K) -> V:
        """The value of a key: identity first, since mostly it is the one of the last call, then equality."""
        if key is self._key and self._value is not None:
            return self._value
        value = self._known.get(key)
        if value is None:
            value = self._known[key] = self._make(key)
            if len(self._known) > self._size:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(key)
        self._key, self._value = key, value
        return value
