"""JDBC: a table of orders into a topic, and a topic of orders into a table, on PostgreSQL and MariaDB, with one task and with two
(``spec/performance.md`` sections 7 and 8). Debezium's JDBC sink, in the Java worker, may stand beside ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from penstock.log.address import LogAddress, LogKind
from tests.bench.contest import TUNED, TUNED_SINK, Contestant, Java, Ours, Results, end_offsets, measured, wait_for
from tests.bench.jdbc_tables import Server, mariadb, postgresql
from tests.bench.orders import fill
from tests.kafka.broker import Broker, BrokerOptions
from tests.kafka.jars import jars_of
from tests.kafka.java_worker import JavaWorker
from tests.support.worker import WorkerProcess

_JSON = {"value.converter": "org.apache.kafka.connect.json.JsonConverter", "value.converter.schemas.enable": "true"}
_FIELDS = 8
_PARTITIONS = 2
_TOPIC = "orders-8"
_DEBEZIUM = Path(__file__).with_name("debezium-pom.xml")


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the table: which way, which database, how many tasks."""

    direction: str
    server: Server
    tasks: int
    mode: str

    @property
    def name(self) -> str:
        return f"{self.direction}: {self.server.name}, {self.mode}, {self.tasks} task{'s' if self.tasks > 1 else ''}"


def cases(servers: list[Server]) -> Iterator[Case]:
    """Both ways for each database; the source reads a table a task."""
    for server in servers:
        for tasks in (1, 2):
            yield Case("source", server, tasks, "incrementing")
        for mode, tasks in (("insert", 1), ("upsert", 1), ("upsert", 2)):
            yield Case("sink", server, tasks, mode)


class JdbcBench:
    """Runs the cases; ``results`` collects (case, who) → figures. ``wanted`` are words of which one stands in a case's name."""

    def __init__(self, directory: Path, rows: int, runs: int, wanted: tuple[str, ...] = ()) -> None:
        self._directory = directory
        self._rows = rows
        self._runs = runs
        self._wanted = wanted
        self.results: Results = {}

    def run(self, *, java: bool) -> None:
        """Everything, on a broker and database servers of its own."""
        with ExitStack() as stack:
            bootstrap = stack.enter_context(Broker(BrokerOptions())).bootstrap
            servers = [stack.enter_context(postgresql(self._directory)), stack.enter_context(mariadb(self._directory))]
            address = LogAddress(LogKind.KAFKA, bootstrap)
            fill(address, _TOPIC, self._rows, with_schema=True, partitions=_PARTITIONS, fields=_FIELDS)
            (self._directory / "jdbc").mkdir()
            worker = WorkerProcess(self._directory / "jdbc", {"bootstrap.servers": bootstrap, **TUNED, **TUNED_SINK})
            ours = Ours(stack.enter_context(worker).start())
            peers: dict[str, Contestant] = {}
            if java:
                classes = [jars_of(_DEBEZIUM) / "*"]
                peer = stack.enter_context(JavaWorker(bootstrap, {**TUNED, **TUNED_SINK}, extra_class_path=classes))
                peers["Debezium (warm, tuned)"] = Java(peer)
            self._run(address, ours, peers, servers)

    def _run(
        self, address: LogAddress, ours: Contestant, peers: Mapping[str, Contestant], servers: list[Server]
    ) -> None:
        for number in range(self._runs):
            for case in cases(servers):
                if self._wanted and not any(word in case.name for word in self._wanted):
                    continue
                suffix = f"{case.server.name.lower()}-{case.mode}-{case.tasks}-{number}"
                if case.direction == "source":
                    self._source(case, ours, suffix, address)
                    continue
                self._sink(case, "Penstock", ours, suffix, _our_sink(case))
                for who, peer in peers.items():
                    self._sink(case, who, peer, suffix, _debezium_sink(case))

    def _source(self, case: Case, ours: Contestant, suffix: str, address: LogAddress) -> None:
        tables = [f"src_{case.tasks}_{number}" for number in range(case.tasks)]
        for number, table in enumerate(tables):
            case.server.fill(table, self._rows // case.tasks, number)
        name, prefix = f"source-{suffix}", f"{suffix}-"
        topics = [prefix + table for table in tables]
        config: dict[str, object] = {
            "connector.class": "io.confluent.connect.jdbc.JdbcSourceConnector",
            "tasks.max": str(case.tasks),
            **case.server.account,
            "connection.url": case.server.jdbc_url,
            "mode": "incrementing",
            "incrementing.column.name": "id",
            "table.whitelist": ",".join(tables),
            "topic.prefix": prefix,
            "poll.interval.ms": "100",
            "batch.max.rows": "5000",
            **_JSON,
        }
        end = end_offsets(address)
        with self._measured(case, "Penstock", ours):
            ours.create(name, config)
            wait_for(lambda: sum(map(end, topics)) >= self._rows // case.tasks * case.tasks, ours, name)
        ours.delete(name)
        admin = address.open().admin({})
        admin.delete_topics(topics, 30)
        admin.close()

    def _sink(self, case: Case, who: str, contestant: Contestant, suffix: str, config: dict[str, object]) -> None:
        name = f"sink-{who.split()[0].lower()}-{suffix}"  # a group of consumers of its own
        case.server.empty("snk")
        config = {
            **config,
            "tasks.max": str(case.tasks),
            "topics": _TOPIC,
            "connection.url": case.server.jdbc_url,
            **_JSON,
        }
        with self._measured(case, who, contestant):
            contestant.create(name, config)
            wait_for(
                lambda: case.server.has("snk", range(self._rows - _PARTITIONS + 1, self._rows + 1)), contestant, name
            )
        count = case.server.count("snk")
        contestant.delete(name)
        if count != self._rows:
            raise RuntimeError(f"{case.name}, {who}: {count} rows in the table instead of {self._rows}")

    @contextmanager
    def _measured(self, case: Case, who: str, contestant: Contestant) -> Iterator[None]:
        figures = self.results.setdefault((case.name, who), [])
        with measured(contestant, self._rows, figures, case.server.cpu_seconds):
            yield
        print(f"{case.name}, {who}: {figures[-1]}", flush=True)


def _our_sink(case: Case) -> dict[str, object]:
    keys = {"pk.mode": "record_value", "pk.fields": "id"} if case.mode == "upsert" else {}
    return {
        "connector.class": "io.confluent.connect.jdbc.JdbcSinkConnector",
        **case.server.account,
        "insert.mode": case.mode,
        "table.name.format": "snk",
        "batch.size": "5000",
        **keys,
    }


def _debezium_sink(case: Case) -> dict[str, object]:
    account = case.server.account
    return {
        "connector.class": "io.debezium.connector.jdbc.JdbcSinkConnector",
        "connection.username": account["connection.user"],
        "connection.password": account["connection.password"],
        "insert.mode": case.mode,
        "primary.key.mode": "record_value",
        "primary.key.fields": "id",
        "collection.name.format": "snk",
        "schema.evolution": "none",
        "batch.size": "5000",
    }
