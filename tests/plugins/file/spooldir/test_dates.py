"""Dates at the edges of calendars and time zones, as Java's SimpleDateFormat reads them."""

from __future__ import annotations

import datetime as dt

import pytest

from penstock.api import Date, Instant, Schema, Timestamp
from penstock_file.spooldir.cells import cell_reader
from penstock_file.spooldir.dates import DateReader, zone_of
from penstock_file.spooldir.json_cells import node_reader

USUAL = "yyyy-MM-dd'T'HH:mm:ss"
HOUR_MS = 3_600_000


def moment(value: object) -> dt.datetime | Instant:
    assert isinstance(value, dt.datetime | Instant)
    return value


# Milliseconds as java.text.SimpleDateFormat gives them: its calendar is Julian before 15 October 1582.
@pytest.mark.parametrize(
    ("zone", "text", "ms"),
    [
        ("UTC", "0001-01-01T00:00:00", -62_135_769_600_000),
        ("UTC", "1582-10-04T00:00:00", -12_219_379_200_000),
        ("UTC", "1582-10-15T00:00:00", -12_219_292_800_000),
        ("UTC", "1583-01-01T00:00:00", -12_212_553_600_000),
        ("UTC", "9999-12-31T23:59:59", 253_402_300_799_000),
        ("GMT+1", "0001-01-01T00:00:00", -62_135_769_600_000 - HOUR_MS),
        ("Europe/Vienna", "0001-01-01T00:00:00", -62_135_769_600_000 - HOUR_MS),
        ("Europe/Madrid", "1890-01-01T00:00:00", -2_524_521_600_000 - HOUR_MS),
        ("America/New_York", "1890-07-01T00:00:00", -2_508_883_200_000 + 5 * HOUR_MS),
        ("America/New_York", "9999-12-31T23:59:59", 253_402_300_799_000 + 5 * HOUR_MS),
        ("America/New_York", "9999-07-01T00:00:00", 253_386_403_200_000 + 4 * HOUR_MS),
        ("America/New_York", "2024-07-01T00:00:00", 1_719_792_000_000 + 4 * HOUR_MS),
    ],
)
def test_a_date_is_the_moment_that_java_reads(zone: str, text: str, ms: int) -> None:
    reader = DateReader([USUAL], zone_of(zone))

    assert Timestamp.from_logical(Timestamp.SCHEMA, moment(reader.read(text))) == ms
    assert reader.column([text, "2024-01-01T00:00:00"])[0] == reader.read(text)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Vienna", "Europe/Madrid", "America/New_York", "Asia/Tokyo"])
@pytest.mark.parametrize("day", ["0001-01-01", "1582-10-15", "1890-01-01", "1900-01-01", "2024-07-01", "9999-12-31"])
def test_the_day_of_a_date_is_that_which_its_text_names_in_every_zone(zone: str, day: str) -> None:
    in_zone, in_utc = (
        cell_reader(Date.SCHEMA, DateReader(["yyyy-MM-dd"], found), found) for found in (zone_of(zone), dt.UTC)
    )

    assert in_zone.one(day) == in_utc.one(day)
    assert in_zone.read([day, day])[1] is None


def test_what_is_no_date_of_the_calendar_is_read_leniently_beside_dates() -> None:
    reader = DateReader([USUAL], dt.UTC)

    assert reader.column(["2024-01-01T25:00:00", "2023-02-29T00:00:00"]) == [
        dt.datetime(2024, 1, 2, 1, tzinfo=dt.UTC),
        dt.datetime(2023, 3, 1, tzinfo=dt.UTC),
    ]


@pytest.mark.parametrize("optional", [True, False])
def test_a_column_that_does_not_fit_is_read_up_to_the_fault(optional: bool) -> None:
    reader = cell_reader(Schema.OPTIONAL_INT32 if optional else Schema.INT32, DateReader([USUAL], dt.UTC), dt.UTC)

    values, fault = reader.read(["1", None, "2", "x"])

    assert values == ([1, None, 2] if optional else [1])
    assert str(fault) == (
        "Could not parse 'x' to 'Integer'" if optional else "schema is not optional so input cannot be null."
    )
    assert node_reader(reader.schema, DateReader([USUAL], dt.UTC), dt.UTC)("7") == 7
