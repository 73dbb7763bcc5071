"""Dates, times and timestamps at the edges (spec jdbc 10.2, 10.3, 20.4)."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from penstock.api import Instant
from penstock_jdbc.database.calendar import CalendarSystem
from penstock_jdbc.source.civil import US_PER_DAY
from penstock_jdbc.source.temporal import (
    NEGATIVE_INFINITY_US,
    POSITIVE_INFINITY_US,
    Granularity,
    WallClock,
    dates,
    microseconds,
    times,
)
from tests.plugins.jdbc.acceptance.reading import kind_of
from tests.plugins.jdbc.source.running import source_on

NEW_YORK = WallClock(ZoneInfo("America/New_York"))
KOLKATA = WallClock(ZoneInfo("Asia/Kolkata"))
UTC = WallClock()


def wall(text: str) -> int:
    return int(microseconds([dt.datetime.fromisoformat(text)])[0])


def test_a_skipped_hour_is_shifted_forward_and_a_repeated_one_is_standard_time() -> None:
    assert NEW_YORK.instant(wall("2024-03-10 02:30:00")) == wall("2024-03-10 07:30:00")
    assert NEW_YORK.instant(wall("2024-11-03 01:30:00")) == wall("2024-11-03 06:30:00")


def test_in_the_proleptic_calendar_a_repeated_hour_is_the_first_as_in_java_time() -> None:
    proleptic = WallClock(NEW_YORK.zone, CalendarSystem.PROLEPTIC_GREGORIAN)
    assert proleptic.instant(wall("2024-03-10 02:30:00")) == wall("2024-03-10 07:30:00")
    assert proleptic.instant(wall("2024-11-03 01:30:00")) == wall("2024-11-03 05:30:00")
    assert proleptic.instant(wall("2024-11-03 02:00:00")) == wall("2024-11-03 07:00:00")


def test_before_1900_the_older_calendar_knows_standard_time_alone() -> None:
    assert NEW_YORK.instant(wall("1850-01-01 00:00:00")) == wall("1850-01-01 05:00:00")
    assert KOLKATA.instant(wall("1900-01-01 00:00:00")) == wall("1899-12-31 18:30:00")
    assert KOLKATA.instant(wall("1901-01-01 00:00:00")) == wall("1900-12-31 18:38:50")
    proleptic = WallClock(NEW_YORK.zone, CalendarSystem.PROLEPTIC_GREGORIAN)
    assert proleptic.instant(wall("1850-01-01 00:00:00")) == wall("1850-01-01 04:56:02")


def test_days_before_october_1582_are_julian_in_the_older_calendar() -> None:
    day = wall("1500-01-01 00:00:00") // US_PER_DAY
    assert dates(UTC)([day]) == [dt.date(1500, 1, 10)]
    assert dates(WallClock(calendar=CalendarSystem.PROLEPTIC_GREGORIAN))([day]) == [dt.date(1500, 1, 1)]
    assert UTC.instants([wall("1582-10-15 00:00:00"), wall("1500-01-01 00:00:00")]) == [
        wall("1582-10-15 00:00:00"),
        wall("1500-01-10 00:00:00"),
    ]


def test_days_that_no_date_has_are_instants() -> None:
    (before_christ,) = dates(UTC)([-735_160])
    assert isinstance(before_christ, Instant)


@pytest.mark.parametrize(
    ("granularity", "shown"),
    [
        (Granularity.MICROS_LONG, [-500_000, 1_500_001]),
        (Granularity.MICROS_STRING, ["-500000", "1500001"]),
        (Granularity.NANOS_LONG, [-500_000_000, 1_500_001_000]),
        (Granularity.NANOS_STRING, ["-500000000", "1500001000"]),
        (Granularity.MICROS_ISO, ["1969-12-31T23:59:59.500000", "1970-01-01T00:00:01.500001"]),
        (Granularity.NANOS_ISO, ["1969-12-31T23:59:59.500000000", "1970-01-01T00:00:01.500001000"]),
    ],
)
def test_fractions_before_1970_keep_their_sign(granularity: Granularity, shown: list[object]) -> None:
    assert list(granularity.convert(UTC)([-500_000, 1_500_001])) == shown


@given(st.lists(st.integers(-(10**12), (1_000_000 << 32) + 10**7) | st.integers(0, 1_000_000 << 32), min_size=1))
@example([0, (1_000_000 << 32) - 1])
@example([(1_000_000 << 32) - 1, 1_000_000 << 32])
def test_columns_of_instants_keep_every_microsecond(column: list[int]) -> None:
    found = Granularity.CONNECT_LOGICAL.convert(UTC)(column)
    epoch = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    assert [(moment - epoch) // dt.timedelta(microseconds=1) for moment in found] == column


def test_numbers_that_do_not_fit_are_the_largest_and_smallest() -> None:
    year_9999 = wall("9999-12-31 23:59:59.999")
    assert Granularity.NANOS_LONG.convert(UTC)([year_9999, NEGATIVE_INFINITY_US]) == [(1 << 63) - 1, -(1 << 63)]


def test_infinities_are_javas_in_every_zone() -> None:
    assert NEW_YORK.instant(POSITIVE_INFINITY_US) == POSITIVE_INFINITY_US
    assert Granularity.CONNECT_LOGICAL.convert(UTC)([POSITIVE_INFINITY_US]) == [Instant(9223372036825200000)]
    assert Granularity.MICROS_ISO.convert(UTC)([POSITIVE_INFINITY_US, NEGATIVE_INFINITY_US]) == [
        "+292278994-08-16T23:00:00.000000",
        "+292275056-05-16T23:00:00.000000",
    ]


def test_times_of_day_leave_the_day_with_their_zone() -> None:
    half_past = 30 * 60 * 1_000_000
    assert times(UTC)([half_past]) == [dt.time(0, 30)]
    (shifted,) = times(KOLKATA)([half_past])
    assert shifted == dt.datetime(1969, 12, 31, 19, tzinfo=dt.UTC)


@pytest.mark.parametrize("calendar", [each.value for each in CalendarSystem])
def test_times_before_a_zone_s_changes_are_gone_on_from_as_they_were_read(database: Any, calendar: str) -> None:
    """With local mean time, which Java's older calendar does not know, the minutes after what was read last are passed over."""
    name, kind = f"old_{database.name}", kind_of(database)
    database.run(
        f"CREATE TABLE {name} (id int NOT NULL PRIMARY KEY, at {'datetime' if kind == 'mariadb' else 'timestamp'} NOT NULL)",
        f"INSERT INTO {name} VALUES (1, '1850-01-01 00:00:00.000')",
    )
    config = {
        "mode": "timestamp",
        "timestamp.column.name": "at",
        "timestamp.initial": "-9000000000000",
        "table.whitelist": name,
        "db.timezone": "America/New_York",
        "date.calendar.system": calendar,
        **({"connection.date_class": "TEXT"} if kind == "sqlite" else {}),
    }
    with source_on(database, config) as source:
        source.start()
        source.wait_for(f"t-{name}", 1)
        source.after_passes()
        assert source.values(f"t-{name}", "id") == [1]  # and not again in every pass
        database.run(f"INSERT INTO {name} VALUES (2, '1850-01-01 00:02:00.000')")
        source.after_passes()
        source.wait_for(f"t-{name}", 2)
        assert source.values(f"t-{name}", "id") == [1, 2]
