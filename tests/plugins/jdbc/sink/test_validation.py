"""Records that can't be written: the texts are Java's, which clients see (spec jdbc 13.2)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal as PythonDecimal
from typing import Any

import pytest

from penstock.api import ConnectException, Decimal, Instant, Schema, SchemaBuilder, SinkBatch, Timestamp, TopicPartition
from penstock_jdbc.database.identifiers import IdentifierRules
from penstock_jdbc.sink.destination import Destinations
from penstock_jdbc.sink.grouping import Grouped, Grouper
from penstock_jdbc.sink.options import OnInvalid
from penstock_jdbc.sink.settings import PrimaryKeyMode, SinkSettings
from tests.plugins.jdbc.sink.targets import KEY, ROW, deleted, record, rows_of, struct_of, upserted

LIST = SchemaBuilder.array(Schema.INT32).build()
MAP = SchemaBuilder.map(Schema.STRING, Schema.INT32).build()


def grouped(batch: SinkBatch, stored: dict[TopicPartition, int] | None = None, **settings: Any) -> Grouped:
    made = SinkSettings("the-sink", **settings)
    return Grouper(made, Destinations(made, IdentifierRules())).grouped(batch, stored)


VALUE = (
    "Sink connector 'the-sink' is configured with 'delete.enabled=false' and 'pk.mode=none' and therefore requires records with "
    "a non-null Struct or String value and non-null Struct or String schema, but found record at "
    "(topic='t',partition=0,offset=7,timestamp=1000) with a {} value and {} value schema."
)


@pytest.mark.parametrize(
    ("value", "schema", "java_class", "java_type"),
    [
        (None, None, "null", "null"),
        (None, ROW, "null", "Struct"),
        (5, Schema.INT32, "Integer", "int32"),
        (5, Schema.INT8, "Byte", "int8"),
        (5, Schema.INT16, "Short", "int16"),
        (5, Schema.INT64, "Long", "int64"),
        (5, None, "Long", "null"),
        (1.5, Schema.FLOAT32, "Float", "float32"),
        (1.5, Schema.FLOAT64, "Double", "float64"),
        (True, Schema.BOOLEAN, "Boolean", "boolean"),
        ("x", None, "String", "null"),
        (b"x", Schema.BYTES, "byte[]", "bytes"),
        ({"id": 1}, None, "HashMap", "null"),
        ({"id": 1}, MAP, "HashMap", "map"),
        ([1], LIST, "ArrayList", "array"),
        (PythonDecimal("1.00"), Decimal.schema(2), "BigDecimal", "bytes"),
        (dt.datetime(2020, 1, 1, tzinfo=dt.UTC), Timestamp.SCHEMA, "Date", "int64"),
        (Instant(5), Timestamp.SCHEMA, "Date", "int64"),
    ],
)
def test_values(value: object, schema: Schema | None, java_class: str, java_type: str) -> None:
    found = grouped(SinkBatch.of([record(7, value, schema)])).invalid
    assert str(found) == VALUE.format(java_class, java_type)


@pytest.mark.parametrize(
    ("key", "schema", "java_class", "java_type"),
    [(None, None, "null", "null"), (None, KEY, "null", "Struct"), ([1], LIST, "ArrayList", "array")],
)
def test_keys(key: object, schema: Schema | None, java_class: str, java_type: str) -> None:
    batch = SinkBatch.of([record(7, struct_of(ROW, 1, "a"), ROW, key=key, key_schema=schema)])
    found = grouped(batch, pk_mode=PrimaryKeyMode.RECORD_KEY, delete_enabled=True).invalid
    assert str(found) == (
        "Sink connector 'the-sink' is configured with 'delete.enabled=true' and 'pk.mode=record_key' and therefore requires "
        "records with a non-null key and non-null Struct or primitive key schema, but found record at "
        f"(topic='t',partition=0,offset=7,timestamp=1000) with a {java_class} key and {java_type} key schema."
    )


def test_a_missing_key_is_told_before_a_missing_value() -> None:
    found = grouped(SinkBatch.of([record(0, None, None)]), pk_mode=PrimaryKeyMode.RECORD_KEY).invalid
    assert "with a null key and null key schema." in str(found)


def test_the_first_invalid_record_ends_the_batch() -> None:
    records = [upserted(0, 1, "a"), record(1, None, None, key=struct_of(KEY, 1), key_schema=KEY), upserted(2, 2, "b")]
    found = grouped(SinkBatch.of(records), pk_mode=PrimaryKeyMode.RECORD_KEY)
    assert [len(run) for run in found.tables[0].runs] == [1]
    assert "offset=1" in str(found.invalid)


def test_field_options_don_t_apply_to_strings() -> None:
    batch = SinkBatch.of([record(0, "hello", Schema.STRING)])
    options = {"fields_whitelist": frozenset({"a"}), "timestamp_fields": frozenset({"b"})}
    assert str(grouped(batch, **options).invalid) == (
        "Sink connector 'the-sink' is configured with field-level options that are not applicable to String values: "
        "fields.whitelist, timestamp.fields.list. Remove these options, or have the upstream producer emit Struct values instead."
    )


def test_a_record_without_a_timestamp() -> None:
    batch = rows_of()
    assert not batch
    found = grouped(SinkBatch.of([record(0, None, None).replace(timestamp=None)])).invalid
    assert "timestamp=null)" in str(found)


def test_invalid_records_are_reported_when_that_is_asked_for() -> None:
    records = [upserted(0, 1, "a"), record(1, 5, Schema.INT32), record(2, None, None), upserted(3, 2, "b")]
    found = grouped(SinkBatch.of(records), on_invalid=OnInvalid.REPORT)
    assert found.invalid is None
    assert [(each.kafka_offset, type(error)) for each, error in found.refused] == [
        (1, ConnectException),
        (2, ConnectException),
    ]
    assert sum(len(run) for run in found.tables[0].runs) == 2


def test_runs_of_tombstones_keep_the_schema_before_them() -> None:
    records = [deleted(0, 1), upserted(1, 1, "a"), deleted(2, 1), deleted(3, 2)]
    found = grouped(SinkBatch.of(records), pk_mode=PrimaryKeyMode.RECORD_KEY, delete_enabled=True)
    assert [(run.deletes, run.value_schema, len(run)) for run in found.tables[0].runs] == [
        (True, None, 1),
        (False, ROW, 1),
        (True, ROW, 2),
    ]


def test_records_that_the_database_has_are_left_out() -> None:
    batch = rows_of((1, "a"), (2, "b"), (3, "c"), first=10)
    for stored, left in [(5, 3), (10, 3), (11, 2), (13, 0), (99, 0)]:
        found = grouped(batch, {TopicPartition("t", 0): stored})
        assert sum(len(run) for run in found.tables[0].runs) == left


# ---- names of tables -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("topic", "settings", "expected"),
    [
        ("a", {}, "a"),
        ("a", {"table_name_format": "x_${topic}_${topic}"}, "x_a_a"),
        ("a", {"table_name_format": "s.${topic}"}, "s.a"),
        ("a-b c", {"normalize_names": True}, "a_b_c"),
        ("a", {"topics_to_tables": {"a": "other"}}, "other"),
        ("b", {"topics_to_tables": {"a": "other"}}, "b"),
    ],
)
def test_tables_of_topics(topic: str, settings: dict[str, Any], expected: str) -> None:
    found = Destinations(SinkSettings("s", **settings), IdentifierRules()).table_of(topic)
    assert found.full_name == expected


def test_a_table_without_a_name() -> None:
    with pytest.raises(ConnectException) as raised:
        Destinations(SinkSettings("s", table_name_format=" "), IdentifierRules()).table_of("a")
    assert str(raised.value) == "Destination table name for topic 'a' is empty using the format string ' '"
