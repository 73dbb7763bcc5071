"""Directories by time as Joda-Time 2.12.7 on Java 17 gives them: 40 patterns in 4 zones and 3 languages around changes of the
clock (spec 19.3). ``record.py`` tells how the expectations were made."""

from __future__ import annotations

import gzip
from collections import defaultdict
from pathlib import Path

import pytest

from penstock_s3.joda.pattern import Pattern
from penstock_s3.joda.zones import zone
from penstock_s3.partition.time_paths import TimePaths

LINES = gzip.decompress(Path(__file__).with_name("printed.tsv.gz").read_bytes()).decode().splitlines()
BY_SETTING: dict[tuple[str, str, str, int], list[tuple[int, str]]] = defaultdict(list)
for line in LINES:
    where, locale, pattern, duration, instant, expected = line.split("\t")
    BY_SETTING[where, locale, pattern, int(duration)].append((int(instant), expected))


def made(where: str, locale: str, pattern: str, duration: int) -> TimePaths:
    return TimePaths(Pattern(pattern, zone(where), locale), duration)


def test_there_is_all_that_the_specification_asks_for() -> None:
    assert len({pattern for _, _, pattern, _ in BY_SETTING}) == 40
    assert len({where for where, *_ in BY_SETTING}) == 4
    assert len({locale for _, locale, *_ in BY_SETTING}) == 3


@pytest.mark.parametrize("where", sorted({where for where, *_ in BY_SETTING}))
def test_prints_as_joda_time_does(where: str) -> None:
    wrong = []
    for setting, cases in BY_SETTING.items():
        if setting[0] == where:
            paths = made(*setting)
            wrong += [(setting, at, text, paths.one(at)) for at, text in cases if paths.one(at) != text]
    assert wrong == []


def test_columns_are_what_single_times_are() -> None:
    for setting, cases in BY_SETTING.items():
        times = [at for at, _ in cases]
        found, only = made(*setting).column(times)
        assert list(found) == [text for _, text in cases]
        assert only == (found[0] if len(set(found)) == 1 else None)


def test_what_was_found_before_changes_nothing() -> None:
    """Ranges that are kept hold exactly what they should: neighbours of every answer, asked in both orders."""
    for setting, cases in BY_SETTING.items():
        kept = made(*setting)
        near = [at + step for at, _ in cases for step in (-1, 0, 1, 59_999, 3_599_999)]
        forth = [kept.one(at) for at in near]
        assert [kept.one(at) for at in reversed(near)] == forth[::-1]
        assert [made(*setting).one(at) for at in near[:10]] == forth[:10]
