"""Headers as columns: what many records have alike is there once (design decision 14)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, overload

from penstock.api.header import Header, Headers
from penstock.api.schema import Schema


class HeaderColumn(NamedTuple):
    """A header whose value differs from record to record: ``values`` has one for each, and all fit ``schema``."""

    key: str
    schema: Schema | None
    values: Sequence[object]


class HeaderColumns(Sequence[Headers]):
    """The headers of ``count`` records, for :attr:`SourceBatch.headers`: in this order a :class:`Header` that all of them have, or
    a :class:`HeaderColumn`. Who looks at a record's headers gets them, made for him to change; who takes columns never makes
    them."""

    __slots__ = ("_count", "items")

    def __init__(self, items: Sequence[Header | HeaderColumn], count: int) -> None:
        self.items = items
        self._count = count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Headers: ...
    @overload
    def __getitem__(self, index: slice) -> HeaderColumns: ...
    def __getitem__(self, index: int | slice) -> Headers | HeaderColumns:
        if isinstance(index, slice):
            cut = [
                item if isinstance(item, Header) else item._replace(values=item.values[index]) for item in self.items
            ]
            return HeaderColumns(cut, len(range(*index.indices(self._count))))
        place = range(self._count)[index]
        return Headers(
            item if isinstance(item, Header) else Header(item.key, item.schema, item.values[place])
            for item in self.items
        )
