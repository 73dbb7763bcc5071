"""Keys go where Kafka's Java client sends them."""

from __future__ import annotations

import pytest

from penstock.log.partitioner import StickyChoice, murmur2, partition_for_key


# What org.apache.kafka.common.utils.Utils.murmur2 answers, and Utils.toPositive of it modulo 7.
@pytest.mark.parametrize(
    ("key", "hashed", "partition"),
    [
        ("", 275646681, 2),
        ("a", -1563381124, 5),
        ("ab", 316155434, 0),
        ("abc", 479470107, 4),
        ("abcd", -1323649548, 5),
        ("21", -973932308, 3),
        ("foobar", -790332482, 0),
        ("a-little-bit-long-string", -985981536, 1),
        ("a-little-bit-longer-string", -1486304829, 0),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971, 3),
        ("ключ", 2122343024, 4),
    ],
)
def test_hash_and_partition_are_javas(key: str, hashed: int, partition: int) -> None:
    assert murmur2(key.encode()) == hashed % 2**32
    assert partition_for_key(key.encode(), 7) == partition


def test_sticky_choice_keeps_a_run_together_and_moves_on() -> None:
    choice = StickyChoice()
    runs = [[choice.take(100, 10) for _ in range(StickyChoice.RUN_RECORDS // 100)] for _ in range(200)]
    assert all(len(set(run)) == 1 for run in runs)
    assert {run[0] for run in runs} == set(range(10))


def test_sticky_choice_leaves_a_partition_that_is_not_there_any_more() -> None:
    choice = StickyChoice()
    for _ in range(50):
        choice.take(1, 10)
        assert choice.take(1, 1) == 0
