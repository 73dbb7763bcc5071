"""Trying a configuration out: whether the bucket is there, what had better be otherwise, where records would go (spec 17.12)."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from penstock.api import (
    Check,
    ConfigException,
    ConfigValue,
    ConnectException,
    PartialBatch,
    PlannedStep,
    SinkBatch,
    SinkRecord,
    SinkSlice,
)
from penstock_s3.config.choices import FormatKind, OnNull, Partitioning
from penstock_s3.config.settings import SinkSettings
from penstock_s3.formats.factory import Formats, make_formats
from penstock_s3.partition.making import make_naming, make_partitioner
from penstock_s3.storage.opening import open_store

Enveloping = Callable[[SinkSlice], Iterable[SinkSlice]]
"""What is done to slices before they are placed and written; Aiven's envelopes."""


def checks(errors: Sequence[ConfigValue], settings_of: Callable[[], SinkSettings]) -> Iterator[Check]:
    """Step by step, ending at the first that fails."""
    found = [f"{value.name}: {error}" for value in errors for error in value.errors]
    yield Check("configuration", not found, "\n".join(found))
    if found:
        return
    try:
        settings = settings_of()
        make_partitioner(settings.partition)
        make_naming(settings)
        make_formats(settings.format)
    except (ConfigException, ConnectException) as error:
        yield Check("settings", ok=False, text=str(error))
        return
    yield Check("settings", ok=True)
    yield _bucket(settings)
    for advice in advised(settings):
        yield Check("advice", ok=True, text=advice)


def _bucket(settings: SinkSettings) -> Check:
    begin = time.monotonic()
    where = f"bucket {settings.store.bucket} at {settings.store.endpoint or 'AWS, ' + settings.store.region}"
    try:
        store = open_store(settings.store, lambda _seconds: False)
        try:
            store.check()
        finally:
            store.close()
    except Exception as error:  # noqa: BLE001  # whatever the client raises is what the test has found
        return Check("bucket", ok=False, text=f"{where}: {error}", milliseconds=_since(begin))
    return Check("bucket", ok=True, text=where, milliseconds=_since(begin))


def _since(begin: float) -> int:
    return round((time.monotonic() - begin) * 1000)


def advised(settings: SinkSettings) -> Iterator[str]:
    """What works, but perhaps not as it was meant."""
    rotation, partition = settings.rotation, settings.partition
    wallclock = partition.kind.time_based and getattr(partition.extractor, "value", "") == "Wallclock"
    if rotation.interval_ms is not None and rotation.idle_ms is None and rotation.schedule_ms is None:
        yield (
            "rotate.interval.ms finishes files only when a further record comes: what a silent topic wrote last stays unseen. "
            "Set flush.idle.ms, or rotate.schedule.interval.ms"
        )
    if rotation.interval_ms is not None and rotation.on_partition_change and not wallclock:
        yield (
            "rotate.interval.ms finishes files at every record for another directory: late and interleaved records make many "
            "small objects. Set rotate.file.on.partition.change=false"
        )
    if (wallclock or rotation.schedule_ms is not None or rotation.idle_ms is not None) and not settings.manifest:
        yield (
            "Files are finished by the clock, so records that are read again after a failure may be stored twice. Set "
            "s3.exactly.once.manifest=true where that matters"
        )
    if partition.kind is Partitioning.FIELD and rotation.max_open_files is None:
        yield "Every value of the fields is a file that stays open until flush.size; set partitioner.max.open.files where there are many"
    if settings.nulls.behavior is OnNull.FAIL and settings.names is None:
        yield "behavior.on.null.values=fail: a record without a value, such as a tombstone, fails the task"
    if (rotation.flush_size or 0) > 10_000_000 and settings.format.kind is FormatKind.PARQUET:
        yield "A Parquet object is readable only when it is whole: flush.size lets it grow very large. Set flush.bytes"


def planned(
    settings: SinkSettings, records: Sequence[SinkRecord], envelope: Enveloping = lambda part: (part,)
) -> Iterator[PlannedStep]:
    """For each record the object that it would be the first of, or why it cannot be stored. Nothing is written."""
    partitioner, naming = make_partitioner(settings.partition), make_naming(settings)
    formats = make_formats(settings.format)
    now_ms = time.time_ns() // 1_000_000
    for part in SinkBatch.of(records).slices:
        topic = part.topic or ""
        try:
            (whole,) = envelope(part)
        except ConnectException as error:
            yield PlannedStep(topic, str(error), ok=False)
            continue
        placed = partitioner.encode(whole, now_ms)
        for place, path in enumerate(placed.paths):
            refused = placed.errors.get(place) or _refusal(formats, whole, place)
            if refused is not None:
                yield PlannedStep(topic, f"Offset {part.offsets[place]} is refused: {refused}", ok=False)
                continue
            tombstone = path == settings.partition.tombstone
            keys = naming.file(topic, path, part.kafka_partition or 0, part.offsets[place], tombstones=tombstone)
            named = filter(None, (keys.values, keys.keys, keys.headers))
            yield PlannedStep(topic, f"Offset {part.offsets[place]} goes to {', '.join(named)}")


def _refusal(formats: Formats, part: SinkSlice, place: int) -> Exception | None:
    value = part.values[place]
    if value is None:
        return None
    try:
        formats.values.open(io.BytesIO(), part.value_schema).prepare([value])
    except PartialBatch as partial:
        return partial.error
    except ConnectException as error:
        return error
    return None
