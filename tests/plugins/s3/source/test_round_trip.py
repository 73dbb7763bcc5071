"""Topics to a bucket by the sink and back by the companion source, both in a real runtime, on a local directory."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from penstock.api import Headers, Schema, SchemaBuilder, SinkRecord, SourceRecord, Struct
from penstock.discovery.plugins import PluginIndex
from penstock.discovery.scan import scan_plugins
from penstock.testing import Workbench, eventually
from penstock_s3.sink.connector import S3SinkConnector
from penstock_s3.source.connector import S3SourceConnector
from tests.s3_server.fixtures import S3

FORMATS = "io.confluent.connect.s3.format"
CLASSES = {
    "avro": f"{FORMATS}.avro.AvroFormat",
    "json": f"{FORMATS}.json.JsonFormat",
    "bytes": f"{FORMATS}.bytearray.ByteArrayFormat",
    "parquet": f"{FORMATS}.parquet.ParquetFormat",
}
ORDER = (
    SchemaBuilder.struct()
    .name("com.example.Order")
    .field("id", Schema.INT64)
    .field("country", Schema.OPTIONAL_STRING)
    .build()
)


@cache
def index() -> PluginIndex:
    return scan_plugins()


@pytest.fixture
def bucket(tmp_path: Path) -> Path:
    (tmp_path / "bkt").mkdir()
    return tmp_path / "bkt"


def store(bucket: Path) -> dict[str, str]:
    return {"s3.bucket.name": bucket.name, "s3.region": "us-east-1", "store.url": bucket.parent.as_uri()}


def written(bucket: Path, records: dict[int, list[Any]], worker: dict[str, str] | None = None, **config: str) -> None:
    """Run the sink until everything is in the bucket."""
    named = {key.replace("__", "."): value for key, value in config.items()}
    props = {
        **store(bucket),
        "topics": "orders",
        "storage.class": "io.confluent.connect.s3.storage.S3Storage",
        "flush.size": "3",
        "flush.idle.ms": "50",
        **named,
    }
    with Workbench(index(), worker=worker) as bench:
        bench.log.admin({}).create_topics([_topic(len(records))], 10)
        for partition, rows in records.items():
            bench.send("orders", rows, partition=partition)
        bench.start(S3SinkConnector, props, name="out")
        ends = {partition: len(rows) for partition, rows in records.items() if rows}
        eventually(
            lambda: {place.partition: at for place, at in bench.committed("out").items() if at} == ends,
            "all offsets are committed",
        )


def _topic(partitions: int) -> Any:
    from penstock.log.base import NewTopic

    return NewTopic("orders", partitions, 1)


def source(bucket: Path, **config: str) -> dict[str, str]:
    named = {key.replace("__", "."): value for key, value in config.items()}
    return {**store(bucket), "settle.ms": "0", "poll.interval.ms": "20", **named}


def read_back(
    bucket: Path, count: int, partitions: int = 1, worker: dict[str, str] | None = None, **config: str
) -> list[SinkRecord]:
    with Workbench(index(), worker=worker) as bench:
        bench.log.admin({}).create_topics([_topic(partitions)], 10)
        bench.start(S3SourceConnector, source(bucket, **config), name="in")
        return bench.wait_for_records("orders", count)


def orders(count: int) -> list[SourceRecord]:
    return [
        SourceRecord("orders", Struct(ORDER, {"id": number, "country": f"c{number % 2}"}), value_schema=ORDER)
        for number in range(count)
    ]


@pytest.mark.parametrize("kind", ["avro", "parquet"])
@pytest.mark.parametrize("partitioner", ["DefaultPartitioner", "FieldPartitioner"])
def test_structs_come_back_as_they_were(bucket: Path, kind: str, partitioner: str) -> None:
    written(
        bucket,
        {0: orders(10), 1: orders(4)},
        format__class=CLASSES[kind],
        partitioner__class=f"io.confluent.connect.storage.partitioner.{partitioner}",
        partition__field__name="country",
    )
    found = read_back(bucket, 14, partitions=2)
    for partition, count in ((0, 10), (1, 4)):
        rows = [record for record in found if record.kafka_partition == partition]
        assert sorted(row.value["id"] for row in rows) == list(range(count))
        assert {row.value_schema.name for row in rows} == {"com.example.Order"}
        if partitioner == "DefaultPartitioner":
            assert [row.value["id"] for row in rows] == list(range(count))


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_json_lines(bucket: Path, compression: str) -> None:
    worker = {
        "value.converter": "org.apache.kafka.connect.json.JsonConverter",
        "value.converter.schemas.enable": "false",
    }
    rows = [{"n": number, "text": "ü\n"} for number in range(7)]
    written(bucket, {0: rows}, worker, format__class=CLASSES["json"], s3__compression__type=compression)
    assert [record.value for record in read_back(bucket, 7, worker=worker)] == rows


def test_bytes(bucket: Path) -> None:
    worker = {"value.converter": "org.apache.kafka.connect.converters.ByteArrayConverter"}
    rows = [SourceRecord("orders", bytes([65 + number]), value_schema=Schema.BYTES) for number in range(5)]
    written(bucket, {0: rows}, worker, format__class=CLASSES["bytes"], format__bytearray__extension=".raw")
    found = read_back(bucket, 5, worker=worker, format__bytearray__extension=".raw")
    assert [record.value for record in found] == [b"A", b"B", b"C", b"D", b"E"]


@pytest.mark.parametrize("kind", ["avro", "json", "parquet"])
def test_keys_headers_and_tombstones(bucket: Path, kind: str) -> None:
    rows = [
        SourceRecord(
            "orders",
            None if number == 2 else Struct(ORDER, {"id": number}),
            value_schema=None if number == 2 else ORDER,
            key=f"k{number}",
            key_schema=Schema.STRING,
            headers=Headers().add_string("h", f"v{number}").add_int("n", number),
        )
        for number in range(5)
    ]
    sides = {
        "store__kafka__keys": "true",
        "store__kafka__headers": "true",
        "behavior__on__null__values": "write",
        "keys__format__class": CLASSES[kind],
        "headers__format__class": CLASSES[kind],
    }
    written(bucket, {0: rows}, format__class=CLASSES["avro"], **sides)

    found = read_back(bucket, 5, store__kafka__keys="true", store__kafka__headers="true")

    by_key = {record.key: record for record in found}
    assert by_key.keys() == {f"k{number}" for number in range(5)}
    for number in range(5):
        record = by_key[f"k{number}"]
        assert (None if record.value is None else record.value["id"]) == (None if number == 2 else number)
        assert [(header.key, str(header.value)) for header in record.headers] == [
            ("h", f"v{number}"),
            ("n", str(number)),
        ]


def test_goes_on_where_it_ended_and_finds_new_objects(bucket: Path) -> None:
    written(bucket, {0: orders(6)}, format__class=CLASSES["avro"])
    with Workbench(index()) as bench:
        bench.log.admin({}).create_topics([_topic(1)], 10)
        props = source(bucket, batch__size="2")
        running = bench.start(S3SourceConnector, props, name="in")
        bench.wait_for_records("orders", 6)
        eventually(lambda: sum(1 for _, offset in bench.offsets("in") if offset["end"]) == 2, "offsets are stored")
        running.stop()
        offsets = {str(where["key"]): offset["record"] for where, offset in bench.offsets("in")}
        assert offsets == {
            "topics/orders/partition=0/orders+0+0000000000.avro": 3,
            "topics/orders/partition=0/orders+0+0000000003.avro": 3,
        }
        bench.start(S3SourceConnector, props, name="in")
        (bucket / "topics/orders/partition=1").mkdir()
        late = (
            bucket / "topics/orders/partition=0/orders+0+0000000001.avro"
        )  # behind what was read, and read all the same
        late.write_bytes((bucket / "topics/orders/partition=0/orders+0+0000000003.avro").read_bytes())
        found = bench.wait_for_records("orders", 9)
        assert [record.value["id"] for record in found] == [0, 1, 2, 3, 4, 5, 3, 4, 5]


def test_an_object_that_was_written_over_gives_what_is_new(bucket: Path) -> None:
    worker = {
        "value.converter": "org.apache.kafka.connect.json.JsonConverter",
        "value.converter.schemas.enable": "false",
    }
    place = bucket / "topics/orders/partition=0"
    place.mkdir(parents=True)
    file = place / "orders+0+0000000000.json"
    file.write_text('{"n":0}\n{"n":1}\n')
    with Workbench(index(), worker=worker) as bench:
        bench.start(S3SourceConnector, source(bucket), name="in")
        bench.wait_for_records("orders", 2)
        longer = place / "new"
        longer.write_text('{"n":0}\n{"n":1}\n{"n":2}\n')
        longer.replace(file)
        assert [record.value["n"] for record in bench.wait_for_records("orders", 3)] == [0, 1, 2]


def test_tasks_divide_topic_partitions(bucket: Path) -> None:
    written(bucket, {number: orders(2) for number in range(6)}, format__class=CLASSES["avro"])
    found = read_back(bucket, 12, partitions=6, tasks__max="3")
    assert sorted((record.kafka_partition, record.value["id"]) for record in found) == [
        (partition, number) for partition in range(6) for number in range(2)
    ]


def test_a_damaged_object_is_named(bucket: Path) -> None:
    place = bucket / "topics/orders/partition=0"
    place.mkdir(parents=True)
    (place / "orders+0+0000000000.json").write_text('{"n":0}\n{"n"')
    with Workbench(index()) as bench:
        running = bench.start(S3SourceConnector, source(bucket), name="in")
        eventually(lambda: "cannot be read" in str(running.tasks[0].trace), "the task has failed")
        assert "topics/orders/partition=0/orders+0+0000000000.json" in str(running.tasks[0].trace)


def test_from_an_s3_server(s3: S3) -> None:
    worker = {
        "value.converter": "org.apache.kafka.connect.json.JsonConverter",
        "value.converter.schemas.enable": "false",
    }
    name = s3.bucket()
    client = s3.client()
    for start in (0, 2):
        key = f"topics/orders/partition=0/orders+0+{start:010}.json"
        client.put_object(Bucket=name, Key=key, Body=b'{"n":%d}\n{"n":%d}\n' % (start, start + 1))
    client.close()
    props = {
        "s3.bucket.name": name,
        "s3.region": "us-east-1",
        "store.url": s3.endpoint,
        "aws.access.key.id": s3.access_key,
        "aws.secret.access.key": s3.secret_key,
        "settle.ms": "0",
        "poll.interval.ms": "50",
    }
    with Workbench(index(), worker=worker) as bench:
        bench.start(S3SourceConnector, props, name="in")
        assert [record.value["n"] for record in bench.wait_for_records("orders", 4)] == [0, 1, 2, 3]
