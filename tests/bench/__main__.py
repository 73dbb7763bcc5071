"""``nox -s bench``: CPU seconds per million records and records a second, through the whole runner.

    nox -s bench                      file and log both ways, embedded and Kafka
    nox -s bench -- --java            the Java worker beside it, alternating on the same box, warm and tuned
    nox -s bench -- --lines 200000 --runs 2 --only kafka

CPU is that of the worker and its children; broker and this program are not counted (``spec/performance.md`` section 1).
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console
from rich.table import Table

from penstock.api.record import TopicPartition
from penstock.log.address import LogAddress, LogKind
from penstock.log.errors import RetriableLogError, UnknownTopicError
from tests.kafka.broker import Broker, BrokerOptions
from tests.kafka.java_worker import JavaWorker
from tests.support.worker import WorkerProcess, eventually, lines_file

LINE = 100
TUNED = {
    "producer.linger.ms": "20",
    "producer.batch.size": "524288",
    "producer.max.in.flight.requests.per.connection": "5",
    "producer.buffer.memory": "134217728",
    "offset.flush.interval.ms": "1000",
}
JAVA_SINK = {
    "consumer.max.poll.records": "5000",
    "consumer.fetch.min.bytes": "100000",
    "consumer.max.partition.fetch.bytes": "8388608",
    "consumer.fetch.max.wait.ms": "200",
}


class Contestant(Protocol):
    """A worker under test."""

    def create(self, name: str, config: dict[str, object]) -> object: ...
    def delete(self, name: str) -> None: ...
    def position(self, name: str) -> int | None: ...
    def cpu_seconds(self) -> float: ...


class Ours:
    """Penstock."""

    def __init__(self, worker: WorkerProcess) -> None:
        self._worker = worker

    def create(self, name: str, config: dict[str, object]) -> object:
        return self._worker.create(name, config)

    def delete(self, name: str) -> None:
        self._worker.request("DELETE", f"/connectors/{name}")

    def position(self, name: str) -> int | None:
        return self._worker.position(name)

    def cpu_seconds(self) -> float:
        return self._worker.cpu_seconds()


class Java:
    """Apache Kafka Connect."""

    def __init__(self, worker: JavaWorker) -> None:
        self._worker = worker

    def create(self, name: str, config: dict[str, object]) -> object:
        return self._worker.request("POST", "/connectors", {"name": name, "config": config})

    def delete(self, name: str) -> None:
        self._worker.request("DELETE", f"/connectors/{name}")

    def position(self, name: str) -> int | None:
        answer: Any = self._worker.request("GET", f"/connectors/{name}/offsets")
        return answer["offsets"][0]["offset"]["position"] if answer["offsets"] else None

    def cpu_seconds(self) -> float:
        return self._worker.process.cpu_seconds()


@dataclass(frozen=True)
class Figures:
    """One run: records a second, CPU seconds per million records."""

    rate: float
    cpu: float


@contextmanager
def measured(contestant: Contestant, records: int, into: list[Figures]) -> Iterator[None]:
    """Measure what is done inside."""
    cpu, begun = contestant.cpu_seconds(), time.monotonic()
    yield
    seconds = time.monotonic() - begun
    into.append(Figures(records / seconds, (contestant.cpu_seconds() - cpu) * 1e6 / records))


class Bench:
    """Runs the cases; ``results`` collects (case, who) → figures."""

    def __init__(self, directory: Path, lines: int, runs: int) -> None:
        self.end_of: Callable[[str], int] = lambda _topic: 0
        self._directory = directory
        self._lines = lines
        self._runs = runs
        self._source = directory / "lines.txt"
        self.results: dict[tuple[str, str], list[Figures]] = {}
        lines_file(self._source, lines)

    def run(self, log: str, contestants: dict[str, Contestant]) -> None:
        """Both ways, the contestants taking turns."""
        for number in range(self._runs):
            for who, contestant in contestants.items():
                topic = f"bench-{who.split()[0].lower()}-{number}"
                self._file_to_log(log, who, contestant, topic)
                self._log_to_file(log, who, contestant, topic)

    def _file_to_log(self, log: str, who: str, contestant: Contestant, topic: str) -> None:
        name = f"src-{topic}"
        config: dict[str, object] = {
            "connector.class": "FileStreamSource",
            "file": str(self._source),
            "topic": topic,
            "batch.size": "10000",
        }
        with measured(contestant, self._lines, self._into(f"file → {log}", who)):
            contestant.create(name, config)
            eventually(lambda: self.end_of(topic) == self._lines, "all records are in the log", 600, 0.01)
        size = self._lines * LINE
        eventually(lambda: contestant.position(name) == size, "the source's offset is stored", 60, 0.05)
        contestant.delete(name)

    def _log_to_file(self, log: str, who: str, contestant: Contestant, topic: str) -> None:
        name, copy = f"snk-{topic}", self._directory / f"{who.split()[0]}.txt"
        copy.unlink(missing_ok=True)
        config: dict[str, object] = {"connector.class": "FileStreamSink", "file": str(copy), "topics": topic}
        size = self._lines * LINE
        with measured(contestant, self._lines, self._into(f"{log} → file", who)):
            contestant.create(name, config)
            eventually(lambda: copy.exists() and copy.stat().st_size >= size, "the sink is through", 600, 0.02)
        contestant.delete(name)

    def _into(self, case: str, who: str) -> list[Figures]:
        return self.results.setdefault((case, who), [])


def table(results: dict[tuple[str, str], list[Figures]], lines: int) -> Table:
    """The figures of all cases: median of the runs, and the last one, which is the warmest."""
    shown = Table(title=f"{lines:,} lines of {LINE} bytes, StringConverter")
    for heading in ("case", "worker", "records/s median", "best", "CPU s/M median", "CPU s/M last"):
        shown.add_column(heading, justify="left" if heading in ("case", "worker") else "right")
    for (case, who), figures in sorted(results.items()):
        rates, cpus = [f.rate for f in figures], [f.cpu for f in figures]
        shown.add_row(
            case,
            who,
            f"{statistics.median(rates) / 1000:,.0f} k",
            f"{max(rates) / 1000:,.0f} k",
            f"{statistics.median(cpus):.2f}",
            f"{cpus[-1]:.2f}",
        )
    return shown


def end_offsets(address: LogAddress) -> Callable[[str], int]:
    """Asks a log for the end of a topic's only partition; 0 while there is none."""
    admin = address.open().admin({})

    def end_of(topic: str) -> int:
        partition = TopicPartition(topic, 0)
        try:
            return admin.end_offsets([partition], 30)[partition] if topic in admin.list_topics(30) else 0
        except (RetriableLogError, UnknownTopicError):
            return 0  # the topic is being made

    return end_of


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=2_000_000)
    parser.add_argument("--runs", type=int, default=4)
    parser.add_argument("--java", action="store_true", help="run the Java worker beside ours")
    parser.add_argument("--only", choices=("embedded", "kafka"))
    return parser.parse_args()


def bench_embedded(stack: ExitStack, bench: Bench, directory: Path) -> None:
    (directory / "embedded").mkdir()
    worker = stack.enter_context(WorkerProcess(directory / "embedded", {"offset.flush.interval.ms": "1000"}))
    contestant = Ours(worker.start())
    bench.end_of = end_offsets(LogAddress(LogKind.SQLITE, worker.properties["embedded.log.path"]))
    bench.run("embedded", {"Penstock": contestant})
    worker.close()


def bench_kafka(stack: ExitStack, bench: Bench, directory: Path, *, java: bool) -> None:
    bootstrap = stack.enter_context(Broker(BrokerOptions())).bootstrap
    (directory / "kafka").mkdir()
    bench.end_of = end_offsets(LogAddress(LogKind.KAFKA, bootstrap))
    ours = stack.enter_context(WorkerProcess(directory / "kafka", {"bootstrap.servers": bootstrap, **TUNED}))
    contestants: dict[str, Contestant] = {"Penstock": Ours(ours.start())}
    if java:
        worker = stack.enter_context(JavaWorker(bootstrap, {**TUNED, **JAVA_SINK}))
        contestants["Java (warm, tuned)"] = Java(worker)
    bench.run("Kafka", contestants)


def main() -> None:
    arguments = parse()
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="penstock-bench-")))
        bench = Bench(directory, arguments.lines, arguments.runs)
        if arguments.only != "kafka":
            bench_embedded(stack, bench, directory)
        if arguments.only != "embedded":
            bench_kafka(stack, bench, directory, java=arguments.java)
    Console(width=120).print(table(bench.results, arguments.lines))


if __name__ == "__main__":
    main()
