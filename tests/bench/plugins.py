"""A sink that counts and a source that hands out a pool of orders: the same two for Penstock and for the Java worker."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.kafka.jars import ServiceUnavailableError, class_path
from tests.support.packages import make_package

SINK, SOURCE = "penstock.bench.CountingSinkConnector", "penstock.bench.OrdersSourceConnector"
_JAVA = Path(__file__).parents[1] / "kafka" / "java"

OURS = '''
    """A sink that counts and a source that hands out a pool of orders; both work with columns."""

    from datetime import datetime, timedelta, timezone
    from pathlib import Path

    from penstock.api import (
        ConfigDef, ConfigType, Importance, Plugin, Schema, SchemaBuilder, SinkConnector, SinkTask, SourceBatch,
        SourceConnector, SourceRecord, SourceTask, Struct, Timestamp, hookimpl,
    )

    POOL = 10_000
    FIRST_MS = 1_735_689_600_000
    SCHEMA = (
        SchemaBuilder.struct().name("orders")
        .field("id", Schema.INT64).field("customer_id", Schema.INT32).field("sku", Schema.STRING)
        .field("qty", Schema.INT32).field("price", Schema.FLOAT64).field("active", Schema.BOOLEAN)
        .field("note", Schema.OPTIONAL_STRING).field("created", Timestamp.SCHEMA).field("updated_ms", Schema.INT64)
        .field("country", Schema.STRING).build()
    )


    @hookimpl
    def penstock_sinks():
        return [Plugin("bench_plugins:CountingSink", "penstock.bench.CountingSinkConnector")]


    @hookimpl
    def penstock_sources():
        return [Plugin("bench_plugins:OrdersSource", "penstock.bench.OrdersSourceConnector")]


    def keys(*names):
        found = ConfigDef()
        for name in names:
            found = found.define(name, ConfigType.STRING, importance=Importance.HIGH, doc="See the Java class.")
        return found


    class CountingSinkTask(SinkTask):
        def start(self, props):
            self.left, self.done = int(props["expected"]), Path(props["done.file"])

        def put(self, records):
            before = self.left
            self.left -= len(records.values)
            if before > 0 >= self.left:
                self.done.touch()


    class CountingSink(SinkConnector):
        CONFIG = keys("expected", "done.file")
        task_class = CountingSinkTask


    def order(i):
        created = FIRST_MS + 1000 * i
        values = [
            i, i * 7919 % 100_000, f"SKU-{i * 31 % 99_991:08d}", i % 97 + 1, (i * 17 % 100_000) / 100, i % 3 == 0,
            f"{i * 2654435761:040x}", created, created + 5, "DE" if i % 2 == 0 else "FR",
        ]
        return {field.name: value for field, value in zip(SCHEMA.fields, values)}


    def struct(i):
        made = Struct(SCHEMA)
        for name, value in order(i).items():
            made.put(name, Timestamp.to_logical(Timestamp.SCHEMA, value) if name == "created" else value)
        return made


    class OrdersSourceTask(SourceTask):
        def start(self, props):
            self.topic, self.left = props["topic"], int(props["records"])
            self.size = int(props["batch.size"])
            self.columns = props.get("columns", "true") == "true"
            self.next = 0
            kind = props["kind"]
            self.schema = {"struct": SCHEMA, "map": None, "text": Schema.STRING}[kind]
            if kind == "text":
                pool = Path(props["pool.file"]).read_text().split("\\n")[:POOL]
            else:
                pool = [struct(i) if kind == "struct" else order(i) for i in range(1, POOL + 1)]
            self.batches = [pool[at : at + self.size] for at in range(0, len(pool), self.size)]

        def poll(self):
            if self.left <= 0:
                self.context.wait(0.1)
                return None
            values = self.batches[self.next % len(self.batches)][: self.left]
            self.next += 1
            self.left -= len(values)
            where, reached = {"source": "orders"}, self.next * self.size
            if self.columns:
                return SourceBatch(
                    topic=self.topic, values=values, value_schema=self.schema, source_partition=where,
                    source_offset={"next": reached},
                )
            return [
                SourceRecord(
                    self.topic, value, value_schema=self.schema, source_partition=where, source_offset={"next": reached}
                )
                for value in values
            ]


    class OrdersSource(SourceConnector):
        CONFIG = keys("topic", "records", "kind", "batch.size", "pool.file")
        task_class = OrdersSourceTask
'''


def install_ours(directory: Path) -> Path:
    """Make the package; the directory that Python has to look in."""
    make_package(directory, "bench_plugins", OURS)
    return directory


def compile_java(directory: Path) -> Path:
    """Compile the two classes; what to put on the Java worker's class path. Raises ServiceUnavailableError without a JDK."""
    compiler = shutil.which("javac")
    if not compiler:
        raise ServiceUnavailableError(
            "javac is not installed (a JDK of 17 or newer is needed): its classes are compiled here"
        )
    sources = sorted(str(path) for path in _JAVA.rglob("*.java"))
    command = [compiler, "-proc:none", "-nowarn", "-cp", class_path(), "-d", str(directory), *sources]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        raise ServiceUnavailableError(
            f"the Java connectors for the benchmark could not be compiled:\n{done.stderr[-3000:]}"
        )
    services = directory / "META-INF" / "services"
    services.mkdir(parents=True)
    (services / "org.apache.kafka.connect.sink.SinkConnector").write_text(f"{SINK}\n")
    (services / "org.apache.kafka.connect.source.SourceConnector").write_text(f"{SOURCE}\n")
    return directory
