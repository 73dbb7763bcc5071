"""The Kafka log over SASL and TLS listeners of a real broker."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from tests.contract.log.adapter import Listener, drive, rows, take, unique, values
from tests.kafka.broker import PASSWORD, USER, Broker
from tests.kafka.tls import STORE_PASSWORD, Certificates, make_certificates

from penstock.api.record import TopicPartition
from penstock.log.base import Log, NewTopic, OutgoingBatch
from penstock.log.errors import LogAuthError
from penstock.log.kafka import KafkaLog

_QUOTED = PASSWORD.replace("\\", "\\\\").replace('"', '\\"')
_JAAS = {
    "PLAIN": f'org.apache.kafka.common.security.plain.PlainLoginModule required username="{USER}" password="{_QUOTED}";',
    "SCRAM": f'org.apache.kafka.common.security.scram.ScramLoginModule required username="{USER}" password="{_QUOTED}";',
}


def sasl(protocol: str, mechanism: str, jaas: str | None = None) -> dict[str, str]:
    line = jaas or _JAAS[mechanism.split("-")[0]]
    return {"security.protocol": protocol, "sasl.mechanism": mechanism, "sasl.jaas.config": line}


def trust(tls: Certificates) -> dict[str, str]:
    return {"ssl.truststore.type": "PEM", "ssl.truststore.location": str(tls.ca)}


def pem_files(tls: Certificates) -> dict[str, str]:
    return {
        "security.protocol": "SSL",
        **trust(tls),
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(tls.client_keystore),
    }


def pem_texts(tls: Certificates) -> dict[str, str]:
    return {
        "security.protocol": "SSL",
        "ssl.truststore.type": "PEM",
        "ssl.truststore.certificates": tls.ca.read_text(),
        "ssl.keystore.type": "PEM",
        "ssl.keystore.key": tls.client_key.read_text(),
        "ssl.keystore.certificate.chain": tls.client_certificate.read_text() + tls.ca.read_text(),
    }


def pkcs12(tls: Certificates) -> dict[str, str]:
    return {
        "security.protocol": "SSL",
        **trust(tls),
        "ssl.keystore.type": "PKCS12",
        "ssl.keystore.location": str(tls.client_pkcs12),
        "ssl.keystore.password": STORE_PASSWORD,
    }


WAYS: dict[str, tuple[str, Callable[[Certificates], dict[str, str]]]] = {
    "plain": ("SASL_PLAINTEXT", lambda _tls: sasl("SASL_PLAINTEXT", "PLAIN")),
    "scram-256": ("SASL_PLAINTEXT", lambda _tls: sasl("SASL_PLAINTEXT", "SCRAM-SHA-256")),
    "scram-512": ("SASL_PLAINTEXT", lambda _tls: sasl("SASL_PLAINTEXT", "SCRAM-SHA-512")),
    "pem-files": ("SSL", pem_files),
    "pem-texts": ("SSL", pem_texts),
    "pkcs12": ("SSL", pkcs12),
    "plain-tls": ("SASL_SSL", lambda tls: {**sasl("SASL_SSL", "PLAIN"), **trust(tls)}),
    "scram-tls": ("SASL_SSL", lambda tls: {**sasl("SASL_SSL", "SCRAM-SHA-512"), **trust(tls)}),
}


def tls_of(broker: Broker) -> Certificates:
    assert broker.certificates is not None
    return broker.certificates


@pytest.mark.parametrize("way", WAYS)
def test_every_client_gets_in(secure_kafka: Broker, way: str) -> None:
    listener, make = WAYS[way]
    config = make(tls_of(secure_kafka))
    log = KafkaLog(secure_kafka.listeners[listener])
    admin, topic, group = log.admin(config), unique("secure"), unique("group")
    assert admin.create_topics([NewTopic(topic, 1)], 30) == {topic: None}
    producer = log.producer(config)
    producer.send_batch(OutgoingBatch(topic=topic, values=[b"a", b"b"]))
    assert producer.flush(30)
    producer.close(5)
    consumer = log.consumer({**config, "group.id": group, "auto.offset.reset": "earliest"})
    consumer.subscribe([topic], Listener())
    assert values(take(consumer, 2)) == [b"a", b"b"]
    consumer.commit({TopicPartition(topic, 0): 2}, 30)
    consumer.close()
    assert admin.group_offsets(group, 30) == {TopicPartition(topic, 0): 2}
    if way != "pkcs12":  # goes over kafka-python, which reads no PKCS12 key store and says so
        admin.delete_group_offsets(group, [TopicPartition(topic, 0)], 30)
        assert admin.group_offsets(group, 30) == {}
    admin.close()


def wrong_password(broker: Broker) -> tuple[Log, dict[str, str]]:
    jaas = _JAAS["PLAIN"].replace(_QUOTED, "wrong")
    return KafkaLog(broker.listeners["SASL_PLAINTEXT"]), sasl("SASL_PLAINTEXT", "PLAIN", jaas)


def untrusted(broker: Broker) -> tuple[Log, dict[str, str]]:
    others = make_certificates(broker.directory / unique("others"))
    return KafkaLog(broker.listeners["SASL_SSL"]), {**sasl("SASL_SSL", "PLAIN"), **trust(others)}


@pytest.mark.parametrize("way", [wrong_password, untrusted])
def test_a_refused_client_says_so(secure_kafka: Broker, way: Callable[[Broker], tuple[Log, dict[str, str]]]) -> None:
    log, config = way(secure_kafka)
    producer = log.producer({**config, "delivery.timeout.ms": "2147483647"})
    producer.send_batch(OutgoingBatch(topic="t", values=[b"v"]))
    with pytest.raises(LogAuthError, match="cannot log in") as error:
        producer.flush(30)
    assert "wrong" not in str(error.value)
    with pytest.raises(LogAuthError):
        producer.send_batch(OutgoingBatch(topic="t", values=[b"v"]))
    started = time.monotonic()
    producer.close(5)
    assert time.monotonic() - started < 5

    consumer = log.consumer({**config, "group.id": "g"})
    consumer.subscribe(["t"], Listener())
    with pytest.raises(LogAuthError, match="cannot log in"):
        drive([consumer], lambda: False, timeout_s=30)
    with pytest.raises(LogAuthError):
        consumer.commit({TopicPartition("t", 0): 1}, 5)
    consumer.close()

    admin = log.admin(config)
    with pytest.raises(LogAuthError, match="cannot log in"):
        admin.list_topics(30)
    with pytest.raises(LogAuthError, match="cannot log in"):
        log.admin(config).describe_topics(["t"], 30)
    admin.close()


def test_a_reader_without_a_group_needs_none(secure_kafka: Broker) -> None:
    config = sasl("SASL_PLAINTEXT", "PLAIN")
    log = KafkaLog(secure_kafka.listeners["SASL_PLAINTEXT"])
    admin, topic = log.admin(config), unique("secure")
    assert admin.create_topics([NewTopic(topic, 1)], 30) == {topic: None}
    producer = log.producer(config)
    producer.send_batch(OutgoingBatch(topic=topic, values=[b"a"]))
    assert producer.flush(30)
    producer.close(5)
    consumer = log.consumer(config)
    consumer.assign({TopicPartition(topic, 0): 0})
    found = drive([consumer], lambda: consumer.position(TopicPartition(topic, 0)) == 1)
    assert [read.value for read in found] == [b"a"]
    assert rows(consumer.poll(0, 10)) == []
    consumer.close()
    admin.close()
