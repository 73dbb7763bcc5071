"""A LogAdmin on librdkafka, and on kafka-python for the one call that librdkafka's Python client lacks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaError, KafkaException
from confluent_kafka.admin import ConfigResource  # type: ignore[attr-defined]  # re-exported without saying so
from confluent_kafka.admin import NewTopic as KafkaNewTopic  # type: ignore[attr-defined]

from penstock.api.record import TopicPartition
from penstock.log.base import NewTopic, TopicDescription
from penstock.log.errors import (
    FencedError,
    GroupNotEmptyError,
    LogError,
    LogTimeoutError,
    RetriableLogError,
    UnknownTopicError,
)
from penstock.log.kafka_client import Deadline
from penstock.log.kafka_cluster import LATEST_OFFSET, KafkaCluster
from penstock.log.kafka_config import ClientConfig
from penstock.log.kafka_errors import translate
from penstock.log.kafka_offsets import offsets_of, to_kafka
from penstock.log.kafka_python import python_settings

_NOTHING_THERE: Final = frozenset({KafkaError.GROUP_ID_NOT_FOUND, KafkaError.UNKNOWN_TOPIC_OR_PART})


class KafkaAdmin:
    """Safe to share among threads."""

    def __init__(self, config: ClientConfig) -> None:
        self._native = config.native
        self._cluster = KafkaCluster(config.native, f"Admin {config.native.get('client.id', '')}".strip())
        self._closed = False

    @property
    def _open(self) -> KafkaCluster:
        if self._closed:
            raise LogError("Cannot perform operation after admin has been closed")
        return self._cluster

    def cluster_id(self, timeout_s: float) -> str:
        return self._open.ask(
            lambda client, wait: client.cluster_id(timeout=wait), timeout_s, "ask for the cluster's id"
        )

    def list_topics(self, timeout_s: float) -> list[str]:
        return self._open.topics(timeout_s)

    def describe_topics(self, names: Collection[str], timeout_s: float) -> dict[str, TopicDescription]:
        return self._open.describe(names, timeout_s)

    def create_topics(self, topics: Collection[NewTopic], timeout_s: float) -> dict[str, LogError | None]:
        cluster = self._open
        deadline = Deadline(timeout_s)
        asked = [
            KafkaNewTopic(topic.name, topic.partitions, topic.replication_factor, config=dict(topic.configs))
            for topic in topics
        ]
        if not asked:
            return {}
        futures = cluster.client.create_topics(asked, request_timeout=timeout_s, operation_timeout=timeout_s)
        outcome: dict[str, LogError | None] = {}
        for name, future in futures.items():
            try:
                cluster.answer(future, deadline, f"create topic '{name}'")
                outcome[name] = None
            except LogError as error:
                outcome[name] = error
        return outcome

    def delete_topics(self, names: Collection[str], timeout_s: float) -> None:
        cluster = self._open
        deadline = Deadline(timeout_s)
        if not names:
            return
        futures = cluster.client.delete_topics(list(names), request_timeout=timeout_s, operation_timeout=timeout_s)
        for name, future in futures.items():
            try:
                cluster.answer(future, deadline, f"delete topic '{name}'")
            except UnknownTopicError:
                continue

    def topic_configs(self, name: str, timeout_s: float) -> dict[str, str]:
        cluster = self._open
        resource = ConfigResource(ConfigResource.Type.TOPIC, name)
        future = cluster.client.describe_configs([resource], request_timeout=timeout_s)[resource]
        entries = cluster.answer(future, Deadline(timeout_s), f"read the configuration of topic '{name}'")
        return {key: entry.value for key, entry in entries.items() if entry.value is not None}

    def end_offsets(self, partitions: Collection[TopicPartition], timeout_s: float) -> dict[TopicPartition, int]:
        return self._open.offsets(partitions, LATEST_OFFSET, timeout_s)

    def group_offsets(self, group: str, timeout_s: float) -> dict[TopicPartition, int]:
        cluster = self._open
        doing = f"list the offsets of group '{group}'"
        futures = cluster.client.list_consumer_group_offsets(
            [ConsumerGroupTopicPartitions(group)], request_timeout=timeout_s
        )
        answer = cluster.answer(futures[group], Deadline(timeout_s), doing)
        return offsets_of(answer.topic_partitions or [], doing)

    def alter_group_offsets(self, group: str, offsets: Mapping[TopicPartition, int], timeout_s: float) -> None:
        if not offsets:
            return
        cluster = self._open
        doing = f"alter the offsets of group '{group}'"
        request = ConsumerGroupTopicPartitions(group, to_kafka(offsets))
        futures = cluster.client.alter_consumer_group_offsets([request], request_timeout=timeout_s)
        try:
            offsets_of(cluster.answer(futures[group], Deadline(timeout_s), doing).topic_partitions or [], doing)
        except FencedError as error:  # "unknown member": only a group without members lets others set its offsets
            raise GroupNotEmptyError(f"Could not {doing}: the group has members") from error

    def delete_group_offsets(self, group: str, partitions: Collection[TopicPartition], timeout_s: float) -> None:
        deadline = Deadline(timeout_s)
        doing = f"delete the offsets of group '{group}'"
        # kafka-python leaves sockets and a thread behind where it finds no broker, so librdkafka looks for the group first.
        there = self.group_offsets(group, timeout_s)
        if not there.keys() & set(partitions):
            return
        for error in _delete_offsets(self._native, group, partitions, max(deadline.left, 1.0), doing):
            if error.code() not in _NOTHING_THERE:
                raise translate(error, doing)

    def delete_group(self, group: str, timeout_s: float) -> None:
        cluster = self._open
        future = cluster.client.delete_consumer_groups([group], request_timeout=timeout_s)[group]
        try:
            cluster.answer(future, Deadline(timeout_s), f"delete group '{group}'")
        except LogError as error:
            if not _is_nothing_there(error):
                raise

    def close(self) -> None:
        self._closed = True
        self._cluster.close()


def _is_nothing_there(error: LogError) -> bool:
    """Whether the group that was to be deleted does not exist."""
    cause = error.__cause__
    return isinstance(cause, KafkaException) and cause.args[0].code() in _NOTHING_THERE


def _delete_offsets(
    native: Mapping[str, str], group: str, partitions: Collection[TopicPartition], timeout_s: float, doing: str
) -> list[KafkaError]:
    """The one call that librdkafka's Python client lacks. Returns the error of each partition that has one."""
    from kafka.errors import BrokerResponseError, KafkaTimeoutError
    from kafka.errors import KafkaError as PythonError

    import kafka

    try:
        with kafka.KafkaAdminClient(**python_settings(native, timeout_s)) as client:
            asked = [kafka.TopicPartition(partition.topic, partition.partition) for partition in partitions]
            answer = client.delete_group_offsets(group, asked)
    except KafkaTimeoutError as error:
        raise LogTimeoutError(f"Could not {doing}: no answer within {timeout_s:g} s") from error
    except BrokerResponseError as error:
        if error.errno in _NOTHING_THERE:
            return []
        raise translate(KafkaError(error.errno), doing) from error
    except PythonError as error:
        kind = RetriableLogError if error.retriable else LogError
        raise kind(f"Could not {doing}: {error}") from error
    return [KafkaError(found.errno) for found in answer.values() if found.errno]
