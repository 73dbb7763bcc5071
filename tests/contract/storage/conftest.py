"""The logs that the storage suites run over."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from penstock.log.base import Log
from penstock.log.compacted_topic import CompactedTopic
from penstock.log.kafka import KafkaLog
from penstock.log.memory import MemoryLog
from penstock.log.sqlite import SqliteLog


@pytest.fixture(params=["memory", "sqlite", pytest.param("kafka", marks=pytest.mark.kafka)])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Log:
    """The log under test."""
    if request.param == "memory":
        return MemoryLog(auto_create=False)
    if request.param == "sqlite":
        return SqliteLog(str(tmp_path / "log.db"))
    return KafkaLog(request.getfixturevalue("kafka").bootstrap)


MakeTopic = Callable[..., CompactedTopic]


@pytest.fixture
def make_topic() -> MakeTopic:
    """A topic of a name that nobody else uses."""

    def make(purpose: str = "state", *, partitions: int = 1, single_partition: bool = False) -> CompactedTopic:
        return CompactedTopic(
            name=f"{purpose.replace(' ', '-')}-{uuid.uuid4().hex[:12]}",
            setting=f"{purpose.split()[0]}.storage.topic",
            purpose=purpose,
            partitions=partitions,
            replication_factor=1,
            single_partition=single_partition,
        )

    return make
