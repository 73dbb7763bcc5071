"""The topics in which a cluster keeps its state: made when missing, checked when there (spec 9.1)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from penstock.api.exceptions import ConfigException
from penstock.clock import Clock
from penstock.log.base import LogAdmin, NewTopic
from penstock.log.errors import (
    LogAuthError,
    LogInterruptedError,
    LogTimeoutError,
    RetriableLogError,
    TopicCreationError,
    TopicExistsError,
)

logger = logging.getLogger(__name__)

_CREATE_TIMEOUT_S = 60.0
"""As long as Connect waits for enough brokers (``default.api.timeout.ms``)."""
_CREATE_BACKOFF_S = 0.5
_CALL_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CompactedTopic:
    """A topic with cleanup.policy=compact. ``setting`` is the worker property that names it and ``purpose`` what it keeps:
    both go into error texts. ``configs`` are further topic configs; −1 stands for the log's default."""

    name: str
    setting: str
    purpose: str
    partitions: int = 1
    replication_factor: int = -1
    configs: Mapping[str, str] = field(default_factory=dict)
    single_partition: bool = False
    """Whether a topic with more partitions is refused, as the order of all records matters."""


def ensure_topic(admin: LogAdmin, topic: CompactedTopic, clock: Clock, wait: Callable[[float], bool]) -> None:
    """Create the topic, or check the one that exists. ``wait(seconds)`` sleeps and answers True to give up.

    Raises ConfigException with Connect's texts when the topic is not only compacted or has too many partitions, and
    LogError when it cannot be created.
    """
    if not _create(admin, topic, clock, wait):
        _check_cleanup_policy(admin, topic)
    if topic.single_partition:
        _check_single_partition(admin, topic)


def _create(admin: LogAdmin, topic: CompactedTopic, clock: Clock, wait: Callable[[float], bool]) -> bool:
    """Whether the topic is new."""
    if topic.name in admin.describe_topics([topic.name], _CALL_TIMEOUT_S):
        return False
    wanted = NewTopic(
        topic.name, topic.partitions, topic.replication_factor, {**topic.configs, "cleanup.policy": "compact"}
    )
    deadline = clock.monotonic() + _CREATE_TIMEOUT_S
    while True:
        error = admin.create_topics([wanted], _CALL_TIMEOUT_S)[topic.name]
        if error is None:
            return True
        if not isinstance(error, (TopicCreationError, RetriableLogError, LogTimeoutError, TopicExistsError)):
            raise error
        remaining = deadline - clock.monotonic()
        if remaining <= 0:
            raise LogTimeoutError("Timeout expired while trying to create topic(s)") from error
        if isinstance(error, TopicExistsError):  # another worker was faster; the brokers may have yet to hear of it
            if topic.name in admin.describe_topics([topic.name], _CALL_TIMEOUT_S):
                return False
        else:
            logger.info(
                "'%s' topic creation failed due to '%s', retrying, %.0fms remaining",
                topic.name,
                error,
                remaining * 1000,
            )
        if wait(_CREATE_BACKOFF_S):
            raise LogInterruptedError(
                f"Gave up creating topic '{topic.name}' because the worker is stopping"
            ) from error


def _check_cleanup_policy(admin: LogAdmin, topic: CompactedTopic) -> None:
    try:
        found = admin.topic_configs(topic.name, _CALL_TIMEOUT_S).get("cleanup.policy")
    except LogAuthError as error:
        logger.info(
            "Unable to use admin client to verify the cleanup policy of '%s' topic is 'compact', because the principal used "
            "for internal topics does not have the required permission to describe topic configurations: %s",
            topic.name,
            error,
        )
        return
    if found is None or {policy.strip() for policy in found.split(",")} == {"compact"}:
        return
    raise ConfigException(
        f"Topic '{topic.name}' supplied via the '{topic.setting}' property is required to have 'cleanup.policy=compact' to "
        f"guarantee consistency and durability of {topic.purpose}, but found the topic currently has "
        f"'cleanup.policy={found}'. Continuing would likely result in eventually losing {topic.purpose} and problems "
        f"restarting this Connect cluster in the future. Change the '{topic.setting}' property in the Connect worker "
        f"configurations to use a topic with 'cleanup.policy=compact'."
    )


def _check_single_partition(admin: LogAdmin, topic: CompactedTopic) -> None:
    described = admin.describe_topics([topic.name], _CALL_TIMEOUT_S).get(topic.name)
    if described is not None and described.partitions != 1:
        raise ConfigException(
            f"Topic '{topic.name}' supplied via the '{topic.setting}' property is required to have a single partition in "
            f"order to guarantee consistency of {topic.purpose}, but found {described.partitions} partitions."
        )
