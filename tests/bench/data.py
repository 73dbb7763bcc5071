"""Converters and transformations, through the whole runner: orders from a topic into a sink that counts, and from a source that
has them ready into a topic (``spec/performance.md`` section 5)."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from penstock.log.address import LogAddress, LogKind
from tests.bench import plugins
from tests.bench.contest import TUNED, TUNED_SINK, Contestant, Java, Ours, Results, end_offsets, measured, wait_for
from tests.bench.orders import fill, texts
from tests.kafka.broker import Broker, BrokerOptions
from tests.kafka.java_worker import JavaWorker
from tests.support.packages import on_path
from tests.support.worker import WorkerProcess

_STRING = "org.apache.kafka.connect.storage.StringConverter"
_JSON = "org.apache.kafka.connect.json.JsonConverter"
_SMT = "org.apache.kafka.connect.transforms."
_CHAIN = (
    ("insert", {"type": f"{_SMT}InsertField$Value", "static.field": "origin", "static.value": "bench"}),
    ("replace", {"type": f"{_SMT}ReplaceField$Value", "exclude": "note", "renames": "sku:product"}),
    (
        "when",
        {
            "type": f"{_SMT}TimestampConverter$Value",
            "field": "created",
            "target.type": "string",
            "format": "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'",
        },
    ),
)
_POLL = "2000"
"""Records that the source hands out at once."""


@dataclass(frozen=True, slots=True)
class Case:
    """``kind`` is what the source hands out; ``topic`` what the sink reads; ``steps`` how much of the chain is in use."""

    name: str
    kind: str
    topic: str
    converter: Mapping[str, str]
    steps: int = 0

    @property
    def config(self) -> dict[str, object]:
        """Converter and transformations."""
        config: dict[str, object] = {"key.converter": _STRING, **self.converter}
        if self.steps:
            config["transforms"] = ",".join(alias for alias, _ in _CHAIN[: self.steps])
        for alias, settings in _CHAIN[: self.steps]:
            config.update({f"transforms.{alias}.{key}": value for key, value in settings.items()})
        return config


def cases() -> Iterator[Case]:
    """Strings; JSON with and without its schema; each with 0, 1 and 3 transformations."""
    schema = {"value.converter": _JSON, "value.converter.schemas.enable": "true"}
    plain = {"value.converter": _JSON, "value.converter.schemas.enable": "false"}
    yield Case("string", "text", "orders-schema", {"value.converter": _STRING})
    for name, kind, converter in (("JSON, schema", "struct", schema), ("JSON, plain", "map", plain)):
        topic = f"orders-{name.rpartition(' ')[2]}"
        for steps, suffix in ((0, ""), (1, " + 1 SMT"), (3, " + 3 SMTs")):
            yield Case(name + suffix, kind, topic, converter, steps)


class DataBench:
    """Runs the cases; ``results`` collects (case, who) → figures. ``wanted`` are words of which one stands in a case's name."""

    def __init__(self, directory: Path, orders: int, runs: int, wanted: tuple[str, ...] = ()) -> None:
        self._directory = directory
        self._orders = orders
        self._runs = runs
        self._wanted = wanted
        self.results: Results = {}

    def run(self, *, java: bool) -> None:
        """Everything, on a broker of its own."""
        with Broker(BrokerOptions()) as broker:
            self.run_on(broker.bootstrap, java=java)

    def run_on(self, bootstrap: str, *, java: bool) -> None:
        """Everything, on this broker."""
        with ExitStack() as stack:
            packages = plugins.install_ours(self._directory / "packages")
            address = LogAddress(LogKind.KAFKA, bootstrap)
            fill(address, "orders-schema", self._orders, with_schema=True)
            fill(address, "orders-plain", self._orders, with_schema=False)
            (self._directory / "data").mkdir()
            ours = stack.enter_context(
                WorkerProcess(self._directory / "data", {"bootstrap.servers": bootstrap, **TUNED})
            )
            contestants: dict[str, Contestant] = {"Penstock": Ours(ours.start(environment=on_path(packages)))}
            if java:
                classes = plugins.compile_java(self._directory / "classes")
                worker = stack.enter_context(JavaWorker(bootstrap, {**TUNED, **TUNED_SINK}, extra_class_path=[classes]))
                contestants["Java (warm, tuned)"] = Java(worker)
            self._run(address, contestants)

    def _run(self, address: LogAddress, contestants: Mapping[str, Contestant]) -> None:
        pool = self._directory / "pool.txt"
        pool.write_bytes(b"\n".join(texts(1, 10_001, with_schema=True)))
        for number in range(self._runs):
            for case in cases():
                for who, contestant in contestants.items():
                    name = re.sub(r"\W+", "-", f"{who.split()[0].lower()} {case.name} {number}")
                    if self._wants(f"in: {case.name}"):
                        self._into_sink(case, who, contestant, f"in-{name}")
                    if self._wants(f"out: {case.name}"):
                        self._into_topic(case, who, contestant, f"out-{name}", address)

    def _into_sink(self, case: Case, who: str, contestant: Contestant, name: str) -> None:
        done = self._directory / f"{name}.done"
        config: dict[str, object] = {
            "connector.class": plugins.SINK,
            "topics": case.topic,
            "expected": str(self._orders),
            "done.file": str(done),
            **case.config,
        }
        with measured(contestant, self._orders, self.results.setdefault((f"in: {case.name}", who), [])):
            contestant.create(name, config)
            wait_for(done.exists, contestant, name)
        contestant.delete(name)

    def _into_topic(self, case: Case, who: str, contestant: Contestant, name: str, address: LogAddress) -> None:
        end_of = end_offsets(address)
        config: dict[str, object] = {
            "connector.class": plugins.SOURCE,
            "topic": name,
            "records": str(self._orders),
            "kind": case.kind,
            "batch.size": _POLL,
            "pool.file": str(self._directory / "pool.txt"),
            **case.config,
        }
        with measured(contestant, self._orders, self.results.setdefault((f"out: {case.name}", who), [])):
            contestant.create(name, config)
            wait_for(lambda: end_of(name) >= self._orders, contestant, name)
        contestant.delete(name)
        admin = address.open().admin({})
        admin.delete_topics([name], 30)  # 0.9 GB each
        admin.close()
        time.sleep(1.0)  # the broker removes the files; that is not for the next run to pay

    def _wants(self, name: str) -> bool:
        return not self._wanted or any(word in name for word in self._wanted)
