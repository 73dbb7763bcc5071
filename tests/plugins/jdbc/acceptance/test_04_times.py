"""Acceptance check 4: granularities, zones, and calendars, on both ways."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from penstock.api import Date, Schema, SchemaBuilder, Timestamp
from tests.plugins.jdbc.acceptance.reading import kind_of, task_on
from tests.plugins.jdbc.sink.targets import ServerTarget, SqliteTarget, Target, rows_of, sink

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
NEW_YORK = "America/New_York"
WALLS = [
    dt.datetime.fromisoformat(text)
    for text in (
        "2020-02-29 12:34:56.123456",
        "2020-07-04 00:00:00.000001",
        "1970-01-01 00:00:00",
        "1969-12-31 23:59:59.500000",
        "1960-05-06 07:08:09.999999",
        "1912-03-04 05:06:07.001000",
    )
]
"""Digits of a column without a zone."""


def micros(wall: dt.datetime, zone: str) -> int:
    return (wall.replace(tzinfo=ZoneInfo(zone)) - EPOCH) // dt.timedelta(microseconds=1)


def shown(instant: int, zone: str, digits: int) -> str:
    wall = (EPOCH + dt.timedelta(microseconds=instant)).astimezone(ZoneInfo(zone))
    return f"{wall:%Y-%m-%dT%H:%M:%S}.{wall.microsecond:06}".ljust(20 + digits, "0")


EXPECTED = {
    "connect_logical": lambda instant, _: EPOCH + dt.timedelta(microseconds=instant),
    "micros_long": lambda instant, _: instant,
    "micros_string": lambda instant, _: str(instant),
    "micros_iso_datetime_string": lambda instant, zone: shown(instant, zone, 6),
    "nanos_long": lambda instant, _: instant * 1000,
    "nanos_string": lambda instant, _: str(instant * 1000),
    "nanos_iso_datetime_string": lambda instant, zone: shown(instant, zone, 9),
}


def read(database: Any, **config: str) -> list[Any]:
    """Column v of table t, in the order of id."""
    given = {"mode": "bulk", "poll.interval.ms": "600000", "query": "SELECT * FROM t ORDER BY id"}
    with task_on(database, {**given, **{key.replace("_", "."): value for key, value in config.items()}}) as reader:
        [(count,)] = database.rows("SELECT count(*) FROM t")
        return reader.read(count).values("v")


@pytest.mark.parametrize("zone", ["UTC", NEW_YORK])
@pytest.mark.parametrize("granularity", EXPECTED)
def test_digits_without_a_zone(database: Any, granularity: str, zone: str) -> None:
    """They are read in ``db.timezone``; a fraction before 1970 keeps its sign, which Java's does not."""
    kind = kind_of(database)
    walls = WALLS
    if kind == "sqlite":
        walls = [wall.replace(microsecond=wall.microsecond // 1000 * 1000) for wall in WALLS]
    column = {"sqlite": "TIMESTAMP", "postgresql": "timestamp", "mariadb": "datetime(6)"}[kind]
    values = ",".join(f"({n}, '{wall:%Y-%m-%d %H:%M:%S.%f}')" for n, wall in enumerate(walls))
    database.run(
        f"CREATE TABLE t (id integer, v {column})", f"INSERT INTO t VALUES {values}", "INSERT INTO t VALUES (9, NULL)"
    )

    found = read(database, timestamp_granularity=granularity, db_timezone=zone)

    assert found == [*(EXPECTED[granularity](micros(wall, zone), zone) for wall in walls), None]


@pytest.mark.parametrize("zone", ["UTC", NEW_YORK])
@pytest.mark.parametrize("granularity", EXPECTED)
def test_points_in_time(postgresql: Any, granularity: str, zone: str) -> None:
    """The zone matters for what is shown as digits alone."""
    values = ",".join(f"({n}, '{wall:%Y-%m-%d %H:%M:%S.%f}+02')" for n, wall in enumerate(WALLS))
    postgresql.run("CREATE TABLE t (id integer, v timestamptz)", f"INSERT INTO t VALUES {values}")

    found = read(postgresql, timestamp_granularity=granularity, db_timezone=zone)

    two_hours = 2 * 3600 * 1_000_000
    assert found == [EXPECTED[granularity](micros(wall, "UTC") - two_hours, zone) for wall in WALLS]


def test_hours_that_a_zone_lacks_or_has_twice(database: Any) -> None:
    """As Java's calendar has it: digits within a gap are taken forwards, and of two equal hours the later one is meant."""
    column = {"sqlite": "TIMESTAMP", "postgresql": "timestamp", "mariadb": "datetime"}[kind_of(database)]
    database.run(
        f"CREATE TABLE t (id integer, v {column})",
        "INSERT INTO t VALUES (1, '2024-03-10 02:30:00.000'), (2, '2024-11-03 01:30:00.000')",
    )
    assert read(database, db_timezone=NEW_YORK) == [
        dt.datetime(2024, 3, 10, 7, 30, tzinfo=dt.UTC),
        dt.datetime(2024, 11, 3, 6, 30, tzinfo=dt.UTC),
    ]


DAYS = {"LEGACY": dt.date(1500, 1, 10), "PROLEPTIC_GREGORIAN": dt.date(1500, 1, 1)}
"""Of the digits 1500-01-01: the Julian calendar was nine days behind."""


@pytest.mark.parametrize("calendar", DAYS)
def test_old_dates(database: Any, calendar: str) -> None:
    database.run("CREATE TABLE t (id integer, v date)", "INSERT INTO t VALUES (1, '1500-01-01')")

    assert read(database, date_calendar_system=calendar) == [DAYS[calendar]]


@pytest.mark.parametrize("calendar", DAYS)
def test_old_dates_that_sqlite_keeps_as_numbers(sqlite: Any, calendar: str) -> None:
    """They are points in time, which no calendar changes: the sink writes them so."""
    sqlite.run("CREATE TABLE t (id integer, v date)", "INSERT INTO t VALUES (1, -14831769600000), (2, '1500-01-01')")

    assert read(sqlite, date_calendar_system=calendar) == [dt.date(1500, 1, 1), DAYS[calendar]]


@pytest.mark.parametrize("calendar", DAYS)
@pytest.mark.parametrize("zone", ["UTC", NEW_YORK, "Asia/Kolkata"])
def test_dates_are_midnight_utc_whatever_the_zone(server_database: Any, zone: str, calendar: str) -> None:
    server_database.run(
        "CREATE TABLE t (id integer, v date)", "INSERT INTO t VALUES (1, '2020-02-29'), (2, '1960-01-01')"
    )

    found = read(server_database, db_timezone=zone, date_calendar_system=calendar)

    assert found == [dt.date(2020, 2, 29), dt.date(1960, 1, 1)]


# ---- the sink ---------------------------------------------------------------------------------------------------------

ROW = SchemaBuilder.struct().field("id", Schema.INT32).field("day", Date.SCHEMA).field("at", Timestamp.SCHEMA).build()
AT = dt.datetime(2020, 2, 29, 12, 34, 56, 123000, tzinfo=dt.UTC)


def written(database: Any, day: dt.date, **config: str) -> tuple[str, str]:
    """How a database shows a date and the time ``AT``, once written."""
    target: Target = SqliteTarget(database._path) if kind_of(database) == "sqlite" else ServerTarget(database)
    given = {"auto.create": "true", **{key.replace("_", "."): value for key, value in config.items()}}
    with sink(target, given) as task:
        task.put(rows_of((1, day, AT), schema=ROW))
    [(found_day, found_at)] = target.query(f"SELECT {target.q('day')}, {target.q('at')} FROM t")
    if isinstance(target, ServerTarget):
        target.close()
        return str(found_day), str(found_at)
    return tuple(str(EPOCH + dt.timedelta(milliseconds=ms)) for ms in (found_day, found_at))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("zone", "rule", "day", "at"),
    [
        ("UTC", "DB_TIMEZONE", "2020-02-29", "2020-02-29 12:34:56.123000"),
        ("UTC", "UTC", "2020-02-29", "2020-02-29 12:34:56.123000"),
        (NEW_YORK, "DB_TIMEZONE", "2020-02-28", "2020-02-29 07:34:56.123000"),
        (NEW_YORK, "UTC", "2020-02-29", "2020-02-29 07:34:56.123000"),
        ("Asia/Kolkata", "DB_TIMEZONE", "2020-02-29", "2020-02-29 18:04:56.123000"),
        ("Asia/Kolkata", "UTC", "2020-02-29", "2020-02-29 18:04:56.123000"),
    ],
)
def test_dates_by_date_timezone(server_database: Any, zone: str, rule: str, day: str, at: str) -> None:
    """The default shifts dates by a day west of Greenwich, as in Java."""
    assert written(server_database, dt.date(2020, 2, 29), db_timezone=zone, date_timezone=rule) == (day, at)


@pytest.mark.parametrize("calendar", DAYS)
def test_old_dates_go_back_as_they_came(server_database: Any, calendar: str) -> None:
    found, _ = written(server_database, DAYS[calendar], date_calendar_system=calendar)
    assert found == "1500-01-01"
