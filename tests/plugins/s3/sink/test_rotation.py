"""When files are finished: the rules alone, and columns against record by record."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.api import SchemaBuilder
from penstock_s3.config.choices import Extractor, Partitioning
from penstock_s3.joda.zones import zone
from penstock_s3.sink.phases import NEXT, Phase
from penstock_s3.sink.rotation import Pace, Reason, next_scheduled_ms
from tests.plugins.s3.sink.rig import Rig, Row, sink_settings
from tests.plugins.s3.sink.test_kills import replace_part
from tests.s3_server.memory_store import MemoryStore

HOUR = 3_600_000


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def pace(now_ms: int = 0, tombstone: str | None = None, **changes: Any) -> Pace:
    return Pace(sink_settings(**changes).rotation, zone("UTC"), tombstone, now_ms)


@pytest.mark.parametrize(
    ("now", "interval_ms", "where", "following"),
    [
        ("2024-01-01T00:00:00", HOUR, "UTC", "2024-01-01T01:00:00"),
        ("2024-01-01T00:59:59.999", HOUR, "UTC", "2024-01-01T01:00:00"),
        ("2024-01-01T23:30:00", HOUR, "UTC", "2024-01-02T00:00:00"),
        ("2024-01-01T20:00:00", 7 * HOUR, "UTC", "2024-01-01T21:00:00"),
        ("2024-01-01T22:00:00", 7 * HOUR, "UTC", "2024-01-02T00:00:00"),  # no later than midnight
        ("2024-01-01T10:00:00", 48 * HOUR, "UTC", "2024-01-02T00:00:00"),
        ("2024-01-01T22:30:00", 6 * HOUR, "Europe/Berlin", "2024-01-01T23:00:00"),
        ("2024-03-31T00:30:00", 2 * HOUR, "Europe/Berlin", "2024-03-31T01:00:00"),  # clocks go from 2 to 3
        (
            "2024-03-31T01:30:00",
            2 * HOUR,
            "Europe/Berlin",
            "2024-03-31T03:00:00",
        ),  # hours that pass, not those on clocks
        ("2024-03-31T21:30:00", 12 * HOUR, "Europe/Berlin", "2024-03-31T22:00:00"),  # a day of 23 hours
        ("2024-10-27T22:30:00", 24 * HOUR, "Europe/Berlin", "2024-10-27T23:00:00"),  # a day of 25 hours
        ("2024-03-30T22:30:00", HOUR, "Asia/Beirut", "2024-03-30T23:00:00"),  # midnight is skipped
    ],
)
def test_the_next_instant_of_a_schedule(now: str, interval_ms: int, where: str, following: str) -> None:
    assert next_scheduled_ms(at(now), interval_ms, zone(where)) == at(following)


class TestRules:
    def test_nothing_is_due_before_the_first_record(self) -> None:
        assert pace(interval_ms=HOUR).due("a", 0, 0) is None

    def test_the_interval_goes_by_the_first_record(self) -> None:
        it = pace(interval_ms=HOUR)
        assert it.due("a", 1000, 0) is None
        it.wrote(1, "a", 0)
        assert it.due("a", 1000 + HOUR - 1, 0) is None
        assert it.due("a", 1000 - 5 * HOUR, 0) is None
        assert it.due("a", 1000 + HOUR, 0) is Reason.INTERVAL

    def test_another_directory(self) -> None:
        it = pace(interval_ms=HOUR, tombstone="gone")
        it.due("a", 0, 0)
        it.wrote(1, "a", 0)
        assert it.due("b", 1, 0) is Reason.PARTITION_CHANGE
        assert it.due("gone", 1, 0) is None

    def test_another_directory_counts_with_an_interval_only(self) -> None:
        it = pace()
        it.wrote(1, "a", 0)
        assert it.due("b", 1, 0) is None

    def test_the_interval_goes_by_the_first_record_that_has_a_time(self) -> None:
        it = pace(interval_ms=HOUR, flush_size=None)
        times = [None, 0, None, HOUR - 1, HOUR]
        place, cuts = 0, []
        while place < len(times):
            if it.due("a", times[place], 0) is not None:
                it.rotated(Reason.INTERVAL, 0)
                cuts.append(place)
                it.due("a", times[place], 0)
            end = it.reach(["a"] * len(times), times, (place, len(times)), 0)
            it.wrote(end - place, "a", 0)
            place = end
        assert cuts == [4]

    def test_full(self) -> None:
        it = pace(flush_size=3)
        it.wrote(2, "a", 0)
        assert not it.full
        it.wrote(1, "b", 0)
        assert it.full
        it.rotated(Reason.SIZE, 0)
        assert not it.full

    def test_a_rotation_by_size_leaves_the_schedule(self) -> None:
        it = pace(schedule_ms=HOUR)
        it.wrote(1, "a", 0)
        it.rotated(Reason.SIZE, HOUR // 2)
        it.wrote(1, "a", 0)
        assert it.wake_ms() == HOUR
        assert it.due("a", None, HOUR) is Reason.SCHEDULE
        it.rotated(Reason.SCHEDULE, HOUR)
        assert it.wake_ms() is None
        it.wrote(1, "a", HOUR)
        assert it.wake_ms() == 2 * HOUR


def test_every_state_has_successors_and_none_leaves_the_last() -> None:
    assert NEXT.keys() == set(Phase)
    assert [phase for phase in Phase if not NEXT[phase]] == [Phase.CLOSED]
    assert all(Phase.CLOSED in following for phase, following in NEXT.items() if phase is not Phase.CLOSED)


ONE = SchemaBuilder.int32().build()
OTHER = SchemaBuilder.int64().build()
records = st.lists(
    st.builds(
        Row,
        st.integers(0, 99),
        timestamp=st.integers(0, 6).map(lambda hour: 1_700_000_000_000 + hour * HOUR // 2),
        schema=st.sampled_from([None, ONE, ONE, ONE, OTHER]),
    ),
    max_size=30,
)
rules = st.fixed_dictionaries(
    {
        "flush_size": st.sampled_from([1, 2, 3, 7, 100]),
        "interval_ms": st.sampled_from([None, 1, HOUR // 2, 2 * HOUR]),
        "on_partition_change": st.booleans(),
        "max_open_files": st.sampled_from([None, 1, 2, 3]),
    }
)


@given(rows=records, changes=rules, batch=st.integers(2, 30))
@settings(max_examples=300, deadline=None)
def test_columns_are_cut_as_records_one_by_one_are(rows: list[Row], changes: dict[str, Any], batch: int) -> None:
    by_time = {"kind": Partitioning.TIME, "extractor": Extractor.RECORD}
    chosen = replace_part(sink_settings(**changes), "partition", **by_time)
    outcomes = []
    for size in (1, batch):
        rig = Rig(rows, chosen, MemoryStore(), batch=size)
        rig.run()
        outcomes.append((rig.objects(), rig.committed))
    assert outcomes[0] == outcomes[1]
