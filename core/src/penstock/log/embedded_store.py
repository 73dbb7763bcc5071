"""The seam under the embedded logs: one producer, consumer and admin are written over it, and two stores stand behind it,
plain Python (:mod:`penstock.log.memory`) and SQLite (:mod:`penstock.log.sqlite_store`).

A store handle belongs to one client. Every method is atomic: seen by others wholly or not at all. All raise LogError;
:class:`~penstock.log.errors.LogCorruptError` when what is stored cannot be read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from penstock.api.record import TopicPartition
from penstock.log.base import Interrupted, never
from penstock.log.columns import Columns, StoredRun
from penstock.log.errors import FencedError, UnknownTopicError
from penstock.log.group import Group
from penstock.log.topic_config import TopicSettings


@dataclass(frozen=True, slots=True)
class TopicInfo:
    """A topic that exists. ``configs`` are those given at creation."""

    name: str
    partitions: int
    configs: Mapping[str, str]
    settings: TopicSettings


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a call may wait for its turn: until ``deadline`` (monotonic seconds; LogTimeoutError then) and while
    ``interrupted`` answers False (LogInterruptedError)."""

    deadline: float = float("inf")
    interrupted: Interrupted = never


FOREVER = Patience()


@dataclass(frozen=True, slots=True)
class Fence:
    """Who writes in a transaction: only the latest epoch of a transactional id may publish."""

    transactional_id: str
    epoch: int


def fenced(fence: Fence) -> FencedError:
    """The error of a producer whose epoch is not the latest."""
    return FencedError(
        "There is a newer producer with the same transactionalId which fences the current one: transactional.id="
        f"{fence.transactional_id}, epoch {fence.epoch}"
    )


def unknown_partition(partition: TopicPartition) -> UnknownTopicError:
    """The error of a partition that does not exist, with the broker's text."""
    return UnknownTopicError(f"This server does not host this topic-partition: {partition}")


class Prepared(Protocol):
    """Columns made ready for storing, before any lock is taken."""

    @property
    def count(self) -> int: ...
    @property
    def size(self) -> int:
        """Bytes, about."""


@dataclass(frozen=True, slots=True)
class Write:
    """Records for one partition."""

    partition: TopicPartition
    prepared: Prepared


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where a partition begins and ends: its first offset that is still there, and one past its last."""

    start: int
    end: int


class Store(Protocol):
    """What the embedded clients need of a log's storage."""

    def version(self) -> Hashable:
        """Differs from an earlier answer when anything may have changed since."""

    def wait(self, version: Hashable, timeout_s: float, idle: int) -> Hashable:
        """Return the version when it differs from ``version``, or time is up. ``idle`` counts the caller's waits in vain: a
        store that has to look may look less often."""

    def topics(self) -> Mapping[str, TopicInfo]:
        """All topics by name. The same object as before when none came or went."""

    def create_topic(self, name: str, partitions: int, configs: Mapping[str, str]) -> None:
        """Raises TopicExistsError, InvalidTopicError (its name collides)."""

    def delete_topic(self, name: str) -> None:
        """With its records and all offsets committed for it. Unknown: nothing to do."""

    def prepare(self, columns: Columns) -> list[Prepared]:
        """One item, or several in order where the columns are too large for one row."""

    def append(self, writes: Sequence[Write], fence: Fence | None, patience: Patience) -> list[int]:
        """Store all writes, durably, and give the base offset of each. With a fence: all or nothing, FencedError when a
        newer epoch exists. Raises UnknownTopicError when a partition does not exist (nothing is stored then)."""

    def spool(self, prepared: Sequence[Prepared], fence: Fence, patience: Patience) -> list[Prepared]:
        """Put part of a large transaction aside, outside memory where there is such a place; nobody sees it before
        ``append`` names it. Raises FencedError."""

    def claim(self, transactional_id: str, patience: Patience) -> Fence:
        """A new epoch; what an older one put aside is dropped."""

    def discard(self, fence: Fence, patience: Patience) -> None:
        """Drop what this epoch put aside. Raises FencedError."""

    def bounds(self, partitions: Collection[TopicPartition]) -> dict[TopicPartition, Bounds]:
        """Partitions that do not exist are left out."""

    def read(self, partition: TopicPartition, offset: int, max_records: int) -> StoredRun | None:
        """A run that holds the first record at or after ``offset``, with about ``max_records`` records (more when they were
        stored together); None when there is none."""

    def offset_at(self, partition: TopicPartition, timestamp: int) -> int | None:
        """The first offset whose record is as late as ``timestamp`` (ms) or later; None when there is none."""

    def group(self, name: str) -> Group:
        """An empty group when the name is unknown."""

    def change_group(self, name: str, change: Callable[[Group], Group], patience: Patience = FOREVER) -> Group:
        """Apply a pure function to the group; what the function raises leaves all as it was."""

    def commit(
        self, name: str, offsets: Mapping[TopicPartition, int], check: Callable[[Group], None], patience: Patience
    ) -> None:
        """Store committed offsets, durably, if ``check`` does not raise. Raises UnknownTopicError."""

    def committed(self, name: str) -> dict[TopicPartition, int]:
        """A group's committed offsets."""

    def forget(
        self,
        name: str,
        partitions: Collection[TopicPartition] | None,
        check: Callable[[Group], None],
        patience: Patience,
    ) -> None:
        """Remove committed offsets, or with None the whole group, if ``check`` does not raise."""

    def close(self) -> None:
        """Release the handle. Idempotent."""
