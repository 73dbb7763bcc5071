"""From times to paths, fast: a path is made once a bucket and then found again by comparing numbers.

The rule (spec 3): the clocks' time in the zone is cut down to a multiple of the duration, towards zero as Java divides; the
instant at which clocks show that time is printed with the pattern.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias, TypeVar

from penstock_s3.joda.civil import DAY_MS
from penstock_s3.joda.pattern import Pattern

T = TypeVar("T")

_CHUNK_MS: Final = 900_000
_MOST_KEPT: Final = 8192

Range: TypeAlias = tuple[int, int, str]
"""Instants from the first number on and before the second one have this path."""

_NOTHING: Range = (0, 0, "")


class TimePaths:
    """Paths by time. Keeps what it found; for one thread."""

    __slots__ = ("_by_chunk", "_by_floor", "_duration", "_pattern", "_range", "_span")

    def __init__(self, pattern: Pattern, duration_ms: int) -> None:
        """``duration_ms`` is at least 1."""
        self._pattern = pattern
        self._duration = duration_ms
        unit = pattern.unit_ms
        self._span = unit if unit % duration_ms == 0 else duration_ms
        self._range = _NOTHING
        self._by_chunk: dict[int, Range] = {}
        self._by_floor: dict[int, str] = {}

    def one(self, ms: int) -> str:
        """The path of one instant."""
        low, high, path = self._range
        return path if low <= ms < high else self._found(ms)[2]

    def column(self, times: Sequence[int]) -> tuple[Sequence[str], str | None]:
        """The path of each instant, and the one that they share, if they do. Costs two passes in C where the whole column
        lies in the last bucket, and a comparison for each instant where it doesn't."""
        low, high, path = self._range
        if low <= min(times) and max(times) < high:
            return [path] * len(times), path
        paths = []
        for ms in times:
            if not low <= ms < high:
                low, high, path = self._found(ms)
            paths.append(path)
        return paths, path if paths.count(path) == len(paths) else None

    def _found(self, ms: int) -> Range:
        chunk = ms // _CHUNK_MS
        found = self._by_chunk.get(chunk)
        if found is None:
            found = self._made(ms)
            if found[0] <= chunk * _CHUNK_MS and (chunk + 1) * _CHUNK_MS <= found[1]:
                _keep(self._by_chunk, chunk, found)
        self._range = found
        return found

    def _made(self, ms: int) -> Range:
        zone = self._pattern.zone
        start, end, offset = zone.steady(ms)
        local = ms + offset
        if local < 0:  # cut towards zero, so buckets lie otherwise; rare enough to be made one by one
            return ms, ms + 1, self._path(-(-local // self._duration) * self._duration)
        span = self._span
        if span > self._duration and zone.offset(start - DAY_MS) != zone.offset(end + DAY_MS):
            span = self._duration  # near a change of the offset, times that the zone skips or repeats print otherwise
        first = local // span * span
        path = self._path(local // self._duration * self._duration)
        return max(start, first - offset), min(end, first + span - offset), path

    def _path(self, floor: int) -> str:
        path = self._by_floor.get(floor)
        if path is None:
            path = self._pattern.format(self._pattern.zone.to_utc(floor))
            _keep(self._by_floor, floor, path)
        return path


def _keep(kept: dict[int, T], key: int, value: T) -> None:
    if len(kept) >= _MOST_KEPT:
        kept.clear()
    kept[key] = value
