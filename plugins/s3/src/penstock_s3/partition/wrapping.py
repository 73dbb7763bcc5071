"""What stands around partitioners: the name of the schema, and a place of their own for tombstones (spec 7)."""

from __future__ import annotations

from typing import Final

from penstock.api import Schema, SinkSlice
from penstock_s3.config.choices import SchemaAffix
from penstock_s3.partition.partitioner import NOT_FOUND, Encoded, Partitioner, chosen, without_nulls

_MOST_KEPT: Final = 10_000


class SchemaPartitioner:
    """``schema_name=<name of the value's schema>`` before or after the path."""

    def __init__(self, inner: Partitioner, affix: SchemaAffix, delim: str) -> None:
        self._inner = inner
        self._affix = affix
        self._delim = delim
        self._schema: Schema | None = None
        self._known: dict[str, str] = {}
        self.time_based = inner.time_based

    def encode(self, part: SinkSlice, now_ms: int) -> Encoded:
        """One affix for the whole run."""
        found = self._inner.encode(part, now_ms)
        if part.value_schema is not self._schema or len(self._known) > _MOST_KEPT:
            self._schema, self._known = part.value_schema, {}
        if found.only is not None:
            whole = self._whole(found.only)
            return Encoded([whole] * len(part), whole, found.times)
        paths = [self._whole(path) if path is not NOT_FOUND else path for path in found.paths]
        return Encoded(paths, None, found.times, found.errors)

    def _whole(self, path: str) -> str:
        whole = self._known.get(path)
        if whole is None:
            name = f"schema_name={self._schema.name if self._schema is not None and self._schema.name else 'null'}"
            parts = (name, path) if self._affix is SchemaAffix.PREFIX else (path, name)
            whole = self._known[path] = self._delim.join(parts)
        return whole


class TombstonePartitioner:
    """Records without a value have a directory of their own, and their time is Kafka's."""

    def __init__(self, inner: Partitioner, path: str) -> None:
        self._inner = inner
        self._path = path
        self.time_based = inner.time_based

    def encode(self, part: SinkSlice, now_ms: int) -> Encoded:
        """Runs without null values go straight through."""
        if without_nulls(part.values):
            return self._inner.encode(part, now_ms)
        stamps = part.timestamps if part.timestamps is not None else [None] * len(part)
        alive = [place for place, value in enumerate(part.values) if value is not None]
        if not alive:
            return Encoded([self._path] * len(part), self._path, stamps if self.time_based else None)
        found = self._inner.encode(chosen(part, alive), now_ms)
        paths = [self._path] * len(part)
        times = list(stamps) if self.time_based else None
        for place, path in zip(alive, found.paths, strict=True):
            paths[place] = path
        if times is not None and found.times is not None:
            for place, ms in zip(alive, found.times, strict=True):
                times[place] = ms
        return Encoded(paths, None, times, {alive[place]: error for place, error in found.errors.items()})
