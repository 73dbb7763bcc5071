"""What an embedded producer remembers of the batches that it was given: tickets, and what is to be told of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from penstock.api.record import TopicPartition
from penstock.api.task import RecordMetadata
from penstock.log.base import DeliveryCallback, Reports
from penstock.log.columns import Columns
from penstock.log.embedded_store import Prepared, Write
from penstock.log.errors import LogError
from penstock.log.routing import Route

NO_OFFSET = -1
"""What Kafka's client gives as the offset of a record that has none."""


@dataclass(frozen=True, slots=True)
class _Place:
    """What a success report of one route's records needs; the records themselves are not kept."""

    partition: int
    indices: Sequence[int]
    stamps: Sequence[int]


@dataclass(slots=True)
class Submission:
    """One batch. ``writes`` are what is to be stored of it, ``failures`` the records that will not be."""

    ticket: int
    topic: str
    on_delivery: DeliveryCallback | None
    reports: Reports
    writes: list[Write] = field(default_factory=list)
    failures: list[tuple[int, LogError]] = field(default_factory=list)
    _owners: list[int] = field(default_factory=list)
    """Which route each write belongs to: a large one takes several."""
    _places: list[_Place] = field(default_factory=list)
    _bases: list[int] = field(default_factory=list)

    @property
    def _tells_successes(self) -> bool:
        return self.on_delivery is not None and self.reports is Reports.ALL

    def prepare(self, routes: Sequence[Route], prepare: Callable[[Columns], list[Prepared]]) -> None:
        """Make the writes of a batch taken apart. Done anew when the topic turned out to be another."""
        self.writes, self._owners, self._places = [], [], []
        for number, route in enumerate(routes):
            for prepared in prepare(route.columns):
                self.writes.append(Write(TopicPartition(self.topic, route.partition), prepared))
                self._owners.append(number)
            if self._tells_successes:
                self._places.append(_Place(route.partition, route.indices, route.columns.timestamp_list()))

    def drop(self) -> None:
        """Nothing of it is to be stored."""
        self.writes, self._owners, self._places = [], [], []

    def stored(self, bases: Sequence[int]) -> None:
        """The writes were stored from these offsets on; a route begins where its first write does."""
        first: dict[int, int] = {}
        for owner, base in zip(self._owners, bases, strict=True):
            first.setdefault(owner, base)
        self._bases = [first[number] for number in range(len(self._places))]
        self.writes = []

    def tell(self) -> None:
        """Call the callback: for each failure, and with all reports for each success."""
        tell = self.on_delivery
        if tell is None:
            return
        for index, error in self.failures:
            tell(index, None, error)
        for place, base in zip(self._places, self._bases, strict=True):
            for distance, index in enumerate(place.indices):
                offset = NO_OFFSET if base == NO_OFFSET else base + distance
                tell(index, RecordMetadata(self.topic, place.partition, offset, place.stamps[distance]), None)


class Tickets:
    """Counts batches, and knows up to which of them all is durable.

    Invariant: ``acknowledged`` never reaches a batch of which a record was lost without anybody being told.
    """

    __slots__ = ("_blocked", "_served", "last")

    def __init__(self) -> None:
        self.last = 0
        self._served = 0
        self._blocked: int | None = None

    @property
    def acknowledged(self) -> int:
        return self._served if self._blocked is None else min(self._served, self._blocked - 1)

    def draw(self) -> int:
        """The ticket of the next batch."""
        self.last += 1
        return self.last

    def served(self, ticket: int) -> None:
        """What there is to say of this batch and all before it was said."""
        self._served = ticket

    def block(self, ticket: int) -> None:
        """This batch is not in the log as a whole."""
        if self._blocked is None:
            self._blocked = ticket

    def unblock(self) -> None:
        """The transaction was aborted: what is missing was given up on purpose."""
        self._blocked = None
