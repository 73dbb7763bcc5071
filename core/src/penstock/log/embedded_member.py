"""A consumer's part in its group: joins, gives back, takes over, and helps the group along (:mod:`penstock.log.group`)."""

from __future__ import annotations

import enum
import logging
import re
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from penstock.api.record import TopicPartition
from penstock.clock import Clock
from penstock.log import group as groups
from penstock.log.assignor import assign
from penstock.log.embedded_config import ConsumerSettings
from penstock.log.embedded_store import Patience, Store, TopicInfo
from penstock.log.group import Group, Member, Phase

logger = logging.getLogger(__name__)

Subscription = Sequence[str] | re.Pattern[str]
"""Topics by name, or those whose whole name matches."""


class Lifeline(Protocol):
    """How members prove that they are alive; each log has its own."""

    @property
    def process(self) -> str:
        """Names this process, for ``is_gone``."""

    def lease_s(self, settings: ConsumerSettings) -> float:
        """How long a member counts as alive without a sign."""

    def is_gone(self, process: str) -> bool:
        """True only when the process surely does not run any more."""

    def attach(self, membership: Membership) -> None:
        """From now on ``membership`` may need signs of life between its polls."""

    def detach(self, membership: Membership) -> None: ...


class Holder(Protocol):
    """Told by ``step`` and ``leave`` what happens to the partitions."""

    def take(self, partitions: Collection[TopicPartition]) -> None: ...
    def give_back(self) -> None:
        """All of them; commits are still taken."""

    def lose(self) -> None:
        """All of them are gone already."""


class Standing(enum.Enum):
    """OUT → JOINED (waits for the assignment) → ACTIVE → JOINED …; OUT when the group put it out; LEFT at the end."""

    OUT = "out"
    JOINED = "joined"
    ACTIVE = "active"
    LEFT = "left"


class Membership:
    """On the consumer's thread, but for ``sign_of_life``, which the lifeline may call from a thread of its own."""

    def __init__(
        self,
        store: Store,
        settings: ConsumerSettings,
        subscription: Subscription,
        holder: Holder,
        lifeline: Lifeline,
        clock: Clock,
    ) -> None:
        assert settings.group_id is not None
        self.group_id: str = settings.group_id
        self.subscription = subscription
        self._store = store
        self._settings = settings
        self._holder = holder
        self._lifeline = lifeline
        self._clock = clock
        self._standing = Standing.OUT
        self._id = ""
        self._generation = -1
        self._topics: tuple[str, ...] = ()
        self._next_look = 0.0
        self._last_poll = self._beat = clock.monotonic()
        self._expired = False
        lifeline.attach(self)

    def polled(self) -> bool:
        """Note that the consumer polls; whether it is time to look after the group though nothing changed."""
        self._last_poll = self._clock.monotonic()
        return self._standing is not Standing.ACTIVE or self._last_poll >= self._next_look

    def step(self) -> None:
        """Go as far as the group allows without waiting. Calls the holder."""
        now = self._clock.monotonic()
        group = self._store.group(self.group_id)
        if self._standing is not Standing.OUT and self._id not in group.members:
            self._put_out()
        group = self._look_after(group, now)
        topics = self._wanted(self._store.topics())
        if self._standing is Standing.OUT:
            group = self._join(topics, now)
        elif group.generation != self._generation or topics != self._topics or self._counts_differ(group):
            if self._standing is Standing.ACTIVE:
                self._holder.give_back()
            group = self._join(topics, now)
        if groups.all_joined(group):
            group = self._store.change_group(self.group_id, self._completed)
        member = group.members.get(self._id)
        if (
            self._standing is Standing.JOINED
            and member is not None
            and group.phase is Phase.STABLE
            and group.generation == self._generation
        ):
            self._standing = Standing.ACTIVE
            self._holder.take(member.assigned)

    def commit(self, offsets: Mapping[TopicPartition, int], patience: Patience) -> None:
        """Raises RetriableLogError while the group rebalances, FencedError for a consumer that was put out."""
        member_id, generation = self._id, self._generation
        self._store.commit(
            self.group_id, offsets, lambda group: groups.check_commit(group, member_id, generation), patience
        )

    def leave(self) -> None:
        """Give the partitions back and go. Idempotent."""
        if self._standing is Standing.LEFT:
            return
        self._lifeline.detach(self)
        if self._standing is Standing.ACTIVE:
            if self._id in self._store.group(self.group_id).members:
                self._holder.give_back()
            else:
                self._holder.lose()
        if self._standing is not Standing.OUT:
            now = self._clock.monotonic()
            self._store.change_group(self.group_id, lambda group: groups.remove(group, [self._id], now))
        self._standing = Standing.LEFT

    @property
    def lease_s(self) -> float:
        """How long it counts as alive without a sign."""
        return self._lifeline.lease_s(self._settings)

    def sign_of_life(self, store: Store, patience: Patience) -> None:
        """Renew the lease between polls, through ``store``; or leave the group for a consumer that has not polled within
        ``max.poll.interval.ms``, so that others take over its partitions."""
        if self._standing not in {Standing.JOINED, Standing.ACTIVE} or self._expired:
            return
        now = self._clock.monotonic()
        member_id = self._id
        if now - self._last_poll <= self._settings.max_poll_interval_s:
            if now >= self._beat + self.lease_s / 2:
                self._beat = now
                store.change_group(self.group_id, lambda group: groups.beat(group, [member_id], now), patience)
            return
        logger.warning(
            "Member %s of group %s has not polled for %.0f s, longer than max.poll.interval.ms; its partitions go to others. "
            "Raise max.poll.interval.ms, or process fewer records per poll (max.poll.records)",
            member_id,
            self.group_id,
            now - self._last_poll,
        )
        self._expired = True
        store.change_group(self.group_id, lambda group: groups.remove(group, [member_id], now), patience)

    def _put_out(self) -> None:
        active = self._standing is Standing.ACTIVE
        self._standing = Standing.OUT
        if active:
            self._holder.lose()

    def _look_after(self, group: Group, now: float) -> Group:
        """Renew the own lease, and now and then put out members that are gone."""
        own = group.members.get(self._id)
        if own is not None and now - own.beat > own.lease_s / 3:
            self._beat = now
            group = self._store.change_group(self.group_id, lambda current: groups.beat(current, [self._id], now))
        if now < self._next_look and group.phase is not Phase.JOINING:
            return group
        self._next_look = now + self._settings.look_interval_s
        gone = [key for key in groups.dead_members(group, now, self._lifeline.is_gone) if key != self._id]
        if gone:
            logger.info("Members %s of group %s are gone; the others take over", ", ".join(gone), self.group_id)
            group = self._store.change_group(self.group_id, lambda current: groups.remove(current, gone, now))
        return group

    def _wanted(self, topics: Mapping[str, TopicInfo]) -> tuple[str, ...]:
        if isinstance(self.subscription, re.Pattern):
            return tuple(sorted(name for name in topics if self.subscription.fullmatch(name)))
        return tuple(sorted(set(self.subscription)))

    def _counts_differ(self, group: Group) -> bool:
        """Whether topics came or went since the assignment was computed."""
        if group.phase is not Phase.STABLE:
            return False
        topics = self._store.topics()
        return any(
            group.counts.get(name, 0) != (topics[name].partitions if name in topics else 0) for name in self._topics
        )

    def _join(self, topics: tuple[str, ...], now: float) -> Group:
        if self._standing is Standing.OUT:
            self._id = f"{self._settings.client_id}-{uuid.uuid4()}"
            self._expired = False
        member = Member(
            id=self._id,
            topics=topics,
            assignors=self._settings.assignors,
            process=self._lifeline.process,
            lease_s=self.lease_s,
            rebalance_s=self._settings.max_poll_interval_s,
            beat=now,
        )
        group = self._store.change_group(self.group_id, lambda current: groups.join(current, member, now))
        self._beat = now
        self._topics = topics
        self._generation = group.members[self._id].generation
        self._standing = Standing.JOINED
        return group

    def _completed(self, group: Group) -> Group:
        if not groups.all_joined(group):
            return group  # somebody was faster, or a new round began
        topics = self._store.topics()
        subscriptions = {key: member.topics for key, member in group.members.items()}
        named = {name for names in subscriptions.values() for name in names}
        counts = {name: topics[name].partitions for name in named if name in topics}
        assignors = {key: member.assignors for key, member in group.members.items()}
        return groups.complete(group, assign(assignors, subscriptions, counts), counts)
