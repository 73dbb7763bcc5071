"""Who of a group reads what."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hypothesis import given
from hypothesis import strategies as st

from penstock.api.record import TopicPartition
from penstock.log.assignor import (
    RANGE,
    ROUND_ROBIN,
    Assignment,
    Subscriptions,
    assign,
    assign_range,
    assign_round_robin,
)


def numbers(assigned: dict[str, list[TopicPartition]], topic: str) -> dict[str, list[int]]:
    return {name: [p.partition for p in partitions if p.topic == topic] for name, partitions in assigned.items()}


def test_range_gives_each_a_run_and_the_first_one_more() -> None:
    assigned = assign_range({"b": ("t",), "a": ("t",), "c": ("t",)}, {"t": 5})
    assert numbers(assigned, "t") == {"a": [0, 1], "b": [2, 3], "c": [4]}


def test_range_goes_topic_by_topic_among_those_who_want_it() -> None:
    assigned = assign_range({"a": ("t", "u"), "b": ("u", "absent")}, {"t": 2, "u": 3})
    assert numbers(assigned, "t") == {"a": [0, 1], "b": []}
    assert numbers(assigned, "u") == {"a": [0, 1], "b": [2]}


def test_round_robin_deals_out_all_topics_in_a_circle() -> None:
    assigned = assign_round_robin({"a": ("t", "u"), "b": ("t", "u")}, {"t": 3, "u": 3})
    assert assigned == {
        "a": [TopicPartition("t", 0), TopicPartition("t", 2), TopicPartition("u", 1)],
        "b": [TopicPartition("t", 1), TopicPartition("u", 0), TopicPartition("u", 2)],
    }


def test_round_robin_is_used_when_everybody_puts_it_first() -> None:
    subscriptions, counts = {"a": ("t",), "b": ("t",)}, {"t": 4}
    assert assign({"a": (ROUND_ROBIN,), "b": (ROUND_ROBIN, RANGE)}, subscriptions, counts)["a"] == [
        TopicPartition("t", 0),
        TopicPartition("t", 2),
    ]
    assert assign({"a": (ROUND_ROBIN,), "b": (RANGE,)}, subscriptions, counts)["a"] == [
        TopicPartition("t", 0),
        TopicPartition("t", 1),
    ]


@given(
    st.dictionaries(st.text("abc", min_size=1), st.lists(st.sampled_from("tuv")).map(tuple), min_size=1, max_size=6),
    st.dictionaries(st.sampled_from("tuv"), st.integers(0, 9)),
    st.sampled_from([assign_range, assign_round_robin]),
)
def test_every_partition_that_is_wanted_goes_to_exactly_one_who_wants_it(
    members: dict[str, tuple[str, ...]],
    counts: dict[str, int],
    assignor: Callable[[Subscriptions, Mapping[str, int]], Assignment],
) -> None:
    assigned = assignor(members, counts)
    dealt = [partition for partitions in assigned.values() for partition in partitions]
    wanted = {topic for topics in members.values() for topic in topics}
    assert sorted(dealt) == sorted(TopicPartition(t, n) for t in wanted for n in range(counts.get(t, 0)))
    assert all(p.topic in members[name] for name, partitions in assigned.items() for p in partitions)
