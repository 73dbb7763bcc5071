"""The map from librdkafka's error codes to the runtime's errors."""

from __future__ import annotations

import pytest
from confluent_kafka import KafkaError, KafkaException

from penstock.log.errors import (
    FencedError,
    GroupNotEmptyError,
    InvalidTopicError,
    LogAuthError,
    LogError,
    LogTimeoutError,
    RecordTooLargeError,
    RetriableLogError,
    TopicCreationError,
    TopicExistsError,
    UnknownTopicError,
)
from penstock.log.kafka_errors import CLASSES, class_of, translate

CODES = {
    name: code for name in dir(KafkaError) if isinstance(code := getattr(KafkaError, name), int) and name.isupper()
}

JAVA_RETRIES = """3 5 6 7 9 13 14 15 16 19 20 41 51 56 70 71 72 74 75 78 80 83 84 88 89 100 103 122 123 133"""
"""Codes whose exception is a RetriableException in Kafka 4.3.1's Java client, without 2 (a corrupt record)."""


@pytest.mark.parametrize("name", sorted(CODES))
def test_every_code_has_its_place(name: str) -> None:
    assert name in CLASSES
    assert isinstance(translate(KafkaError(CODES[name]), "do it"), CLASSES[name])


@pytest.mark.parametrize("code", [int(code) for code in JAVA_RETRIES.split()])
def test_what_java_retries_does_not_end_the_client(code: int) -> None:
    assert CLASSES[KafkaError(code).name()] in {RetriableLogError, LogTimeoutError, UnknownTopicError}


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        (KafkaError.TOPIC_ALREADY_EXISTS, TopicExistsError),
        (KafkaError.TOPIC_EXCEPTION, InvalidTopicError),
        (KafkaError.INVALID_REPLICATION_FACTOR, TopicCreationError),
        (KafkaError._UNKNOWN_TOPIC, UnknownTopicError),
        (KafkaError.MSG_SIZE_TOO_LARGE, RecordTooLargeError),
        (KafkaError._FENCED, FencedError),
        (KafkaError.NON_EMPTY_GROUP, GroupNotEmptyError),
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, LogAuthError),
        (KafkaError._MSG_TIMED_OUT, LogTimeoutError),
        (KafkaError._TRANSPORT, RetriableLogError),
        (KafkaError.UNKNOWN, LogError),
    ],
)
def test_the_class_says_what_to_do_next(code: int, wanted: type[LogError]) -> None:
    assert class_of(KafkaError(code)) is wanted


def test_a_fatal_error_is_never_retried() -> None:
    assert class_of(KafkaError(KafkaError.NOT_COORDINATOR, "x", fatal=True)) is LogError


def test_what_librdkafka_calls_retriable_is() -> None:
    assert class_of(KafkaError(KafkaError.INVALID_TXN_STATE, "x", retriable=True)) is RetriableLogError


def test_the_text_says_what_could_not_be_done_and_why() -> None:
    error = translate(KafkaException(KafkaError(KafkaError.NOT_COORDINATOR)), "commit offsets of group g")
    assert str(error) == "Could not commit offsets of group g: Broker: Not coordinator (NOT_COORDINATOR)"


def test_an_exception_without_a_code_keeps_its_text() -> None:
    assert str(translate(KafkaException("odd"), "do it")) == "Could not do it: odd"
