"""JDBC sources that run over a log in memory, for tests that look at what comes."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from penstock.discovery.plugins import PluginIndex
from penstock.discovery.scan import scan_plugins
from penstock.testing import Workbench
from penstock.testing.running import RunningConnector
from penstock.testing.waiting import eventually
from penstock_jdbc.source.connector import JdbcSourceConnector
from penstock_jdbc.source.engine import ReadingEngine

QUICK = {"poll.interval.ms": "10", "poll.linger.ms": "20", "topic.prefix": "t-"}


@cache
def installed() -> PluginIndex:
    return scan_plugins()


class SqliteDatabase:
    """A file, with what :class:`tests.databases.server.PrivateDatabase` has."""

    name = "main"

    def __init__(self, path: Path) -> None:
        self.props = {"connection.url": f"jdbc:sqlite:{path}"}
        self._path = path
        self.run("PRAGMA journal_mode = WAL")

    def connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, isolation_level=None, timeout=30, check_same_thread=False)

    def run(self, *statements: str) -> None:
        with contextlib.closing(self.connect()) as connection:
            for statement in statements:
                connection.execute(statement)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with contextlib.closing(self.connect()) as connection:
            return connection.execute(query).fetchall()


class Source:
    """One connector and its log. ``engines`` are those that its tasks have made since ``start``, the newest last."""

    def __init__(self, database: Any, config: dict[str, str], workbench: Workbench) -> None:
        self.workbench = workbench
        self.config = {**QUICK, **database.props, **config}
        self.engines: list[ReadingEngine] = []
        self.running: RunningConnector | None = None

    def start(self) -> RunningConnector:
        self.engines.clear()
        self.running = self.workbench.start(JdbcSourceConnector, self.config, name="c")
        return self.running

    def stop(self) -> None:
        if self.running is not None:
            self.running.stop()
            self.running = None

    @property
    def engine(self) -> ReadingEngine:
        eventually(lambda: bool(self.engines), "the task reads")
        return self.engines[-1]

    def after_passes(self, count: int = 3) -> None:
        """Wait until every table was read through so often, from now."""
        engine = self.engine
        wanted = engine.passes + count * engine.queriers
        eventually(lambda: engine.passes >= wanted, f"{count} passes are through")

    def values(self, topic: str, field: str) -> list[Any]:
        """One field of all records of a topic so far."""
        return [record.value[field] for record in self.workbench.read(topic)]  # type: ignore[index]

    def wait_for(self, topic: str, count: int, timeout_s: float = 30.0) -> None:
        self.workbench.wait_for_records(topic, count, timeout_s)

    def offsets(self) -> list[dict[str, object]]:
        return [offset for _, offset in self.workbench.offsets("c")]


@contextlib.contextmanager
def source_on(database: Any, config: dict[str, str]) -> Iterator[Source]:
    """A source that is stopped at the end; ``start`` it."""
    begin = ReadingEngine.start
    with Workbench(installed()) as workbench:
        source = Source(database, config, workbench)

        def start(engine: ReadingEngine) -> None:
            source.engines.append(engine)
            begin(engine)

        ReadingEngine.start = start  # type: ignore[method-assign, assignment]
        try:
            yield source
        finally:
            source.stop()
            ReadingEngine.start = begin  # type: ignore[method-assign]
