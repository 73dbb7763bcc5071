"""A LogConsumer on librdkafka (:mod:`penstock.log.base` is its contract)."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Mapping, Sequence
from re import Pattern
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Message
from confluent_kafka import TopicPartition as KafkaPartition

from penstock.api.record import TopicPartition
from penstock.log.base import RebalanceListener, ReceivedBatch
from penstock.log.errors import LogError, LogTimeoutError, RetriableLogError
from penstock.log.kafka_assignment import Assignment
from penstock.log.kafka_backlog import Backlog
from penstock.log.kafka_client import Deadline, Health, client_settings, refused_settings
from penstock.log.kafka_cluster import EARLIEST_OFFSET, LATEST_OFFSET, KafkaCluster
from penstock.log.kafka_consumer_config import ConsumerConfig
from penstock.log.kafka_events import Events
from penstock.log.kafka_offsets import StartOffsets, commit_offsets, committed_offsets, to_kafka
from penstock.log.kafka_received import runs_of
from penstock.log.kafka_subscription import PatternSubscription
from penstock.log.topics import check_topic_names

logger = logging.getLogger(__name__)

_MOST: Final = 1000
"""Records asked of librdkafka in one call: more cost more each (spec/performance.md 14)."""
_HELD_LOOK_S: Final = 0.05
_RESET_S: Final = 5.0
_NO_GROUP: Final = "To use the group management or offset commit APIs, you must provide a valid group.id in the consumer configuration."
_ONE_WAY: Final = "Subscription to topics, partitions and pattern are mutually exclusive"


class KafkaConsumer:
    """One librdkafka consumer. Belongs to one thread."""

    def __init__(self, config: ConsumerConfig, cluster: KafkaCluster) -> None:
        """Raises ConfigException when librdkafka refuses the configuration."""
        native = config.client.native
        self._config = config
        self._cluster = cluster
        self._group = native["group.id"]
        self._committed_only = native["isolation.level"] == "read_committed"
        self._health = Health(f"Consumer {native.get('client.id', '')}".strip())
        self._backlog = Backlog()
        self._starts = StartOffsets(self._group, config.reset)
        self._assignment = Assignment(self._backlog, self._starts, incremental=config.incremental)
        self._events = Events(self._backlog, grouped=config.grouped)
        self._pattern: PatternSubscription | None = None
        self._subscribed = False
        self._client: Consumer | None = self._made(native)

    def _made(self, native: Mapping[str, str]) -> Consumer:
        try:
            return Consumer(client_settings(native, self._health))
        except (KafkaException, TypeError, ValueError) as error:
            raise refused_settings(error) from error

    # what to read

    def assign(self, positions: Mapping[TopicPartition, int]) -> None:
        client = self._open_client()
        if self._subscribed:
            raise LogError(_ONE_WAY)
        check_topic_names({partition.topic for partition in positions})
        self._resume(client, self._backlog.release(self._backlog.partitions))
        self._backlog.remove(self._backlog.partitions)
        self._backlog.start(positions)
        client.assign(to_kafka(positions))

    def subscribe(self, topics: Sequence[str] | Pattern[str], listener: RebalanceListener) -> None:
        client = self._open_client()
        if not self._config.grouped:
            raise LogError(_NO_GROUP)
        if not self._subscribed and self._backlog.partitions:
            raise LogError(_ONE_WAY)
        self._assignment.listen(listener)
        self._pattern = None
        if isinstance(topics, Pattern):
            if not self._subscribed:
                # A topic that matched and was deleted is not to be made anew by its reader: Java's patterns do not, either.
                client.close()
                self._client = self._made({**self._config.client.native, "allow.auto.create.topics": "false"})
            self._pattern = PatternSubscription(topics, self._cluster, self._config)
        else:
            check_topic_names(topics)
            self._join(client, topics)
        self._subscribed = True

    def _join(self, client: Consumer, topics: Sequence[str]) -> None:
        assignment = self._assignment
        try:
            if topics:
                client.subscribe(
                    list(topics),
                    on_assign=assignment.on_assign,
                    on_revoke=assignment.on_revoke,
                    on_lost=assignment.on_lost,
                )
            else:
                client.unsubscribe()
        except KafkaException as error:
            raise self._health.fail(error, f"subscribe to {', '.join(topics)}") from error

    # reading

    def poll(self, timeout_s: float, max_records: int) -> list[ReceivedBatch]:
        client = self._open_client()
        deadline = Deadline(timeout_s)
        if self._pattern is not None and (topics := self._pattern.changed()) is not None:
            self._join(client, topics)
        self._assignment.settle(client)
        taken = self._backlog.take(max_records)
        if taken:
            return list(taken)
        self._fetch(client, max_records if not self._backlog.all_held else 1, 0)
        while not (taken := self._backlog.take(max_records)) and not deadline.over:
            if self._backlog.all_held:
                # Callbacks are served, but the prefetch stays where it is: a look takes one record along at most.
                time.sleep(deadline.slice(_HELD_LOOK_S))
                self._fetch(client, 1, 0)
            else:
                # The first record to come ends the wait, and brings along what came with it.
                self._fetch(client, 1, deadline.left)
                self._fetch(client, max_records - 1, 0)
        return list(taken)

    def _fetch(self, client: Consumer, most: int, timeout_s: float) -> None:
        """Take up to ``most`` records from librdkafka into the backlog; callbacks are called meanwhile. Whatever is raised,
        the records are kept."""
        while most > 0:
            before = self._assignment.changes
            wanted = min(most, _MOST)
            try:
                messages = client.consume(wanted, timeout_s)
            except KafkaException as error:
                raise self._health.fail(error, "read records") from error
            count = len(messages)
            if any(map(Message.error, messages)):
                messages = self._events.sort(messages)
            only = self._backlog.only if self._assignment.changes == before else None
            self._backlog.add(runs_of(messages, only))
            self._after_fetch(client)
            if count < wanted:
                return
            most, timeout_s = most - count, 0

    def _after_fetch(self, client: Consumer) -> None:
        self._assignment.raise_kept()
        self._health.check()
        invalid = self._events.take_invalid()
        if invalid:
            self._reset(client, invalid)
        self._events.raise_kept()
        overfull = self._backlog.overfull()
        if overfull:
            client.pause(to_kafka(dict.fromkeys(overfull, 0)))
            self._backlog.paused |= overfull

    def _reset(self, client: Consumer, invalid: Collection[TopicPartition]) -> None:
        """The position of these is not in the log (any more): go where the reset policy says."""
        if self._config.reset.name == "none":
            partition = next(iter(invalid))
            raise LogError(
                f"Fetch position {self._backlog.position(partition)} is out of range for partition {partition}, and"
                " auto.offset.reset is none"
            )
        try:
            self.seek(self._starts.reset(client, invalid, _RESET_S))
        except (RetriableLogError, LogTimeoutError) as error:
            self._events.put_back(invalid)
            logger.warning("%s. Will try again", error)

    @property
    def assignment(self) -> frozenset[TopicPartition]:
        return self._backlog.partitions

    def position(self, partition: TopicPartition) -> int:
        return self._backlog.position(partition)

    def seek(self, positions: Mapping[TopicPartition, int]) -> None:
        client = self._open_client()
        self._backlog.check_assigned(positions)
        for partition, offset in positions.items():
            self._backlog.move(partition, offset)
        for target in to_kafka(positions):
            try:
                client.seek(target)
            except KafkaException as error:
                if error.args[0].code() != KafkaError._STATE:  # noqa: SLF001  # a public constant of the library
                    raise self._health.fail(
                        error, f"seek to {target.topic}-{target.partition}@{target.offset}"
                    ) from error
                self._assign_anew(client, target)

    def _assign_anew(self, client: Consumer, target: KafkaPartition) -> None:
        """librdkafka seeks only once it has begun to fetch; before, the assignment is repeated from where all stand."""
        if self._config.incremental:
            client.incremental_unassign([target])
            client.incremental_assign([target])
        else:
            client.assign(to_kafka({each: self._backlog.fetch_position(each) for each in self._backlog.partitions}))
        if self._backlog.paused:
            client.pause(to_kafka(dict.fromkeys(self._backlog.paused, 0)))

    def hold(self, partitions: Collection[TopicPartition]) -> None:
        self._backlog.check_assigned(partitions)
        self._backlog.hold(partitions)

    def release(self, partitions: Collection[TopicPartition]) -> None:
        resumed = self._backlog.release(partitions)
        if resumed:
            self._resume(self._open_client(), resumed)

    def _resume(self, client: Consumer, partitions: Collection[TopicPartition]) -> None:
        if partitions:
            client.resume(to_kafka(dict.fromkeys(partitions, 0)))

    # offsets

    def committed(self, partitions: Collection[TopicPartition], timeout_s: float) -> dict[TopicPartition, int]:
        return committed_offsets(self._grouped_client(), self._group, partitions, timeout_s) if partitions else {}

    def commit(self, offsets: Mapping[TopicPartition, int], timeout_s: float) -> None:
        client = self._grouped_client()
        if not offsets:
            return
        try:
            commit_offsets(client, self._group, offsets, timeout_s, closing=self._assignment.closing)
        except LogError:
            self._health.check()  # refused credentials are behind whatever else went wrong
            raise

    def beginning_offsets(self, partitions: Collection[TopicPartition], timeout_s: float) -> dict[TopicPartition, int]:
        return self._cluster.offsets(partitions, EARLIEST_OFFSET, timeout_s)

    def end_offsets(self, partitions: Collection[TopicPartition], timeout_s: float) -> dict[TopicPartition, int]:
        return self._cluster.offsets(partitions, LATEST_OFFSET, timeout_s, committed=self._committed_only)

    def partitions_for(self, topic: str, timeout_s: float) -> int | None:
        found = self._cluster.describe([topic], timeout_s).get(topic)
        return None if found is None else found.partitions

    def close(self) -> None:
        client = self._client
        if client is None:
            return
        self._assignment.closing = True
        try:
            client.close()
        finally:
            self._client = None
            self._backlog.remove(self._backlog.partitions)
        self._assignment.raise_kept()

    def _open_client(self) -> Consumer:
        if self._client is None:
            raise LogError("This consumer has already been closed.")
        self._health.check()
        return self._client

    def _grouped_client(self) -> Consumer:
        if not self._config.grouped:
            raise LogError(_NO_GROUP)
        return self._open_client()
