"""Source tasks driven by hand, poll by poll: what each record was, and where a restart behind it would go on."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from typing import Any

from penstock.api import SourceRecord
from penstock.testing.waiting import PATIENCE_S
from penstock_jdbc.source.engine import ReadingEngine
from penstock_jdbc.source.task import JdbcSourceTask
from tests.plugins.fakes import FakeOffsets, FakeSourceContext
from tests.plugins.jdbc.source.running import QUICK

Offset = dict[str, Any]


def kind_of(database: Any) -> str:
    """``sqlite``, ``postgresql`` or ``mariadb``."""
    return str(database.props["connection.url"].split(":")[1])


def full_name(database: Any, table: str) -> str:
    """A table's name as offsets and whitelists have it."""
    return {"sqlite": table, "postgresql": f"public.{table}"}.get(kind_of(database), f"{database.name}.{table}")


def quoted(database: Any, table: str) -> str:
    """A table's name as task configurations have it."""
    mark = "`" if kind_of(database) == "mariadb" else '"'
    return ".".join(f"{mark}{part}{mark}" for part in full_name(database, table).split("."))


def partition_of(database: Any, table: str) -> Offset:
    """The partition under which a table's offsets are stored."""
    return {"protocol": "1", "table": full_name(database, table)}


MOMENTS = {"sqlite": "TIMESTAMP", "postgresql": "timestamp", "mariadb": "datetime(6)"}
"""A type of times by kind of database."""


def moment(database: Any, ms: int | None) -> str:
    """A time of the first minute of 1970 as SQL."""
    if ms is None:
        return "NULL"
    return str(ms) if kind_of(database) == "sqlite" else f"'1970-01-01 00:00:{ms / 1000:09.6f}'"


class HandReader:
    """A started task. ``records`` are all that it has given so far."""

    def __init__(self, task: JdbcSourceTask) -> None:
        self._task = task
        self.records: list[SourceRecord] = []

    @property
    def engine(self) -> ReadingEngine:
        assert self._task._engine is not None
        return self._task._engine

    def poll(self) -> int:
        """Take one batch, if there is one; how many records it had. Raises what the task raises."""
        batch = self._task.poll()
        if batch is None:
            return 0
        self.records.extend(batch.records())
        return len(batch)

    def read_through(self, passes: int = 1) -> HandReader:
        """Take everything until that many passes over every table have begun and ended, with nothing left over."""
        wanted = self.engine.passes + (passes + 1) * self.engine.queriers
        deadline = time.monotonic() + PATIENCE_S * 3
        while self.engine.passes < wanted:
            assert time.monotonic() < deadline, "the task does not get through its tables"
            self.poll()
        while self.poll():
            pass
        return self

    def read(self, count: int) -> HandReader:
        """Take records until there are so many."""
        deadline = time.monotonic() + PATIENCE_S * 3
        while len(self.records) < count:
            assert time.monotonic() < deadline, f"{len(self.records)} records came where {count} should"
            self.poll()
        return self

    def values(self, field: str) -> list[Any]:
        """One field of all records."""
        return [record.value[field] for record in self.records]  # type: ignore[index]

    def offsets(self) -> list[Offset]:
        """The offset of each record."""
        return [dict(record.source_offset or {}) for record in self.records]


@contextlib.contextmanager
def task_on(
    database: Any, config: Mapping[str, str], *tables: str, stored: Offset | None = None
) -> Iterator[HandReader]:
    """A task that reads ``tables``, or its query; ``stored`` is what a run before has left for the first of them."""
    offsets = FakeOffsets()
    if stored is not None:
        offsets.stored.append(
            (partition_of(database, tables[0]) if tables else {"query": "query"}, stored),
        )
    listed = ",".join(quoted(database, table) for table in tables)
    props = {**QUICK, "poll.linger.ms": "5", **database.props, **config, "tables": listed, "tables.fetched": "true"}
    task = JdbcSourceTask()
    task.initialize(FakeSourceContext(offsets))
    task.use_config(props)
    task.start(props)
    try:
        yield HandReader(task)
    finally:
        task.stop()
