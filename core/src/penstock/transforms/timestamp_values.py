"""The forms in which a point in time comes, and the way from one to another (spec 6.2, TimestampConverter)."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from penstock.api import ConfigException, ConnectException, DataException, Date, Instant, Schema, Time, Timestamp, Type
from penstock.api.javaclass import java_class_name
from penstock.api.javatime import EPOCH, MS_PER_DAY, date_of, datetime_of, epoch_ms, time_of
from penstock.transforms.columns import Column
from penstock.transforms.date_format import DateFormat
from penstock.transforms.date_zones import Zone
from penstock.transforms.requirements import class_text

_MILLISECOND = dt.timedelta(milliseconds=1)
_LONG_MIN, _LONG_MAX = -(1 << 63), (1 << 63) - 1


class TimestampKind(enum.Enum):
    """The forms; the values are those of ``target.type``."""

    STRING = "string"
    UNIX = "unix"
    DATE = "Date"
    TIME = "Time"
    TIMESTAMP = "Timestamp"


class UnixPrecision(enum.Enum):
    """The unit of Unix times."""

    NANOSECONDS = "nanoseconds"
    MICROSECONDS = "microseconds"
    MILLISECONDS = "milliseconds"
    SECONDS = "seconds"


Converter = Callable[[object], object]
"""Converts a value; null stays null. Raises DataException."""

ColumnConverter = Callable[[Column], Column]
"""Converts values, nulls among them. Raises where one of them cannot be converted."""

_LOGICAL: Mapping[str | None, TimestampKind] = {
    Timestamp.LOGICAL_NAME: TimestampKind.TIMESTAMP,
    Date.LOGICAL_NAME: TimestampKind.DATE,
    Time.LOGICAL_NAME: TimestampKind.TIME,
}
_STORED: Mapping[Type, TimestampKind] = {Type.STRING: TimestampKind.STRING, Type.INT64: TimestampKind.UNIX}
_SCHEMAS: Mapping[TimestampKind, tuple[Schema, Schema]] = {
    TimestampKind.STRING: (Schema.STRING, Schema.OPTIONAL_STRING),
    TimestampKind.UNIX: (Schema.INT64, Schema.OPTIONAL_INT64),
    TimestampKind.DATE: (Date.SCHEMA, Date.builder().optional().build()),
    TimestampKind.TIME: (Time.SCHEMA, Time.builder().optional().build()),
    TimestampKind.TIMESTAMP: (Timestamp.SCHEMA, Timestamp.builder().optional().build()),
}


def _refuse_schema(schema: Schema) -> object:
    raise ConnectException(f"Schema {schema} does not correspond to a known timestamp type format")


def _kind_of_value(value: object) -> TimestampKind:
    if isinstance(value, (dt.date, dt.time, Instant)):
        return TimestampKind.TIMESTAMP
    if _is_long(value, None):
        return TimestampKind.UNIX
    if isinstance(value, str):
        return TimestampKind.STRING
    raise DataException(f"TimestampConverter does not support {class_text(value)} objects as timestamps")


class TimestampConversion:
    """Converts to one form. ``pattern`` reads and writes texts; ``precision`` is that of Unix times on either side."""

    __slots__ = ("_pattern", "_target", "_to_ms", "_write", "_write_column")

    def __init__(self, target: TimestampKind, pattern: DateFormat | None, precision: UnixPrecision) -> None:
        self._target = target
        self._pattern = pattern
        self._to_ms = _TO_MS[precision]
        self._write = self._writer(precision)
        self._write_column = self._column_writer()

    def schema(self, *, optional: bool) -> Schema:
        """The schema of the form."""
        return _SCHEMAS[self._target][optional]

    def of_schema(self, schema: Schema) -> Converter:
        """Converts values under ``schema``. Raises ConnectException when called, also with null, for a schema that is none
        of the forms."""
        kind = _LOGICAL.get(schema.name) or _STORED.get(schema.type)
        if kind is None:
            return lambda _value: _refuse_schema(schema)
        convert = self._converter(kind, schema)
        return lambda value: None if value is None else convert(value)

    def of_values(self) -> Converter:
        """Converts values without a schema: date objects, longs and texts."""
        by_kind = {kind: self._converter(kind, None) for kind in TimestampKind}
        return lambda value: None if value is None else by_kind[_kind_of_value(value)](value)

    def of_columns(self, schema: Schema | None) -> ColumnConverter:
        """Converts columns under ``schema``, or without one: at once where all values are datetimes, or all longs."""
        convert = self.of_values() if schema is None else self.of_schema(schema)
        kind = None if schema is None else _LOGICAL.get(schema.name) or _STORED.get(schema.type)
        as_dates = schema is None or schema.name in _LOGICAL
        as_longs = schema is None or kind is TimestampKind.UNIX

        def convert_column(column: Column) -> Column:
            classes = set(map(type, column))
            if as_dates and classes == {dt.datetime}:
                moments: Sequence[Any] = column
                return self._write_column([(moment - EPOCH) // _MILLISECOND for moment in moments])
            if as_longs and classes == {int}:
                longs: Sequence[Any] = column
                if min(longs) >= _LONG_MIN and max(longs) <= _LONG_MAX:
                    return self._write_column(list(map(self._to_ms, longs)))
            return list(map(convert, column))

        return convert_column

    def _column_writer(self) -> Callable[[Sequence[int]], Column]:
        write = self._write
        if self._target is TimestampKind.STRING:
            return self._format().format_column
        return lambda column: list(map(write, column))

    def _converter(self, source: TimestampKind, schema: Schema | None) -> Converter:
        write = self._write
        if source is TimestampKind.STRING:
            if self._target is TimestampKind.STRING:
                return lambda value: self._rewritten(value, schema)
            return lambda value: write(self._parsed(value, schema)[0])
        read = self._unix_reader(schema) if source is TimestampKind.UNIX else _date_reader(source, schema)
        return lambda value: write(read(value))

    def _writer(self, precision: UnixPrecision) -> Callable[[int], object]:
        match self._target:
            case TimestampKind.STRING:
                return self._format().format
            case TimestampKind.UNIX:
                return _FROM_MS[precision]
            case TimestampKind.DATE:
                return lambda ms: date_of(ms // MS_PER_DAY)
            case TimestampKind.TIME:
                return lambda ms: time_of(ms % MS_PER_DAY)
        return datetime_of

    def _unix_reader(self, schema: Schema | None) -> Callable[[object], int]:
        to_ms = self._to_ms

        def read(value: object) -> int:
            if not _is_long(value, schema):
                raise DataException(f"Expected Unix timestamp to be a Long, but found {class_text(value, schema)}")
            return to_ms(int(value))  # type: ignore[call-overload]  # an int, checked above

        return read

    def _rewritten(self, value: object, schema: Schema | None) -> str:
        # A text is written in the zone that it names, as in Connect.
        return self._format().format(*self._parsed(value, schema))

    def _parsed(self, value: object, schema: Schema | None) -> tuple[int, Zone]:
        if not isinstance(value, str):
            raise DataException(f"Expected string timestamp to be a String, but found {class_text(value, schema)}")
        pattern = self._format()
        try:
            return pattern.parse(value)
        except ValueError as error:
            raise DataException(
                f"Could not parse timestamp: value ({value}) does not match pattern ({pattern.pattern})"
            ) from error

    def _format(self) -> DateFormat:
        if self._pattern is None:
            # In Connect a null pointer error, which is not tolerated either.
            raise ConfigException("TimestampConverter needs 'format' to read timestamps that are strings")
        return self._pattern


def _date_reader(source: TimestampKind, schema: Schema | None) -> Callable[[object], int]:
    def read(value: object) -> int:
        if not isinstance(value, (dt.date, dt.time, Instant)):
            raise DataException(
                f"Expected {source.value} to be a java.util.Date, but found {class_text(value, schema)}"
            )
        return epoch_ms(value)

    return read


def _is_long(value: object, schema: Schema | None) -> bool:
    if type(value) is int:
        return _LONG_MIN <= value <= _LONG_MAX
    return java_class_name(value, schema) == "java.lang.Long"


def _saturated(number: int) -> int:
    return min(max(number, _LONG_MIN), _LONG_MAX)


def _truncated(number: int, divisor: int) -> int:
    return number // divisor if number >= 0 else -(-number // divisor)


_TO_MS: Mapping[UnixPrecision, Callable[[int], int]] = {
    UnixPrecision.NANOSECONDS: lambda unix: _truncated(unix, 1_000_000),
    UnixPrecision.MICROSECONDS: lambda unix: _truncated(unix, 1000),
    UnixPrecision.MILLISECONDS: lambda unix: unix,
    UnixPrecision.SECONDS: lambda unix: _saturated(unix * 1000),
}
_FROM_MS: Mapping[UnixPrecision, Callable[[int], int]] = {
    UnixPrecision.NANOSECONDS: lambda ms: _saturated(ms * 1_000_000),
    UnixPrecision.MICROSECONDS: lambda ms: _saturated(ms * 1000),
    UnixPrecision.MILLISECONDS: lambda ms: ms,
    UnixPrecision.SECONDS: lambda ms: _truncated(ms, 1000),
}
"""As Java's TimeUnit: toward zero, and no further than a long."""
