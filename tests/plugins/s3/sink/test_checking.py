"""Connection tests and dry runs of the S3 sinks."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.api import Schema, SchemaBuilder, SinkRecord, Struct
from penstock_s3.sink.aiven import AivenKafkaConnectS3SinkConnector
from penstock_s3.sink.connector import S3SinkConnector
from tests.plugins.s3.config.configs import FORMATS, PARTITIONERS, config

NOON = 1_700_049_600_000
ORDER = SchemaBuilder.struct().name("Order").field("country", Schema.OPTIONAL_STRING).build()
BY_TIME = {
    "partitioner.class": f"{PARTITIONERS}.HourlyPartitioner",
    "locale": "en",
    "timezone": "UTC",
    "timestamp.extractor": "Record",
    "rotate.interval.ms": "3600000",
}


def props(tmp_path: Path, **changes: str) -> dict[str, str]:
    (tmp_path / "bkt").mkdir(exist_ok=True)
    return config(**{"store.url": tmp_path.as_uri()}, **changes)


def found(given: dict[str, str]) -> list[tuple[str, bool, str]]:
    return [(check.name, check.ok, check.text) for check in S3SinkConnector().check(given)]


def test_all_is_well(tmp_path: Path) -> None:
    assert found(props(tmp_path, behavior_on_null_values="ignore")) == [
        ("configuration", True, ""),
        ("settings", True, ""),
        ("bucket", True, f"bucket bkt at {tmp_path.as_uri()}"),
    ]


def test_a_wrong_value(tmp_path: Path) -> None:
    text = "flush.size: Invalid value x for configuration flush.size: Not a number of type INT"
    assert found(props(tmp_path, flush_size="x")) == [("configuration", False, text)]


def test_what_only_a_start_would_tell(tmp_path: Path) -> None:
    wrong = props(tmp_path, **{"partitioner.class": f"{PARTITIONERS}.HourlyPartitioner", "timezone": "UTC"})
    assert found(wrong)[1:] == [("settings", False, "Invalid value  for configuration locale: Locale cannot be empty.")]


def test_no_bucket(tmp_path: Path) -> None:
    name, ok, text = found(config(**{"store.url": tmp_path.as_uri(), "s3.bucket.name": "gone"}))[2]
    assert (name, ok) == ("bucket", False)
    assert text == f"bucket gone at {tmp_path.as_uri()}: Non-existent S3 bucket: gone"


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        (BY_TIME, "what a silent topic wrote last stays unseen"),
        (BY_TIME, "Set rotate.file.on.partition.change=false"),
        ({"flush.idle.ms": "5"}, "Set s3.exactly.once.manifest=true where that matters"),
        ({"partitioner.class": f"{PARTITIONERS}.FieldPartitioner", "partition.field.name": "a"}, "set partitioner.max.open.files"),
        ({}, "behavior.on.null.values=fail"),
        ({"format.class": f"{FORMATS}.parquet.ParquetFormat", "flush.size": "99999999"}, "Set flush.bytes"),
    ],
)  # fmt: skip
def test_advice(tmp_path: Path, changes: dict[str, str], word: str) -> None:
    advice = [text for name, ok, text in found(props(tmp_path, **changes)) if name == "advice" and ok]
    assert any(word in text for text in advice)


def test_a_plan_names_objects(tmp_path: Path) -> None:
    given = props(
        tmp_path,
        **{
            "partitioner.class": f"{PARTITIONERS}.FieldPartitioner",
            "partition.field.name": "country",
            "store.kafka.keys": "true",
            "format.class": f"{FORMATS}.avro.AvroFormat",
        },
    )
    records = [
        SinkRecord("t", 3, 5, Struct(ORDER, {"country": "de"}), value_schema=ORDER),
        SinkRecord("t", 3, 6, {"country": "de"}),
    ]
    assert [(step.target, step.text, step.ok) for step in S3SinkConnector().plan(given, records)] == [
        (
            "t",
            "Offset 5 goes to topics/t/country=de/t+3+0000000005.avro, topics/t/country=de/t+3+0000000005.keys.avro",
            True,
        ),
        ("t", "Offset 6 is refused: Error encoding partition.", False),
    ]
    assert list((tmp_path / "bkt").iterdir()) == []


def test_a_plan_tells_what_a_format_refuses(tmp_path: Path) -> None:
    given = props(tmp_path, **{"format.class": f"{FORMATS}.bytearray.ByteArrayFormat"})
    (step,) = S3SinkConnector().plan(given, [SinkRecord("t", 0, 0, "text", value_schema=Schema.STRING)])
    assert (step.ok, step.text) == (False, "Offset 0 is refused: Invalid schema type for ByteArrayConverter: STRING")


def test_aivens_plan() -> None:
    given = {"aws.s3.bucket.name": "b", "file.name.template": "{{topic}}/{{partition}}-{{start_offset}}", "topics": "t"}
    good = SinkRecord("t", 3, 5, b"x", value_schema=Schema.BYTES, timestamp=NOON)
    bad = SinkRecord("t", 3, 6, {"n": 1}, timestamp=NOON)
    steps = AivenKafkaConnectS3SinkConnector().plan(given, [good, bad])
    assert [(step.text, step.ok) for step in steps] == [
        ("Offset 5 goes to t/3-5.gz", True),
        ("csv takes bytes and strings as values, not dict; use another format.output.type", False),
    ]
