"""The contract of a consumer that is a member of a group, several members at a time driven in turn by one thread."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Mapping

import pytest
from tests.contract.log.adapter import (
    PATIENCE_S,
    Adapter,
    Listener,
    Read,
    drive,
    group_config,
    partitions_of,
    rows,
    send,
    take,
    unique,
    values,
)

from penstock.api.record import TopicPartition
from penstock.log.base import LogConsumer
from penstock.log.errors import FencedError, InvalidTopicError, LogError


def numbered(count: int, start: int = 0) -> list[bytes]:
    return [b"%d" % number for number in range(start, start + count)]


def test_a_lone_member_gets_every_partition(adapter: Adapter) -> None:
    first, second = adapter.new_topic(2), adapter.new_topic(1)
    for number in range(2):
        send(adapter.log, first, *numbered(3), partition=number)
    send(adapter.log, second, *numbered(4))
    consumer, listener = adapter.log.consumer(group_config(adapter, unique("group"))), Listener()
    consumer.subscribe([first, second], listener)
    assert consumer.assignment == frozenset()
    found = take(consumer, 10)
    everything = {*partitions_of(first, 2), *partitions_of(second, 1)}
    assert len(found) == 10
    assert consumer.assignment == everything
    assert [set(assigned) for assigned in listener.assigned] == [everything]
    assert set(listener.assigned[0].values()) == {0}
    consumer.close()
    assert listener.revoked == [frozenset(everything)]
    assert listener.lost == []


@pytest.mark.parametrize(("policy", "start"), [("earliest", 0), ("latest", 5)])
def test_without_a_committed_offset_the_reset_policy_decides(adapter: Adapter, policy: str, start: int) -> None:
    topic = adapter.new_topic()
    send(adapter.log, topic, *numbered(5))
    consumer, listener = (
        adapter.log.consumer(group_config(adapter, unique("group"), auto_offset_reset=policy)),
        Listener(),
    )
    consumer.subscribe([topic], listener)
    found = drive([consumer], lambda: bool(listener.assigned))
    assert listener.assigned == [{TopicPartition(topic, 0): start}]
    send(adapter.log, topic, b"new")
    found += take(consumer, 6 - start - len(found))
    assert values(found) == [*numbered(5), b"new"][start:]
    consumer.close()


def test_without_reset_policy_a_missing_offset_is_an_error(adapter: Adapter) -> None:
    topic = adapter.new_topic()
    consumer = adapter.log.consumer(group_config(adapter, unique("group"), auto_offset_reset="none"))
    consumer.subscribe([topic], Listener())
    with pytest.raises(LogError):
        drive([consumer], lambda: False, timeout_s=30)
    consumer.close()


def test_a_member_starts_at_the_committed_offset(adapter: Adapter) -> None:
    topic, group = adapter.new_topic(2), unique("group")
    for number in range(2):
        send(adapter.log, topic, *numbered(10), partition=number)
    first, second = partitions_of(topic, 2)
    consumer = adapter.log.consumer(group_config(adapter, group))
    consumer.subscribe([topic], Listener())
    take(consumer, 20)
    consumer.commit({first: 4}, 30)
    assert consumer.committed([first, second], 30) == {first: 4}
    consumer.close()
    successor, listener = adapter.second_log().consumer(group_config(adapter, group)), Listener()
    successor.subscribe([topic], listener)
    found = take(successor, 16)
    assert listener.assigned == [{first: 4, second: 0}]
    assert sorted((read.partition, read.offset) for read in found) == [(0, n) for n in range(4, 10)] + [
        (1, n) for n in range(10)
    ]
    successor.close()


def test_the_listener_may_choose_where_to_start(adapter: Adapter) -> None:
    topic = adapter.new_topic(2)
    for number in range(2):
        send(adapter.log, topic, *numbered(5), partition=number)
    first, second = partitions_of(topic, 2)
    consumer, listener = adapter.log.consumer(group_config(adapter, unique("group"))), Listener(starts={second: 3})
    consumer.subscribe([topic], listener)
    found = take(consumer, 7)
    assert sorted((read.partition, read.offset) for read in found) == [(0, n) for n in range(5)] + [(1, 3), (1, 4)]
    assert consumer.position(first) == 5
    consumer.close()


def test_two_members_share_and_the_one_that_stays_takes_over(adapter: Adapter) -> None:
    topic, group = adapter.new_topic(4), unique("group")
    everything = set(partitions_of(topic, 4))
    one, hears_one = adapter.log.consumer(group_config(adapter, group)), Listener()
    two, hears_two = adapter.second_log().consumer(group_config(adapter, group)), Listener()
    one.subscribe([topic], hears_one)
    drive([one], lambda: one.assignment == everything)
    two.subscribe([topic], hears_two)
    drive([one, two], lambda: len(one.assignment) == len(two.assignment) == 2)
    assert one.assignment | two.assignment == everything
    assert hears_one.revoked == [frozenset(everything)]  # eager: all are given back before they are dealt out anew
    assert hears_one.owned == one.assignment
    assert hears_two.owned == two.assignment
    one.close()
    assert hears_one.owned == set()
    drive([two], lambda: two.assignment == everything)
    two.close()
    assert hears_one.lost == hears_two.lost == []


def test_members_beyond_the_number_of_partitions_wait(adapter: Adapter) -> None:
    topic, group = adapter.new_topic(1), unique("group")
    one, two = (adapter.log.consumer(group_config(adapter, group)) for _ in range(2))
    one.subscribe([topic], Listener())
    drive([one], lambda: len(one.assignment) == 1)
    two.subscribe([topic], Listener())
    idle_since = time.monotonic()

    def settled() -> bool:
        return len(one.assignment) + len(two.assignment) == 1 and time.monotonic() > idle_since + 3

    drive([one, two], settled)
    busy, idle = (one, two) if one.assignment else (two, one)
    busy.close()
    drive([idle], lambda: len(idle.assignment) == 1)
    idle.close()


def test_nothing_is_lost_or_read_twice_when_members_commit_what_they_give_back(adapter: Adapter) -> None:
    topic, group = adapter.new_topic(4), unique("group")
    for number in range(4):
        send(adapter.log, topic, *numbered(500), partition=number)
    found: list[Read] = []

    def member() -> LogConsumer:
        consumer = adapter.log.consumer(group_config(adapter, group))

        def commit(partitions: Collection[TopicPartition]) -> None:
            consumer.commit({partition: consumer.position(partition) for partition in partitions}, 30)

        consumer.subscribe([topic], Listener(before_revoke=commit))
        return consumer

    one = member()
    while len(found) < 300:
        found += rows(one.poll(0.1, 50))
    two = member()
    while not two.assignment:
        found += rows(one.poll(0.05, 10)) + rows(two.poll(0.05, 10))
    while len(found) < 1200:
        found += rows(one.poll(0.05, 50)) + rows(two.poll(0.05, 50))
    one.close()
    while len(found) < 2000:
        found += rows(two.poll(0.1, 100))
    two.close()
    assert sorted((read.partition, read.offset) for read in found) == [(p, n) for p in range(4) for n in range(500)]


def test_a_pattern_matches_whole_names_and_takes_up_new_topics(adapter: Adapter) -> None:
    prefix = unique("prefix")
    log = adapter.log
    send(log, f"{prefix}.a", b"a")
    send(log, f"x-{prefix}.a", b"no")
    send(log, f"{prefix}.b-not", b"no")
    consumer, listener = log.consumer(group_config(adapter, unique("group"))), Listener()
    consumer.subscribe(re.compile(re.escape(prefix) + r"\.[a-c]"), listener)
    assert values(take(consumer, 1)) == [b"a"]
    send(log, f"{prefix}.c", b"c")
    send(log, f"{prefix}.c-not", b"no")
    found: list[Read] = []
    deadline = time.monotonic() + PATIENCE_S
    while b"c" not in values(found):
        assert time.monotonic() < deadline, "the new topic was not taken up"
        found += rows(consumer.poll(0.1, 100))
    assert set(values(found)) <= {b"a", b"c"}  # nothing was committed, so the rebalance starts over
    assert consumer.assignment == {TopicPartition(f"{prefix}.a", 0), TopicPartition(f"{prefix}.c", 0)}
    consumer.close()


def test_a_member_that_stops_polling_loses_its_partitions(adapter: Adapter) -> None:
    topic, group = adapter.new_topic(2), unique("group")
    config = group_config(adapter, group, max_poll_interval_ms=str(adapter.shortest_session_ms))
    slow, hears_slow = adapter.log.consumer(config), Listener()
    fast, hears_fast = adapter.second_log().consumer(group_config(adapter, group)), Listener()
    slow.subscribe([topic], hears_slow)
    drive([slow], lambda: len(slow.assignment) == 2)
    fast.subscribe([topic], hears_fast)
    drive([slow, fast], lambda: len(slow.assignment) == len(fast.assignment) == 1)
    owned = slow.assignment
    drive([fast], lambda: len(fast.assignment) == 2)
    with pytest.raises(FencedError):
        slow.commit({next(iter(owned)): 1}, 30)
    assert hears_slow.lost == []
    drive([slow, fast], lambda: bool(hears_slow.lost))
    assert hears_slow.lost == [owned]
    drive([slow, fast], lambda: len(slow.assignment) == len(fast.assignment) == 1)
    slow.close()
    fast.close()


def test_an_exception_of_the_listener_comes_out_of_poll_and_nothing_is_lost(adapter: Adapter) -> None:
    topic = adapter.new_topic()
    send(adapter.log, topic, *numbered(10))

    class Refuses(Listener):
        def on_assigned(self, positions: Mapping[TopicPartition, int]) -> Mapping[TopicPartition, int]:
            super().on_assigned(positions)
            raise ValueError("open failed")

    consumer, listener = adapter.log.consumer(group_config(adapter, unique("group"))), Refuses()
    consumer.subscribe([topic], listener)
    with pytest.raises(ValueError, match="open failed"):
        drive([consumer], lambda: False)
    assert consumer.assignment == {TopicPartition(topic, 0)}
    assert values(take(consumer, 10)) == numbered(10)
    consumer.close()


def test_an_exception_in_on_revoked_comes_out_of_close_which_still_leaves(adapter: Adapter) -> None:
    topic, group = adapter.new_topic(), unique("group")

    def refuse(partitions: Collection[TopicPartition]) -> None:
        raise ValueError("flush failed")

    consumer = adapter.log.consumer(group_config(adapter, group))
    consumer.subscribe([topic], Listener(before_revoke=refuse))
    drive([consumer], lambda: bool(consumer.assignment))
    with pytest.raises(ValueError, match="flush failed"):
        consumer.close()
    consumer.close()
    admin = adapter.log.admin({})
    admin.alter_group_offsets(group, {TopicPartition(topic, 0): 0}, 30)  # possible because the group is empty
    admin.close()


def test_close_leaves_the_group_at_once(adapter: Adapter) -> None:
    topic, group = adapter.new_topic(2), unique("group")
    config = group_config(adapter, group, session_timeout_ms="45000")
    one, two = (adapter.log.consumer(config) for _ in range(2))
    one.subscribe([topic], Listener())
    drive([one], lambda: len(one.assignment) == 2)
    two.subscribe([topic], Listener())
    drive([one, two], lambda: len(two.assignment) == 1)
    one.close()
    one.close()
    drive([two], lambda: len(two.assignment) == 2, timeout_s=30)  # sooner than the session would end
    two.close()


def test_groups_do_not_know_each_other(adapter: Adapter) -> None:
    topic = adapter.new_topic()
    send(adapter.log, topic, *numbered(3))
    consumers = [adapter.log.consumer(group_config(adapter, unique("group"))) for _ in range(2)]
    for consumer in consumers:
        consumer.subscribe([topic], Listener())
    for consumer in consumers:
        assert values(take(consumer, 3)) == numbered(3)
        consumer.close()


def test_hold_seek_and_position_work_in_a_group(adapter: Adapter) -> None:
    topic = adapter.new_topic()
    partition = TopicPartition(topic, 0)
    send(adapter.log, topic, *numbered(10))
    consumer = adapter.log.consumer(group_config(adapter, unique("group")))
    consumer.subscribe([topic], Listener())
    take(consumer, 10)
    assert consumer.position(partition) == 10
    consumer.hold([partition])
    consumer.seek({partition: 8})
    assert consumer.poll(0.3, 100) == []
    consumer.release([partition])
    assert values(take(consumer, 2)) == numbered(2, 8)
    consumer.close()


def test_a_deleted_topic_leaves_the_assignment(adapter: Adapter) -> None:
    stays, goes = adapter.new_topic(), adapter.new_topic()
    consumer = adapter.log.consumer(group_config(adapter, unique("group"), allow_auto_create_topics="false"))
    consumer.subscribe(re.compile(f"{re.escape(stays)}|{re.escape(goes)}"), Listener())
    drive([consumer], lambda: len(consumer.assignment) == 2)
    admin = adapter.second_log().admin({})
    admin.delete_topics([goes], 30)
    admin.close()
    drive([consumer], lambda: consumer.assignment == {TopicPartition(stays, 0)})
    send(adapter.log, stays, b"v")
    assert values(take(consumer, 1)) == [b"v"]
    consumer.close()


def test_subscribing_needs_a_group_and_legal_names(adapter: Adapter) -> None:
    consumer = adapter.log.consumer({})
    with pytest.raises(LogError):
        consumer.subscribe([unique("topic")], Listener())
    consumer.close()
    consumer = adapter.log.consumer(group_config(adapter, unique("group")))
    with pytest.raises(InvalidTopicError, match=r"^Invalid topics: \[bad topic!\]$"):
        consumer.subscribe(["fine", "bad topic!"], Listener())
    consumer.close()
