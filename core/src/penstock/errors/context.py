"""One failed operation on one record, as reporters see it (spec 7.3, 7.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from penstock.api.record import SourceRecord, TimestampType
from penstock.errors.stage import Stage
from penstock.ids import TaskId


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumedRecord:
    """A record as it was consumed: original bytes, before conversion and transformations."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    timestamp: int | None
    timestamp_type: TimestampType


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What failed: the stage, the class that was at work (its Connect name where it has one), the last error and how many
    attempts were made. ``record`` is a :class:`ConsumedRecord` for sinks, a :class:`SourceRecord` for sources."""

    task: TaskId
    record: ConsumedRecord | SourceRecord
    stage: Stage
    executing_class: str
    error: BaseException
    attempts: int
