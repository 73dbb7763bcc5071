"""Java client keys as the embedded logs take them."""

from __future__ import annotations

import logging

import pytest

from penstock.api.exceptions import ConfigException
from penstock.log.assignor import RANGE, ROUND_ROBIN
from penstock.log.embedded_config import ResetPolicy, consumer_settings, note_admin_config, producer_settings

COOPERATIVE = "org.apache.kafka.clients.consumer.CooperativeStickyAssignor"


def test_defaults_are_those_of_kafkas_clients() -> None:
    producer = producer_settings({})
    assert producer.transactional_id is None
    assert producer.max_request_size == 1_048_576
    assert producer.delivery_timeout_s == 120
    consumer = consumer_settings({})
    assert consumer.group_id is None
    assert consumer.reset == ResetPolicy("latest")
    assert consumer.auto_create
    assert (consumer.session_timeout_s, consumer.max_poll_interval_s, consumer.look_interval_s) == (45, 300, 3)
    assert consumer.assignors == (RANGE,)


def test_keys_of_a_real_client_are_taken_silently(caplog: pytest.LogCaptureFixture) -> None:
    config = {
        "bootstrap.servers": "kafka:9092",
        "security.protocol": "SASL_SSL",
        "sasl.jaas.config": "secret",
        "ssl.truststore.location": "/x",
        "client.id": "me",
        "request.timeout.ms": "1",
        "metric.reporters": "",
        "retry.backoff.ms": "100",
    }
    producer_settings(
        config
        | {
            "acks": "all",
            "linger.ms": "5",
            "compression.type": "zstd",
            "enable.idempotence": "false",
            "max.in.flight.requests.per.connection": "1",
            "key.serializer": "org.apache.kafka.common.serialization.ByteArraySerializer",
            "max.block.ms": "9223372036854775807",
            "delivery.timeout.ms": "2147483647",
        }
    )
    consumer_settings(
        config | {"enable.auto.commit": "false", "max.poll.records": "500", "fetch.min.bytes": "1", "group.id": "g"}
    )
    note_admin_config(config)
    assert caplog.records == []


def test_an_unknown_key_is_named_in_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    producer_settings({"lingerms": "5"})
    consumer_settings({"acks": "all"})
    note_admin_config({"group.id": "g"})
    assert [record.getMessage() for record in caplog.records] == [
        "The configuration 'lingerms' was supplied but isn't a known producer config.",
        "The configuration 'acks' was supplied but isn't a known consumer config.",
        "The configuration 'group.id' was supplied but isn't a known admin config.",
    ]
    assert {record.levelno for record in caplog.records} == {logging.WARNING}


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({"acks": "2"}, "Invalid value 2 for configuration acks: String must be one of: all, -1, 0, 1"),
        (
            {"max.request.size": "big"},
            "Invalid value big for configuration max.request.size: Not a number of type INT",
        ),
        (
            {"delivery.timeout.ms": "-1"},
            "Invalid value -1 for configuration delivery.timeout.ms: Value must be at least 0",
        ),
        (
            {"interceptor.classes": "com.acme.Spy"},
            "Invalid value com.acme.Spy for configuration interceptor.classes: the embedded log runs no interceptors",
        ),
        (
            {"partitioner.class": "com.acme.P"},
            (
                "Invalid value com.acme.P for configuration partitioner.class: the embedded log partitions as Kafka's default "
                "partitioner does; leave it out"
            ),
        ),
        (
            {"transaction.two.phase.commit.enable": "true"},
            (
                "Invalid value true for configuration transaction.two.phase.commit.enable: the embedded log has no two-phase "
                "commit"
            ),
        ),
        (
            {"partitioner.ignore.keys": "perhaps"},
            "Invalid value perhaps for configuration partitioner.ignore.keys: Expected value to be either true or false",
        ),
    ],
)
def test_a_producer_refuses_what_it_cannot_keep(config: dict[str, str], text: str) -> None:
    with pytest.raises(ConfigException) as caught:
        producer_settings(config)
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("config", "text"),
    [
        (
            {"isolation.level": "dirty"},
            "Invalid value dirty for configuration isolation.level: String must be one of: read_committed, read_uncommitted",
        ),
        (
            {"auto.offset.reset": "oldest"},
            (
                "Invalid value oldest for configuration auto.offset.reset: must be one of earliest, latest, none, "
                "by_duration:<an ISO 8601 duration>"
            ),
        ),
        (
            {"auto.offset.reset": "by_duration:P"},
            (
                "Invalid value by_duration:p for configuration auto.offset.reset: must be one of earliest, latest, none, "
                "by_duration:<an ISO 8601 duration>"
            ),
        ),
        (
            {"session.timeout.ms": "0"},
            "Invalid value 0 for configuration session.timeout.ms: Value must be at least 1",
        ),
        (
            {"interceptor.classes": "com.acme.Spy"},
            "Invalid value com.acme.Spy for configuration interceptor.classes: the embedded log runs no interceptors",
        ),
    ],
)
def test_a_consumer_refuses_what_it_cannot_keep(config: dict[str, str], text: str) -> None:
    with pytest.raises(ConfigException) as caught:
        consumer_settings(config)
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("text", "back_ms"),
    [("PT1H", 3_600_000), ("P1DT2M", 86_520_000), ("PT0.5S", 500), ("pt10s", 10_000)],
)
def test_reset_by_duration(text: str, back_ms: int) -> None:
    assert consumer_settings({"auto.offset.reset": f"by_duration:{text}"}).reset == ResetPolicy("by_duration", back_ms)


def test_assignors_that_the_log_does_not_have_are_left_out(caplog: pytest.LogCaptureFixture) -> None:
    assert consumer_settings({"partition.assignment.strategy": f"{ROUND_ROBIN}, {COOPERATIVE}"}).assignors == (
        ROUND_ROBIN,
    )
    assert caplog.records == []
    assert consumer_settings({"partition.assignment.strategy": COOPERATIVE}).assignors == (RANGE,)
    assert [record.getMessage() for record in caplog.records] == [
        f"partition.assignment.strategy={COOPERATIVE}: the embedded log assigns by range or round robin; range is used"
    ]
