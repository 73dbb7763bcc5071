"""Up to which batch a producer's records are durable: one way to know for each of the two report modes (design decision 10).

Invariant: ``acknowledged`` never moves to or past a batch that was not sent whole, of which a record is unanswered, or of
which one was lost and nobody was told.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from confluent_kafka import KafkaError, Message


@dataclass(frozen=True, slots=True)
class Unsent:
    """Stands for the message in the answer to a record that librdkafka did not take at all."""

    name: str

    def topic(self) -> str:
        """As that of a message."""
        return self.name


Lost = Callable[[KafkaError, Message | Unsent], None]
"""Takes the failure of a record whose sender did not ask to hear of it."""

Answered = Callable[[KafkaError | None, Message | Unsent], None]
"""What librdkafka calls with the answer for one record."""


class Tickets(Protocol):
    """The tickets of one producer, on its thread."""

    @property
    def acknowledged(self) -> int:
        """See LogProducer."""

    def begin(self, records: int) -> int:
        """A new batch of so many records; returns its ticket."""

    def counted(self) -> Answered:
        """The callback for records of the newest batch whose sender asked for none."""

    def told(self) -> Callable[[], None]:
        """To be called for each answer to a record of the newest batch that its sender was told of."""

    def give_up(self) -> None:
        """The newest batch was not sent whole: it is never acknowledged."""

    def flushed(self) -> None:
        """Everything sent was answered."""

    def settle(self) -> None:
        """A transaction was aborted: what became of its records no longer matters."""


class ErrorReports:
    """Only failures are heard of, so the head moves when everything was answered: up to the first batch of which something
    was heard."""

    def __init__(self, lost: Lost) -> None:
        self.acknowledged = 0
        self._lost = lost
        self._last = 0
        self._stuck: int | None = None

    def begin(self, records: int) -> int:  # noqa: ARG002
        self._last += 1
        return self._last

    def counted(self) -> Answered:
        return partial(self._answered, self._last)

    def _answered(self, ticket: int, error: KafkaError | None, message: Message | Unsent) -> None:
        if error is not None:
            self._stop_before(ticket)
            self._lost(error, message)

    def told(self) -> Callable[[], None]:
        return _nothing

    def give_up(self) -> None:
        self._stop_before(self._last)

    def _stop_before(self, ticket: int) -> None:
        self._stuck = ticket if self._stuck is None else min(ticket, self._stuck)

    def flushed(self) -> None:
        self.acknowledged = self._last if self._stuck is None else self._stuck - 1

    def settle(self) -> None:
        self._stuck = None
        self.acknowledged = self._last


class _Pending:
    """The batch ``ticket``, of which ``left`` records are not dealt with."""

    __slots__ = ("left", "lost", "ticket")

    def __init__(self, ticket: int, left: int, lost: Lost) -> None:
        self.ticket = ticket
        self.left = left
        self.lost = lost

    def answered(self, error: KafkaError | None, message: Message | Unsent) -> None:
        if error is None:
            self.left -= 1
        else:
            self.lost(error, message)

    def dealt_with(self) -> None:
        self.left -= 1


class AllReports:
    """Each answer is counted; the head is the last of the leading batches that have no record left."""

    def __init__(self, lost: Lost) -> None:
        self._lost = lost
        self._last = 0
        self._head = 0
        self._pending: deque[_Pending] = deque()

    @property
    def acknowledged(self) -> int:
        pending = self._pending
        while pending and not pending[0].left:
            self._head = pending.popleft().ticket
        return self._head

    def begin(self, records: int) -> int:
        self._last += 1
        self._pending.append(_Pending(self._last, records, self._lost))
        return self._last

    def counted(self) -> Answered:
        return self._pending[-1].answered

    def told(self) -> Callable[[], None]:
        return self._pending[-1].dealt_with

    def give_up(self) -> None:
        self._pending[-1].left += 1  # one that is never answered

    def flushed(self) -> None:
        pass  # each answer was counted already

    def settle(self) -> None:
        self._pending.clear()
        self._head = self._last


def _nothing() -> None:
    """A failure was told, which the head does not wait for."""
