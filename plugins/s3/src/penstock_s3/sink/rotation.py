"""When the open files of a topic partition are finished (spec 5). Pure: no clock, no store.

Columns are asked how far they reach without a rotation, so that nothing is done record by record; the outcome is that of the
rules applied to one record after the other.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence

from penstock_s3.config.settings import RotationSettings
from penstock_s3.joda.zones import Zone

_DAY_MS = 86_400_000


class Reason(enum.Enum):
    """Why files were finished; the names are for logs and metrics."""

    NULL_SCHEMA = "schema appeared or vanished"
    INTERVAL = "rotate.interval.ms"
    PARTITION_CHANGE = "another encoded partition"
    SCHEDULE = "rotate.schedule.interval.ms"
    SCHEMA = "schema change"
    KEY_SCHEMA = "schema of keys changed"
    OPEN_FILES = "partitioner.max.open.files"
    SIZE = "flush.size"
    BYTES = "flush.bytes"
    IDLE = "flush.idle.ms"
    FLUSH = "offsets are committed"
    CLOSE = "flush.on.close"


class Pace:
    """Counts and times since the last rotation of one topic partition. Times in ms since the epoch."""

    def __init__(self, settings: RotationSettings, zone: Zone, tombstone: str | None, now_ms: int) -> None:
        """``zone`` is where the days of the schedule begin; ``tombstone`` the encoded partition of null values, if any."""
        self._settings = settings
        self._zone = zone
        self._tombstone = tombstone
        self.count = 0
        self._base_ms: int | None = None
        self._last_path: str | None = None
        self._last_write_ms = now_ms
        self._scheduled_ms = self._next_scheduled(now_ms)

    def due(self, path: str, time_ms: int | None, now_ms: int) -> Reason | None:
        """Whether the record that goes to ``path`` comes after a rotation by time (rule 2)."""
        settings = self._settings
        if settings.interval_ms is not None and time_ms is not None and self._base_ms is None:
            self._base_ms = time_ms
        if self.count == 0:
            return None
        if settings.interval_ms is not None:
            if time_ms is not None and self._base_ms is not None and time_ms - self._base_ms >= settings.interval_ms:
                return Reason.INTERVAL
            if settings.on_partition_change and self._flips(self._last_path, path):
                return Reason.PARTITION_CHANGE
        return Reason.SCHEDULE if self._schedule_reached(now_ms) else None

    def reach(
        self, paths: Sequence[str], times: Sequence[int | None] | None, span: tuple[int, int], now_ms: int
    ) -> int:
        """How far records ``span`` can be written until a rotation by time or size; the first of them is not due."""
        start, end = span
        settings = self._settings
        if settings.flush_size is not None:
            end = min(end, start + settings.flush_size - self.count)
        if self._schedule_reached(now_ms):
            return min(end, start + 1)  # nothing was written yet, and with the first record the schedule is due
        if settings.interval_ms is None or end <= start + 1:
            return end
        if settings.on_partition_change:
            end = self._until_flip(paths, start, end)
        if times is None:
            return end
        if self._base_ms is None:  # the first record that has a time is asked about for itself: others go by it
            return next((place for place in range(start + 1, end) if times[place] is not None), end)
        return _until_late(times, (start, end), self._base_ms + settings.interval_ms)

    def wrote(self, count: int, last_path: str, now_ms: int) -> None:
        """So many records were written, the last of them to ``last_path``."""
        self.count += count
        self._last_path = last_path
        self._last_write_ms = now_ms

    @property
    def full(self) -> bool:
        """Rule 5."""
        return self._settings.flush_size is not None and self.count >= self._settings.flush_size

    def due_without_data(self, now_ms: int) -> Reason | None:
        """Whether silence has lasted long enough, or the schedule is reached."""
        if self.count == 0:
            return None
        if self._schedule_reached(now_ms):
            return Reason.SCHEDULE
        idle = self._settings.idle_ms
        return Reason.IDLE if idle is not None and now_ms - self._last_write_ms >= idle else None

    def wake_ms(self) -> int | None:
        """When :meth:`due_without_data` is to be asked next; None when only records can bring a rotation."""
        if self.count == 0:
            return None
        times = [] if self._scheduled_ms is None else [self._scheduled_ms]
        if self._settings.idle_ms is not None:
            times.append(self._last_write_ms + self._settings.idle_ms)
        return min(times, default=None)

    def skip_missed_schedule(self, now_ms: int) -> None:
        """A schedule that passed with nothing to write is moved on in silence."""
        if self.count == 0 and self._schedule_reached(now_ms):
            self._scheduled_ms = self._next_scheduled(now_ms)

    def rotated(self, reason: Reason, now_ms: int) -> None:
        """All files were finished."""
        self.count = 0
        self._base_ms = None
        if reason in (Reason.INTERVAL, Reason.PARTITION_CHANGE, Reason.SCHEDULE):
            self._scheduled_ms = self._next_scheduled(now_ms)

    def _schedule_reached(self, now_ms: int) -> bool:
        return self._scheduled_ms is not None and now_ms >= self._scheduled_ms

    def _flips(self, last: str | None, path: str) -> bool:
        return last is not None and path != last and self._tombstone not in (last, path)

    def _until_flip(self, paths: Sequence[str], start: int, end: int) -> int:
        last = paths[start]
        if paths[start:end].count(last) == end - start:
            return end
        for place in range(start + 1, end):
            if self._flips(last, paths[place]):
                return place
            last = paths[place]
        return end

    def _next_scheduled(self, now_ms: int) -> int | None:
        if self._settings.schedule_ms is None:
            return None
        return next_scheduled_ms(now_ms, self._settings.schedule_ms, self._zone)


def _until_late(times: Sequence[int | None], span: tuple[int, int], limit_ms: int) -> int:
    start, end = span
    known = [moment for moment in times[start:end] if moment is not None]
    if max(known, default=limit_ms - 1) < limit_ms:
        return end
    for place in range(start + 1, end):
        moment = times[place]
        if moment is not None and moment >= limit_ms:
            return place
    return end


def next_scheduled_ms(now_ms: int, interval_ms: int, zone: Zone) -> int:
    """The first of: start of the day plus a multiple of the interval, start of the next day (spec 5)."""
    day = (now_ms + zone.offset(now_ms)) // _DAY_MS * _DAY_MS
    start, end = _start_of_day(day, zone), _start_of_day(day + _DAY_MS, zone)
    return min(start + ((now_ms - start) // interval_ms + 1) * interval_ms, end)


def _start_of_day(day: int, zone: Zone) -> int:
    """The first instant of a local day, also where clocks skip midnight."""
    start = zone.to_utc(day)
    return start + max(0, day - (start + zone.offset(start)))
