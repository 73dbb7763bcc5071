"""What goes into a chain and comes out of it, seen from outside, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from penstock.api.converter import NULL_SCHEMA_AND_VALUE, SchemaAndValue
from penstock.errors.stage import Stage

Part: TypeAlias = SchemaAndValue | bytes | None
"""A key, a value or the value of a header: data, where no converter stands at this end, else the log's bytes."""

DEFAULT_TOPIC = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A record outside of the chain. ``timestamp`` is in milliseconds since the epoch; ``partition`` None means 0 for a sink
    and "not chosen" for a source; ``offset`` is a sink's, None means its place among the messages. What comes out of a chain
    has no offset."""

    topic: str = DEFAULT_TOPIC
    value: Part = NULL_SCHEMA_AND_VALUE
    key: Part = NULL_SCHEMA_AND_VALUE
    headers: tuple[tuple[str, Part], ...] = ()
    timestamp: int | None = None
    partition: int | None = None
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class Passed:
    """It came out."""

    message: Message


@dataclass(frozen=True, slots=True)
class Dropped:
    """A transformation dropped it."""


@dataclass(frozen=True, slots=True)
class Failed:
    """It failed, and was reported: skipped where errors are tolerated or retries used up, else the end of the task.

    ``executing_class`` and ``error_class`` are the names that reports show. ``stage`` is None for what no stage can tolerate.
    """

    stage: Stage | None
    executing_class: str | None
    error_class: str
    text: str


@dataclass(frozen=True, slots=True)
class Unreached:
    """The task had ended before it."""


Outcome: TypeAlias = Passed | Dropped | Failed | Unreached
