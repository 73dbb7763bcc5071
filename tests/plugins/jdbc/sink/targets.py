"""Databases to write to, the tasks that write, and records to be written."""

from __future__ import annotations

import contextlib
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from penstock.api import Schema, SchemaBuilder, SinkBatch, SinkRecord, SinkSlice, Struct
from penstock_jdbc.sink.task import JdbcSinkTask
from tests.databases.server import PrivateDatabase
from tests.plugins.fakes import FakeSinkContext

ROW = SchemaBuilder.struct().field("id", Schema.INT32).field("name", Schema.OPTIONAL_STRING).build()
KEY = SchemaBuilder.struct().field("id", Schema.INT32).build()


class Target(ABC):
    """A database of one test."""

    kind: str
    quote = '"'
    props: dict[str, str]

    @abstractmethod
    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows; a statement without rows gives none."""

    def run(self, *statements: str) -> None:
        for statement in statements:
            self.query(statement)

    def rows(self, table: str = "t", order: str = "1") -> list[tuple[Any, ...]]:
        return self.query(f"SELECT * FROM {self.q(table)} ORDER BY {order}")

    def count(self, table: str = "t") -> int:
        return int(self.query(f"SELECT count(*) FROM {self.q(table)}")[0][0])

    def q(self, name: str) -> str:
        return f"{self.quote}{name}{self.quote}"

    @property
    def text_key(self) -> str:
        """A type of text that may be a key."""
        return "varchar(100)"


class SqliteTarget(Target):
    kind = "sqlite"

    def __init__(self, path: Path) -> None:
        self.path = path
        self.props = {"connection.url": f"jdbc:sqlite:{path}"}

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with contextlib.closing(sqlite3.connect(self.path, isolation_level=None, timeout=30)) as connection:
            return connection.execute(sql).fetchall()


class ServerTarget(Target):
    def __init__(self, database: PrivateDatabase) -> None:
        self.database = database
        self.kind = "postgresql" if database.server.sub_protocol == "postgresql" else "mariadb"
        self.quote = '"' if self.kind == "postgresql" else "`"
        self.props = database.props
        self._connection: Any = None

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        if self._connection is None:
            self._connection = self.database.connect()
        cursor = self._connection.cursor()
        cursor.execute(sql)
        return list(cursor.fetchall()) if cursor.description else []

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Reporter:
    """Takes dead letters; ``durable`` decides what a report's future says."""

    def __init__(self) -> None:
        self.reported: list[tuple[SinkRecord, BaseException]] = []
        self.on_report: Callable[[], None] = lambda: None

    def report(self, record: SinkRecord, error: BaseException) -> Future[None]:
        self.on_report()
        self.reported.append((record, error))
        done: Future[None] = Future()
        done.set_result(None)
        return done


@contextlib.contextmanager
def sink(
    target: Target,
    config: Mapping[str, str],
    *,
    reporter: Reporter | None = None,
    context: FakeSinkContext | None = None,
) -> Iterator[JdbcSinkTask]:
    """A started task, stopped at the end."""
    props = {"name": "sink", "topics": "t", "retry.backoff.ms": "1", **target.props, **config}
    task = JdbcSinkTask()
    context = context or FakeSinkContext()
    context.errant_record_reporter = reporter
    task.initialize(context)
    task.use_config(props)
    task.start(props)
    try:
        yield task
    finally:
        task.stop()


def struct_of(schema: Schema, *values: object) -> Struct:
    return Struct(schema, {field.name: value for field, value in zip(schema.fields, values, strict=True)})


def rows_of(*rows: Sequence[object], schema: Schema = ROW, topic: str = "t", first: int = 0) -> SinkBatch:
    """Records whose values are structs, and whose keys are structs of their first field."""
    key = SchemaBuilder.struct().field(schema.fields[0].name, schema.fields[0].schema).build()
    return SinkBatch(
        [
            SinkSlice(
                topic=topic,
                kafka_partition=0,
                offsets=range(first, first + len(rows)),
                values=[struct_of(schema, *row) for row in rows],
                value_schema=schema,
                keys=[struct_of(key, row[0]) for row in rows],
                key_schema=key,
                timestamps=[1000] * len(rows),
            )
        ]
    )


def record(
    offset: int,
    value: object,
    value_schema: Schema | None,
    *,
    key: object = None,
    key_schema: Schema | None = None,
    topic: str = "t",
) -> SinkRecord:
    return SinkRecord(
        topic, 0, offset, value, value_schema=value_schema, key=key, key_schema=key_schema, timestamp=1000
    )


def upserted(offset: int, number: int, name: str | None, schema: Schema = ROW) -> SinkRecord:
    """A record with the key (number) and the value (number, name)."""
    return record(offset, struct_of(schema, number, name), schema, key=struct_of(KEY, number), key_schema=KEY)


def deleted(offset: int, number: int) -> SinkRecord:
    """A tombstone."""
    return record(offset, None, None, key=struct_of(KEY, number), key_schema=KEY)


UPSERT = {"insert.mode": "upsert", "pk.mode": "record_key", "auto.create": "true"}
