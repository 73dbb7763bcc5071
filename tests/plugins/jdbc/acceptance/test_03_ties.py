"""Acceptance check 3: rows of one time across batches, killed in the middle: some may come twice, none is lost."""

from __future__ import annotations

from typing import Any

import pytest

from penstock_jdbc.source.mode import Mode
from penstock_jdbc.source.suffix import warn_of_limit
from tests.plugins.jdbc.acceptance.reading import MOMENTS, HandReader, full_name, kind_of, moment, task_on

TIMES = [1, 1, 1, 2, 3, 3, 3, 3, 3, 3, 3, 4, 4]
"""Of rows 0 to 12: ties at the beginning, at the end, and one longer than two batches."""
ROWS = list(range(len(TIMES)))


def make_table(database: Any) -> None:
    kind = MOMENTS[kind_of(database)]
    database.run(f"CREATE TABLE ties (id integer NOT NULL PRIMARY KEY, at_ {kind} NOT NULL)")
    values = ",".join(f"({number}, {moment(database, second * 1000)})" for number, second in enumerate(TIMES))
    database.run(f"INSERT INTO ties VALUES {values}")


def config(mode: str, **more: str) -> dict[str, str]:
    return {
        "mode": mode,
        "incrementing.column.name": "id",
        "timestamp.column.name": "at_",
        "batch.max.rows": "3",
        **{key.replace("_", "."): value for key, value in more.items()},
    }


@pytest.mark.parametrize("mode", ["timestamp", "timestamp+incrementing"])
def test_a_kill_behind_any_record_loses_nothing(database: Any, mode: str) -> None:
    """For each record: a task that goes on from its offset, and what it reads beside the records up to there."""
    make_table(database)
    with task_on(database, config(mode), "ties") as reader:
        whole: HandReader = reader.read_through()
        rows, offsets = whole.values("id"), whole.offsets()
    assert sorted(rows) == ROWS
    assert [TIMES[row] for row in rows] == TIMES  # among rows of one time a database may choose
    # SQLite stands for the others at most of the places: what is stored is decided before any database is asked
    places = ROWS if kind_of(database) == "sqlite" else [0, 2, 7]
    for place in places:
        with task_on(database, config(mode), "ties", stored=offsets[place] or None) as reader:
            again = reader.read_through().values("id")
        assert sorted({*rows[: place + 1], *again}) == ROWS
        assert len(set(again)) == len(again)
        if mode == "timestamp+incrementing":
            assert again == rows[place + 1 :], "this mode knows its place among rows of one time"
        else:
            repeated = {TIMES[row] for row in again if row in rows[: place + 1]}
            assert repeated <= {TIMES[rows[place]]}, "only the tie comes again"


def test_offsets_move_behind_a_tie_only_when_it_is_through(sqlite: Any) -> None:
    make_table(sqlite)
    with task_on(sqlite, config("timestamp"), "ties") as reader:
        offsets = reader.read_through().offsets()
    stored = [offset.get("timestamp", 0) // 1000 for offset in offsets]
    assert stored == [0, 0, 1, 2, 2, 2, 2, 2, 2, 2, 3, 3, 4]


@pytest.mark.parametrize("mode", ["timestamp", "timestamp+incrementing"])
def test_a_row_that_joins_a_tie_later(sqlite: Any, mode: str) -> None:
    """Timestamp mode loses it, as in Java; with a number it is found."""
    make_table(sqlite)
    with task_on(sqlite, config(mode), "ties") as reader:
        reader.read_through()
        sqlite.run(f"INSERT INTO ties VALUES (99, {moment(sqlite, 4000)})")
        reader.read_through(2)
        assert reader.values("id") == (ROWS if mode == "timestamp" else [*ROWS, 99])


LIMITS = {
    "LIMIT 5": True,
    "limit\n5 OFFSET 0": True,
    "FETCH FIRST 5 ROWS ONLY": True,
    "fetch next 5 rows only": True,
    "FOR UPDATE": False,
    "WITH (NOLOCK) /* no limits */": False,
}
CUT = (
    "'query.suffix' is '{}': in mode timestamp a limit may fall among rows of one time, and the rest of those is never read. "
    "Use mode timestamp+incrementing, or leave the limit out"
)


@pytest.mark.parametrize("suffix", LIMITS)
def test_a_limit_warns_where_it_may_cut_a_tie(suffix: str, caplog: pytest.LogCaptureFixture) -> None:
    warn_of_limit(Mode.TIMESTAMP_INCREMENTING, suffix)
    warn_of_limit(Mode.INCREMENTING, suffix)
    assert caplog.messages == []
    warn_of_limit(Mode.TIMESTAMP, suffix)
    assert caplog.messages == ([CUT.format(suffix)] if LIMITS[suffix] else [])


def test_the_task_warns_of_a_limit(sqlite: Any, caplog: pytest.LogCaptureFixture) -> None:
    make_table(sqlite)
    with task_on(sqlite, config("timestamp", query_suffix="LIMIT 6"), "ties") as reader:
        reader.read_through(3)
        assert reader.values("id") == [
            0,
            1,
            2,
            3,
            4,
            5,
            11,
            12,
        ]  # 6 to 10 have the time of the last row of the first pass
    assert CUT.format("LIMIT 6") in caplog.messages


def test_a_limit_is_no_harm_with_a_number(database: Any) -> None:
    make_table(database)
    limited = config("timestamp+incrementing", query_suffix="LIMIT 3", table_whitelist=full_name(database, "ties"))
    with task_on(database, limited, "ties") as reader:
        assert reader.read_through(6).values("id") == ROWS
