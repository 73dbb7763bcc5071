"""A table copied through Kafka into another, with tasks and databases killed meanwhile: nothing is lost (issue "JDBC")."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import orjson
import psutil
import pytest

from penstock.api.record import TopicPartition
from penstock.log.address import LogAddress, LogKind
from tests.bench.jdbc_tables import Mariadb, Postgresql, Server
from tests.databases.server import MariadbServer, OwnServer, PostgresqlServer
from tests.e2e.test_kill_soak import named
from tests.kafka.fixtures import unavailable
from tests.kafka.jars import ServiceUnavailableError
from tests.support.scale import scaled
from tests.support.worker import WorkerProcess, eventually

_JSON = "org.apache.kafka.connect.json.JsonConverter"
_SURVIVES_KILL = {
    # What a crash of the server would lose is no loss of ours: a commit that was answered must be with the system.
    PostgresqlServer: {"synchronous_commit": "on"},
    MariadbServer: {"innodb-flush-log-at-trx-commit": "2"},
}
_TABLES: Mapping[str, tuple[type[OwnServer], type[Server]]] = {
    "postgresql": (PostgresqlServer, Postgresql),
    "mariadb": (MariadbServer, Mariadb),
}


@dataclass(frozen=True)
class Copy:
    """A worker that copies ``src`` into ``snk`` through a topic, and the database with both tables."""

    worker: WorkerProcess
    server: OwnServer
    tables: Server
    log: LogAddress
    rows: int
    topic: str

    def sent(self) -> int:
        """Records in the topic, duplicates counted."""
        partition = TopicPartition(self.topic, 0)
        admin = self.log.open().admin({})
        try:
            return admin.end_offsets([partition], 30)[partition] if self.topic in admin.list_topics(30) else 0
        finally:
            admin.close()

    def copied(self) -> int:
        """Rows in the target; 0 while the database is down."""
        try:
            return self.tables.count("snk")
        except Exception:
            return 0

    def ids(self) -> list[int]:
        """The ids of all records of the topic, in order."""
        consumer = self.log.open().consumer({"group.id": "check", "auto.offset.reset": "earliest"})
        partition = TopicPartition(self.topic, 0)
        end = consumer.end_offsets([partition], 30)[partition]
        consumer.assign({partition: 0})
        found: list[int] = []
        while consumer.position(partition) < end:
            for batch in consumer.poll(0.2, 5000):
                found.extend(orjson.loads(value)["payload"]["id"] for value in batch.values if value is not None)
        consumer.close()
        return found


@contextlib.contextmanager
def copying(directory: Path, kind: str, bootstrap: str, rows: int, sink: Mapping[str, str]) -> Iterator[Copy]:
    """Start the copy of so many orders; ``sink`` are keys of the sink's config."""
    server_class, tables_class = _TABLES[kind]
    try:
        server = server_class(_SURVIVES_KILL[server_class])
    except ServiceUnavailableError as error:
        unavailable(error)
        raise
    prefix = f"{directory.name}-"
    with (
        contextlib.closing(server),
        server.database() as database,
        contextlib.closing(tables_class(database, server, directory)) as tables,
        WorkerProcess(directory, {"bootstrap.servers": bootstrap}) as worker,
    ):
        tables.fill("src", rows, 0)
        tables.empty("snk")
        worker.start()
        copy = Copy(worker, server, tables, LogAddress(LogKind.KAFKA, bootstrap), rows, f"{prefix}src")
        common = {"connection.url": tables.jdbc_url, **tables.account, "value.converter": _JSON}
        source = {
            **common,
            "connector.class": "JdbcSource",
            "mode": "incrementing",
            "incrementing.column.name": "id",
            "table.whitelist": "src",
            "topic.prefix": prefix,
            "poll.interval.ms": "100",
            "batch.max.rows": "1000",
            "connection.backoff.ms": "200",
        }
        target = {
            **common,
            "connector.class": "JdbcSink",
            "topics": copy.topic,
            "table.name.format": "snk",
            "retry.backoff.ms": "100",
            "consumer.override.session.timeout.ms": "6000",  # a killed consumer holds its partitions for so long
            "connection.backoff.ms": "200",
            **sink,
        }
        worker.create("src", source)
        worker.create("snk", target)
        yield copy


def fingerprint(tables: Server, table: str) -> tuple[int, int]:
    """How many rows a table has, and a number that differs when any value does. Order does not matter."""
    columns = "id, customer_id, sku, qty, price, active, note, created"
    with contextlib.closing(tables.connect()) as connection:
        cursor = connection.cursor()
        total, summed = 0, 0
        cursor.execute(f"SELECT {columns} FROM {table}")
        while rows := cursor.fetchmany(10_000):
            total += len(rows)
            summed = (summed + sum(hash(tuple(row)) for row in rows)) & (1 << 64) - 1
        return total, summed


def kill_at(copy: Copy, name: str, progress: Callable[[], int], kills: int) -> int:
    """kill -9 of a connector's only task each time that some more of the copy is done; how many kills hit a running copy."""
    hits = 0
    for number in range(1, kills + 1):
        mark = copy.rows * number // (kills + 1)
        eventually(lambda mark=mark: progress() >= mark, f"{name} is at {mark}", 300, 0.01)
        hits += progress() < copy.rows
        process = eventually(lambda: named(copy.worker, f"task {name}-0"), f"task {name}-0 has a process")
        process.kill()
        copy.worker.wait_for_task(name, "FAILED")
        copy.worker.request("POST", f"/connectors/{name}/tasks/0/restart")
        copy.worker.wait_for_task(name)
    return hits


def check(copy: Copy) -> int:
    """The target is equal to the source, and the topic has every row. How many records came twice into the topic."""
    eventually(lambda: copy.copied() >= copy.rows, f"all {copy.rows} rows are in the target", 600, 0.2)
    for name in ("src", "snk"):
        assert copy.worker.task_state(name) == "RUNNING", copy.worker.status(name)
    ids = copy.ids()
    assert list(dict.fromkeys(ids)) == list(range(1, copy.rows + 1)), "first occurrences are not the table in order"
    assert fingerprint(copy.tables, "snk") == fingerprint(copy.tables, "src")
    return len(ids) - copy.rows


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", list(_TABLES))
def test_kills_of_tasks_lose_nothing(kind: str, tmp_path: Path, kafka) -> None:
    rows, kills = scaled(1_000_000, 50_000), scaled(20, 2)
    upsert = {"insert.mode": "upsert", "pk.mode": "record_value", "pk.fields": "id"}
    with copying(tmp_path, kind, kafka.bootstrap, rows, upsert) as copy, ThreadPoolExecutor(2) as pool:
        of_source = pool.submit(kill_at, copy, "src", copy.sent, kills // 2)
        of_sink = pool.submit(kill_at, copy, "snk", copy.copied, kills // 2)
        hits = of_source.result() + of_sink.result()
        twice = check(copy)
    assert hits >= 0.75 * kills, f"only {hits} of {kills} kills hit a running copy"
    print(
        f"\nJDBC kill soak ({kind}): {rows} rows, {kills} kills ({hits} on a running copy), twice in the topic {twice}"
    )


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", list(_TABLES))
def test_a_database_that_dies_under_load_loses_nothing(kind: str, tmp_path: Path, kafka) -> None:
    rows, crashes = scaled(1_000_000, 50_000), scaled(4, 2)
    upsert = {"insert.mode": "upsert", "pk.mode": "record_value", "pk.fields": "id", "max.retries": "0"}
    with copying(tmp_path, kind, kafka.bootstrap, rows, upsert) as copy:
        hits = 0
        for number in range(1, crashes + 1):
            mark = rows * number // (crashes + 1)
            eventually(lambda mark=mark: copy.copied() >= mark, f"{mark} rows are copied", 300, 0.01)
            hits += copy.copied() < rows
            copy.server.kill()
            threading.Event().wait(0.5)  # long enough that both tasks run into it
            copy.server.start()
        twice = check(copy)
    assert hits >= 1, "no crash hit a running copy"
    print(f"\nJDBC crash soak ({kind}): {rows} rows, {crashes} crashes of the server, twice in the topic {twice}")


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", list(_TABLES))
def test_a_table_larger_than_memory_is_read_with_little(kind: str, tmp_path: Path, kafka) -> None:
    rows, limit_mb = scaled(10_000_000, 500_000), 256
    server_class, tables_class = _TABLES[kind]
    try:
        server = server_class(_SURVIVES_KILL[server_class])
    except ServiceUnavailableError as error:
        unavailable(error)
        raise
    with (
        contextlib.closing(server),
        server.database() as database,
        contextlib.closing(tables_class(database, server, tmp_path)) as tables,
        WorkerProcess(tmp_path, {"bootstrap.servers": kafka.bootstrap, "producer.compression.type": "lz4"}) as worker,
    ):
        tables.fill("src", rows, 0)
        worker.start()
        prefix = f"{tmp_path.name}-"
        copy = Copy(worker, server, tables, LogAddress(LogKind.KAFKA, kafka.bootstrap), rows, f"{prefix}src")
        config = {
            "connector.class": "JdbcSource",
            "connection.url": tables.jdbc_url,
            **tables.account,
            "value.converter": _JSON,
            "mode": "incrementing",
            "incrementing.column.name": "id",
            "table.whitelist": "src",
            "topic.prefix": prefix,
        }
        worker.create("big", config)
        peak = 0.0

        def through() -> bool:
            nonlocal peak
            process = named(worker, "task big-0")
            with contextlib.suppress(psutil.NoSuchProcess):
                peak = max(peak, process.memory_full_info().pss / 1e6 if process else 0.0)
            return copy.sent() >= rows

        eventually(through, "the whole table is in the topic", 1800, 1.0)
        assert copy.sent() == rows
        worker.request("DELETE", "/connectors/big")
        admin = copy.log.open().admin({})
        admin.delete_topics([copy.topic], 30)
        admin.close()
    assert peak < limit_mb, f"the task took {peak:.0f} MB"
    print(f"\nJDBC memory soak ({kind}): {rows} rows, the task's peak is {peak:.0f} MB (PSS)")
