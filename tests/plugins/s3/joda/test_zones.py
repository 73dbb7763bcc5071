"""Ids of zones as Joda-Time takes and refuses them, and offsets around changes."""

from __future__ import annotations

import re

import pytest

from penstock_s3.joda.zones import offset_text, zone

HOUR = 3_600_000
IDS = {
    "UTC": "UTC",
    "UT": "UTC",
    "Z": "UTC",
    "+00:00": "UTC",
    "-00:00": "UTC",
    "GMT": "Etc/GMT",
    "GMT0": "Etc/GMT",
    "Zulu": "Etc/UTC",
    "Etc/UTC": "Etc/UTC",
    "US/Pacific": "America/Los_Angeles",
    "EST": "EST",
    "EST5EDT": "EST5EDT",
    "CET": "CET",
    "+05": "+05:00",
    "+0530": "+05:30",
    "+053045": "+05:30:45",
    "+05:30:45,12": "+05:30:45.120",
    "UTC+01": "+01:00",
    "GMT+02:00": "+02:00",
    "UTC-00:30": "-00:30",
    "America/Coyhaique": "America/Coyhaique",
}
REFUSED = {
    "+5": 'Invalid format: "+5" is malformed at "5"',
    "+": 'Invalid format: "+"',
    "+05:": 'Invalid format: "+05:" is too short',
    "+053": 'Invalid format: "+053" is malformed at "3"',
    "+24:00": 'Invalid format: "+24:00" is malformed at "24:00"',
    "+05:60": 'Invalid format: "+05:60" is malformed at "60"',
    "+05:30x": 'Invalid format: "+05:30x" is malformed at "x"',
    "+05:30:45.": 'Invalid format: "+05:30:45." is too short',
    "GMT+2": 'Invalid format: "+2" is malformed at "2"',
    "+٠٥:٣٠": 'Invalid format: "+٠٥:٣٠" is malformed at "٠٥:٣٠"',
    "utc": "The datetime zone id 'utc' is not recognised",
    "PST": "The datetime zone id 'PST' is not recognised",
    "Europe/berlin": "The datetime zone id 'Europe/berlin' is not recognised",
    "": "The datetime zone id '' is not recognised",
}


@pytest.mark.parametrize("name", IDS)
def test_known_ids(name: str) -> None:
    assert zone(name).id == IDS[name]


@pytest.mark.parametrize("name", REFUSED)
def test_unknown_ids(name: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(REFUSED[name])}$"):
        zone(name)


def test_offsets_far_away() -> None:
    berlin, new_york = zone("Europe/Berlin"), zone("America/New_York")
    assert new_york.offset(-62_135_596_800_001) == -17_762_000  # local mean time
    assert berlin.offset(1_688_205_600_000 + 146_097 * 86_400_000 * 20) == 2 * HOUR  # summer in the year 10023


@pytest.mark.parametrize("name", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC", "+05:30"])
def test_steady_ranges_are_as_long_as_a_day_allows(name: str) -> None:
    where = zone(name)
    for change in (1_521_939_600_000, 1_520_751_600_000, 1_522_508_400_000):
        for at in (change - 1, change, change + HOUR):
            start, end, offset = where.steady(at)
            assert start <= at < end <= start + 86_400_000
            assert {where.offset(each) for each in (start, at, end - 1)} == {offset}
            day = at // 86_400_000 * 86_400_000
            assert start == day or where.offset(start - 1) != offset
            assert end == day + 86_400_000 or where.offset(end) != offset


def test_standard_time_is_joda_times() -> None:
    summer, winter = 1_531_000_000_000, 1_515_000_000_000
    assert zone("Europe/Dublin").is_standard(winter)
    assert not zone("Europe/Dublin").is_standard(summer)
    assert not zone("Africa/Casablanca").is_standard(1_730_625_524_249)
    assert zone("EST").is_standard(summer)
    assert zone("America/Coyhaique").is_standard(summer)  # newer than the tables
    assert not zone("America/Coyhaique").is_standard(winter)


def test_texts_of_offsets() -> None:
    assert offset_text(0) == "+00:00"
    assert offset_text(-2_670_000) == "-00:44:30"
    assert offset_text(1_001) == "+00:00:01.001"
