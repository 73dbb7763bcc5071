"""The logs that the contract suite runs over. A new adapter is a class here and a name in ``ADAPTERS``."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from tests.contract.log.adapter import Adapter, unique
from tests.kafka.adapter import KafkaAdapter

from penstock.log.base import Log, LogProducer, NewTopic
from penstock.log.memory import MemoryLog
from penstock.log.sqlite import SqliteLog

ADAPTERS = ["memory", "sqlite", pytest.param("kafka", marks=pytest.mark.kafka)]


class _Topics:
    """Topics made through the log's own admin."""

    log: Log

    def new_topic(self, partitions: int = 1, configs: Mapping[str, str] | None = None) -> str:
        name = unique("topic")
        admin = self.log.admin({})
        try:
            assert admin.create_topics([NewTopic(name, partitions, configs=configs or {})], 30) == {name: None}
        finally:
            admin.close()
        return name


class MemoryAdapter(_Topics):
    name = "memory"
    shortest_session_ms = 300

    def __init__(self) -> None:
        self.log: Log = MemoryLog()

    def second_log(self) -> Log:
        return self.log

    def full_producer(self) -> AbstractContextManager[LogProducer] | None:
        return None


class SqliteAdapter(_Topics):
    name = "sqlite"
    shortest_session_ms = 300

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self.log: Log = SqliteLog(self._path)

    def second_log(self) -> Log:
        return SqliteLog(self._path)

    def full_producer(self) -> AbstractContextManager[LogProducer] | None:
        return self._locked_out()

    @contextmanager
    def _locked_out(self) -> Iterator[LogProducer]:
        """Another process is writing and does not come to an end."""
        producer = self.log.producer({})
        other = sqlite3.connect(self._path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            yield producer
        finally:
            other.execute("ROLLBACK")
            other.close()
            producer.close(5)


@pytest.fixture(params=ADAPTERS)
def adapter(request: pytest.FixtureRequest, tmp_path: Path) -> Adapter:
    """The log under test."""
    if request.param == "memory":
        return MemoryAdapter()
    if request.param == "kafka":
        return KafkaAdapter(request.getfixturevalue("kafka").bootstrap)
    return SqliteAdapter(tmp_path / "log.db")
