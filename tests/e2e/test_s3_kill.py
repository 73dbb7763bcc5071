"""kill -9 of a real worker with the S3 sink, again and again, against an S3 server: the bucket is that of a calm run."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from penstock.log.address import LogAddress, LogKind
from penstock.log.base import NewTopic, OutgoingBatch
from penstock_s3.config.choices import Credentials
from penstock_s3.config.settings import CredentialSettings
from penstock_s3.storage.s3_store import S3Store
from tests.plugins.s3.storage.settings import no_wait, store_settings
from tests.s3_server.fixtures import S3
from tests.support.scale import scaled
from tests.support.worker import WorkerProcess, eventually

RECORDS = scaled(200_000, 8_000)
PARTITIONS = 2
KILLS = 3
FLUSH = RECORDS // 40
PLAIN = {"value.converter": "org.apache.kafka.connect.json.JsonConverter", "value.converter.schemas.enable": "false"}
MODES: Mapping[str, Mapping[str, str]] = {
    "deterministic": {"flush.size": str(FLUSH), "s3.compression.type": "gzip"},
    "manifest": {"flush.size": str(FLUSH), "s3.exactly.once.manifest": "true"},
}


def fill(address: LogAddress) -> None:
    """Records that say their number, in two partitions."""
    log = address.open()
    admin = log.admin({})
    assert admin.create_topics([NewTopic("t", PARTITIONS, 1)], 30)["t"] is None
    admin.close()
    producer = log.producer({})
    for start in range(0, RECORDS, 2_000):
        numbers = range(start, min(RECORDS, start + 2_000))
        producer.send_batch(
            OutgoingBatch(
                topic="t",
                values=[b'{"id":%d,"pad":"%s"}' % (number, b"x" * (number % 90)) for number in numbers],
                partitions=[number % PARTITIONS for number in numbers],
                timestamps=[1_700_000_000_000 + number for number in numbers],
            )
        )
    assert producer.flush(60)
    producer.close(10)


def config(s3: S3, bucket: str, more: Mapping[str, str]) -> dict[str, object]:
    return {
        "connector.class": "io.confluent.connect.s3.S3SinkConnector",
        "tasks.max": "1",
        "topics": "t",
        "format.class": "io.confluent.connect.s3.format.json.JsonFormat",
        "storage.class": "io.confluent.connect.s3.storage.S3Storage",
        "s3.bucket.name": bucket,
        "s3.region": "us-east-1",
        "store.url": s3.endpoint,
        "aws.access.key.id": s3.access_key,
        "aws.secret.access.key": s3.secret_key,
        **PLAIN,
        **more,
    }


def objects(client: Any, bucket: str) -> dict[str, bytes]:
    """What is in the bucket, without manifests."""
    found: dict[str, bytes] = {}
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for each in page.get("Contents", []):
            if "/.state/" not in each["Key"]:
                found[each["Key"]] = client.get_object(Bucket=bucket, Key=each["Key"])["Body"].read()
    return found


def count(client: Any, bucket: str) -> int:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return sum("/.state/" not in each["Key"] for page in pages for each in page.get("Contents", []))


def run(directory: Path, s3: S3, bucket: str, more: Mapping[str, str], kills: int) -> dict[str, bytes]:
    """Until all full files are there; the worker is killed ``kills`` times on the way."""
    client, chance = s3.client(), random.Random(directory.name)
    worker = WorkerProcess(directory, {"offset.flush.interval.ms": "50", "consumer.max.poll.records": "200"})
    file = directory / "sink.json"
    file.write_text(json.dumps({"name": "sink", "config": config(s3, bucket, more)}))
    fill(LogAddress(LogKind.SQLITE, worker.properties["embedded.log.path"]))
    wanted = RECORDS // PARTITIONS // FLUSH * PARTITIONS
    with worker:
        for number in range(kills):
            worker.start(file)
            enough = wanted * (number + 1) // (kills + 2)
            eventually(lambda: count(client, bucket) >= enough, f"{enough} objects are there", pause_s=0.005)  # noqa: B023
            time.sleep(chance.random() / 50)  # anywhere between two requests: the moment is the point of this test
            worker.kill()
        worker.start(file)
        eventually(lambda: count(client, bucket) >= wanted, f"{wanted} objects are there", timeout_s=120)
        eventually(
            lambda: (
                sum(
                    entry["offset"]["kafka_offset"]
                    for entry in worker.request("GET", "/connectors/sink/offsets").json()["offsets"]
                )
                == wanted * FLUSH
            ),
            "all offsets are committed",
        )
        found = objects(client, bucket)
        client.close()
    settings = store_settings(
        s3.endpoint, bucket, credentials=CredentialSettings(Credentials.STATIC, s3.access_key, s3.secret_key)
    )
    store = S3Store(settings, no_wait)
    assert list(store.uploads("")) == []
    store.close()
    return found


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("mode", MODES)
def test_the_bucket_is_that_of_a_calm_run(mode: str, s3: S3, tmp_path: Path) -> None:
    (tmp_path / "calm").mkdir()
    (tmp_path / "killed").mkdir()
    calm = run(tmp_path / "calm", s3, s3.bucket(), MODES[mode], 0)
    killed = run(tmp_path / "killed", s3, s3.bucket(), MODES[mode], KILLS)
    assert killed == calm


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_by_a_manifest_nothing_is_there_twice_however_files_are_cut(s3: S3, tmp_path: Path) -> None:
    """Files end by the clock and by bytes: no two runs cut them alike."""
    more = {"flush.size": "1000000", "flush.bytes": "20000", "flush.idle.ms": "300", "s3.exactly.once.manifest": "true"}
    client, bucket = s3.client(), s3.bucket()
    worker = WorkerProcess(tmp_path, {"offset.flush.interval.ms": "50", "consumer.max.poll.records": "200"})
    file = tmp_path / "sink.json"
    file.write_text(json.dumps({"name": "sink", "config": config(s3, bucket, more)}))
    fill(LogAddress(LogKind.SQLITE, worker.properties["embedded.log.path"]))
    with worker:
        for number in range(KILLS):
            worker.start(file)
            eventually(lambda: count(client, bucket) >= 3 * (number + 1), "more objects", pause_s=0.005)  # noqa: B023
            worker.kill()
        worker.start(file)

        def written() -> Counter[int]:
            lines = [line for data in objects(client, bucket).values() for line in data.splitlines()]
            return Counter(json.loads(line)["id"] for line in lines)

        eventually(lambda: len(written()) == RECORDS, "every record is there", timeout_s=120, pause_s=0.3)
        assert written() == Counter(range(RECORDS))
    client.close()
