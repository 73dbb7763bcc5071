"""Dates and times in columns that keep something else, such as texts: what Java's drivers write there (spec jdbc 13.7)."""

from __future__ import annotations

import re
from typing import Any

from penstock.api import Date, Time
from penstock_jdbc.sink.fields import SinkField
from penstock_jdbc.sink.shape import Column, mapped
from penstock_jdbc.sink.temporal import Clocks
from penstock_jdbc.sink.writers.texts import temporal_texts, zoned_texts

_LAST_ZEROS = re.compile(r"\.(\d*?)0+(?!\d)")
_MICROSECONDS = re.compile(r"\.(?:0{6}|(\d{3})0{3})(?!\d)")


def pgjdbc_texts(field: SinkField, clocks: Clocks, column: Column) -> Column:
    """The offset of the zone behind all of them, dates as well; no zeros at the end of a fraction, which is rounded to
    microseconds."""
    if field.holds_epoch:
        return mapped(lambda value: _shortened(_LAST_ZEROS, _rounded(clocks, value)), column)
    if field.schema.name == Date.LOGICAL_NAME:
        return mapped(clocks.zoned_date_text, column)
    return mapped(lambda text: _shortened(_LAST_ZEROS, text), zoned_texts(field, clocks, column))


def mariadb_texts(field: SinkField, clocks: Clocks, column: Column) -> Column:
    """Times of day to the millisecond; points in time with no fraction, three digits of it or six, as many as it takes."""
    if field.schema.name == Time.LOGICAL_NAME:
        return temporal_texts(field, clocks, column, digits=3)
    return mapped(lambda text: _shortened(_MICROSECONDS, text), temporal_texts(field, clocks, column))


def _rounded(clocks: Clocks, value: Any) -> str:
    ns = (clocks.counted_ns(value) + 500) // 1000 * 1000
    return clocks.zoned_text(clocks.at_ns(ns), ns, 6, with_date=True)


def _shortened(zeros: re.Pattern[str], text: str) -> str:
    return zeros.sub(lambda found: f".{found[1]}" if found[1] else "", text)
