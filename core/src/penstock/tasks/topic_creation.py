"""Creating topics before the first record goes there (KIP-158, spec 3.3)."""

from __future__ import annotations

import logging

from penstock.api.exceptions import ConnectException, RetriableException
from penstock.config.topic_creation import TopicCreation
from penstock.log.base import LogAdmin, NewTopic
from penstock.log.errors import LogError, LogTimeoutError, RetriableLogError, TopicExistsError

logger = logging.getLogger(__name__)

TIMEOUT_S = 30.0


class TopicCreator:
    """Knows which topics are there. On the task's thread; only made when worker and connector both ask for it."""

    def __init__(self, admin: LogAdmin, creation: TopicCreation) -> None:
        self._admin = admin
        self._creation = creation
        self._present: set[str] = set()

    def ensure(self, topic: str) -> None:
        """Create the topic if it is missing. Raises ConnectException, or RetriableException when trying again may help."""
        if topic in self._present:
            return
        try:
            described = self._admin.describe_topics([topic], TIMEOUT_S)
            if topic not in described:
                self._create(topic)
        except (RetriableLogError, LogTimeoutError) as error:
            raise RetriableException(f"Unable to create topic(s) '{topic}': {error}") from error
        except LogError as error:
            raise ConnectException(f"Unable to create topic(s) '{topic}': {error}") from error
        self._present.add(topic)

    def close(self) -> None:
        """Release the admin client."""
        self._admin.close()

    def _create(self, topic: str) -> None:
        group = self._creation.group_for(topic)
        logger.info("Creating topic '%s' with the settings of group '%s'", topic, group.name)
        new = NewTopic(topic, group.partitions, group.replication_factor, group.configs)
        error = self._admin.create_topics([new], TIMEOUT_S)[topic]
        if error is not None and not isinstance(error, TopicExistsError):
            raise error
