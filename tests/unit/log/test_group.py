"""A consumer group as a value: every step it can take."""

from __future__ import annotations

import pytest

from penstock.api.record import TopicPartition
from penstock.log import group as groups
from penstock.log.errors import FencedError, GroupNotEmptyError, RetriableLogError
from penstock.log.group import Group, Member, Phase

P0, P1 = TopicPartition("t", 0), TopicPartition("t", 1)


def member(name: str, *, lease_s: float = 10, rebalance_s: float = 30, process: str = "") -> Member:
    return Member(
        id=name, topics=("t",), assignors=(), process=process, lease_s=lease_s, rebalance_s=rebalance_s, beat=0.0
    )


def stable(*names: str) -> Group:
    group = Group()
    for name in names:
        group = groups.join(group, member(name), 100.0)
    return groups.complete(group, {names[0]: [P1, P0]}, {"t": 2})


def gone_none(process: str) -> bool:
    return False


def test_the_first_member_begins_a_round_that_it_completes() -> None:
    group = groups.join(Group(), member("a"), 100.0)
    assert (group.phase, group.generation, group.members["a"].generation) == (Phase.JOINING, 1, 1)
    assert groups.all_joined(group)
    group = groups.complete(group, {"a": [P1, P0]}, {"t": 2})
    assert (group.phase, group.generation) == (Phase.STABLE, 1)
    assert group.members["a"].assigned == (P0, P1)
    assert group.counts == {"t": 2}


def test_a_newcomer_begins_a_round_that_waits_for_the_others() -> None:
    group = groups.join(stable("a"), member("b"), 101.0)
    assert (group.phase, group.generation) == (Phase.JOINING, 2)
    assert not groups.all_joined(group)
    group = groups.join(group, member("a"), 102.0)
    assert groups.all_joined(group)
    assert group.generation == 2
    assert group.members["a"].assigned == ()


def test_who_leaves_begins_a_round_for_the_others() -> None:
    group = groups.remove(stable("a", "b"), ["a", "unknown"], 101.0)
    assert (group.phase, group.generation, set(group.members)) == (Phase.JOINING, 2, {"b"})


def test_the_last_to_leave_empties_the_group_and_generations_go_on() -> None:
    group = groups.remove(stable("a"), ["a"], 101.0)
    assert (group.phase, group.members) == (Phase.EMPTY, {})
    assert groups.join(group, member("b"), 102.0).generation > 1


def test_removing_nobody_changes_nothing() -> None:
    group = stable("a")
    assert groups.remove(group, ["unknown"], 101.0) is group
    assert groups.beat(group, ["unknown"], 101.0) is group


def test_a_member_leaving_during_a_round_lets_it_complete() -> None:
    group = groups.join(stable("a"), member("b"), 101.0)
    group = groups.remove(group, ["a"], 102.0)
    assert group.generation == 2
    assert groups.all_joined(group)


def test_a_lease_that_ran_out_or_comes_from_the_future_is_dead() -> None:
    group = stable("a")
    assert groups.dead_members(group, 100.0, gone_none) == []
    assert groups.dead_members(group, 110.0, gone_none) == []
    assert groups.dead_members(group, 110.1, gone_none) == ["a"]
    assert groups.dead_members(group, 99.9, gone_none) == ["a"]  # the machine was started anew
    assert groups.dead_members(groups.beat(group, ["a"], 109.0), 118.0, gone_none) == []


def test_a_member_of_a_process_that_is_gone_is_dead_at_once() -> None:
    group = groups.join(Group(), member("a", process="p"), 100.0)
    assert groups.dead_members(group, 100.0, lambda process: process == "p") == ["a"]


def test_who_misses_the_round_is_put_out_and_who_joined_is_not() -> None:
    group = groups.join(stable("a"), member("b"), 101.0)
    group = groups.beat(group, ["a", "b"], 131.0)
    assert groups.dead_members(group, 131.0, gone_none) == []
    assert groups.dead_members(group, 131.1, gone_none) == ["a"]


def test_the_slowest_member_sets_the_length_of_the_round() -> None:
    group = groups.join(stable("a"), member("slow", rebalance_s=300), 101.0)
    group = groups.beat(group, ["a", "slow"], 400.0)
    assert groups.dead_members(group, 400.0, gone_none) == []


@pytest.mark.parametrize("text", ["not part of an active group"])
def test_commits_of_strangers_are_refused(text: str) -> None:
    with pytest.raises(FencedError, match=text):
        groups.check_commit(stable("a"), "b", 1)
    with pytest.raises(FencedError, match=text):
        groups.check_commit(stable("a"), None, -1)
    groups.check_commit(Group(), None, -1)


def test_commits_are_taken_in_the_own_generation_and_while_partitions_are_given_back() -> None:
    group = stable("a")
    groups.check_commit(group, "a", 1)
    group = groups.join(group, member("b"), 101.0)
    groups.check_commit(group, "a", 1)  # a has not joined the round: it is giving back
    group = groups.join(group, member("a"), 102.0)
    with pytest.raises(RetriableLogError, match="undergoing a rebalance"):
        groups.check_commit(group, "a", 1)
    groups.check_commit(groups.complete(group, {}, {}), "a", 2)


def test_a_group_with_members_is_not_empty() -> None:
    groups.check_empty("g", Group())
    with pytest.raises(
        GroupNotEmptyError, match=r"^The group g is not empty: 2 member\(s\) are at work; stop them before"
    ):
        groups.check_empty("g", stable("a", "b"))
