"""Structs as columns: one sequence a field instead of one object a record (design decision 14).

A converter that reads columns, transformations that work on columns and a sink or converter that takes columns never make the
structs in between. Who looks at one gets it: structs are made all at once, when somebody first asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import compress
from operator import attrgetter
from typing import Any, overload

from penstock.api.schema import Schema
from penstock.api.struct import Struct

_schema_of: Any = attrgetter("schema")
_values_of: Any = attrgetter("values")
_ONLY_STRUCTS = frozenset({Struct})


class StructColumn(Sequence[Struct]):
    """Structs that all have ``schema``; none is null. ``columns`` has their stored values, a sequence a field in the order of
    the schema's fields; nobody changes one. Invariant: there is no null in a required field, and all values fit.

    ``structs`` are the structs themselves, where they exist already.
    """

    __slots__ = ("_length", "_structs", "columns", "schema")

    def __init__(
        self,
        schema: Schema,
        columns: Sequence[Sequence[object]],
        length: int | None = None,
        structs: Sequence[Struct] | None = None,
    ) -> None:
        self.schema = schema
        self.columns = columns
        self._length = len(columns[0]) if length is None else length
        self._structs = structs

    @classmethod
    def of(cls, schema: Schema, values: Sequence[object]) -> StructColumn | None:
        """Values as columns: the same object if they are, None if they are not all structs of this schema, or if a required
        value is missing."""
        if isinstance(values, StructColumn):
            return values if values.schema is schema or values.schema == schema else None
        if not values or not _ONLY_STRUCTS.issuperset(map(type, values)):
            return None
        structs: Sequence[Struct] = values  # type: ignore[assignment]  # looked at above
        if list(map(_schema_of, structs)).count(schema) != len(structs):  # by identity first
            return None
        columns = list(zip(*map(_values_of, structs), strict=True))
        for field, column in zip(schema.fields, columns, strict=True):
            if not field.schema.optional and None in column:
                return None
        return cls(schema, columns, len(structs), structs)

    def select(self, mask: Sequence[bool]) -> StructColumn:
        """Those where ``mask`` is true."""
        return StructColumn(self.schema, [list(compress(column, mask)) for column in self.columns], sum(mask))

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Struct]:
        return iter(self._made())

    @overload
    def __getitem__(self, index: int) -> Struct: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Struct]: ...
    def __getitem__(self, index: int | slice) -> Struct | Sequence[Struct]:
        if isinstance(index, slice) and self._structs is None:  # a part stays columns, too
            count = len(range(*index.indices(self._length)))
            return StructColumn(self.schema, [column[index] for column in self.columns], count)
        return self._made()[index]

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Sequence) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # as a list has none

    def _made(self) -> Sequence[Struct]:
        if self._structs is None:
            self._structs = self._make()
        return self._structs

    def _make(self) -> list[Struct]:
        if not self.columns:
            return [Struct.of(self.schema, ()) for _ in range(self._length)]
        new, schema = Struct.__new__, self.schema
        structs: list[Struct] = []
        append = structs.append
        for values in map(list, zip(*self.columns, strict=True)):  # Struct.of, without a call for each
            struct = new(Struct)
            struct.schema = schema
            struct.values = values
            append(struct)
        return structs
