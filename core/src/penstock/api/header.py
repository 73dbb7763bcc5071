"""Headers of a record: an ordered list of named values; a name may come more than once (spec 5.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, Self

from penstock.api.equality import same_value
from penstock.api.exceptions import DataException
from penstock.api.schema import Schema
from penstock.api.validation import validate_value


class Header(NamedTuple):
    """One header. ``schema`` is None for a value without one."""

    key: str
    schema: Schema | None
    value: object


HeaderTransform = Callable[[Header], Header | None]


class Headers:
    """What Connect calls ConnectHeaders. Every adder returns the headers, so that calls can be chained."""

    __slots__ = ("_items",)

    def __init__(self, headers: Iterable[Header] = ()) -> None:
        self._items: list[Header] = list(headers)

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Header]:
        return iter(self._items)

    def duplicate(self) -> Headers:
        """Other headers with the same content; changing one leaves the other."""
        return Headers(self._items)

    def add(self, key: str, value: object, schema: Schema | None = None) -> Self:
        """Add a header at the end."""
        if schema is not None:
            validate_value(schema, value)
        self._items.append(Header(key, schema, value))
        return self
