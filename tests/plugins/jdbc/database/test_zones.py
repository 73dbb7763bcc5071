"""Time zones by Java's names, and wall times around clock changes."""

from __future__ import annotations

import datetime as dt

import pytest

from penstock_jdbc.database.zones import SHORT_IDS, parse_zone, wall_to_utc

WINTER = dt.datetime(2024, 1, 15, 12, tzinfo=dt.UTC)
at = dt.datetime.fromisoformat
NEW_YORK = parse_zone("America/New_York")


def hours(name: str) -> float:
    offset = WINTER.astimezone(parse_zone(name)).utcoffset()
    assert offset is not None
    return offset.total_seconds() / 3600


@pytest.mark.parametrize(
    ("name", "offset"),
    [
        ("UTC", 0),
        ("Z", 0),
        ("GMT", 0),
        ("UT", 0),
        ("GMT+2", 2),
        ("UTC-03:30", -3.5),
        ("UT+1", 1),
        ("+05:45", 5.75),
        ("-0730", -7.5),
        ("+9", 9),
        ("GMT+05", 5),
        ("+053000", 5.5),
        ("UTC-05:30:00", -5.5),
        ("-18:00", -18),
        ("Europe/Paris", 1),
        ("America/New_York", -5),
        ("Etc/GMT+2", -2),
        ("EST", -5),
        ("MST", -7),
        ("HST", -10),
        ("PST", -8),
        ("IST", 5.5),
        ("CTT", 8),
        ("EST5EDT", -5),
    ],
)
def test_a_zone_is_found(name: str, offset: float) -> None:
    assert hours(name) == offset


def test_every_legacy_id_is_known() -> None:
    assert all(parse_zone(name) is not None for name in SHORT_IDS)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Nope/Zone",
        "nope",
        "+19:00",
        "+01:60",
        "+5:30",
        "GMT+530",
        "+05:3000",
        "+0530:00",
        "GMT+",
        "Europe",
        "posix/Europe/Paris",
        "localtime",
        "../etc/passwd",
        "X",
    ],
)
def test_what_is_no_zone_is_told(name: str) -> None:
    with pytest.raises(ValueError, match=r"Unknown time zone '.*': name a region such as Europe/Paris"):
        parse_zone(name)


@pytest.mark.parametrize(
    ("wall", "instant"),
    [
        (at("2024-07-01T12:00"), at("2024-07-01T16:00")),
        (at("2024-03-10T02:30"), at("2024-03-10T07:30")),  # skipped: shifted forward, 03:30 EDT
        (at("2024-11-03T01:30"), at("2024-11-03T06:30")),  # twice: standard time
    ],
)
def test_wall_times_around_clock_changes_are_read_as_java_reads_them(wall: dt.datetime, instant: dt.datetime) -> None:
    assert wall_to_utc(wall, NEW_YORK) == instant.replace(tzinfo=dt.UTC)


def test_a_wall_time_is_read_in_its_zone() -> None:
    wall = at("2024-01-15T07:00")
    assert wall_to_utc(wall, NEW_YORK) == WINTER
    assert wall_to_utc(wall, dt.UTC) == wall.replace(tzinfo=dt.UTC)
