"""A directory of CSV files into a topic: rows a second, against what one user measured of SpoolDir with ten tasks (50 files of
500,000 rows in 203 s, 123 k rows/s; ``spec/s3-and-file.md`` section 18)."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from penstock.log.address import LogAddress, LogKind
from tests.bench.contest import TUNED, Ours, Results, end_offsets, measured, wait_for
from tests.kafka.broker import Broker, BrokerOptions
from tests.support.worker import WorkerProcess

PUBLISHED_ROWS, PUBLISHED_SECONDS = 25_000_000, 203.0
FILES = 4

_JSON = "org.apache.kafka.connect.json.JsonConverter"
_TIMESTAMP = {
    "name": "org.apache.kafka.connect.data.Timestamp",
    "type": "INT64",
    "version": 1,
    "isOptional": True,
}
_VALUE = {
    "type": "STRUCT",
    "name": "bench.User",
    "fieldSchemas": {
        "id": {"type": "INT64"},
        "name": {"type": "STRING", "isOptional": True},
        "email": {"type": "STRING", "isOptional": True},
        "age": {"type": "INT32", "isOptional": True},
        "score": {"type": "FLOAT64", "isOptional": True},
        "country": {"type": "STRING", "isOptional": True},
        "last_login": _TIMESTAMP,
    },
}
_KEY = {"type": "STRUCT", "name": "bench.Key", "fieldSchemas": {"id": {"type": "INT64"}}}


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the table."""

    name: str
    tasks: int = 1
    headers: str = "all"
    schemas: bool = False
    quoted: bool = False

    @property
    def config(self) -> Mapping[str, str]:
        """What differs between cases."""
        schemas = str(self.schemas).lower()
        return {
            "tasks.max": str(self.tasks),
            "file.headers": self.headers,
            "value.converter": _JSON,
            "value.converter.schemas.enable": schemas,
            "key.converter": _JSON,
            "key.converter.schemas.enable": schemas,
        }


def cases() -> Iterator[Case]:
    """With and without headers, which SpoolDir always sends; with quotes; with schemas in every record; two tasks."""
    yield Case("CSV, 7 headers")
    yield Case("CSV, no headers", headers="none")
    yield Case("CSV, quoted, no headers", headers="none", quoted=True)
    yield Case("CSV, no headers, JSON with schema", headers="none", schemas=True)
    yield Case("CSV, 7 headers, 2 tasks", tasks=2)


def write_rows(path: Path, first: int, count: int, *, quoted: bool) -> None:
    """A file of rows of about 90 bytes, header included. It appears whole."""
    hidden = path.with_name(f".{path.name}")
    mark = '"' if quoted else ""
    with hidden.open("w") as file:
        file.write("id,name,email,age,score,country,last_login\n")
        for number in range(first, first + count):
            file.write(
                f"{number},{mark}Some Name {number * 7919 % 100_003}{mark},user{number}@example.com,{number % 97},"
                f"{number * 31 % 10_007 / 7:.4f},{'AT' if number % 2 else 'DE'},"
                f"2015-09-{number % 28 + 1:02d}T{number % 24:02d}:{number % 60:02d}:{number // 60 % 60:02d}Z\n"
            )
    hidden.rename(path)


class SpoolBench:
    """Runs the cases; ``results`` collects (case, who) → figures. ``wanted`` are words of which one stands in a case's name."""

    def __init__(self, directory: Path, rows: int, runs: int, wanted: tuple[str, ...] = ()) -> None:
        self._directory = directory
        self._rows = rows // FILES * FILES
        self._runs = runs
        self._wanted = wanted
        self.results: Results = {}

    def run(self) -> None:
        """Everything, on a broker of its own."""
        with Broker(BrokerOptions()) as broker:
            self.run_on(broker.bootstrap)

    def run_on(self, bootstrap: str) -> None:
        """Everything, on this broker."""
        home = self._directory / "spooldir"
        home.mkdir()
        address = LogAddress(LogKind.KAFKA, bootstrap)
        with WorkerProcess(home, {"bootstrap.servers": bootstrap, **TUNED}) as worker:
            ours = Ours(worker.start())
            for number in range(self._runs):
                for place, case in enumerate(cases()):
                    if not self._wanted or any(word in case.name for word in self._wanted):
                        self._run(case, ours, f"spool-{number}-{place}", address)

    def projection(self) -> Iterator[str]:
        """A line a case: what the published files would take at the median rate."""
        for (case, _), figures in self.results.items():
            seconds = PUBLISHED_ROWS / statistics.median(figure.rate for figure in figures)
            yield (
                f"{case}: {PUBLISHED_ROWS:,} rows in {seconds:.0f} s (extrapolated), {PUBLISHED_SECONDS / seconds:.1f} times "
                "SpoolDir's published rate with ten tasks"
            )

    def _run(self, case: Case, ours: Ours, name: str, address: LogAddress) -> None:
        home = self._directory / name
        directories = {key: home / key for key in ("input", "finished", "error")}
        for directory in directories.values():
            directory.mkdir(parents=True)
        share = self._rows // FILES
        for number in range(FILES):
            write_rows(directories["input"] / f"users-{number}.csv", number * share, share, quoted=case.quoted)
        config: dict[str, object] = {
            "connector.class": "com.github.jcustenborder.kafka.connect.spooldir.SpoolDirCsvSourceConnector",
            "topic": name,
            "input.file.pattern": r"users-.*\.csv",
            "csv.first.row.as.header": "true",
            "key.schema": json.dumps(_KEY),
            "value.schema": json.dumps(_VALUE),
            **{f"{key}.path": str(directory) for key, directory in directories.items()},
            **case.config,
        }
        end_of = end_offsets(address)
        with measured(ours, self._rows, self.results.setdefault((case.name, "Penstock"), [])):
            ours.create(name, config)
            wait_for(lambda: end_of(name) >= self._rows, ours, name)
        wait_for(lambda: len(list(directories["finished"].iterdir())) == FILES, ours, name)
        ours.delete(name)
        for file in directories["finished"].iterdir():
            file.unlink()
        admin = address.open().admin({})
        admin.delete_topics([name], 30)
        admin.close()
