"""Validation beyond the recordings: what Java's validators broke at, our own keys, and classes."""

from __future__ import annotations

import pytest

from penstock_s3.config.java_classes import find_also, find_class, name_of
from tests.plugins.s3.config.configs import FORMATS, PARTITIONERS, config, errors_of, value_of


@pytest.mark.parametrize(
    ("changes", "key", "text"),
    [
        ({"partitioner.class": "No.Such"}, "partitioner.class", "Invalid value No.Such for configuration partitioner.class: Class No.Such could not be found."),
        ({"partitioner.class": "io.confluent.connect.hdfs.partitioner.DefaultPartitioner"}, "partitioner.class", "Invalid value io.confluent.connect.hdfs.partitioner.DefaultPartitioner for configuration partitioner.class: Class io.confluent.connect.hdfs.partitioner.DefaultPartitioner could not be found."),
        ({"s3.region": " "}, "s3.region", "Invalid value  for configuration s3.region: region must not be blank or empty."),
        ({"s3.buffer.memory.bytes": "1"}, "s3.buffer.memory.bytes", "Invalid value 1 for configuration s3.buffer.memory.bytes: Value must be at least 1048576"),
        ({"partition.value.escape": "x"}, "partition.value.escape", "Invalid value x for configuration partition.value.escape: String must be one of: none, percent"),
        ({"behavior.on.null.values": "NONE"}, "behavior.on.null.values", "Invalid value none for configuration behavior.on.null.values: String must be one of: ignore, fail, write"),
        ({"s3.object.behavior.on.tagging.error": "Never"}, "s3.object.behavior.on.tagging.error", "Invalid value never for configuration s3.object.behavior.on.tagging.error: String must be one of: ignore, fail"),
        ({"s3.retry.backoff.ms": "-1"}, "s3.retry.backoff.ms", "Invalid value -1 for configuration s3.retry.backoff.ms: Value must be at least 0"),
    ],
)  # fmt: skip
def test_errors(changes: dict[str, str], key: str, text: str) -> None:
    assert errors_of(config(**changes)) == {key: [text]}


def test_gzip_of_side_files_is_told_on_three_keys() -> None:
    found = errors_of(config(s3_compression_type="gzip", store_kafka_headers="true"))
    text = f"Compression Type gzip not valid for headers format class: ( {FORMATS}.avro.AvroFormat )."
    assert found == {key: [text] for key in ("store.kafka.headers", "headers.format.class", "s3.compression.type")}


def test_our_own_keys_are_shown_when_they_are_set() -> None:
    assert value_of(config(flush_bytes="5"), "flush.bytes").value == 5
    with pytest.raises(StopIteration):
        value_of(config(), "flush.bytes")


@pytest.mark.parametrize(
    ("partitioner", "visible"),
    [
        ("DefaultPartitioner", []),
        ("FieldPartitioner", ["partition.field.name"]),
        ("TimeBasedPartitioner", ["partition.duration.ms", "path.format", "locale", "timezone"]),
        ("HourlyPartitioner", ["locale", "timezone"]),
        ("DailyPartitioner", ["locale", "timezone"]),
    ],
)
def test_keys_show_where_they_matter(partitioner: str, visible: list[str]) -> None:
    props = config(**{"partitioner.class": f"{PARTITIONERS}.{partitioner}", "partition.field.name": "a"})
    keys = ("partition.field.name", "partition.duration.ms", "path.format", "locale", "timezone")
    assert [key for key in keys if value_of(props, key).visible] == visible


def test_keys_of_formats_and_side_files_show_where_they_matter() -> None:
    avro = config(
        **{"format.class": f"{FORMATS}.avro.AvroFormat", "store.kafka.keys": "true", "s3.ssea.name": "aws:kms"}
    )
    shown = [
        key
        for key in ("avro.codec", "parquet.codec", "keys.format.class", "headers.format.class")
        if value_of(avro, key).visible
    ]
    assert shown == ["avro.codec", "keys.format.class"]
    assert value_of(avro, "s3.sse.kms.key.id").visible


def test_classes() -> None:
    assert name_of(find_class(f"{FORMATS}.json.JsonFormat")) == f"{FORMATS}.json.JsonFormat"
    assert name_of(find_class("java.lang.String")) == "java.lang.String"
    for name in ("JsonFormat", "", "no such", "decimal.Decimal"):
        with pytest.raises(LookupError):
            find_class(name)


def test_only_the_partitioner_may_be_a_class_of_python() -> None:
    find = find_also(" decimal.Decimal ")
    assert name_of(find("decimal.Decimal")) == "decimal.Decimal"
    assert name_of(find("java.lang.String")) == "java.lang.String"
    for name in ("decimal.Nope", "decimal.getcontext", "nope.Nope", "no such", ""):
        with pytest.raises(LookupError):
            find_also(name)(name)
    with pytest.raises(LookupError):
        find("decimal.Context")
    text = "Invalid value decimal.Decimal for configuration format.class: Class decimal.Decimal could not be found."
    assert errors_of(config(**{"format.class": "decimal.Decimal"})) == {"format.class": [text]}
    assert errors_of(config(**{"partitioner.class": "decimal.Decimal"})) == {}
