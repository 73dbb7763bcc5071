"""Map keys that Java can hash and Python cannot.

A Connect map may have lists and maps as its keys. In a Python dict they stand as tuples and as :class:`FrozenMap`; both
count as ARRAY and MAP values everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn


class FrozenMap(dict[object, object]):
    """A dict that is a key of another: hashable, and never changed."""

    __slots__ = ()

    def __hash__(self) -> int:  # type: ignore[override]  # dict has none
        return hash(frozenset(self.items()))

    def _refuse(self, *_: object) -> NoReturn:
        raise TypeError("a FrozenMap is a key of a map and cannot be changed")

    __setitem__ = __delitem__ = update = setdefault = pop = popitem = clear = __ior__ = _refuse  # type: ignore[assignment]


def as_key(value: object) -> object:
    """A value in a form that can be a key: lists become tuples, maps FrozenMaps, all the way down; others stay."""
    if isinstance(value, (list, tuple)):
        return tuple(as_key(item) for item in value)
    if isinstance(value, Mapping):
        return FrozenMap({key: as_key(item) for key, item in value.items()})
    return bytes(value) if isinstance(value, bytearray) else value
