"""The variables of templates: each gives a text for every record of a run (spec 13, 17.5)."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from penstock.api import ConfigException, ConnectException, Header, Headers, Schema, SinkSlice, Type, java_str
from penstock_s3.formats.avro.varints import text_bytes
from penstock_s3.joda.pattern import Pattern
from penstock_s3.joda.zones import UTC, Zone
from penstock_s3.partition.extractors import TimeExtractor, Wallclock
from penstock_s3.partition.field_access import column, of_map, places
from penstock_s3.partition.partitioner import NOT_FOUND, PartitionException, without_nulls
from penstock_s3.partition.time_paths import TimePaths

NULL: Final = "null"
_PADDED: Final = 10
_UNITS: Final = frozenset({"yyyy", "MM", "dd", "HH"})

Escape: TypeAlias = Callable[[str], str] | None


@dataclass(frozen=True, slots=True)
class Texts:
    """A text for each record; the errors of records that have none, by place. ``times`` where it went by time."""

    column: Sequence[str]
    errors: Mapping[int, Exception] = field(default_factory=dict)
    times: Sequence[int | None] | None = None


Variable: TypeAlias = Callable[[SinkSlice, int], Texts]
"""Called with a run of records and the time of the current ``put``."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What variables may need: where times come from and where their clocks hang, what is done to values, and what
    stands for a value that is null."""

    extractor: TimeExtractor
    zone: Zone
    locale: str
    escape: Escape
    null: str = NULL


def variable(name: str, argument: str, around: Surroundings) -> Variable:
    """The variable of ``{{name:argument}}``. Raises ConfigException for one that does not exist."""
    match name:
        case "topic":
            return lambda part, _now: Texts([part.topic or ""] * len(part))
        case "partition":
            width = _PADDED if _is_padded(argument) else 1
            return lambda part, _now: Texts([f"{part.kafka_partition:0{width}}"] * len(part))
        case "schema":
            return _schema
        case "timestamp":
            return _time(_unit(argument), around)
        case "ts":
            return _time(argument, around)
        case "utc_date":
            return _time("yyyy-MM-dd", replace(around, zone=UTC, extractor=Wallclock()))
        case "local_date":
            return _time("yyyy-MM-dd", replace(around, extractor=Wallclock()))
        case "key":
            return _of_column(lambda part: part.keys, argument, around)
        case "field" | "value":
            return _of_column(lambda part: part.values, argument, around)
        case "header":
            return _header(argument, around)
        case "hash":
            return _hash(argument)
    known = "topic, partition, schema, ts, timestamp, key, field, header, hash"
    raise ConfigException(f"A template cannot say {{{{{name}}}}}: there is no such variable; use one of {known}")


def _is_padded(argument: str) -> bool:
    name, _, value = argument.partition("=")
    if argument and (name.strip() != "padding" or value.strip() not in ("true", "false")):
        raise ConfigException(f"A template cannot say {{{{partition:{argument}}}}}; say padding=true or padding=false")
    return value.strip() == "true"


def _unit(argument: str) -> str:
    name, _, unit = argument.partition("=")
    if name.strip() != "unit" or unit.strip() not in _UNITS:
        raise ConfigException(
            f"A template cannot say {{{{timestamp:{argument}}}}}; say unit=yyyy, unit=MM, unit=dd or unit=HH"
        )
    return unit.strip()


def _time(pattern: str, around: Surroundings) -> Variable:
    if not pattern:
        raise ConfigException("A template cannot say {{ts}} without a pattern; say {{ts:yyyy-MM-dd}}")
    try:
        paths = TimePaths(Pattern(pattern, around.zone, around.locale), 1)
    except ValueError as error:
        raise ConfigException(f"A template cannot say {{{{ts:{pattern}}}}}: {error}") from error

    def texts(part: SinkSlice, now_ms: int) -> Texts:
        times = around.extractor.extract(part, now_ms)
        if times.errors:
            column = [NOT_FOUND if ms is None else paths.one(ms) for ms in times.column]
            return Texts(column, times.errors, times.column)
        return Texts(paths.column(times.column)[0], times=times.column)  # type: ignore[arg-type]  # all have a time

    return texts


def _schema(part: SinkSlice, _now_ms: int) -> Texts:
    name = part.value_schema.name if part.value_schema is not None else None
    return Texts([name or NULL] * len(part))


def _of_column(pick: Callable[[SinkSlice], Sequence[object] | None], path: str, around: Surroundings) -> Variable:
    steps = path.split(".") if path else []

    def text(value: object) -> str:
        if value is None:
            return around.null
        if isinstance(value, (bytes, bytearray, memoryview)):
            value = bytes(value).decode("utf-8", "backslashreplace")
        written = java_str(value)
        return written if around.escape is None else around.escape(written)

    def texts(part: SinkSlice, _now_ms: int) -> Texts:
        found = pick(part)
        if found is None:
            found = [None] * len(part)
        elif steps:
            found = _leaves(found, part.value_schema if found is part.values else None, steps)
        return _each(found, text)

    return texts


def _leaves(values: Sequence[object], schema: Schema | None, steps: Sequence[str]) -> Sequence[object]:
    """What stands at the end of the path in each value; by the schema where all are structs."""
    if schema is not None and schema.type is Type.STRUCT and without_nulls(values):
        known = places(schema, steps)
        return [None] * len(values) if known is None else column(values, known[0])
    return [_found(value, steps) for value in values]


def _found(value: object, steps: Sequence[str]) -> object:
    """A field that is missing is null: sinks of several topics meet such records."""
    if value is None:
        return None
    try:
        return of_map(value, steps, ".".join(steps))
    except ConnectException:
        return None


def _header(name: str, around: Surroundings) -> Variable:
    if not name:
        raise ConfigException("A template cannot say {{header}} without a name; say {{header:name}}")

    def text(headers: Headers | None) -> str:
        last = None
        for header in headers or ():
            last = header if header.key == name else last
        return _header_text(last, around)

    return lambda part, _now: _each(part.headers if part.headers is not None else [None] * len(part), text)


def _header_text(header: Header | None, around: Surroundings) -> str:
    if header is None or header.value is None:
        return around.null
    written = java_str(header.value, header.schema)
    return written if around.escape is None else around.escape(written)


def _hash(argument: str) -> Variable:
    """A bucket by the key's CRC-32: the same key, the same bucket, whatever the process."""
    if not argument.isdecimal() or int(argument) < 1:
        raise ConfigException(
            f"A template cannot say {{{{hash:{argument}}}}}; say a number of buckets, such as {{{{hash:16}}}}"
        )
    buckets = int(argument)

    def text(key: object) -> str:
        data = bytes(key) if isinstance(key, (bytes, bytearray, memoryview)) else text_bytes(java_str(key))
        return str(zlib.crc32(data) % buckets)

    return lambda part, _now: _each(part.keys if part.keys is not None else [None] * len(part), text)


def _each(items: Sequence[object], text: Callable[..., str]) -> Texts:
    known: dict[object, str] = {}
    found: list[str] = []
    errors: dict[int, Exception] = {}
    for place, item in enumerate(items):
        plain = item.__class__ in (str, int, bytes)
        try:
            told = known.get(item) if plain else None
            if told is None:
                told = text(item)
                if plain:
                    known[item] = told
        except ConnectException as error:
            told = NOT_FOUND
            errors[place] = error if isinstance(error, PartitionException) else PartitionException(str(error))
        found.append(told)
    return Texts(found, errors)
