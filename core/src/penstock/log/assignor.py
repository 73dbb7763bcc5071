"""Who of a group reads which partitions: Kafka's range and round-robin assignors."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.api.record import TopicPartition

RANGE = "org.apache.kafka.clients.consumer.RangeAssignor"
ROUND_ROBIN = "org.apache.kafka.clients.consumer.RoundRobinAssignor"

Subscriptions = Mapping[str, tuple[str, ...]]
"""The topics of each member."""

Assignment = dict[str, list[TopicPartition]]


def assign_range(members: Subscriptions, counts: Mapping[str, int]) -> Assignment:
    """Topic by topic, a contiguous range for each member in the order of ids; the first get one more when it does not come
    out even."""
    assigned: Assignment = {member: [] for member in members}
    for topic in sorted({topic for topics in members.values() for topic in topics}):
        interested = sorted(member for member, topics in members.items() if topic in topics)
        each, more = divmod(counts.get(topic, 0), len(interested))
        start = 0
        for index, member in enumerate(interested):
            stop = start + each + (index < more)
            assigned[member].extend(TopicPartition(topic, number) for number in range(start, stop))
            start = stop
    return assigned


def assign_round_robin(members: Subscriptions, counts: Mapping[str, int]) -> Assignment:
    """All partitions of all topics, dealt out one by one to the members in the order of ids."""
    assigned: Assignment = {member: [] for member in members}
    circle = sorted(members)
    turn = 0
    for topic in sorted({topic for topics in members.values() for topic in topics}):
        for number in range(counts.get(topic, 0)):
            while topic not in members[circle[turn % len(circle)]]:
                turn += 1
            assigned[circle[turn % len(circle)]].append(TopicPartition(topic, number))
            turn += 1
    return assigned


def assign(assignors: Mapping[str, tuple[str, ...]], members: Subscriptions, counts: Mapping[str, int]) -> Assignment:
    """By round robin when it is the first choice of every member, else by range, which every consumer has by default."""
    if assignors and all(names[:1] == (ROUND_ROBIN,) for names in assignors.values()):
        return assign_round_robin(members, counts)
    return assign_range(members, counts)
