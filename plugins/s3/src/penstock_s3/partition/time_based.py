"""Partitioning by time: hours, days, or whatever a duration and a pattern say (spec 3)."""

from __future__ import annotations

from penstock.api import ConfigException, ConnectException, SinkSlice
from penstock_s3.config.choices import Extractor, Partitioning
from penstock_s3.config.java_classes import is_known_class
from penstock_s3.config.settings import PartitionSettings
from penstock_s3.joda.civil import DAY_MS
from penstock_s3.joda.pattern import Pattern
from penstock_s3.joda.zones import HOUR_MS, Zone, zone
from penstock_s3.partition.extractors import FieldTime, RecordTime, TimeExtractor, Wallclock
from penstock_s3.partition.partitioner import NOT_FOUND, Encoded
from penstock_s3.partition.time_paths import TimePaths

_DAY_FORMAT = ("'year'=YYYY", "'month'=MM", "'day'=dd")
_HOUR_FORMAT = (*_DAY_FORMAT, "'hour'=HH")


class TimeBasedPartitioner:
    """Time by an extractor, path by a pattern."""

    time_based = True

    def __init__(self, extractor: TimeExtractor, paths: TimePaths) -> None:
        self._extractor = extractor
        self._paths = paths

    def encode(self, part: SinkSlice, now_ms: int) -> Encoded:
        """Two passes in C over the times where all are of the last bucket."""
        times = self._extractor.extract(part, now_ms)
        if times.errors or not len(part):
            paths = [NOT_FOUND if ms is None else self._paths.one(ms) for ms in times.column]
            return Encoded(paths, None, times.column, times.errors)
        found, only = self._paths.column(times.column)  # type: ignore[arg-type]  # without errors, all have a time
        return Encoded(found, only, times.column)


def make_time_based(settings: PartitionSettings) -> TimeBasedPartitioner:
    """Checks, and compiles, what was configured. Raises ConfigException with the original's texts (recorded), and
    ConnectException for an extractor that cannot be used."""
    duration, pattern = _schedule(settings)
    path_format = pattern.removesuffix(settings.delim) if settings.delim else pattern
    where = zone_of(settings.timezone)
    try:
        compiled = Pattern(path_format, where, settings.locale)
    except ValueError as error:
        raise ConfigException.of("path.format", pattern, str(error)) from error
    return TimeBasedPartitioner(
        make_extractor(settings.extractor, settings.timestamp_field), TimePaths(compiled, duration)
    )


def make_extractor(choice: Extractor | str, field: str) -> TimeExtractor:
    """The extractor. Raises ConfigException for a name that is none, ConnectException for a class that is none, and for an
    empty field."""
    match choice:
        case Extractor.WALLCLOCK:
            return Wallclock()
        case Extractor.RECORD:
            return RecordTime()
        case Extractor.RECORD_FIELD:
            return FieldTime(field)
    if is_known_class(choice):
        raise ConnectException(f"Class {choice} does not implement TimestampExtractor")
    raise ConfigException(f"Invalid timestamp extractor: {choice}")


def _schedule(settings: PartitionSettings) -> tuple[int, str]:
    """Duration and pattern, checked in the order of the original."""
    match settings.kind:
        case Partitioning.HOURLY:
            duration, pattern = HOUR_MS, settings.delim.join(_HOUR_FORMAT)
        case Partitioning.DAILY:
            duration, pattern = DAY_MS, settings.delim.join(_DAY_FORMAT)
        case _:
            duration, pattern = settings.duration_ms, settings.path_format
    if duration < 0:
        raise ConfigException.of("partition.duration.ms", duration, "Partition duration needs to be a positive.")
    if duration == 0:
        raise ConfigException.of(
            "partition.duration.ms",
            duration,
            "No time can be divided by 0; give a number of milliseconds, such as 3600000.",
        )
    if not pattern.strip() or pattern == settings.delim:
        raise ConfigException.of("path.format", pattern, "Path format cannot be empty.")
    if not settings.locale.strip():
        raise ConfigException.of("locale", settings.locale, "Locale cannot be empty.")
    if not settings.timezone.strip():
        raise ConfigException.of("timezone", settings.timezone, "Timezone cannot be empty.")
    return duration, pattern


def zone_of(name: str) -> Zone:
    """The zone. Raises ConfigException for a name that is none."""
    try:
        return zone(name)
    except ValueError as error:
        raise ConfigException.of("timezone", name, str(error)) from error
