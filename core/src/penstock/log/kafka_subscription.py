"""Topics by pattern. librdkafka's patterns are POSIX's, not Java's or Python's, so the names are matched here."""

from __future__ import annotations

import logging
import time
from re import Pattern
from typing import Final

from penstock.log.errors import LogTimeoutError, RetriableLogError
from penstock.log.kafka_cluster import KafkaCluster
from penstock.log.kafka_consumer_config import ConsumerConfig

logger = logging.getLogger(__name__)

_INTERNAL: Final = frozenset({"__consumer_offsets", "__transaction_state", "__share_group_state"})
_ASK_S: Final = 2.0
_AGAIN_S: Final = 5.0


class PatternSubscription:
    """Says which topics match, and when that changes. On the consumer's thread."""

    def __init__(self, pattern: Pattern[str], cluster: KafkaCluster, config: ConsumerConfig) -> None:
        self._pattern = pattern
        self._cluster = cluster
        self._internal = config.internal_topics
        self._interval_s = config.metadata_max_age_s
        self._topics: list[str] | None = None
        self._next = 0.0

    def changed(self) -> list[str] | None:
        """The matching topics where they are others than last time; None when not. Asks the cluster every
        ``metadata.max.age.ms``."""
        now = time.monotonic()
        if now < self._next:
            return None
        try:
            names = self._cluster.topics(_ASK_S)
        except (RetriableLogError, LogTimeoutError) as error:
            self._next = now + min(_AGAIN_S, self._interval_s)
            logger.warning("%s. The topics that match %s will be looked up again", error, self._pattern.pattern)
            return None
        self._next = now + self._interval_s
        allowed = [name for name in names if self._internal or name not in _INTERNAL]
        topics = [name for name in allowed if self._pattern.fullmatch(name)]
        if topics == (self._topics or []):
            return None
        self._topics = topics
        return topics
