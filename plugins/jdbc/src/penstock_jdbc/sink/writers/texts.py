"""Values as the text of literals, for the databases whose bulk paths take text."""

from __future__ import annotations

import datetime as dt
from operator import attrgetter
from typing import Any

import orjson

from penstock.api import Date, Instant, Time, Timestamp
from penstock_jdbc.database.infinity import INFINITIES
from penstock_jdbc.sink.fields import SinkField
from penstock_jdbc.sink.shape import Column, mapped
from penstock_jdbc.sink.temporal import Clocks, Wall, epoch_ns

_TEMPORAL = frozenset({Date.LOGICAL_NAME, Time.LOGICAL_NAME, Timestamp.LOGICAL_NAME})
_DATETIME_ALONE = frozenset({dt.datetime})
_UTC_ALONE = frozenset({dt.UTC})
_zone_of: Any = attrgetter("tzinfo")
_SURE = dt.datetime(1582, 10, 15, tzinfo=dt.UTC)


def is_temporal(field: SinkField) -> bool:
    """Whether a column's values are dates, times or timestamps, whatever they are counted in."""
    return field.holds_epoch or field.schema.name in _TEMPORAL


def temporal_texts(field: SinkField, clocks: Clocks, column: Column, digits: int = 6) -> Column:
    """The digits of a temporal column's values; seconds have up to ``digits`` digits behind the point."""
    if field.holds_epoch:
        return mapped(lambda value: clocks.counted(value).text(digits), column)
    name = field.schema.name
    if name == Date.LOGICAL_NAME:
        if clocks.plain_dates(column):
            return mapped(dt.date.isoformat, column)
        return mapped(lambda value: clocks.date(value).date_text, column)
    if name == Time.LOGICAL_NAME:
        return mapped(lambda value: clocks.timestamp(value).time_text(digits), column)
    if _plain_instants(clocks, column):
        return _instant_texts(column, offset="")
    return mapped(lambda value: clocks.timestamp(value).text(digits), column)


def zoned_texts(field: SinkField, clocks: Clocks, column: Column) -> Column:
    """As :func:`temporal_texts`, with the offset of the zone behind times, for columns of PostgreSQL that keep points in time.
    What its Java driver takes for infinite is so here too."""
    name = field.schema.name
    if field.holds_epoch:
        return mapped(lambda value: _zoned(clocks, clocks.counted(value), clocks.counted_ns(value), 9), column)
    if name == Timestamp.LOGICAL_NAME:
        if _plain_instants(clocks, column):
            return _instant_texts(column, offset="+00")
        return mapped(lambda value: _zoned_timestamp(clocks, value), column)
    if name == Time.LOGICAL_NAME:
        return mapped(
            lambda value: clocks.zoned_text(clocks.timestamp(value), epoch_ns(value), 6, with_date=False), column
        )
    return temporal_texts(field, clocks, column)


def _zoned_timestamp(clocks: Clocks, value: Any) -> str:
    if isinstance(value, Instant) and value.epoch_ms in INFINITIES:
        return INFINITIES[value.epoch_ms]
    return _zoned(clocks, clocks.timestamp(value), epoch_ns(value), 6)


def _zoned(clocks: Clocks, wall: Wall, ns: int, digits: int) -> str:
    return clocks.zoned_text(wall, ns, digits, with_date=True)


def _plain_instants(clocks: Clocks, column: Column) -> bool:
    """Whether all items are datetimes in UTC whose digits are those of Python, and wanted in UTC."""
    values = _there(column)
    return (
        clocks.db_zone is dt.UTC
        and _DATETIME_ALONE.issuperset(map(type, values))
        and _UTC_ALONE.issuperset(map(_zone_of, values))
        and min(values, default=_SURE) >= _SURE
    )


def _instant_texts(column: Column, offset: str) -> Column:
    """Datetimes in UTC as texts, made by orjson: a tenth of what ``str`` costs."""
    values = _there(column)
    if not values:
        return column
    joined = orjson.dumps(values).decode().replace("T", " ").replace("+00:00", offset)
    return _with_nulls(joined[2:-2].split('","'), column)


def float_texts(column: Column) -> Column:
    """Floats as the shortest texts that read back the same; ``nan`` and ``inf`` as Python writes them."""
    values = _there(column)
    if not values:
        return column
    joined = orjson.dumps(values).decode()
    if "null" in joined:  # what is no number in JSON
        return mapped(float.__repr__, column)
    return _with_nulls(joined[1:-1].split(","), column)


def _there(column: Column) -> list[Any]:
    """What is not null."""
    return [value for value in column if value is not None] if None in column else list(column)


def _with_nulls(texts: list[str], column: Column) -> Column:
    """Texts of what is not null in ``column``, and its nulls."""
    if len(texts) == len(column):
        return texts
    rest = iter(texts)
    return [None if value is None else next(rest) for value in column]


def all_escaped(texts: Column, special: dict[str, str]) -> Column:
    """Texts with every ``special`` character put in its escaped form; a column without any comes back as it is.

    ``special`` names the escape character first, and is applied in order.
    """
    if None in texts:
        return [None if text is None else _escaped(text, special) for text in texts]
    whole = _SEPARATOR.join(texts)  # type: ignore[arg-type]  # a column of texts
    found = [char for char in special if char in whole]
    if not found:
        return texts
    if whole.count(_SEPARATOR) != len(texts) - 1:
        return [_escaped(text, special) for text in texts]
    for char in found:
        whole = whole.replace(char, special[char])
    return whole.split(_SEPARATOR)


_SEPARATOR = "\x1f"


def _escaped(text: object, special: dict[str, str]) -> str:
    assert isinstance(text, str)
    for char, escaped in special.items():
        if char in text:
            text = text.replace(char, escaped)
    return text
