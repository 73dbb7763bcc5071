"""The logs that the contract suite runs over. A new adapter is a class here and a name in ``ADAPTERS``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from penstock.log.base import Log, LogProducer, NewTopic
from penstock.log.memory import MemoryLog
from tests.contract.log.adapter import Adapter, unique

ADAPTERS = ["memory"]


class _Base:
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


class MemoryAdapter(_Base):
    name = "memory"
    shortest_session_ms = 300

    def __init__(self) -> None:
        self.log = MemoryLog()

    def second_log(self) -> Log:
        return self.log

    def full_producer(self) -> AbstractContextManager[LogProducer] | None:
        return None


@pytest.fixture(params=ADAPTERS)
def adapter(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Adapter]:
    """The log under test."""
    yield MemoryAdapter()
