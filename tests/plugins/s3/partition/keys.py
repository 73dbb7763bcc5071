"""The object keys of a recorded vector, found without a task: partitioner, naming and the plainest of rotations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from penstock.api import ConfigException, SinkBatch, SinkRecord
from penstock_s3.config.settings import SinkSettings
from penstock_s3.partition.making import make_partitioner
from penstock_s3.partition.naming import ObjectNaming
from penstock_s3.partition.partitioner import Partitioner
from tests.plugins.s3.config.configs import errors_of, settings_of
from tests.plugins.s3.formats.replay import records

Json = Any
NOW_MS = 1_795_352_600_000
_OF_BUCKET = {"${bucket}": "bucket", "${endpoint}": "http://store:9000", "${accesskey}": "a", "${secretkey}": "s"}


@dataclass
class Outcome:
    """What came of a vector: refused at once, failed at the start, or objects and perhaps a record that failed."""

    refused: list[str] = field(default_factory=list)
    not_started: Exception | None = None
    keys: list[str] = field(default_factory=list)
    failure: Exception | None = None


def outcome(vector: Json) -> Outcome:
    """Validate, start, and place each record."""
    props = {key: _OF_BUCKET.get(value, value) for key, value in vector["config"].items()}
    props["name"] = "c"
    refused = [error for errors in errors_of(props).values() for error in errors]
    if refused:
        return Outcome(refused=refused)
    try:
        settings = settings_of(props)
        partitioner = make_partitioner(settings.partition)
    except Exception as error:
        return Outcome(not_started=error)
    found = Outcome()
    for (topic, _partition), rows in records(vector).items():
        if topic in props.get("topics", "").split(","):
            found.keys += _keys(settings, partitioner, rows, found)
    found.keys.sort()
    return found


def _keys(settings: SinkSettings, partitioner: Partitioner, rows: list[SinkRecord], found: Outcome) -> Iterator[str]:
    naming = ObjectNaming(settings.naming, settings.format)
    flush_size, most = settings.rotation.flush_size, settings.rotation.max_open_files
    assert flush_size is not None
    open_files: dict[str, int] = {}
    count = 0
    for part in SinkBatch.of(rows).slices:
        placed = partitioner.encode(part, NOW_MS)
        for place, (path, offset) in enumerate(zip(placed.paths, part.offsets, strict=True)):
            if place in placed.errors:
                found.failure = placed.errors[place]
                return
            if path not in open_files and most is not None and len(open_files) >= most:
                yield from _committed(naming, part, open_files)
                count = 0
            open_files.setdefault(path, offset)
            count += 1
            if count >= flush_size:
                yield from _committed(naming, part, open_files)
                count = 0


def _committed(naming: ObjectNaming, part: Any, open_files: dict[str, int]) -> Iterator[str]:
    for path, offset in open_files.items():
        key = naming.file(part.topic, path, part.kafka_partition, offset).values
        assert key is not None
        yield key
    open_files.clear()


def texts(error: Exception) -> list[str]:
    """An error and its causes, as the recordings tell them."""
    told = []
    current: BaseException | None = error
    while current is not None:
        name = getattr(current, "connect_name", None) or type(current).__name__
        told.append(f"{name}: {current}")
        current = current.__cause__
    return told


__all__ = ["ConfigException", "Outcome", "outcome", "texts"]
