"""Aiven's sink in a real runtime on a local directory: names, envelopes, formats."""

from __future__ import annotations

import base64
import gzip
import io
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import fastavro
import pyarrow.parquet as pq
import pytest

from penstock.api import Headers, Schema, SchemaBuilder, SourceRecord, Struct
from penstock.discovery.plugins import PluginIndex
from penstock.discovery.scan import scan_plugins
from penstock.log.base import NewTopic
from penstock.testing import Workbench, eventually
from penstock_s3.config.aiven_settings import aiven_settings
from penstock_s3.formats.factory import make_formats
from penstock_s3.sink.aiven import AivenKafkaConnectS3SinkConnector

NOON = 1_700_049_600_000
BYTES = {"value.converter": "org.apache.kafka.connect.converters.ByteArrayConverter"}
PLAIN_JSON = {
    "value.converter": "org.apache.kafka.connect.json.JsonConverter",
    "value.converter.schemas.enable": "false",
}
STRINGS = {"key.converter": "org.apache.kafka.connect.storage.StringConverter"}
ORDER = SchemaBuilder.struct().name("Order").field("id", Schema.INT64).build()


@cache
def index() -> PluginIndex:
    return scan_plugins()


@pytest.fixture
def bucket(tmp_path: Path) -> Path:
    (tmp_path / "bkt").mkdir()
    return tmp_path / "bkt"


def record(value: Any, number: int, schema: Schema | None = None, key: str | None = None) -> SourceRecord:
    return SourceRecord(
        "t",
        value,
        value_schema=schema,
        key=key,
        key_schema=None if key is None else Schema.STRING,
        timestamp=NOON + number * 3_600_000,
        headers=Headers().add_string("h", f"v{number}"),
    )


def written(
    bucket: Path, rows: Sequence[SourceRecord], worker: dict[str, str] | None = None, **config: str
) -> dict[str, bytes]:
    """The objects after all records were committed, by name."""
    named = {key.replace("__", "."): value for key, value in config.items()}
    props = {"aws.s3.bucket.name": bucket.name, "aws.s3.endpoint": bucket.parent.as_uri(), "topics": "t", **named}
    with Workbench(index(), worker=STRINGS | (worker or {})) as bench:
        bench.log.admin({}).create_topics([NewTopic("t", 1, 1)], 10)
        bench.send("t", list(rows), partition=0)
        bench.start(AivenKafkaConnectS3SinkConnector, props, name="out")
        eventually(lambda: len(rows) in bench.committed("out").values(), "all offsets are committed")
    return {
        path.relative_to(bucket).as_posix(): path.read_bytes() for path in sorted(bucket.rglob("*")) if path.is_file()
    }


def test_defaults_are_gzipped_csv_of_base64(bucket: Path) -> None:
    rows = [record(b"a", 0, Schema.BYTES), record(b"b\n", 1, Schema.BYTES)]
    (found,) = written(bucket, rows, BYTES).items()
    assert found[0] == "t-0-00000000000000000000.gz"
    assert gzip.decompress(found[1]) == b"YQ==\nYgo=\n"


def test_csv_of_all_fields(bucket: Path) -> None:
    rows = [record(b"a", 0, Schema.BYTES, "k")]
    found = written(
        bucket,
        rows,
        BYTES,
        file__compression__type="none",
        format__output__fields="key,value,offset,timestamp,headers",
        format__output__fields__value__encoding="none",
    )
    headers = ":".join(base64.b64encode(text).decode() for text in (b"h", b"v0"))
    assert found == {"t-0-00000000000000000000": f"aw==,a,0,{NOON},{headers};\n".encode()}


def test_names_by_template_and_records_per_file(bucket: Path) -> None:
    rows = [record({"n": number}, number) for number in range(5)]
    found = written(
        bucket,
        rows,
        PLAIN_JSON,
        file__name__template="{{topic}}/{{partition:padding=true}}-{{start_offset}}",
        file__max__records="2",
        file__compression__type="none",
        format__output__type="jsonl",
    )
    assert found == {
        "t/0000000000-0": b'{"value":{"n":0}}\n{"value":{"n":1}}\n',
        "t/0000000000-2": b'{"value":{"n":2}}\n{"value":{"n":3}}\n',
        "t/0000000000-4": b'{"value":{"n":4}}\n',
    }


def test_names_by_the_time_of_events(bucket: Path) -> None:
    rows = [record({"n": number}, number // 2) for number in range(4)]
    found = written(
        bucket,
        rows,
        PLAIN_JSON,
        file__name__template="{{timestamp:unit=yyyy}}/{{timestamp:unit=HH}}/{{topic}}-{{partition}}-{{start_offset:padding=true}}",
        file__name__timestamp__source="event",
        file__name__timestamp__timezone="Europe/Berlin",
        file__compression__type="none",
        format__output__type="json",
    )
    assert list(found) == ["2023/13/t-0-00000000000000000000", "2023/14/t-0-00000000000000000002"]
    assert [json.loads(content) for content in found.values()] == [
        [{"value": {"n": 0}}, {"value": {"n": 1}}],
        [{"value": {"n": 2}}, {"value": {"n": 3}}],
    ]


def test_grouping_by_key_cuts_each_group(bucket: Path) -> None:
    rows = [record({"n": number}, 0, key="ab"[number % 2]) for number in range(6)]
    found = written(
        bucket,
        rows,
        PLAIN_JSON,
        file__name__template="{{topic}}-{{partition}}-{{key}}-{{start_offset}}",
        file__max__records="2",
        file__compression__type="none",
        format__output__type="jsonl",
        format__output__envelope="false",
    )
    assert {name: content.count(b"\n") for name, content in found.items()} == {
        "t-0-a-0": 2, "t-0-b-1": 2, "t-0-a-4": 1, "t-0-b-5": 1,
    }  # fmt: skip
    assert found["t-0-a-0"] == b'{"n":0}\n{"n":2}\n'


def test_names_by_key_alone_keep_the_last_value(bucket: Path) -> None:
    rows = [record({"n": number}, 0, key="ab"[number % 2]) for number in range(6)]
    found = written(
        bucket,
        rows,
        PLAIN_JSON,
        file__name__template="{{key}}",
        file__compression__type="none",
        format__output__type="jsonl",
    )
    assert found == {"a": b'{"value":{"n":4}}\n', "b": b'{"value":{"n":5}}\n'}


def test_old_prefixes(bucket: Path) -> None:
    found = written(
        bucket, [record(b"a", 0, Schema.BYTES)], BYTES, aws_s3_prefix="x/{{topic}}/", output_compression="none"
    )
    assert list(found) == ["x/t/t-0-00000000000000000000"]


def test_structs_in_all_their_parts(bucket: Path) -> None:
    rows = [record(Struct(ORDER, {"id": 5}), 0, ORDER, "k")]
    fields = {"format__output__fields": "key,value,offset,timestamp,headers", "file__compression__type": "none"}
    (lines,) = written(bucket, rows, **fields, format__output__type="jsonl").values()
    assert json.loads(lines) == {
        "key": "k",
        "value": {"id": 5},
        "offset": 0,
        "timestamp": "2023-11-15T12:00:00Z",
        "headers": [{"key": "h", "value": "v0"}],
    }


@pytest.mark.parametrize("compression", ["none", "gzip", "snappy", "zstd"])
def test_avro_and_parquet_compress_inside(bucket: Path, compression: str) -> None:
    rows = [record(Struct(ORDER, {"id": number}), 0, ORDER, "k") for number in range(3)]
    fields = {"format__output__fields": "key,value,offset,headers", "file__compression__type": compression}
    ending = {"none": "", "gzip": ".gz", "snappy": ".snappy", "zstd": ".zst"}[compression]
    expected = [{"id": number} for number in range(3)]

    (avro,) = written(bucket, rows, **fields, format__output__type="avro").items()
    assert avro[0] == f"t-0-00000000000000000000{ending}"
    if compression == "zstd":  # fastavro reads it with a further package only
        assert b"zstandard" in avro[1][:200]
    else:
        assert [row["value"] for row in fastavro.reader(io.BytesIO(avro[1]))] == expected

    (bucket / avro[0]).unlink()
    (parquet,) = written(bucket, rows, **fields, format__output__type="parquet").items()
    table = pq.read_table(io.BytesIO(parquet[1])).to_pylist()
    assert [row["value"] for row in table] == expected
    assert {row["key"] for row in table} == {"k"}


def test_bytes_in_json(bucket: Path) -> None:
    rows = [record(b"text", 0, Schema.BYTES)]
    plain = {"format__output__type": "jsonl", "file__compression__type": "none"}
    assert list(written(bucket, rows, BYTES, **plain).values()) == [b'{"value":"dGV4dA=="}\n']
    found = written(bucket, rows, BYTES, **plain, format__output__fields__value__encoding="none")
    assert list(found.values()) == [b'{"value":"text"}\n']


def test_what_csv_cannot_hold_fails_the_task_or_is_reported(bucket: Path) -> None:
    rows = [record({"n": 1}, 0), record("text", 1), record({"n": 2}, 2)]
    props = {"aws.s3.bucket.name": bucket.name, "aws.s3.endpoint": bucket.parent.as_uri(), "topics": "t"}
    with Workbench(index(), worker=STRINGS | PLAIN_JSON) as bench:
        bench.log.admin({}).create_topics([NewTopic("t", 1, 1)], 10)
        bench.send("t", rows, partition=0)
        running = bench.start(AivenKafkaConnectS3SinkConnector, props, name="out")
        text = "csv takes bytes and strings as values, not dict; use another format.output.type"
        eventually(lambda: text in str(running.tasks[0].trace), "the task has failed")

    tolerant = props | {
        "errors.tolerance": "all",
        "errors.deadletterqueue.topic.name": "dlq",
        "errors.deadletterqueue.topic.replication.factor": "1",
        "flush.on.close": "true",
    }
    with Workbench(index(), worker=STRINGS | PLAIN_JSON) as bench:
        bench.log.admin({}).create_topics([NewTopic("t", 1, 1)], 10)
        bench.send("t", rows, partition=0)
        bench.start(AivenKafkaConnectS3SinkConnector, tolerant, name="out")
        assert len(bench.wait_for_records("dlq", 2)) == 2
    (found,) = (path for path in bucket.rglob("*") if path.is_file())
    assert gzip.decompress(found.read_bytes()) == base64.b64encode(b"text") + b"\n"


def test_an_array_is_read_back() -> None:
    formats = make_formats(aiven_settings({"aws.s3.bucket.name": "b", "format.output.type": "json"}).format)
    for count in (0, 1, 3):
        out = io.BytesIO()
        writer = formats.values.open(out, None)
        for number in range(count):
            writer.write([{"n": number}])
        writer.finish()
        out.seek(0)
        assert [value for batch in formats.values.read(out) for value in batch.values] == [
            {"n": n} for n in range(count)
        ]


@pytest.mark.parametrize("kind", ["avro", "parquet"])
def test_formats_with_schemas_refuse_records_without(bucket: Path, kind: str) -> None:
    props = {"aws.s3.bucket.name": "bkt", "aws.s3.endpoint": bucket.parent.as_uri(), "topics": "t"}
    with Workbench(index(), worker=STRINGS | PLAIN_JSON) as bench:
        bench.log.admin({}).create_topics([NewTopic("t", 1, 1)], 10)
        bench.send("t", [record({"n": 1}, 0)], partition=0)
        running = bench.start(AivenKafkaConnectS3SinkConnector, {**props, "format.output.type": kind}, name="out")
        eventually(lambda: running.task.trace, "the task fails")
        assert f"{kind} needs records with schemas; use another format.output.type" in str(running.task.trace)
