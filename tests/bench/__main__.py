"""``nox -s bench``: CPU seconds per million records and records a second, through the whole runner.

    nox -s bench                      lines and orders, file and log both ways, embedded and Kafka
    nox -s bench -- --java            the Java worker beside it, alternating on the same box, warm and tuned
    nox -s bench -- --lines 200000 --runs 2 --only kafka
    nox -s bench -- --java --orders 200000 --runs 2 --only data --case schema
    nox -s bench -- --java --orders 1000000 --runs 3 --only jdbc       Debezium's sink beside ours
    nox -s bench -- --lines 2000000 --runs 2 --only spooldir           a directory of CSV files
    nox -s bench -- --orders 1000000 --runs 3 --only s3                 the S3 sink; PENSTOCK_S3_ENDPOINT names a server

CPU is that of the worker and its children; broker and this program are not counted (``spec/performance.md`` section 1).
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from penstock.log.address import LogAddress, LogKind
from tests.bench.contest import (
    TUNED,
    TUNED_SINK,
    Contestant,
    Figures,
    Java,
    Ours,
    Results,
    end_offsets,
    measured,
    table,
)
from tests.bench.data import DataBench
from tests.bench.jdbc import JdbcBench
from tests.bench.s3 import S3Bench
from tests.bench.spooldir import SpoolBench
from tests.kafka.broker import Broker, BrokerOptions
from tests.kafka.java_worker import JavaWorker
from tests.support.worker import WorkerProcess, eventually, lines_file

LINE = 100


class Bench:
    """Runs the cases; ``results`` collects (case, who) → figures."""

    def __init__(self, directory: Path, lines: int, runs: int) -> None:
        self.end_of: Callable[[str], int] = lambda _topic: 0
        self._directory = directory
        self._lines = lines
        self._runs = runs
        self._source = directory / "lines.txt"
        self.results: Results = {}
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


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=2_000_000)
    parser.add_argument("--runs", type=int, default=4)
    parser.add_argument("--java", action="store_true", help="run the Java worker beside ours")
    parser.add_argument("--orders", type=int, default=1_000_000, help="records of the cases of data and jdbc")
    parser.add_argument("--case", action="append", default=[], help="only orders' cases with this in their names")
    parser.add_argument("--only", choices=("embedded", "kafka", "data", "jdbc", "spooldir", "s3"))
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
        worker = stack.enter_context(JavaWorker(bootstrap, {**TUNED, **TUNED_SINK}))
        contestants["Java (warm, tuned)"] = Java(worker)
    bench.run("Kafka", contestants)


def bench_lines(arguments: argparse.Namespace, directory: Path, console: Console) -> None:
    with ExitStack() as stack:
        bench = Bench(directory, arguments.lines, arguments.runs)
        if arguments.only != "kafka":
            bench_embedded(stack, bench, directory)
        if arguments.only != "embedded":
            bench_kafka(stack, bench, directory, java=arguments.java)
    console.print(table(bench.results, f"{arguments.lines:,} lines of {LINE} bytes, StringConverter"))


def bench_data(arguments: argparse.Namespace, directory: Path, console: Console) -> None:
    bench = DataBench(directory, arguments.orders, arguments.runs, tuple(arguments.case))
    bench.run(java=arguments.java)
    console.print(table(bench.results, f"{arguments.orders:,} orders of 10 fields: in from a topic, out to a topic"))


def bench_jdbc(arguments: argparse.Namespace, directory: Path, console: Console) -> None:
    bench = JdbcBench(directory, arguments.orders, arguments.runs, tuple(arguments.case))
    bench.run(java=arguments.java)
    console.print(table(bench.results, f"{arguments.orders:,} orders of 8 fields: from tables to topics and back"))


def bench_spooldir(arguments: argparse.Namespace, directory: Path, console: Console) -> None:
    bench = SpoolBench(directory, arguments.lines, arguments.runs, tuple(arguments.case))
    bench.run()
    console.print(table(bench.results, f"{arguments.lines:,} rows of CSV with 7 fields to a topic"))
    for line in bench.projection():
        console.print(line)


def bench_s3(arguments: argparse.Namespace, directory: Path, console: Console) -> None:
    bench = S3Bench(directory, arguments.orders, arguments.runs, tuple(arguments.case))
    bench.run()
    console.print(table(bench.results, f"{arguments.orders:,} orders of 10 fields to ten objects"))
    for case, note in bench.notes.items():
        console.print(f"{case}: {note}")


def main() -> None:
    arguments = parse()
    console = Console(width=120)
    with tempfile.TemporaryDirectory(prefix="penstock-bench-") as name:
        if arguments.only in (None, "embedded", "kafka"):
            bench_lines(arguments, Path(name), console)
        if arguments.only in (None, "data"):
            bench_data(arguments, Path(name), console)
        if arguments.only in (None, "jdbc"):
            bench_jdbc(arguments, Path(name), console)
        if arguments.only in (None, "spooldir"):
            bench_spooldir(arguments, Path(name), console)
        if arguments.only in (None, "s3"):
            bench_s3(arguments, Path(name), console)


if __name__ == "__main__":
    main()
