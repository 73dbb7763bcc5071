"""Java client keys as librdkafka's."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer

from penstock.api.exceptions import ConfigException
from penstock.log.kafka import KafkaLog
from penstock.log.kafka_config import ClientConfig, Notices, translate
from penstock.log.kafka_consumer_config import ConsumerConfig, consumer_config
from penstock.log.kafka_keys import COMMON, Role
from penstock.log.kafka_producer_config import producer_config
from penstock.log.kafka_sasl import SASL
from penstock.log.kafka_ssl import SSL

BROKER = "127.0.0.1:1"
CONNECT_PRODUCER = {
    "key.serializer": "org.apache.kafka.common.serialization.ByteArraySerializer",
    "value.serializer": "org.apache.kafka.common.serialization.ByteArraySerializer",
    "max.block.ms": "9223372036854775807",
    "enable.idempotence": "false",
    "acks": "all",
    "max.in.flight.requests.per.connection": "1",
    "delivery.timeout.ms": "2147483647",
    "client.id": "connector-producer-c-0",
    "metrics.context.connect.kafka.cluster.id": "x",
}
JAVA_KEYS = [
    line.split("\t") for line in Path(__file__).with_name("java_client_keys.tsv").read_text().splitlines() if line
]


def producer(**config: str) -> ClientConfig:
    found = producer_config(BROKER, dotted(config), Notices())
    Producer({**found.native, "log_level": 0})  # librdkafka takes it
    return found


def consumer(**config: str) -> ConsumerConfig:
    found = consumer_config(BROKER, dotted(config), Notices())
    Consumer({**found.client.native, "log_level": 0})
    return found


def dotted(config: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "."): value for name, value in config.items()}


@pytest.mark.parametrize(("role", "name", "type_"), JAVA_KEYS)
def test_every_key_of_javas_clients_has_a_fate(role: str, name: str, type_: str) -> None:
    known = {**COMMON, **Role(role).keys, **SSL, **SASL}
    if name in known:
        assert known[name].type.value == type_
    else:
        assert name == "security.protocol" or name.startswith("sasl.oauthbearer.assertion.")


def test_connects_producer_never_gives_up_and_keeps_order(caplog: pytest.LogCaptureFixture) -> None:
    found = producer_config(BROKER, CONNECT_PRODUCER, Notices())
    assert found.native["message.timeout.ms"] == "0"
    assert found.native["max.in.flight.requests.per.connection"] == "1"
    assert found.native["enable.idempotence"] == "false"
    assert found.native["acks"] == "all"
    assert found.native["partitioner"] == "murmur2_random"
    assert found.native["client.id"] == "connector-producer-c-0"
    assert found.number("max.block.ms", 0) == 2**63 - 1
    assert caplog.records == []


@pytest.mark.parametrize(
    ("java", "native"),
    [
        ({"linger.ms": "20"}, {"linger.ms": "20"}),
        ({"linger.ms": "100000", "delivery.timeout.ms": "2147483647"}, {"linger.ms": "100000"}),
        ({"batch.size": "0"}, {"batch.size": "1", "batch.num.messages": "1"}),
        ({"batch.size": "524288"}, {"batch.size": "524288", "batch.num.messages": "1000000"}),
        ({"buffer.memory": "134217728"}, {"queue.buffering.max.kbytes": "131072"}),
        ({"buffer.memory": "1000"}, {"queue.buffering.max.kbytes": "1", "queue.buffering.max.messages": "10000"}),
        ({}, {"queue.buffering.max.kbytes": "32768", "queue.buffering.max.messages": "335544"}),
        ({"delivery.timeout.ms": "2147483647"}, {"message.timeout.ms": "0"}),
        ({"delivery.timeout.ms": "60000"}, {"message.timeout.ms": "60000"}),
        ({}, {"message.timeout.ms": "120000"}),
        ({"request.timeout.ms": "10000"}, {"request.timeout.ms": "10000", "socket.timeout.ms": "10000"}),
        ({"retries": "7"}, {"retries": "7"}),
        ({"compression.type": "zstd", "compression.zstd.level": "5"}, {"compression.level": "5"}),
        ({"compression.type": "lz4", "compression.zstd.level": "5"}, {"compression.type": "lz4"}),
        ({"max.request.size": "5000000"}, {"message.max.bytes": "5000000"}),
        ({"partitioner.ignore.keys": "true"}, {"partitioner": "random"}),
        ({"partitioner": "consistent"}, {"partitioner": "consistent"}),
        ({"metadata.max.age.ms": "500"}, {"topic.metadata.refresh.interval.ms": "500"}),
        ({"connections.max.idle.ms": "-1"}, {"connections.max.idle.ms": "0"}),
        ({"receive.buffer.bytes": "-1"}, {"socket.receive.buffer.bytes": "0"}),
        ({"send.buffer.bytes": "131072"}, {"socket.send.buffer.bytes": "131072"}),
        ({"reconnect.backoff.ms": "5000"}, {"reconnect.backoff.ms": "5000", "reconnect.backoff.max.ms": "5000"}),
        ({"retry.backoff.ms": "0"}, {"retry.backoff.ms": "1"}),
        ({"metadata.recovery.strategy": "NONE"}, {"metadata.recovery.strategy": "none"}),
        ({"socket.connection.setup.timeout.ms": "10"}, {"socket.connection.setup.timeout.ms": "1000"}),
        ({"client.dns.lookup": "resolve_canonical_bootstrap_servers_only"}, {}),
        ({"bootstrap.servers": "127.0.0.1:2"}, {"bootstrap.servers": "127.0.0.1:2"}),
        ({"socket.keepalive.enable": "true"}, {"socket.keepalive.enable": "true"}),
        ({"enable.idempotence": "true"}, {"max.in.flight.requests.per.connection": "5", "enable.idempotence": "true"}),
        ({"max.in.flight.requests.per.connection": "5"}, {"enable.idempotence": "true"}),
        ({"max.in.flight.requests.per.connection": "6"}, {"enable.idempotence": "false"}),
        ({"max.in.flight.requests.per.connection": "5", "acks": "1"}, {"enable.idempotence": "false"}),
        ({"transactional.id": "t"}, {"enable.idempotence": "true", "message.timeout.ms": "60000"}),
        ({"transactional.id": "t", "delivery.timeout.ms": "2147483647"}, {"message.timeout.ms": "0"}),
        (
            {"transactional.id": "t", "transaction.timeout.ms": "10000", "request.timeout.ms": "20000"},
            {"message.timeout.ms": "10000", "socket.timeout.ms": "10000", "request.timeout.ms": "20000"},
        ),
    ],
)
def test_producer_keys(java: dict[str, str], native: dict[str, str]) -> None:
    found = producer_config(BROKER, java, Notices()).native
    assert {name: found.get(name) for name in native} == native
    Producer({**found, "log_level": 0})


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({"linger.ms": "x"}, "Invalid value x for configuration linger.ms: Not a number of type LONG"),
        ({"linger.ms": "-1"}, "Invalid value -1 for configuration linger.ms: Value must be at least 0"),
        ({"acks": "9"}, "Invalid value 9 for configuration acks: String must be one of: all, -1, 0, 1"),
        (
            {"enable.idempotence": "yes"},
            "Invalid value yes for configuration enable.idempotence: Expected value to be either true or false",
        ),
        (
            {"delivery.timeout.ms": "1000"},
            "delivery.timeout.ms should be equal to or larger than linger.ms + request.timeout.ms",
        ),
        (
            {"enable.idempotence": "true", "max.in.flight.requests.per.connection": "6"},
            "Must set max.in.flight.requests.per.connection to at most 5 to use the idempotent producer.",
        ),
        (
            {"enable.idempotence": "true", "acks": "1"},
            "Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence.",
        ),
        (
            {"transactional.id": "t", "enable.idempotence": "false"},
            "Cannot set a transactional.id without also enabling idempotence.",
        ),
        (
            {"partitioner.class": "com.example.Mine"},
            (
                "Invalid value com.example.Mine for configuration partitioner.class: a partitioner is a Java class, which cannot"
                " run here; leave it out for Kafka's default partitioner, or name one of librdkafka's with the key 'partitioner'"
            ),
        ),
        (
            {"transaction.two.phase.commit.enable": "true"},
            (
                "Invalid value true for configuration transaction.two.phase.commit.enable: librdkafka takes no part in two-phase"
                " commits"
            ),
        ),
        (
            {"statistics.interval.ms": "x"},
            "Invalid value for configuration statistics.interval.ms: librdkafka does not take it",
        ),
        (
            {"security.protocol": "TLS"},
            (
                "Invalid value TLS for configuration security.protocol: String must be one of (case insensitive): SASL_SSL,"
                " PLAINTEXT, SSL, SASL_PLAINTEXT"
            ),
        ),
    ],
)
def test_producer_keys_that_are_refused(config: dict[str, str], text: str) -> None:
    with pytest.raises(ConfigException) as error:
        producer_config(BROKER, config, Notices())
    assert str(error.value) == text


def test_connects_consumer_commits_nothing_by_itself(caplog: pytest.LogCaptureFixture) -> None:
    config = {
        "group.id": "connect-c",
        "client.id": "connector-consumer-c-0",
        "enable.auto.commit": "false",
        "auto.offset.reset": "earliest",
        "key.deserializer": "org.apache.kafka.common.serialization.ByteArrayDeserializer",
        "value.deserializer": "org.apache.kafka.common.serialization.ByteArrayDeserializer",
        "max.poll.records": "500",
    }
    found = consumer_config(BROKER, config, Notices())
    assert found.client.native["enable.auto.commit"] == "false"
    assert found.client.native["isolation.level"] == "read_uncommitted"  # librdkafka's default is the other
    assert found.client.native["partition.assignment.strategy"] == "range"
    assert (found.reset.name, found.grouped, found.incremental) == ("earliest", True, False)
    assert "max.poll.records" not in found.client.native
    assert caplog.records == []


@pytest.mark.parametrize(
    ("java", "native"),
    [
        ({}, {"group.id": "penstock.no-group", "queued.max.messages.kbytes": "16384", "check.crcs": "true"}),
        ({"fetch.max.bytes": "1000000"}, {"queued.max.messages.kbytes": "976", "message.max.bytes": "1000000"}),
        ({"fetch.max.bytes": "200000000"}, {"receive.message.max.bytes": "200000512"}),
        ({"fetch.max.bytes": "0"}, {"fetch.max.bytes": "1000"}),
        ({"fetch.min.bytes": "0"}, {"fetch.min.bytes": "1"}),
        ({"fetch.max.wait.ms": "200"}, {"fetch.wait.max.ms": "200"}),
        ({"max.partition.fetch.bytes": "8388608"}, {"max.partition.fetch.bytes": "8388608"}),
        ({"session.timeout.ms": "400000"}, {"max.poll.interval.ms": "400000"}),
        ({"group.instance.id": "i"}, {"group.instance.id": "i"}),
        ({"request.timeout.ms": "40000"}, {"socket.timeout.ms": "40000"}),
        ({"queued.max.messages.kbytes": "1024"}, {"queued.max.messages.kbytes": "1024"}),
        ({"allow.auto.create.topics": "false"}, {"allow.auto.create.topics": "false"}),
        ({"enable.partition.eof": "false"}, {"enable.partition.eof": "true"}),
        ({"isolation.level": "read_committed"}, {"isolation.level": "read_committed"}),
    ],
)
def test_consumer_keys(java: dict[str, str], native: dict[str, str]) -> None:
    found = consumer_config(BROKER, java, Notices()).client.native
    assert {name: found.get(name) for name in native} == native
    Consumer({**found, "log_level": 0})


RANGE, STICKY, COOPERATIVE = (
    f"org.apache.kafka.clients.consumer.{name}Assignor" for name in ("Range", "Sticky", "CooperativeSticky")
)


@pytest.mark.parametrize(
    ("strategy", "native", "incremental"),
    [
        (RANGE, "range", False),
        ("roundrobin", "roundrobin", False),
        (COOPERATIVE, "cooperative-sticky", True),
        (f"{RANGE}, {COOPERATIVE}", "range", False),
    ],
)
def test_assignors_have_librdkafkas_names(strategy: str, native: str, incremental: bool) -> None:
    found = consumer(partition_assignment_strategy=strategy, group_id="g")
    assert found.client.native["partition.assignment.strategy"] == native
    assert found.incremental is incremental


def test_a_list_of_both_kinds_of_assignors_is_reduced_and_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    notices = Notices()
    for _ in range(2):
        consumer_config(BROKER, {"partition.assignment.strategy": f"{RANGE},{COOPERATIVE}"}, notices)
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage() == (
        f"partition.assignment.strategy={RANGE},{COOPERATIVE} mixes eager and cooperative assignors, of which librdkafka takes"
        " one kind at a time; range is used. Name CooperativeStickyAssignor alone once every member of the group has it"
    )


def test_the_new_group_protocol_is_incremental() -> None:
    found = consumer(group_protocol="CONSUMER", group_id="g")
    assert found.incremental
    assert "partition.assignment.strategy" not in found.client.native


@pytest.mark.parametrize(
    ("config", "text"),
    [
        (
            {"partition.assignment.strategy": STICKY},
            (
                f"Invalid value {STICKY} for configuration partition.assignment.strategy: librdkafka has the assignors"
                " RangeAssignor, RoundRobinAssignor and CooperativeStickyAssignor"
            ),
        ),
        (
            {"auto.offset.reset": "newest"},
            (
                "Invalid value newest for configuration auto.offset.reset: The value must be either 'earliest', 'latest', 'none'"
                " or of the format 'by_duration:<PnDTnHnMn.nS.>'"
            ),
        ),
        (
            {"group.protocol": "consumer", "session.timeout.ms": "6000"},
            "session.timeout.ms cannot be set when group.protocol=CONSUMER",
        ),
        (
            {"group.protocol": "consumer", "partition.assignment.strategy": RANGE},
            "partition.assignment.strategy cannot be set when group.protocol=CONSUMER",
        ),
        (
            {"isolation.level": "none"},
            "Invalid value none for configuration isolation.level: String must be one of: read_committed, read_uncommitted",
        ),
    ],
)
def test_consumer_keys_that_are_refused(config: dict[str, str], text: str) -> None:
    with pytest.raises(ConfigException) as error:
        consumer_config(BROKER, config, Notices())
    assert str(error.value) == text


@pytest.mark.parametrize(
    ("text", "back_ms"),
    [("by_duration:PT1H", 3_600_000), ("by_duration:P1DT1.5S", 86_401_500), ("by_duration:pt2m", 120_000)],
)
def test_a_reset_by_duration(text: str, back_ms: int) -> None:
    reset = consumer(auto_offset_reset=text).reset
    assert (reset.name, reset.back_ms) == ("by_duration", back_ms)


def test_what_is_lost_or_unknown_is_said_by_name_and_once(caplog: pytest.LogCaptureFixture) -> None:
    notices = Notices()
    config = {
        "interceptor.classes": "com.example.Tracing",
        "my.key": "secret-value",
        "group.id": "g",
        "plugin.library.paths": "/nowhere.so",
        "error_cb": "x",
        "metrics.context.label": "a",
    }
    for _ in range(2):
        producer_config(BROKER, config, notices)
    assert [record.getMessage() for record in caplog.records] == [
        (
            "These configurations were supplied but are no producer configs, so they are ignored: 'error_cb', 'group.id',"
            " 'my.key', 'plugin.library.paths'"
        ),
        "The producer configuration 'interceptor.classes' cannot be kept: interceptors are Java classes, which cannot run here",
    ]


@pytest.mark.parametrize(
    "config",
    [
        {"interceptor.classes": ""},
        {"metric.reporters": "org.apache.kafka.common.metrics.JmxReporter"},
        {"partitioner.adaptive.partitioning.enable": "false"},
        {"partitioner.class": ""},
        {"transaction.two.phase.commit.enable": "false"},
        {"metrics.num.samples": "3"},
    ],
)
def test_values_that_change_nothing_are_taken_silently(
    config: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    producer_config(BROKER, config, Notices())
    assert caplog.records == []


def test_an_admin_takes_the_workers_keys_and_names_those_that_mean_nothing_to_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    worker = {"rest.port": "8083", "key.converter": "x", "retry.backoff.ms": "50", "default.api.timeout.ms": "1000"}
    found = translate(Role.ADMIN, BROKER, worker, Notices())
    assert found.native["retry.backoff.ms"] == "50"
    (record,) = caplog.records
    assert record.getMessage().endswith("no admin configs, so they are ignored: 'key.converter', 'rest.port'")


def test_secrets_do_not_show() -> None:
    config = {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "PLAIN",
        "sasl.jaas.config": 'org.apache.kafka.common.security.plain.PlainLoginModule required username="u" password="hush";',
    }
    found = translate(Role.ADMIN, BROKER, config, Notices())
    assert found.native["sasl.password"] == "hush"
    assert "hush" not in repr(found)


def test_a_configuration_that_librdkafka_refuses_is_a_config_exception() -> None:
    with pytest.raises(ConfigException, match=r"librdkafka refuses the client's configuration: .*ssl\.ca\.pem"):
        KafkaLog(BROKER).producer({"security.protocol": "SSL", "ssl.ca.pem": "no certificate"})
