"""Records: copies, equality, texts."""

from __future__ import annotations

import pytest

from penstock.api import Headers, Schema, SinkRecord, SourceRecord


def test_replace_duplicates_the_headers() -> None:
    record = SourceRecord("t", 1, value_schema=Schema.INT8, headers=Headers().add_string("a", "x"))
    other = record.replace(topic="u")
    other.headers.add_string("b", "y")
    assert (record.topic, len(record.headers), other.topic, len(other.headers)) == ("t", 1, "u", 2)
    assert not record.replace(headers=None).has_headers


def test_equality_minds_classes() -> None:
    assert SourceRecord("t", 1) == SourceRecord("t", 1)
    assert SourceRecord("t", 1) != SourceRecord("t", True)
    assert SourceRecord("t", 1) != SinkRecord("t", None, 0, 1)


def test_sink_record_remembers_where_it_was_read() -> None:
    record = SinkRecord("t", 3, 42, "v").replace(topic="u", kafka_partition=5)
    assert (record.original_topic, record.original_kafka_partition, record.original_kafka_offset) == ("t", 3, 42)
    with pytest.raises(TypeError, match=r"the sink record of t, offset 42, needs a partition, not None"):
        SinkRecord("t", 3, 42).replace(kafka_partition=None)


def test_texts() -> None:
    record = SourceRecord("t", 0.1, value_schema=Schema.FLOAT32, source_partition={"p": 1}, source_offset={"o": 2})
    assert str(record) == (
        "SourceRecord{sourcePartition={p=1}, sourceOffset={o=2}} ConnectRecord{topic='t', kafkaPartition=null, key=null, "
        "keySchema=null, value=0.1, valueSchema=Schema{FLOAT32}, timestamp=null, headers=ConnectHeaders(headers=)}"
    )
    assert str(SinkRecord("t", 3, 42, "v")).startswith(
        "SinkRecord{kafkaOffset=42, timestampType=NoTimestampType, originalTopic=t, originalKafkaPartition=3, "
        "originalKafkaOffset=42} ConnectRecord{topic='t', kafkaPartition=3, key=null,"
    )
