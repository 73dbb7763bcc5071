"""A consumer group of the embedded logs as a value, and every step it can take as a pure function (eager rebalancing).

There is no coordinator process: members read the group, apply one of these functions and store the result, atomically.
A *round* begins when somebody joins, leaves or wants other topics: the generation goes up and the phase is JOINING. Each
member gives its partitions back and joins the round; who sees that all have joined computes the assignment, and the phase
is STABLE. Members that do not join in time, or whose lease ran out, are removed.

Times are monotonic seconds of this machine, which all its processes share. After a reboot the clock starts anew: a lease
from the future is therefore as dead as one that ran out.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Mapping

import msgspec

from penstock.api.record import TopicPartition
from penstock.log.errors import FencedError, GroupNotEmptyError, RetriableLogError

NOT_A_MEMBER = (
    "Offset commit cannot be completed since the consumer is not part of an active group for auto partition assignment; "
    "it is likely that the consumer was kicked out of the group."
)
REBALANCE_UNDER_WAY = (
    "Offset commit cannot be completed since the consumer is undergoing a rebalance for auto partition assignment. You can "
    "try completing the rebalance by calling poll() and then retry the operation."
)


class Phase(enum.Enum):
    """EMPTY → JOINING → STABLE → JOINING …; EMPTY again when the last member is gone."""

    EMPTY = "empty"
    JOINING = "joining"
    STABLE = "stable"


class Member(msgspec.Struct, frozen=True):
    """One consumer. ``process`` tells on which process its life depends ("" when that is not known); it is alive from
    ``beat`` for ``lease_s``. ``generation`` is the last round that it joined."""

    id: str
    topics: tuple[str, ...]
    assignors: tuple[str, ...]
    process: str
    lease_s: float
    rebalance_s: float
    beat: float
    generation: int = 0
    assigned: tuple[TopicPartition, ...] = ()

    def lease_ran_out(self, now: float) -> bool:
        return not self.beat <= now <= self.beat + self.lease_s


class Group(msgspec.Struct, frozen=True):
    """``deadline`` is when the JOINING phase ends at the latest, ``counts`` the partitions of each topic as the assignment
    was computed from."""

    generation: int = 0
    phase: Phase = Phase.EMPTY
    deadline: float = 0.0
    members: dict[str, Member] = {}
    counts: dict[str, int] = {}


def join(group: Group, member: Member, now: float) -> Group:
    """A new member, or one that joins the round after giving its partitions back, or one with other topics."""
    group = group if group.phase is Phase.JOINING else _new_round(group, now)
    joined = msgspec.structs.replace(member, generation=group.generation, assigned=(), beat=now)
    deadline = max(group.deadline, now + member.rebalance_s) if member.id not in group.members else group.deadline
    return msgspec.structs.replace(group, members=group.members | {member.id: joined}, deadline=deadline)


def remove(group: Group, ids: Collection[str], now: float) -> Group:
    """Without these members; those that stay begin a round."""
    gone = [member_id for member_id in ids if member_id in group.members]
    if not gone:
        return group
    members = {key: member for key, member in group.members.items() if key not in gone}
    if not members:
        return Group(generation=group.generation + 1)
    group = msgspec.structs.replace(group, members=members)
    return group if group.phase is Phase.JOINING else _new_round(group, now)


def beat(group: Group, ids: Collection[str], now: float) -> Group:
    """These members are alive."""
    alive = {key: msgspec.structs.replace(group.members[key], beat=now) for key in ids if key in group.members}
    return msgspec.structs.replace(group, members=group.members | alive) if alive else group


def dead_members(group: Group, now: float, is_gone: Callable[[str], bool]) -> list[str]:
    """Members whose lease ran out, whose process is gone, or who missed the round."""
    overdue = group.phase is Phase.JOINING and not _round_in_time(group, now)
    return [
        member.id
        for member in group.members.values()
        if member.lease_ran_out(now) or is_gone(member.process) or (overdue and member.generation != group.generation)
    ]


def all_joined(group: Group) -> bool:
    """Whether the round can be completed."""
    return group.phase is Phase.JOINING and all(m.generation == group.generation for m in group.members.values())


def complete(group: Group, assigned: Mapping[str, Collection[TopicPartition]], counts: Mapping[str, int]) -> Group:
    """The end of a round: everybody's partitions."""
    members = {
        key: msgspec.structs.replace(member, assigned=tuple(sorted(assigned.get(key, ()))))
        for key, member in group.members.items()
    }
    return msgspec.structs.replace(group, phase=Phase.STABLE, members=members, counts=dict(counts))


def check_commit(group: Group, member_id: str | None, generation: int) -> None:
    """Whether a consumer may commit: a member with the partitions of ``generation``, also while it gives them back; a
    consumer outside the group (None) only when the group has no members. Raises FencedError, RetriableLogError."""
    if member_id is None:
        if group.members:
            raise FencedError(NOT_A_MEMBER)
        return
    member = group.members.get(member_id)
    if member is None:
        raise FencedError(NOT_A_MEMBER)
    gives_back = group.phase is Phase.JOINING and member.generation != group.generation
    if member.generation != generation or not (gives_back or group.phase is Phase.STABLE):
        raise RetriableLogError(REBALANCE_UNDER_WAY)


def check_empty(name: str, group: Group) -> None:
    """Raises GroupNotEmptyError while the group has members."""
    if group.members:
        raise GroupNotEmptyError(
            f"The group {name} is not empty: {len(group.members)} member(s) are at work; stop them before its offsets are "
            "changed"
        )


def _new_round(group: Group, now: float) -> Group:
    wait = max((member.rebalance_s for member in group.members.values()), default=0.0)
    return msgspec.structs.replace(
        group, generation=group.generation + 1, phase=Phase.JOINING, deadline=now + wait, counts={}
    )


def _round_in_time(group: Group, now: float) -> bool:
    longest = max((member.rebalance_s for member in group.members.values()), default=0.0)
    return group.deadline - longest <= now <= group.deadline
