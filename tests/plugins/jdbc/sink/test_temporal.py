"""The digits of dates, times and timestamps (spec jdbc 10.3, 13.7)."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from penstock.api import DataException, Instant, Schema, Timestamp
from penstock_jdbc.database.calendar import CalendarSystem
from penstock_jdbc.sink.fields import SinkField
from penstock_jdbc.sink.settings import EpochUnit
from penstock_jdbc.sink.temporal import Clocks, epoch_ms
from penstock_jdbc.sink.writers.texts import temporal_texts, zoned_texts
from penstock_jdbc.source.temporal import WallClock

NEW_YORK = ZoneInfo("America/New_York")
KOLKATA = ZoneInfo("Asia/Kolkata")
UTC = Clocks()
PROLEPTIC = Clocks(calendar=CalendarSystem.PROLEPTIC_GREGORIAN)
WINTER = dt.datetime(2020, 2, 29, 12, 34, 56, 123000, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("clocks", "expected"),
    [
        (UTC, "2020-02-29 12:34:56.123"),
        (Clocks(NEW_YORK), "2020-02-29 07:34:56.123"),
        (Clocks(KOLKATA), "2020-02-29 18:04:56.123"),
        (Clocks(dt.timezone(dt.timedelta(hours=-5))), "2020-02-29 07:34:56.123"),
    ],
)
def test_timestamps_by_zone(clocks: Clocks, expected: str) -> None:
    assert clocks.timestamp(WINTER).text(3) == expected


def test_a_date_is_that_of_midnight_utc_in_the_zone_for_dates() -> None:
    day = dt.date(2020, 2, 29)
    assert UTC.date(day).date_text == "2020-02-29"
    assert Clocks(NEW_YORK, NEW_YORK).date(day).date_text == "2020-02-28"
    assert Clocks(NEW_YORK, dt.UTC).date(day).date_text == "2020-02-29"
    assert Clocks(KOLKATA, KOLKATA).date(day).date_text == "2020-02-29"


def test_times_wrap_within_the_day() -> None:
    assert Clocks(NEW_YORK).timestamp(dt.time(0)).time_text(3) == "19:00:00.000"
    assert Clocks(KOLKATA).timestamp(dt.time(23, 59, 59, 999000)).time_text(3) == "05:29:59.999"
    assert UTC.timestamp(dt.time(12, 34, 56)).time_text(0) == "12:34:56"


@pytest.mark.parametrize(
    ("days", "legacy", "proleptic"),
    [
        (-141427, "1582-10-15", "1582-10-15"),
        (-171653, "1500-01-03", "1500-01-12"),
        (-719162, "0001-01-03", "0001-01-01"),
    ],
)
def test_old_dates_by_calendar(days: int, legacy: str, proleptic: str) -> None:
    value = Instant(days * 86_400_000)
    assert UTC.date(value).date_text == legacy
    assert PROLEPTIC.date(value).date_text == proleptic


def test_days_that_java_s_calendar_skips_have_no_digits_but_in_the_legacy_calendar() -> None:
    skipped = Instant(-141428 * 86_400_000)
    assert UTC.date(skipped).date_text == "1582-10-04"
    with pytest.raises(DataException, match=r"^the specified date doesn't exist$"):
        PROLEPTIC.date(skipped)
    with pytest.raises(DataException, match=r"^the specified date doesn't exist$"):
        PROLEPTIC.date(Instant(-141437 * 86_400_000))
    assert PROLEPTIC.date(Instant(-141438 * 86_400_000)).date_text == "1582-10-04"


OLD = Instant(-3_786_807_600_000)
"""1850-01-01 05:00 in UTC, which New York's clocks of later times show as midnight."""


def test_zones_before_1900_by_calendar() -> None:
    """Java's older calendar knows no local mean time: what the source reads with it comes out as it was."""
    old_clock = Clocks(NEW_YORK, NEW_YORK)
    assert old_clock.timestamp(OLD).text(0) == "1850-01-01 00:00:00"
    assert old_clock.date(OLD).date_text == "1850-01-01"
    proleptic = Clocks(NEW_YORK, NEW_YORK, CalendarSystem.PROLEPTIC_GREGORIAN)
    assert proleptic.timestamp(OLD).text(0) == "1850-01-01 00:03:58"
    assert Clocks(KOLKATA).timestamp(Instant(-2_209_075_200_000)).text(0) == "1899-12-31 05:30:00"
    assert Clocks(KOLKATA).timestamp(Instant(-2_177_452_800_000)).text(0) == "1901-01-01 05:21:10"
    assert Clocks(KOLKATA).timestamp(Instant(-1_609_459_200_000)).text(0) == "1919-01-01 05:30:00"


def test_since_1900_a_zone_has_the_offset_that_it_had_also_before_its_first_change() -> None:
    """Standard time there was +10:00 from 1895 on, and has been +10:30 since 1981."""
    lord_howe = Clocks(ZoneInfo("Australia/Lord_Howe"))
    assert lord_howe.timestamp(Instant(0)).text(0) == "1970-01-01 10:00:00"
    assert lord_howe.timestamp(Instant(-2_500_000_000_000)).text(0) == "1890-10-12 06:03:20"


@pytest.mark.parametrize("calendar", list(CalendarSystem))
@pytest.mark.parametrize("year", [1584, 1700, 1883, 1899, 1900, 1905, 1907, 1942, 1969, 1972, 2024])
@pytest.mark.parametrize("zone", [NEW_YORK, KOLKATA, ZoneInfo("Europe/Amsterdam"), ZoneInfo("Asia/Tokyo")])
def test_the_sink_writes_the_digits_that_the_source_reads(zone: ZoneInfo, year: int, calendar: CalendarSystem) -> None:
    wall = dt.datetime(year, 7, 1, 12, 34, 56, tzinfo=dt.UTC)
    read = WallClock(zone, calendar).instant(epoch_ms(wall) * 1000)
    written = Clocks(zone, calendar=calendar).timestamp(Instant(read // 1000))
    assert written.text(0) == f"{year}-07-01 12:34:56"


@pytest.mark.parametrize("calendar", list(CalendarSystem))
def test_defaults_are_of_java_time_whatever_the_calendar(calendar: CalendarSystem) -> None:
    clocks = Clocks(NEW_YORK, calendar=calendar)
    assert clocks.default_date(dt.date(1500, 1, 12)).date_text == "1500-01-12"
    assert clocks.default_date(dt.date(1582, 10, 14)).date_text == "1582-10-14"
    assert clocks.default_date(Instant(253_402_300_800_000)).date_text == "10000-01-01"
    assert clocks.default_date(Instant(-62_167_219_200_000)).date_text == "0001-01-01 BC"
    assert clocks.default_timestamp(OLD).text(3) == "1850-01-01 00:03:58.000"
    assert clocks.default_timestamp(Instant(0)).text(3) == "1969-12-31 19:00:00.000"


def test_offsets_of_local_mean_time_have_seconds() -> None:
    field = SinkField("v", Timestamp.SCHEMA, is_key=False)
    proleptic = Clocks(NEW_YORK, calendar=CalendarSystem.PROLEPTIC_GREGORIAN)
    assert zoned_texts(field, proleptic, [OLD]) == ["1850-01-01 00:03:58.000000-04:56:02"]
    assert zoned_texts(field, Clocks(NEW_YORK), [OLD]) == ["1850-01-01 00:00:00.000000-05"]


def test_far_years() -> None:
    assert UTC.date(Instant(253_402_300_800_000)).date_text == "10000-01-01"
    assert UTC.timestamp(Instant(253_402_300_800_000 + 86_400_000 * 146_097)).text(0) == "10400-01-01 00:00:00"
    before_christ = UTC.timestamp(Instant(-62_167_392_000_000))
    assert before_christ.year == 0
    assert before_christ.text(0).endswith(" BC")
    with pytest.raises(DataException, match="The driver of this database cannot take the date 10000-01-01"):
        UTC.date(Instant(253_402_300_800_000)).datetime()


@pytest.mark.parametrize(
    ("unit", "value", "expected"),
    [
        (EpochUnit.MICROSECONDS, 1582979696123456, "2020-02-29 12:34:56.123456000"),
        (EpochUnit.MICROSECONDS, "1582979696123456", "2020-02-29 12:34:56.123456000"),
        (EpochUnit.NANOSECONDS, 1582979696123456789, "2020-02-29 12:34:56.123456789"),
        (EpochUnit.NANOSECONDS, "-1", "1969-12-31 23:59:59.999999999"),
        (EpochUnit.MICROSECONDS, "+5", "1970-01-01 00:00:00.000005000"),
    ],
)
def test_counted_time(unit: EpochUnit, value: object, expected: str) -> None:
    assert Clocks(epoch_unit=unit).counted(value).text(9) == expected


@pytest.mark.parametrize("text", ["abc", "", "1.5", "99999999999999999999", "--5"])
def test_counted_time_that_is_no_number(text: str) -> None:
    with pytest.raises(DataException) as raised:
        UTC.counted(text)
    assert str(raised.value) == (
        f"A field of timestamp.fields.list must hold microseconds since 1970, as a number or as its text, but holds '{text}'"
    )
    assert str(raised.value.__cause__) == f'For input string: "{text}"'


def test_epoch_ms_of_every_kind_of_value() -> None:
    assert epoch_ms(dt.date(1970, 1, 2)) == 86_400_000
    assert epoch_ms(dt.time(0, 0, 1, 5000)) == 1005
    assert epoch_ms(WINTER) == 1582979696123
    assert epoch_ms(WINTER.astimezone(KOLKATA)) == 1582979696123
    assert epoch_ms(Instant(-5)) == -5


FIELD = SinkField("x", Timestamp.SCHEMA, is_key=False)


def test_quick_texts_are_those_of_the_calendar() -> None:
    quick = [WINTER, WINTER.replace(microsecond=0), None, dt.datetime(1582, 10, 15, tzinfo=dt.UTC)]
    slow = [None if value is None else UTC.timestamp(value).text(6) for value in quick]
    for found, expected in zip(temporal_texts(FIELD, UTC, quick), slow, strict=True):
        if found is None:
            assert expected is None
        else:
            assert dt.datetime.fromisoformat(str(found)) == dt.datetime.fromisoformat(str(expected))


def test_zoned_texts_have_the_offset_behind() -> None:
    assert zoned_texts(FIELD, UTC, [WINTER]) == ["2020-02-29 12:34:56.123000+00"]
    assert zoned_texts(FIELD, Clocks(NEW_YORK), [WINTER]) == ["2020-02-29 07:34:56.123000-05"]
    assert zoned_texts(FIELD, Clocks(KOLKATA), [WINTER]) == ["2020-02-29 18:04:56.123000+05:30"]
    old = zoned_texts(FIELD, UTC, [Instant(-62_167_392_000_000)])[0]
    assert str(old).endswith("+00 BC")
    counted = SinkField("x", Schema.INT64, is_key=False, holds_epoch=True)
    assert zoned_texts(counted, UTC, [5, None]) == ["1970-01-01 00:00:00.000005000+00", None]
