"""The contract of partitioners, and the simplest one (spec 3).

A partitioner finds the directory of each record, "encoded partition" in the words of the original. It is asked for a run of
records at once, by its columns; what is wrong with one record stays that record's matter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from penstock.api import ConnectException, SinkSlice, StructColumn

T = TypeVar("T")

NOT_FOUND = ""
"""What stands in ``paths`` for a record that has no path; its error is in ``errors``."""


class PartitionException(ConnectException):
    """A record whose directory cannot be found: bad data, which goes to the dead letter queue (spec 9.3)."""

    connect_name = "io.confluent.connect.storage.errors.PartitionException"


@dataclass(frozen=True, slots=True)
class Encoded:
    """The answer for a run of records; columns have one item a record.

    * ``paths``: the encoded partitions. Equal neighbours are nearly always the same object, so ``is`` finds most runs.
    * ``only``: the path that all of them share, when there is one and none failed; then ``paths`` needs no look.
    * ``times``: the time of each record in ms, which ``rotate.interval.ms`` goes by; None where the partitioner knows none.
      None for a record without one, or one that failed.
    * ``errors``: what was wrong, by the record's place in the run; data errors all, to be reported record by record.
    """

    paths: Sequence[str]
    only: str | None = None
    times: Sequence[int | None] | None = None
    errors: Mapping[int, Exception] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.paths)


class Partitioner(Protocol):
    """Called on the task's thread only. An instance may keep caches and belongs to one task."""

    @property
    def time_based(self) -> bool:
        """Whether answers have ``times``."""

    def encode(self, part: SinkSlice, now_ms: int) -> Encoded:
        """The paths of a run of records; ``now_ms`` is the time of the current ``put``. Never raises for bad data."""


def without_nulls(values: Sequence[object]) -> bool:
    """Whether no value is null. Columns of structs have none; others are asked for their types, as comparing would compare
    structs by their values."""
    return isinstance(values, StructColumn) or type(None) not in set(map(type, values))


def chosen(part: SinkSlice, places: Sequence[int]) -> SinkSlice:
    """Some records of a run, as a run. They can't be told apart for the runtime, so they are for looking at only."""

    def pick(column: Sequence[T] | None) -> list[T] | None:
        return None if column is None else [column[place] for place in places]

    return replace(
        part,
        offsets=[part.offsets[place] for place in places],
        values=[part.values[place] for place in places],
        keys=pick(part.keys),
        timestamps=pick(part.timestamps),
        headers=pick(part.headers),
        delivery=None,
    )


class DefaultPartitioner:
    """By Kafka partition: ``partition=7``."""

    time_based = False

    def encode(self, part: SinkSlice, now_ms: int) -> Encoded:  # noqa: ARG002  # the contract's
        """One path for all."""
        path = f"partition={part.kafka_partition}"
        return Encoded([path] * len(part), only=path)
