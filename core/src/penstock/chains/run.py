"""Messages through a chain: through the very classes that a task runs, and one outcome for each."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import cast

from penstock.api.converter import NULL_SCHEMA_AND_VALUE, SchemaAndValue
from penstock.api.exceptions import ConnectException
from penstock.api.hooks import PluginKind
from penstock.chains.build import Config, Parts, Setting, chain_parts
from penstock.chains.message import Dropped, Failed, Message, Outcome, Part, Passed, Unreached
from penstock.chains.received import ChainError, Received, Row, delivered, in_batches, number_of
from penstock.chains.sent import polled, sent
from penstock.errors.context import ConsumedRecord, Failure
from penstock.errors.trace import class_name
from penstock.tasks.sink_chain import SinkChain
from penstock.tasks.source_chain import Dropped as DroppedRecord
from penstock.tasks.source_chain import SourceChain

__all__ = ["ChainError", "run_chain"]


def run_chain(config: Config, setting: Setting, messages: Sequence[Message]) -> list[Outcome]:
    """What becomes of each message. The chain is made, used once and closed, as in one task's life.

    Raises :class:`ChainError` for impossible messages, ConfigException and ConnectException for a config that makes no chain.
    """
    parts = chain_parts(config, setting)
    outcomes = _Outcomes(len(messages))
    if setting.kind is PluginKind.SOURCE:
        _run_source(parts, [_as_data(number, message) for number, message in enumerate(messages)], outcomes)
    else:
        _run_sink(parts, [_row(number, message, parts.raw) for number, message in enumerate(messages)], outcomes)
    return outcomes.all()


class _Outcomes:
    """Collects. ``fallback`` is for messages of which nothing is heard until the end."""

    def __init__(self, count: int) -> None:
        self._found: list[Outcome | None] = [None] * count
        self._fallback: Outcome = Dropped()

    def put(self, number: int, outcome: Outcome) -> None:
        self._found[number] = outcome

    def dropped(self, number: int) -> None:
        """It went in, and the chain was done with it: nothing came out unless it was ``put`` before."""
        self._found[number] = self._found[number] or Dropped()

    def failed(self, number: int, failure: Failure) -> None:
        """It was reported."""
        named = class_name(failure.error)
        self._found[number] = Failed(failure.stage, failure.executing_class, named, str(failure.error))

    def ended(self, error: ConnectException, last: Failure | None) -> None:
        """The task failed: for the ``last`` reported failure, or else at the first message without an outcome."""
        if (last is None or error.__cause__ is not last.error) and None in self._found:
            self.put(self._found.index(None), Failed(None, None, class_name(error), str(error)))
        self._fallback = Unreached()

    def all(self) -> list[Outcome]:
        return [self._fallback if outcome is None else outcome for outcome in self._found]


def _run_source(parts: Parts, messages: Sequence[Message], outcomes: _Outcomes) -> None:
    """All messages are one poll; what was encoded before a failure counts, as it would have been sent."""
    records = [polled(message) for message in messages]
    numbers = {id(record): number for number, record in enumerate(records)}
    chain = SourceChain(parts.transformations, parts.converters, parts.operator)
    failures = parts.recorder.failures
    error: ConnectException | None = None
    try:
        for item in chain.encode(records):
            if isinstance(item, DroppedRecord):
                outcomes.dropped(numbers[id(item.origin)])
            else:
                for place, origin in enumerate(item.origins or ()):
                    outcomes.put(numbers[id(origin)], Passed(sent(item.outgoing, place, parts.raw)))
    except ConnectException as raised:
        error = raised
    finally:
        chain.close()
    for failure in failures:
        outcomes.failed(numbers[id(failure.record)], failure)
    if error is not None:
        outcomes.ended(error, failures[-1] if failures else None)


def _run_sink(parts: Parts, rows: Sequence[Row], outcomes: _Outcomes) -> None:
    """A batch a message where a failure ends the task, so that one sees what was delivered before it; else all at once."""
    rounds = [in_batches(rows)] if parts.operator.tolerates else [[Received([row])] for row in rows]
    numbers = _places(rows)
    chain = SinkChain(parts.transformations, parts.converters, parts.operator)
    failures = parts.recorder.failures
    error: ConnectException | None = None
    try:
        for batches in rounds:
            for record in chain.decode(batches):
                outcomes.put(number_of(record, numbers), Passed(delivered(record)))
            for batch in batches:
                for row in batch.rows:
                    outcomes.dropped(row.number)
    except ChainError:
        raise
    except ConnectException as raised:
        error = raised
    finally:
        chain.close()
    for failure in failures:
        where = cast("ConsumedRecord", failure.record)
        outcomes.failed(numbers[where.topic, where.partition, where.offset], failure)
    if error is not None:
        outcomes.ended(error, failures[-1] if failures else None)


def _places(rows: Sequence[Row]) -> dict[tuple[str | None, int | None, int], int]:
    numbers: dict[tuple[str | None, int | None, int], int] = {}
    for row in rows:
        first = numbers.setdefault(row.place, row.number)
        if first != row.number:
            topic, partition, offset = row.place
            raise ChainError(
                f"Messages {first + 1} and {row.number + 1} both have offset {offset} in {topic}-{partition}: give each its own"
            )
    return numbers


def _as_data(number: int, message: Message) -> Message:
    """A source task's message: data throughout."""
    return dataclasses.replace(
        message,
        value=_data(number, "value", message.value),
        key=_data(number, "key", message.key),
        headers=tuple((name, _data(number, f"header {name}", part)) for name, part in message.headers),
    )


def _row(number: int, message: Message, raw: frozenset[str]) -> Row:
    """A sink task's message, as the log has it."""

    def end(converter: str, what: str, part: Part) -> bytes | None:
        if converter in raw:
            return _bytes(number, what, part, converter)
        return _data(number, what, part)  # type: ignore[return-value]  # read by the passthrough

    return Row(
        number,
        message,
        end("key.converter", "key", message.key),
        end("value.converter", "value", message.value),
        [(name, end("header.converter", f"header {name}", part)) for name, part in message.headers],
    )


def _data(number: int, what: str, part: Part) -> SchemaAndValue:
    if isinstance(part, bytes):
        raise ChainError(
            f"Message {number + 1}: its {what} is given as bytes, but no converter stands before it to read them"
        )
    return NULL_SCHEMA_AND_VALUE if part is None else part


def _bytes(number: int, what: str, part: Part, converter: str) -> bytes | None:
    if part is None or part == NULL_SCHEMA_AND_VALUE:
        return None
    if isinstance(part, SchemaAndValue):
        raise ChainError(f"Message {number + 1}: its {what} is given as data, but {converter} is to read it from bytes")
    return part
