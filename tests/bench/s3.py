"""The S3 sink, through the whole runner: orders from a topic to objects of a bucket (``spec/performance.md`` section 9).

The server is moto, which is slow and shares the machine; ``PENSTOCK_S3_ENDPOINT`` names another. Requests are counted where
the server is ours.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from penstock.log.address import LogAddress, LogKind
from tests.bench.contest import TUNED, Figures, Ours, Results, measured, wait_for
from tests.bench.orders import FIRST_MS, fill, texts
from tests.kafka.broker import Broker, BrokerOptions
from tests.s3_server.fixtures import S3
from tests.s3_server.server import S3Server
from tests.support.worker import WorkerProcess

_JSON = "org.apache.kafka.connect.json.JsonConverter"
_BYTES = "org.apache.kafka.connect.converters.ByteArrayConverter"
_FORMAT = "io.confluent.connect.s3.format."
_FILES = 10


@dataclass(frozen=True, slots=True)
class Case:
    """``topic`` is what the sink reads; ``config`` is added to the connector's."""

    name: str
    topic: str
    config: Mapping[str, object]


def cases() -> Iterator[Case]:
    """Formats and codecs, from JSON with its schema and without."""
    envelope = {"value.converter": _JSON, "value.converter.schemas.enable": "true"}
    plain = {"value.converter": _JSON, "value.converter.schemas.enable": "false"}
    gzip = {"s3.compression.type": "gzip"}
    json = {"format.class": f"{_FORMAT}json.JsonFormat"}
    avro = {"format.class": f"{_FORMAT}avro.AvroFormat"}
    parquet = {"format.class": f"{_FORMAT}parquet.ParquetFormat"}
    raw = {"format.class": f"{_FORMAT}bytearray.ByteArrayFormat", "value.converter": _BYTES}
    yield Case("JSON gzip, plain", "orders-plain", {**json, **gzip, **plain})
    yield Case("JSON gzip, schema", "orders-schema", {**json, **gzip, **envelope})
    yield Case("JSON, plain", "orders-plain", {**json, **plain})
    yield Case("JSON, schema", "orders-schema", {**json, **envelope})
    yield Case("Avro, schema", "orders-schema", {**avro, **envelope})
    yield Case("Avro deflate, schema", "orders-schema", {**avro, **envelope, "avro.codec": "deflate"})
    yield Case("Parquet snappy, schema", "orders-schema", {**parquet, **envelope})
    yield Case("Parquet zstd, schema", "orders-schema", {**parquet, **envelope, "parquet.codec": "zstd"})
    yield Case("bytes, plain", "orders-plain", raw)
    yield Case("bytes gzip, plain", "orders-plain", {**raw, **gzip})
    yield Case("JSON gzip by hour, plain", "orders-plain", {**json, **gzip, **plain, **_BY_HOUR})


_BY_HOUR = {
    "partitioner.class": "io.confluent.connect.storage.partitioner.HourlyPartitioner",
    "timezone": "UTC",
    "locale": "en",
    "timestamp.extractor": "RecordField",
    "timestamp.field": "created",
}


class S3Bench:
    """Runs the cases; ``results`` collects (case, who) → figures. ``wanted`` are words of which one stands in a case's name."""

    def __init__(self, directory: Path, orders: int, runs: int, wanted: tuple[str, ...] = ()) -> None:
        self._directory = directory
        self._orders = orders
        self._runs = runs
        self._wanted = wanted
        self._server: S3Server | None = None
        self.results: Results = {}
        self.notes: dict[str, str] = {}
        """Of each case, at its last run: MB stored; MB of records read a second, in all and for a core; requests made."""

    def run(self) -> None:
        """Everything, on a broker of its own."""
        with ExitStack() as stack:
            bootstrap = stack.enter_context(Broker(BrokerOptions())).bootstrap
            address = LogAddress(LogKind.KAFKA, bootstrap)
            fill(address, "orders-schema", self._orders, with_schema=True)
            fill(address, "orders-plain", self._orders, with_schema=False)
            endpoint = os.environ.get("PENSTOCK_S3_ENDPOINT")
            if not endpoint:
                self._server = S3Server()
                stack.callback(self._server.stop)
                endpoint = self._server.endpoint
            (self._directory / "s3").mkdir()
            worker = stack.enter_context(
                WorkerProcess(self._directory / "s3", {"bootstrap.servers": bootstrap, **TUNED})
            )
            contestant = Ours(worker.start())
            for number in range(self._runs):
                for case in cases():
                    if not self._wanted or any(word in case.name for word in self._wanted):
                        self._run(case, S3(endpoint), contestant, number)

    def _run(self, case: Case, s3: S3, contestant: Ours, number: int) -> None:
        name = f"{re.sub(r'[^A-Za-z0-9]+', '-', case.name)}-{number}-{uuid4().hex[:6]}"
        client, bucket = s3.client(), s3.bucket()
        before = self._server.requests() if self._server else 0
        figures = self.results.setdefault((case.name, "Penstock"), [])
        with measured(contestant, self._orders, figures):
            contestant.create(name, self._config(case, s3, bucket))
            wait_for(lambda: self._done(case, client, bucket), contestant, name)
        requests = self._server.requests() - before if self._server else None
        contestant.delete(name)
        self._note(case, figures[-1], self._size(client, bucket), requests)
        self._empty(client, bucket)
        client.close()

    def _config(self, case: Case, s3: S3, bucket: str) -> dict[str, object]:
        return {
            "connector.class": "io.confluent.connect.s3.S3SinkConnector",
            "topics": case.topic,
            "key.converter": _BYTES,
            "storage.class": "io.confluent.connect.s3.storage.S3Storage",
            "s3.bucket.name": bucket,
            "s3.region": "us-east-1",
            "store.url": s3.endpoint,
            "aws.access.key.id": s3.access_key,
            "aws.secret.access.key": s3.secret_key,
            "flush.size": str(self._orders // _FILES),
            **case.config,
        }

    def _done(self, case: Case, client: Any, bucket: str) -> bool:
        """The last file is there: files are finished in the order of their offsets. Not asked more often than a server that
        shares the machine can bear."""
        time.sleep(0.05)
        last = f"+{self._orders - self._orders // _FILES:010d}"
        if case.config.get("partitioner.class"):
            last = datetime.fromtimestamp(FIRST_MS / 1000 + self._orders, UTC).strftime("/day=%d/hour=%H/")
        return any(last in each["Key"] for each in _objects(client, bucket))

    def _size(self, client: Any, bucket: str) -> int:
        return sum(each["Size"] for each in _objects(client, bucket))

    def _note(self, case: Case, figures: Figures, size: int, requests: int | None) -> None:
        read = len(texts(1, 2, with_schema=case.topic == "orders-schema")[0])
        told = "" if requests is None else f", {requests} requests seen by the server, listings included"
        self.notes[case.name] = (
            f"{size / 1e6:,.0f} MB stored; reads {read * figures.rate / 1e6:,.0f} MB/s, {read / figures.cpu:,.0f} MB/s a core{told}"
        )

    def _empty(self, client: Any, bucket: str) -> None:
        for each in _objects(client, bucket):
            client.delete_object(Bucket=bucket, Key=each["Key"])


def _objects(client: Any, bucket: str) -> list[Any]:
    found: list[Any] = client.list_objects_v2(Bucket=bucket).get("Contents", [])
    return found
