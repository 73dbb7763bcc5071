"""Committing a group's offsets, with a deadline."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException
from confluent_kafka import TopicPartition as KafkaPartition

from penstock.api.record import TopicPartition
from penstock.log.errors import LogTimeoutError
from penstock.log.kafka_client import Deadline, Health
from penstock.log.kafka_errors import translate
from penstock.log.kafka_offsets import offsets_of, to_kafka

_SLICE_S: Final = 0.01
_BREATH_S: Final = 0.001
"""Between two looks for the answer while records flow: each look takes a record along."""


@dataclass(slots=True, eq=False)
class _Answer:
    """Of one commit; given is None until it is there."""

    given: tuple[KafkaError | None, Sequence[KafkaPartition]] | None = None


class Commits:
    """On the consumer's thread. librdkafka's own blocking commit knows no deadline: without a coordinator it waits for the
    session's time. So commits are sent without waiting, and their answers, which go before the records, looked for by polling."""

    def __init__(self, group: str, health: Health) -> None:
        self._doing = f"commit offsets of group {group}"
        self._health = health
        self._asked: deque[_Answer] = deque()

    def on_commit(self, error: KafkaError | None, partitions: Sequence[KafkaPartition]) -> None:
        """librdkafka's callback for each commit, in their order."""
        if self._asked:
            self._asked.popleft().given = (error, partitions)

    def commit(
        self,
        client: Consumer,
        offsets: Mapping[TopicPartition, int],
        timeout_s: float,
        look: Callable[[float], bool],
    ) -> None:
        """Commit and wait. ``look`` polls for at most so many seconds and says whether a record came along. Raises LogError."""
        deadline = Deadline(timeout_s)
        answer = _Answer()
        try:
            client.commit(offsets=to_kafka(offsets), asynchronous=True)
        except KafkaException as error:
            raise self._health.fail(error, self._doing) from error
        self._asked.append(answer)
        while answer.given is None:
            if deadline.over:
                raise LogTimeoutError(f"Could not {self._doing}: no answer within {timeout_s:g} s")
            if look(deadline.slice(_SLICE_S)) and answer.given is None:
                time.sleep(_BREATH_S)
        refused, partitions = answer.given
        if refused is not None:
            raise translate(refused, self._doing)
        offsets_of(partitions, self._doing)

    def commit_inside(self, client: Consumer, offsets: Mapping[TopicPartition, int]) -> None:
        """Commit and wait, from within a rebalance callback, where nothing can be polled: librdkafka's session timeout is the
        deadline. Raises LogError."""
        try:
            offsets_of(client.commit(offsets=to_kafka(offsets), asynchronous=False) or [], self._doing)
        except KafkaException as error:
            raise self._health.fail(error, self._doing) from error
