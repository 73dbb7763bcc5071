"""Source offsets by meaning, with several spellings of one partition in the log (design 7)."""

from __future__ import annotations

import pytest

from penstock.storage.offset_table import OffsetTable, meaning_of, parse_key
from penstock.storage.offsets import OffsetEntry

AB, BA = b'["c",{"a":1,"b":2}]', b'["c",{"b":2,"a":1}]'
PARTITION = b'{"a":1,"b":2}'


def table(*records: tuple[bytes | None, bytes | None, int]) -> OffsetTable:
    made = OffsetTable()
    for record in records:
        made.apply(*record)
    return made


def test_of_one_spelling_the_last_record_counts_whatever_its_time() -> None:
    assert table((AB, b"old", 9), (AB, b"new", 5)).get("c", PARTITION) == b"new"


def test_among_spellings_the_newest_counts() -> None:
    assert table((AB, b"new", 9), (BA, b"old", 5)).get("c", PARTITION) == b"new"
    assert table((BA, b"old", 5), (AB, b"new", 9)).get("c", PARTITION) == b"new"
    assert table((AB, b"old", 5), (BA, b"new", 5)).get("c", PARTITION) == b"new"


def test_a_clock_that_was_set_back_does_not_revive_another_spelling() -> None:
    assert table((AB, b"1", 100), (BA, b"stale", 50), (AB, b"2", 40)).get("c", PARTITION) == b"2"


def test_a_tombstone_is_news_too() -> None:
    assert table((AB, b"old", 5), (BA, None, 9)).get("c", PARTITION) is None
    assert table((AB, None, 5), (BA, b"new", 9)).get("c", PARTITION) == b"new"
    assert table((AB, b"old", 5), (BA, b"", 9)).partitions("c") == []


def test_writing_uses_the_spelling_seen_first() -> None:
    known = table((BA, b"x", 9), (AB, b"y", 5))
    assert known.records("c", [OffsetEntry(PARTITION, b"new")]) == [(BA, b"new")]


def test_a_spelling_counts_as_seen_when_it_is_first_written() -> None:
    known = OffsetTable()
    assert known.records("c", [OffsetEntry(PARTITION, b"1")]) == [(AB, b"1")]
    assert known.records("c", [OffsetEntry(b'{"b":2,"a":1}', b"2")]) == [(AB, b"2")]
    assert known.get("c", PARTITION) is None
    assert known.partitions("c") == []


def test_a_reset_reaches_every_spelling() -> None:
    known = table((BA, b"x", 9), (AB, b"y", 5))
    assert known.records("c", [OffsetEntry(PARTITION, None)]) == [(BA, None), (AB, None)]


def test_a_reset_reaches_spellings_that_were_reset_before() -> None:
    """Another worker may not have seen that."""
    known = table((BA, None, 9), (AB, b"y", 5))
    assert known.records("c", [OffsetEntry(PARTITION, None)]) == [(BA, None), (AB, None)]


def test_listing_gives_the_spelling_seen_first_once() -> None:
    assert table((BA, b"x", 5), (AB, b"y", 9)).partitions("c") == [(b'{"b":2,"a":1}', b"y")]


@pytest.mark.parametrize(
    ("key", "warning"),
    [
        (
            None,
            "Ignoring offset partition key with an unexpected format. Expected type: list, actual type: NoneType. Key: None",
        ),
        (b"x", "Ignoring offset partition key with unknown serialization. Expected json. Key: b'x'"),
        (
            b"{}",
            "Ignoring offset partition key with an unexpected format. Expected type: list, actual type: dict. Key: b'{}'",
        ),
        (
            b'["c"]',
            "Ignoring offset partition key with an unexpected number of elements. Expected: 2, actual: 1. Key: b'[\"c\"]'",
        ),
        (
            b"[1,{}]",
            "Ignoring offset partition key with an unexpected format for the first element in the partition key list. Expected type: str, actual type: int. Key: b'[1,{}]'",
        ),
        (
            b'["c",[]]',
            "Ignoring offset partition key with an unexpected format for the second element in the partition key list. Expected type: dict, actual type: list. Key: b'[\"c\",[]]'",
        ),
    ],
)
def test_malformed_keys_are_told_and_ignored(key: bytes | None, warning: str, caplog: pytest.LogCaptureFixture) -> None:
    made = table((key, b"{}", 1))
    assert warning in caplog.messages
    assert made.partitions("c") == []


def test_the_partition_is_kept_as_it_was_written() -> None:
    assert parse_key(b'["c",{"b" : 1,  "a":1.0}]') == ("c", b'{"b" : 1,  "a":1.0}', meaning_of({"a": 1.0, "b": 1}))
    assert parse_key(b'[ "c" , {"b" : 1} ]') == ("c", b'{"b":1}', meaning_of({"b": 1}))


def test_meanings() -> None:
    assert meaning_of({"a": [1, None]}) == meaning_of({"a": [1, None]})
    for one, other in [(1, 1.0), (1, True), (0, False), ("1", 1), ([1], {"1": 1}), ({}, []), (None, "None")]:
        assert meaning_of(one) != meaning_of(other)
