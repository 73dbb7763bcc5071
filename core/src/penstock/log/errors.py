"""What goes wrong in a log, in the runtime's words. Client-library exceptions are translated at this border and never
caught above it (design section 7); ``tests`` prove that the map is complete.

The tree, grouped by what the caller does next::

    LogError                       fatal for the client that raised it
    ├── RetriableLogError          the same call may succeed later
    ├── LogTimeoutError            a deadline passed; nothing is known about the outcome
    ├── LogAuthError               credentials or permissions are missing
    ├── UnknownTopicError          the topic or partition does not exist
    ├── InvalidTopicError          the topic's name breaks Kafka's rules
    ├── TopicExistsError           the topic to be created is there
    ├── TopicCreationError         the log refuses to create the topic as asked
    ├── RecordTooLargeError        one record exceeds the log's limit
    ├── FencedError                another producer took over this transactional id
    ├── GroupNotEmptyError         the group has members, so its offsets are not changed
    ├── LogInterruptedError        the wait was given up because the caller is stopping
    └── LogCorruptError            stored data cannot be read back
"""

from __future__ import annotations

from typing import ClassVar


class LogError(Exception):
    """A failure of the log. ``connect_name`` is the Java class that clients know it by."""

    connect_name: ClassVar[str] = "org.apache.kafka.common.KafkaException"


class RetriableLogError(LogError):
    """May succeed when tried again: leader moved, coordinator loading, network."""

    connect_name: ClassVar[str] = "org.apache.kafka.common.errors.RetriableException"


class LogTimeoutError(LogError):
    """A deadline passed."""

    connect_name: ClassVar[str] = "org.apache.kafka.common.errors.TimeoutException"


class LogAuthError(LogError):
    """Not allowed, or not who it says it is."""

    connect_name: ClassVar[str] = "org.apache.kafka.common.errors.AuthorizationException"


class UnknownTopicError(LogError):
    """No such topic or partition."""

    connect_name: ClassVar[str] = "org.apache.kafka.common.errors.UnknownTopicOrPartitionException"


class InvalidTopicError(LogError):
    """Text as Kafka's client has it, such as ``Invalid topics: [bad topic!]``."""

    connect_name: ClassVar[str] = "org.apache.kafka.common.errors.InvalidTopicException"


class TopicExistsError(LogError):
    """The topic exists already."""

    connect_name: ClassVar[str] = "org.apache.kafka.common.errors.TopicExistsException"


class TopicCreationError(LogError):
    """Refused: replication factor, partitions or a topic config that the log does not take."""

    connect_name: ClassVar[str] = "org.apache.kafka.common.errors.InvalidReplicationFactorException"


class RecordTooLargeError(LogError):
    """One record is larger than the log takes."""

    connect_name: ClassVar[str] = "org.apache.kafka.common.errors.RecordTooLargeException"


class FencedError(LogError):
    """A newer producer with the same transactional id exists; this one must end."""

    connect_name: ClassVar[str] = "org.apache.kafka.common.errors.ProducerFencedException"


class GroupNotEmptyError(LogError):
    """The consumer group has live members."""

    connect_name: ClassVar[str] = "org.apache.kafka.common.errors.GroupNotEmptyException"


class LogInterruptedError(LogError):
    """The caller asked to stop waiting (its ``interrupted`` answered True)."""

    connect_name: ClassVar[str] = "org.apache.kafka.common.errors.InterruptException"


class LogCorruptError(LogError):
    """The stored log is damaged or is no log. Tells the file and what to do."""

    connect_name: ClassVar[str] = "org.apache.kafka.common.errors.CorruptRecordException"
