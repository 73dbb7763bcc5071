"""The admin of the embedded logs."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping

from penstock.api.record import TopicPartition
from penstock.clock import Clock
from penstock.log import group as groups
from penstock.log.base import NewTopic, TopicDescription
from penstock.log.embedded_member import Lifeline
from penstock.log.embedded_store import Patience, Store, unknown_partition
from penstock.log.errors import LogError, TopicCreationError, UnknownTopicError
from penstock.log.group import Group
from penstock.log.topic_config import TopicSettings, check_topic_configs, effective_configs
from penstock.log.topics import check_new_topic_name


class EmbeddedAdmin:
    """A :class:`~penstock.log.base.LogAdmin` over a store; a lock lets threads share it."""

    def __init__(
        self, store: Store, lifeline: Lifeline, clock: Clock, cluster_id: str, defaults: TopicSettings
    ) -> None:
        self._store = store
        self._lifeline = lifeline
        self._clock = clock
        self._cluster_id = cluster_id
        self._defaults = defaults
        self._lock = threading.Lock()
        self._closed = False

    def cluster_id(self, timeout_s: float) -> str:  # noqa: ARG002
        self._check_open()
        return self._cluster_id

    def list_topics(self, timeout_s: float) -> list[str]:  # noqa: ARG002
        with self._lock:
            self._check_open()
            return sorted(self._store.topics())

    def describe_topics(self, names: Collection[str], timeout_s: float) -> dict[str, TopicDescription]:  # noqa: ARG002
        with self._lock:
            self._check_open()
            topics = self._store.topics()
        return {name: TopicDescription(name, topics[name].partitions, 1) for name in names if name in topics}

    def create_topics(self, topics: Collection[NewTopic], timeout_s: float) -> dict[str, LogError | None]:  # noqa: ARG002
        with self._lock:
            self._check_open()
            return {topic.name: self._create(topic) for topic in topics}

    def delete_topics(self, names: Collection[str], timeout_s: float) -> None:  # noqa: ARG002
        with self._lock:
            self._check_open()
            for name in names:
                self._store.delete_topic(name)

    def topic_configs(self, name: str, timeout_s: float) -> dict[str, str]:  # noqa: ARG002
        with self._lock:
            self._check_open()
            topic = self._store.topics().get(name)
        if topic is None:
            raise UnknownTopicError(f"Topic {name} does not exist")
        return effective_configs(topic.configs, self._defaults)

    def end_offsets(self, partitions: Collection[TopicPartition], timeout_s: float) -> dict[TopicPartition, int]:  # noqa: ARG002
        with self._lock:
            self._check_open()
            bounds = self._store.bounds(partitions)
        for partition in partitions:
            if partition not in bounds:
                raise unknown_partition(partition)
        return {partition: bounds[partition].end for partition in partitions}

    def group_offsets(self, group: str, timeout_s: float) -> dict[TopicPartition, int]:  # noqa: ARG002
        with self._lock:
            self._check_open()
            return self._store.committed(group)

    def alter_group_offsets(self, group: str, offsets: Mapping[TopicPartition, int], timeout_s: float) -> None:
        with self._lock:
            self._check_open()
            self._put_out_the_dead(group)
            self._store.commit(
                group, offsets, lambda state: groups.check_empty(group, state), self._patience(timeout_s)
            )

    def delete_group_offsets(self, group: str, partitions: Collection[TopicPartition], timeout_s: float) -> None:
        with self._lock:
            self._check_open()
            self._put_out_the_dead(group)
            self._store.forget(
                group, partitions, lambda state: groups.check_empty(group, state), self._patience(timeout_s)
            )

    def delete_group(self, group: str, timeout_s: float) -> None:
        with self._lock:
            self._check_open()
            self._put_out_the_dead(group)
            self._store.forget(group, None, lambda state: groups.check_empty(group, state), self._patience(timeout_s))

    def close(self) -> None:
        with self._lock:
            if not self._closed:
                self._closed = True
                self._store.close()

    def _create(self, topic: NewTopic) -> LogError | None:
        try:
            check_new_topic_name(topic.name, self._store.topics())
            if topic.partitions == 0 or topic.partitions < -1:
                raise TopicCreationError("Number of partitions was set to an invalid non-positive value.")
            if topic.replication_factor == 0 or topic.replication_factor < -1:
                raise TopicCreationError("Replication factor must be larger than 0, or -1 to use the default value.")
            if topic.replication_factor > 1:
                raise TopicCreationError(
                    f"Unable to replicate the partition {topic.replication_factor} time(s): The target replication factor of "
                    f"{topic.replication_factor} cannot be reached because only 1 broker(s) are registered or some "
                    "brokers have all their log directories cordoned."
                )
            check_topic_configs(topic.configs)
            self._store.create_topic(topic.name, max(1, topic.partitions), topic.configs)
        except LogError as error:
            return error
        return None

    def _put_out_the_dead(self, name: str) -> None:
        """A killed worker's members must not keep its offsets from being changed."""
        now = self._clock.monotonic()

        def without_dead(group: Group) -> Group:
            return groups.remove(group, groups.dead_members(group, now, self._lifeline.is_gone), now)

        if self._store.group(name).members:
            self._store.change_group(name, without_dead)

    def _patience(self, timeout_s: float) -> Patience:
        return Patience(self._clock.monotonic() + timeout_s)

    def _check_open(self) -> None:
        if self._closed:
            raise LogError("Cannot perform operation after admin has been closed")
