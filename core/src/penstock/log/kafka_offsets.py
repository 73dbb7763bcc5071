"""Asking a cluster for offsets: the ends of partitions, and where a consumer begins."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from typing import Final, Protocol

from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, Consumer, KafkaError, KafkaException
from confluent_kafka import TopicPartition as KafkaPartition

from penstock.api.record import TopicPartition
from penstock.log.errors import LogError
from penstock.log.kafka_consumer_config import ResetPolicy
from penstock.log.kafka_errors import translate


class OffsetSource(Protocol):
    """The part of librdkafka's consumer that is asked here. It answers also inside its rebalance callbacks, where it neither
    seeks nor knows positions (design section 5)."""

    def committed(self, partitions: list[KafkaPartition], timeout: float) -> list[KafkaPartition]: ...
    def offsets_for_times(self, partitions: list[KafkaPartition], timeout: float) -> list[KafkaPartition]: ...


EARLIEST: Final = OFFSET_BEGINNING
LATEST: Final = OFFSET_END


def to_kafka(offsets: Mapping[TopicPartition, int]) -> list[KafkaPartition]:
    """As librdkafka takes them."""
    return [KafkaPartition(partition.topic, partition.partition, offset) for partition, offset in offsets.items()]


def partitions_of(found: Sequence[KafkaPartition]) -> list[TopicPartition]:
    """As the runtime has them."""
    return [TopicPartition(each.topic, each.partition) for each in found]


def offsets_of(found: Sequence[KafkaPartition], doing: str) -> dict[TopicPartition, int]:
    """The offsets in an answer; negative ones ("there is none") are left out. Raises the first error of a partition."""
    for each in found:
        if each.error is not None:
            raise translate(each.error, f"{doing} (partition {each.topic}-{each.partition})")
    return {TopicPartition(each.topic, each.partition): each.offset for each in found if each.offset >= 0}


def committed_offsets(
    source: OffsetSource, group: str, partitions: Collection[TopicPartition], timeout_s: float
) -> dict[TopicPartition, int]:
    """What the group committed. Raises LogError."""
    doing = f"read the committed offsets of group {group}"
    try:
        return offsets_of(source.committed(to_kafka(dict.fromkeys(partitions, -1)), timeout_s), doing)
    except KafkaException as error:
        raise translate(error, doing) from error


def commit_offsets(
    client: Consumer, group: str, offsets: Mapping[TopicPartition, int], timeout_s: float, *, closing: bool
) -> None:
    """Commit and wait. Raises LogError.

    librdkafka's commit either waits for its coordinator as long as a session lasts, or answers among the records, where
    rebalances would be served with it. So the coordinator is asked something else first, which knows a deadline: what it answers to
    in time it commits in time. (A client that is closing answers no questions any more.)
    """
    if not closing:
        committed_offsets(client, group, [next(iter(offsets))], timeout_s)
    doing = f"commit offsets of group {group}"
    try:
        offsets_of(client.commit(offsets=to_kafka(offsets), asynchronous=False) or [], doing)
    except KafkaException as error:
        raise translate(error, doing) from error


def offsets_at(
    source: OffsetSource, partitions: Collection[TopicPartition], when: int, timeout_s: float
) -> dict[TopicPartition, int]:
    """The offset at ``when``: EARLIEST, LATEST (with read_committed, the end of the stable part), or the first record that
    is not older than so many ms since the epoch (LATEST where there is none). Raises LogError."""
    if not partitions:
        return {}
    doing = "look up the offsets of " + ", ".join(sorted(map(str, partitions)))
    try:
        found = source.offsets_for_times(to_kafka(dict.fromkeys(partitions, when)), timeout_s)
    except KafkaException as error:
        raise translate(error, doing) from error
    offsets = offsets_of(found, doing)
    missing = [partition for partition in partitions if partition not in offsets]
    if missing and when == LATEST:
        raise translate(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART), doing)
    return {**offsets, **(offsets_at(source, missing, LATEST, timeout_s) if missing else {})}


class StartOffsets:
    """Where a member of a group begins with a partition: at the committed offset, else where the reset policy says."""

    def __init__(self, group: str, policy: ResetPolicy) -> None:
        self._group = group
        self._policy = policy

    def resolve(
        self, source: OffsetSource, partitions: Collection[TopicPartition], timeout_s: float
    ) -> dict[TopicPartition, int]:
        """An offset for each partition. Raises LogError, with Java's text when there is none and no policy."""
        committed = committed_offsets(source, self._group, partitions, timeout_s) if partitions else {}
        missing = [partition for partition in partitions if partition not in committed]
        found = {**committed, **self.reset(source, missing, timeout_s)}
        return {partition: found[partition] for partition in partitions}

    def reset(
        self, source: OffsetSource, partitions: Collection[TopicPartition], timeout_s: float
    ) -> dict[TopicPartition, int]:
        """Where the policy says, for partitions without a (valid) offset."""
        if not partitions:
            return {}
        match self._policy.name:
            case "earliest":
                return offsets_at(source, partitions, EARLIEST, timeout_s)
            case "latest":
                return offsets_at(source, partitions, LATEST, timeout_s)
            case "by_duration":
                return offsets_at(source, partitions, time.time_ns() // 1_000_000 - self._policy.back_ms, timeout_s)
            case _:
                names = ", ".join(sorted(map(str, partitions)))
                raise LogError(f"Undefined offset with no reset policy for partitions: [{names}]")
