"""Who takes part in a benchmark, how a run is measured, and the table of the figures."""

from __future__ import annotations

import statistics
import time
import urllib.error
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from rich.table import Table

from penstock.api.record import TopicPartition
from penstock.log.address import LogAddress
from penstock.log.errors import RetriableLogError, UnknownTopicError
from tests.kafka.java_worker import JavaWorker
from tests.support.worker import WorkerProcess

TUNED = {
    "producer.linger.ms": "20",
    "producer.batch.size": "524288",
    "producer.max.in.flight.requests.per.connection": "5",
    "producer.buffer.memory": "134217728",
    "offset.flush.interval.ms": "1000",
}
TUNED_SINK = {
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
    def trace(self, name: str) -> str | None:
        """Why the connector's only task FAILED; None while it did not."""


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

    def trace(self, name: str) -> str | None:
        return _trace(self._worker.status(name))


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

    def trace(self, name: str) -> str | None:
        try:
            return _trace(self._worker.request("GET", f"/connectors/{name}/status"))
        except urllib.error.HTTPError:
            return None  # no status yet


def _trace(status: Any) -> str | None:
    return next((task["trace"] for task in (status or {}).get("tasks", []) if task["state"] == "FAILED"), None)


def wait_for(done: Callable[[], bool], contestant: Contestant, name: str, timeout_s: float = 600.0) -> None:
    """Until the work is done. Raises RuntimeError when its task fails, or nothing comes of it."""
    begun = asked = time.monotonic()
    while not done():
        now = time.monotonic()
        if now - begun > timeout_s:
            raise RuntimeError(f"{name} is not done after {timeout_s:.0f} s")
        if now - asked > 5.0:
            asked, trace = now, contestant.trace(name)
            if trace is not None:
                raise RuntimeError(f"{name} failed:\n{trace}")
        time.sleep(0.02)  # what watches takes part of the box, too


@dataclass(frozen=True)
class Figures:
    """One run: records a second, CPU seconds per million records of the worker, and of the server it works with if measured."""

    rate: float
    cpu: float
    server_cpu: float | None = None


@contextmanager
def measured(
    contestant: Contestant, records: int, into: list[Figures], server_cpu_s: Callable[[], float] | None = None
) -> Iterator[None]:
    """Measure what is done inside. ``server_cpu_s`` tells the CPU seconds so far of the server that is read or written."""
    theirs = server_cpu_s() if server_cpu_s else 0.0
    cpu, begun = contestant.cpu_seconds(), time.monotonic()
    yield
    seconds = time.monotonic() - begun
    ours = (contestant.cpu_seconds() - cpu) * 1e6 / records
    into.append(Figures(records / seconds, ours, (server_cpu_s() - theirs) * 1e6 / records if server_cpu_s else None))


Results = dict[tuple[str, str], list[Figures]]
"""(case, who) → the figures of its runs."""


def table(results: Results, title: str) -> Table:
    """The figures of all cases: median of the runs, and the last one, which is the warmest."""
    shown = Table(title=title)
    served = any(each.server_cpu is not None for figures in results.values() for each in figures)
    server = ("server's CPU s/M",) if served else ()
    for heading in ("case", "worker", "records/s median", "best", "CPU s/M median", "CPU s/M last", *server):
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
            *([f"{statistics.median(each.server_cpu or 0.0 for each in figures):.2f}"] if served else []),
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
