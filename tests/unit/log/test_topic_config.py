"""Topic configs: Kafka's names and words, and what the embedded logs make of them."""

from __future__ import annotations

import pytest

from penstock.log.errors import TopicCreationError
from penstock.log.topic_config import TopicSettings, check_topic_configs, effective_configs, topic_settings


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("foo", "1", "Unknown topic config name: foo"),
        ("retention.ms", "x", "Invalid value x for configuration retention.ms: Not a number of type LONG"),
        (
            "max.message.bytes",
            "2147483648",
            "Invalid value 2147483648 for configuration max.message.bytes: Not a number of type INT",
        ),
        ("max.message.bytes", "-1", "Invalid value -1 for configuration max.message.bytes: Value must be at least 0"),
        (
            "min.cleanable.dirty.ratio",
            "2",
            "Invalid value 2.0 for configuration min.cleanable.dirty.ratio: Value must be no more than 1",
        ),
        (
            "min.cleanable.dirty.ratio",
            "x",
            "Invalid value x for configuration min.cleanable.dirty.ratio: Not a number of type DOUBLE",
        ),
        (
            "cleanup.policy",
            "nope",
            "Invalid value nope for configuration cleanup.policy: String must be one of: compact, delete",
        ),
        (
            "message.timestamp.type",
            "x",
            "Invalid value x for configuration message.timestamp.type: String must be one of: CreateTime, LogAppendTime",
        ),
        (
            "preallocate",
            "maybe",
            "Invalid value maybe for configuration preallocate: Expected value to be either true or false",
        ),
    ],
)
def test_a_wrong_config_is_refused_in_the_brokers_words(name: str, value: str, text: str) -> None:
    with pytest.raises(TopicCreationError) as caught:
        check_topic_configs({"cleanup.policy": "compact,delete", name: value})
    assert str(caught.value) == text


def test_right_configs_pass() -> None:
    check_topic_configs(
        {
            "cleanup.policy": "compact, delete",
            "retention.ms": "-1",
            "retention.bytes": "-1",
            "min.insync.replicas": "2",
            "compression.type": "zstd",
            "preallocate": "TRUE",
            "follower.replication.throttled.replicas": "*",
        }
    )


def test_settings_are_the_topics_over_the_logs() -> None:
    defaults = TopicSettings(retention_ms=1000, retention_bytes=None)
    assert topic_settings({}, defaults) == defaults
    assert topic_settings({"cleanup.policy": "compact"}, defaults) == TopicSettings(
        compact=True, delete=False, retention_ms=1000, retention_bytes=None
    )
    assert topic_settings(
        {
            "cleanup.policy": "delete,compact",
            "retention.ms": "-1",
            "retention.bytes": "5",
            "delete.retention.ms": "7",
            "min.compaction.lag.ms": "8",
            "min.cleanable.dirty.ratio": "0.1",
            "message.timestamp.type": "LogAppendTime",
        },
        defaults,
    ) == TopicSettings(
        compact=True,
        delete=True,
        retention_ms=None,
        retention_bytes=5,
        delete_retention_ms=7,
        min_compaction_lag_ms=8,
        min_dirty_ratio=0.1,
        append_time=True,
    )


def test_effective_configs_have_every_key_once() -> None:
    configs = effective_configs({"retention.bytes": "5"}, TopicSettings(retention_ms=None, retention_bytes=9))
    assert configs["retention.bytes"] == "5"
    assert configs["retention.ms"] == "-1"
    assert configs["cleanup.policy"] == "delete"
    assert configs["max.message.bytes"] == "1048588"
    assert list(configs) == sorted(configs)
