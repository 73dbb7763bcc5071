"""Dates and times in columns of texts, as Java's drivers write them."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from penstock.api import Date, Instant, Schema, Time, Timestamp
from penstock_jdbc.sink.fields import SinkField
from penstock_jdbc.sink.settings import EpochUnit
from penstock_jdbc.sink.temporal import Clocks
from penstock_jdbc.sink.writers.shown import mariadb_texts, pgjdbc_texts

UTC = Clocks()
KOLKATA = Clocks(ZoneInfo("Asia/Kolkata"), ZoneInfo("Asia/Kolkata"))
NEW_YORK = Clocks(ZoneInfo("America/New_York"), ZoneInfo("America/New_York"))
DATE, TIME, TIMESTAMP = (SinkField("x", logical.SCHEMA, is_key=False) for logical in (Date, Time, Timestamp))
COUNTED = SinkField("x", Schema.INT64, is_key=False, holds_epoch=True)


def at(microsecond: int) -> dt.datetime:
    return dt.datetime(2020, 2, 29, 12, 34, 56, microsecond, tzinfo=dt.UTC)


def test_pgjdbc_writes_points_in_time_with_an_offset_and_without_zeros() -> None:
    column = [at(0), at(120_000), None, at(1_000), Instant(-62_135_596_800_001), Instant(-62_167_392_000_000)]
    assert pgjdbc_texts(TIMESTAMP, UTC, column) == [
        "2020-02-29 12:34:56+00",
        "2020-02-29 12:34:56.12+00",
        None,
        "2020-02-29 12:34:56.001+00",
        "0001-01-02 23:59:59.999+00",
        "0001-01-01 00:00:00+00 BC",
    ]
    assert pgjdbc_texts(TIMESTAMP, KOLKATA, [at(100_000)]) == ["2020-02-29 18:04:56.1+05:30"]


def test_pgjdbc_writes_dates_and_times_of_day_with_an_offset() -> None:
    assert pgjdbc_texts(DATE, UTC, [dt.date(1970, 1, 1), None]) == ["1970-01-01 +00", None]
    assert pgjdbc_texts(DATE, NEW_YORK, [dt.date(1970, 1, 1)]) == ["1969-12-31 -05"]
    assert pgjdbc_texts(DATE, KOLKATA, [dt.date(1970, 1, 1)]) == ["1970-01-01 +05:30"]
    assert pgjdbc_texts(TIME, UTC, [dt.time(0), dt.time(12, 34, 56, 120_000)]) == ["00:00:00+00", "12:34:56.12+00"]


@pytest.mark.parametrize(
    ("unit", "value", "expected"),
    [
        (EpochUnit.MICROSECONDS, 1582979696123400, "12:34:56.1234+00"),
        (EpochUnit.MICROSECONDS, "1582979696000000", "12:34:56+00"),
        (EpochUnit.NANOSECONDS, 1582979696123456789, "12:34:56.123457+00"),
        (EpochUnit.NANOSECONDS, 1582979696123456400, "12:34:56.123456+00"),
        (EpochUnit.NANOSECONDS, 1582979696999999999, "12:34:57+00"),
    ],
)
def test_pgjdbc_rounds_to_microseconds(unit: EpochUnit, value: object, expected: str) -> None:
    assert pgjdbc_texts(COUNTED, Clocks(epoch_unit=unit), [value]) == [f"2020-02-29 {expected}"]


def test_mariadb_writes_fractions_in_threes() -> None:
    assert mariadb_texts(TIMESTAMP, UTC, [at(0), at(120_000), None, at(123_400)]) == [
        "2020-02-29 12:34:56",
        "2020-02-29 12:34:56.120",
        None,
        "2020-02-29 12:34:56.123400",
    ]
    counted = [1582979696123456789, 1582979696000000999]
    assert mariadb_texts(COUNTED, Clocks(epoch_unit=EpochUnit.NANOSECONDS), counted) == [
        "2020-02-29 12:34:56.123456",
        "2020-02-29 12:34:56",
    ]
    assert mariadb_texts(TIME, UTC, [dt.time(0), dt.time(12, 34, 56, 120_000)]) == ["00:00:00.000", "12:34:56.120"]
    assert mariadb_texts(DATE, UTC, [dt.date(2020, 2, 29)]) == ["2020-02-29"]
