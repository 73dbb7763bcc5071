"""Pytest fixtures, loaded by the root ``conftest.py`` and so usable by every test.

Without Java or Maven the tests that ask for Kafka are skipped with the reason; with ``PENSTOCK_REQUIRE_SERVICES=1`` they fail.
``PENSTOCK_KAFKA_BOOTSTRAP`` names a broker to use instead of starting one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.kafka.broker import Broker, BrokerOptions
from tests.kafka.jars import ServiceUnavailableError

_KAFKA_FIXTURES = frozenset({"kafka", "secure_kafka", "own_kafka"})


@dataclass(frozen=True, slots=True)
class Kafka:
    """A broker that tests share: use topic and group names of your own (``unique``). ``bootstrap`` is its address."""

    bootstrap: str


@pytest.fixture(scope="session")
def kafka() -> Iterator[Kafka]:
    """The broker of this test session."""
    given = os.environ.get("PENSTOCK_KAFKA_BOOTSTRAP")
    if given:
        yield Kafka(given)
        return
    with _started(BrokerOptions()) as broker:
        yield Kafka(broker.bootstrap)


@pytest.fixture(scope="session")
def secure_kafka() -> Iterator[Broker]:
    """A broker with SASL and SSL listeners beside the open one, that makes no topic by itself."""
    with _started(BrokerOptions(secure=True, properties={"auto.create.topics.enable": "false"})) as broker:
        yield broker


@pytest.fixture
def own_kafka() -> Iterator[Broker]:
    """A broker for one test alone, to be killed and started again. A short session lets it come back soon."""
    quick = {"broker.session.timeout.ms": "2000", "broker.heartbeat.interval.ms": "500"}
    with _started(BrokerOptions(properties=quick)) as broker:
        yield broker


def pytest_configure(config: pytest.Config) -> None:
    """kafka-python reads its protocol's description in a way that Python 3.11 calls deprecated."""
    config.addinivalue_line("filterwarnings", "ignore:(read|open)_text is deprecated:DeprecationWarning")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a broker, so that ``-m 'not kafka'`` leaves it out."""
    for item in items:
        if _KAFKA_FIXTURES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.kafka)


def unavailable(error: ServiceUnavailableError) -> None:
    """Skip the test that asked, or fail it where services are required (CI)."""
    if os.environ.get("PENSTOCK_REQUIRE_SERVICES") == "1":
        pytest.fail(f"{error} (PENSTOCK_REQUIRE_SERVICES=1)", pytrace=False)
    pytest.skip(str(error))


def _started(options: BrokerOptions) -> Broker:
    try:
        return Broker(options)
    except ServiceUnavailableError as error:
        unavailable(error)
        raise
