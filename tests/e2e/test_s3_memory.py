"""500 open partitions in 512 MB: unfinished objects wait on disk, not in memory (spec 11; acceptance check 7)."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from penstock.log.address import LogAddress, LogKind
from penstock.log.base import NewTopic, OutgoingBatch
from tests.s3_server.fixtures import S3
from tests.support.scale import scaled
from tests.support.worker import WorkerProcess, eventually

OPEN = 500
LIMIT_MB = 512.0
RECORDS = scaled(400_000, 40_000) // OPEN * OPEN
PAD = 2_000
"""Bytes of each record that do not compress much: at full size 0.8 GB wait at the same time."""

_SCHEMA = json.dumps(
    {
        "type": "struct",
        "name": "row",
        "optional": False,
        "fields": [
            {"field": "id", "type": "int64", "optional": False},
            {"field": "place", "type": "string", "optional": False},
            {"field": "pad", "type": "string", "optional": False},
        ],
    },
    separators=(",", ":"),
)
FORMATS: Mapping[str, Mapping[str, str]] = {
    "json": {"format.class": "io.confluent.connect.s3.format.json.JsonFormat"},
    "json gzip": {
        "format.class": "io.confluent.connect.s3.format.json.JsonFormat",
        "s3.compression.type": "gzip",
        "s3.compression.level": "0",
    },
    "avro": {"format.class": "io.confluent.connect.s3.format.avro.AvroFormat"},
    "parquet": {"format.class": "io.confluent.connect.s3.format.parquet.ParquetFormat"},
}


def fill(address: LogAddress) -> None:
    """Records for each of the partitions in turn."""
    log = address.open()
    admin = log.admin({})
    assert admin.create_topics([NewTopic("t", 1, 1)], 30)["t"] is None
    admin.close()
    producer = log.producer({})
    noise = random_text()
    for start in range(0, RECORDS, 500):
        values = []
        for number in range(start, start + 500):
            at = number * 7919 % (len(noise) - PAD)
            payload = f'{{"id":{number},"place":"p{number % OPEN}","pad":"{noise[at : at + PAD]}"}}'
            values.append(f'{{"schema":{_SCHEMA},"payload":{payload}}}')
        producer.send_batch(OutgoingBatch(topic="t", values=values))
    assert producer.flush(120)
    producer.close(10)


def random_text() -> str:
    import base64
    import random

    return base64.b64encode(random.Random(5).randbytes(1 << 20)).decode()


@contextmanager
def watched(worker: WorkerProcess) -> Iterator[list[float]]:
    """PSS of the whole tree in MB, every second."""
    samples: list[float] = []
    done = threading.Event()

    def sample() -> None:
        while not done.wait(1.0):
            try:
                samples.append(worker.pss_mb())
            except psutil.Error:
                continue  # a process ended while it was looked at

    watcher = threading.Thread(target=sample)
    watcher.start()
    yield samples
    done.set()
    watcher.join()


@pytest.mark.soak
@pytest.mark.parametrize("format_", FORMATS)
def test_five_hundred_open_partitions_in_half_a_gigabyte(
    format_: str, s3: S3, tmp_path: Path, record_property: Any
) -> None:
    client, bucket = s3.client(), s3.bucket()
    worker = WorkerProcess(tmp_path)
    fill(LogAddress(LogKind.SQLITE, worker.properties["embedded.log.path"]))
    config = {
        "connector.class": "io.confluent.connect.s3.S3SinkConnector",
        "topics": "t",
        "value.converter": "org.apache.kafka.connect.json.JsonConverter",
        "value.converter.schemas.enable": "true",
        "partitioner.class": "io.confluent.connect.storage.partitioner.FieldPartitioner",
        "partition.field.name": "place",
        "flush.size": str(RECORDS),
        "storage.class": "io.confluent.connect.s3.storage.S3Storage",
        "s3.bucket.name": bucket,
        "s3.region": "us-east-1",
        "store.url": s3.endpoint,
        "aws.access.key.id": s3.access_key,
        "aws.secret.access.key": s3.secret_key,
        **FORMATS[format_],
    }
    with worker.start():
        worker.create("sink", config)
        with watched(worker) as samples:
            eventually(
                lambda: worker.request("GET", "/connectors/sink/offsets").json()["offsets"],
                "everything is written",
                timeout_s=1800,
                pause_s=0.5,
            )
        assert worker.task_state("sink") == "RUNNING"
    most = max(samples, default=0.0)
    print(f"\n500 open partitions, {format_}: {RECORDS * PAD / 1e6:,.0f} MB waiting, {most:,.0f} MB of PSS at most")
    record_property("pss_mb", most)
    keys = [
        each["Key"]
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        for each in page["Contents"]
    ]
    client.close()
    assert Counter(key.split("/")[2] for key in keys) == Counter(f"place=p{number}" for number in range(OPEN))
    assert most < LIMIT_MB


@pytest.mark.soak
def test_a_long_topic_goes_through_with_flat_memory(tmp_path: Path, record_property: Any) -> None:
    """Five gigabytes (scaled) through one task, to a bucket on disk: the last third takes no more than the first."""
    payload, count = 1_000, scaled(5_000_000, 150_000)
    (tmp_path / "s3" / "bucket").mkdir(parents=True)
    worker = WorkerProcess(tmp_path, {"embedded.log.retention.bytes": "-1"})  # by default 4 GiB of a partition are kept
    log = LogAddress(LogKind.SQLITE, worker.properties["embedded.log.path"], retention_bytes=None).open()
    admin = log.admin({})
    assert admin.create_topics([NewTopic("t", 1, 1)], 30)["t"] is None
    admin.close()
    producer, noise = log.producer({}), random_text().encode()
    for start in range(0, count, 1_000):
        at = (n * 7919 % (len(noise) - payload) for n in range(start, start + 1_000))
        producer.send_batch(OutgoingBatch(topic="t", values=[noise[place : place + payload - 1] for place in at]))
    assert producer.flush(300)
    producer.close(10)
    files = 25
    config = {
        "connector.class": "io.confluent.connect.s3.S3SinkConnector",
        "topics": "t",
        "value.converter": "org.apache.kafka.connect.converters.ByteArrayConverter",
        "format.class": "io.confluent.connect.s3.format.bytearray.ByteArrayFormat",
        "flush.size": str(count // files),
        "storage.class": "io.confluent.connect.s3.storage.S3Storage",
        "s3.bucket.name": "bucket",
        "store.url": f"file://{tmp_path}/s3",
    }
    with worker.start():
        worker.create("sink", config)

        def committed() -> bool:
            offsets = worker.request("GET", "/connectors/sink/offsets").json()["offsets"]
            return bool(offsets) and offsets[0]["offset"]["kafka_offset"] == count

        with watched(worker) as samples:
            eventually(committed, "everything is written", timeout_s=1800, pause_s=0.5)
    sizes = [path.stat().st_size for path in (tmp_path / "s3").glob("bucket/topics/t/partition=0/*.bin")]
    assert sizes == [count // files * payload] * files
    third = max(1, len(samples) // 3)
    first, last = max(samples[:third]), max(samples[-third:])
    print(f"\n{count * payload / 1e9:.2f} GB through one task: {first:,.0f} MB at first, {last:,.0f} MB in the end")
    record_property("pss_mb", last)
    assert last < 1.2 * first + 40
