"""Where the time of a record comes from: the clock, the record, or a field of its value (spec 3)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar, cast

from penstock.api import ConnectException, Instant, Schema, SinkSlice, Timestamp, Type
from penstock.api import values as java_values
from penstock_s3.joda import iso
from penstock_s3.partition.field_access import column, of_map, places, steps
from penstock_s3.partition.partitioner import PartitionException

T = TypeVar("T")

_DIGITS: Final = re.compile(r"-?\d{1,19}", re.ASCII)
_LARGEST: Final = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Times:
    """The time of each record in ms, None where there is an error; the errors by place."""

    column: Sequence[int | None]
    errors: Mapping[int, Exception] = field(default_factory=dict)


class TimeExtractor(Protocol):
    """Finds the times of a run of records. Called on the task's thread."""

    def extract(self, part: SinkSlice, now_ms: int) -> Times:
        """The times. Never raises for bad data."""


class Wallclock:
    """The time of the current ``put``."""

    def extract(self, part: SinkSlice, now_ms: int) -> Times:
        """One time for all."""
        return Times([now_ms] * len(part))


class RecordTime:
    """The record's own timestamp."""

    def extract(self, part: SinkSlice, now_ms: int) -> Times:  # noqa: ARG002  # the contract's
        """The column of timestamps; a record without one cannot be placed."""
        times = part.timestamps if part.timestamps is not None else [None] * len(part)
        if None not in times:
            return Times(times)
        return Times(times, {place: _no_time() for place, ms in enumerate(times) if ms is None})


class FieldTime:
    """A field of the value, by its dotted path."""

    def __init__(self, path: str) -> None:
        """Raises ConnectException for an empty path."""
        if not path.strip():
            raise ConnectException("The field to extract cannot be null or empty.")
        self._name = path
        self._path = steps(path)
        self._schema: Schema | None = None
        self._indexes: tuple[int, ...] = ()
        self._read: Callable[[object], int] | None = None

    def extract(self, part: SinkSlice, now_ms: int) -> Times:  # noqa: ARG002  # the contract's
        """By the schema where values are structs, by each value's own type where they are maps."""
        if part.value_schema is not None and part.value_schema.type is Type.STRUCT:
            return self._of_structs(part.values, part.value_schema)
        return self._plain_numbers(part.values) or _each(part.values, self._of_map)

    def _plain_numbers(self, values: Sequence[object]) -> Times | None:
        """The quick way where every value is a map with a whole number there; None where one is not."""
        found: Sequence[object] = values
        try:
            for step in self._path:
                if set(map(type, found)) != {dict}:
                    return None
                found = [value[step] for value in found]  # type: ignore[index]  # maps, as was just seen
        except KeyError:
            return None
        return Times(found) if set(map(type, found)) == {int} else None  # type: ignore[arg-type]

    def _of_structs(self, values: Sequence[object], schema: Schema) -> Times:
        if schema is not self._schema:
            self._learn(schema)
        read = self._read
        if read is None:
            return _each(values, self._refuse)
        found = column(values, self._indexes)
        if read is _plain and set(map(type, found)) == {int}:
            return Times(found)  # type: ignore[arg-type]  # ints, as was just seen
        if None not in found or read == self._unsupported:
            return _each(found, read)
        return _each(range(len(found)), lambda place: read(self._present(found[place], values[place])))

    def _learn(self, schema: Schema) -> None:
        self._schema = schema
        self._read = None
        found = places(schema, self._path)
        if found is None:
            return
        self._indexes, leaf = found
        if leaf.schema.name == Timestamp.LOGICAL_NAME:
            self._read = _instant_ms
        elif leaf.schema.type in (Type.INT32, Type.INT64):
            self._read = _plain
        elif leaf.schema.type is Type.STRING:
            self._read = _text_ms
        else:
            self._read = self._unsupported

    def _present(self, found: object, value: object) -> object:
        if found is not None:
            return found
        return of_map(value, self._path, self._name)  # tells which step is null, and raises

    def _refuse(self, value: object) -> int:
        of_map(value, self._path, self._name)  # finds the missing step and raises
        raise self._wrong()

    def _unsupported(self, _value: object) -> int:
        raise self._wrong()

    def _of_map(self, value: object) -> int:
        if not isinstance(value, Mapping):
            raise PartitionException("Error encoding partition.")
        found = of_map(value, self._path, self._name)
        match found:
            case bool():
                raise self._wrong()
            case int() | float():
                return cast(int, java_values.convert_to_long(None, found))  # NaN is 0, as Java casts
            case str():
                return _text_ms(found)
            case dt.datetime() | Instant():
                return _instant_ms(found)
        raise self._wrong()

    def _wrong(self) -> PartitionException:
        return PartitionException(f"Error extracting timestamp from record field: {self._name}")


def _each(items: Sequence[T], read: Callable[[T], int]) -> Times:
    times: list[int | None] = []
    errors: dict[int, Exception] = {}
    for place, item in enumerate(items):
        try:
            times.append(read(item))
        except ConnectException as error:
            times.append(None)
            errors[place] = error
    return Times(times, errors)


def _no_time() -> PartitionException:
    return PartitionException("Error encoding partition.")


def _plain(value: object) -> int:
    if not isinstance(value, int):  # Date and Time: a class cast error in Java
        raise PartitionException(f"Error encoding partition: {type(value).__name__} is no number of milliseconds")
    return value


def _instant_ms(value: object) -> int:
    if isinstance(value, (dt.datetime, Instant)):
        return Timestamp.from_logical(Timestamp.SCHEMA, value)
    return _plain(value)


def _text_ms(value: object) -> int:
    text = str(value)
    if _DIGITS.fullmatch(text):
        ms = int(text)
        if -_LARGEST - 1 <= ms <= _LARGEST:
            return ms
    try:
        return iso.parse(text)
    except ValueError as error:
        raise PartitionException(str(error)) from error
