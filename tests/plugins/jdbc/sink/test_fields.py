"""Which columns there are, in which order, and which are the key (spec jdbc 13.3)."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.api import ConnectException, Schema, SchemaBuilder, Timestamp
from penstock_jdbc.sink.fields import SinkField, fields_of
from penstock_jdbc.sink.settings import PrimaryKeyMode, SinkSettings
from tests.plugins.jdbc.sink.targets import KEY, ROW

VALUE = SchemaBuilder.struct().field("m", Schema.INT32).field("b", Schema.INT32).field("y", Schema.INT32).build()
TWO_KEYS = SchemaBuilder.struct().field("a", Schema.INT32).field("b", Schema.INT32).build()


def columns(
    mode: PrimaryKeyMode, key: Schema | None, value: Schema | None, **settings: Any
) -> tuple[list[str], list[str]]:
    """All columns in order, and those of the key."""
    fields = fields_of("t", SinkSettings("s", pk_mode=mode, **settings), key, value)
    return [field.name for field in fields.all], [field.name for field in fields.keys]


def test_without_a_key() -> None:
    assert columns(PrimaryKeyMode.NONE, None, VALUE) == (["m", "b", "y"], [])


def test_kafka_s_own_columns_come_first() -> None:
    own = ["__connect_topic", "__connect_partition", "__connect_offset"]
    assert columns(PrimaryKeyMode.KAFKA, None, VALUE) == ([*own, "m", "b", "y"], own)


def test_other_names_for_kafka_s_columns_come_last_by_the_alphabet() -> None:
    found = columns(PrimaryKeyMode.KAFKA, None, VALUE, pk_fields=("tp", "pt", "of"))
    assert found == (["m", "b", "y", "of", "pt", "tp"], ["of", "pt", "tp"])


def test_a_key_that_the_value_lacks_comes_last() -> None:
    assert columns(PrimaryKeyMode.RECORD_KEY, KEY, VALUE) == (["m", "b", "y", "id"], ["id"])


def test_a_key_that_the_value_has_stays_in_its_place() -> None:
    assert columns(PrimaryKeyMode.RECORD_KEY, TWO_KEYS, VALUE) == (["m", "b", "y", "a"], ["b", "a"])


def test_some_fields_of_the_key() -> None:
    assert columns(PrimaryKeyMode.RECORD_KEY, TWO_KEYS, ROW, pk_fields=("b",)) == (["id", "name", "b"], ["b"])


def test_a_primitive_key_takes_its_name_from_pk_fields() -> None:
    assert columns(PrimaryKeyMode.RECORD_KEY, Schema.INT64, ROW, pk_fields=("k",)) == (["id", "name", "k"], ["k"])


def test_all_or_some_fields_of_the_value_as_the_key() -> None:
    assert columns(PrimaryKeyMode.RECORD_VALUE, None, VALUE) == (["m", "b", "y"], ["m", "b", "y"])
    assert columns(PrimaryKeyMode.RECORD_VALUE, None, VALUE, pk_fields=("y", "m")) == (["m", "b", "y"], ["m", "y"])


def test_the_whitelist_filters_values_but_no_keys() -> None:
    found = columns(PrimaryKeyMode.RECORD_VALUE, None, VALUE, pk_fields=("m",), fields_whitelist=frozenset({"y"}))
    assert found == (["m", "y"], ["m"])


def test_a_tombstone_has_a_key_alone() -> None:
    assert columns(PrimaryKeyMode.RECORD_KEY, TWO_KEYS, None) == (["a", "b"], ["a", "b"])


def test_a_string_value_is_one_column() -> None:
    assert columns(PrimaryKeyMode.NONE, None, Schema.STRING) == (["record_value"], [])
    found = columns(PrimaryKeyMode.RECORD_KEY, Schema.STRING, Schema.STRING, pk_fields=("k",), string_column="txt")
    assert found == (["txt", "k"], ["k"])


def test_a_field_of_the_key_is_never_optional() -> None:
    schema = SchemaBuilder.struct().field("id", Schema.OPTIONAL_INT32).build()
    fields = fields_of("t", SinkSettings("s", pk_mode=PrimaryKeyMode.RECORD_KEY), schema, ROW)
    assert [field.optional for field in fields.all] == [False, True]


def test_fields_of_counted_time_are_integers_or_texts() -> None:
    schema = SchemaBuilder.struct().field("a", Schema.INT64).field("b", Schema.STRING).field("c", Schema.INT32).build()
    settings = SinkSettings("s", timestamp_fields=frozenset({"a", "b", "c", "d"}))
    assert [field.holds_epoch for field in fields_of("t", settings, None, schema).all] == [True, True, False]


def test_a_timestamp_does_not_count_time_in_another_unit() -> None:
    schema = SchemaBuilder.struct().field("at", Timestamp.SCHEMA).build()
    settings = SinkSettings("s", timestamp_fields=frozenset({"at"}))
    assert [field.holds_epoch for field in fields_of("t", settings, None, schema).all] == [False]


def test_a_field_as_java_shows_it() -> None:
    assert str(SinkField("x", Schema.STRING, is_key=False)) == (
        "SinkRecordField{schema=Schema{STRING}, name='x', isPrimaryKey=false}"
    )


@pytest.mark.parametrize(
    ("mode", "key", "value", "pk_fields", "message"),
    [
        (
            PrimaryKeyMode.KAFKA,
            None,
            ROW,
            ("a",),
            (
                "PK mode for table 't' is KAFKA so there should either be no field names defined for defaults [__connect_topic, "
                "__connect_partition, __connect_offset] to be applicable, or exactly 3, defined fields are: [a]"
            ),
        ),
        (
            PrimaryKeyMode.RECORD_KEY,
            None,
            ROW,
            (),
            "PK mode for table 't' is RECORD_KEY, but record key schema is missing",
        ),
        (
            PrimaryKeyMode.RECORD_KEY,
            KEY,
            ROW,
            ("id", "no"),
            (
                "PK mode for table 't' is RECORD_KEY with configured PK fields [id, no], but record key schema does not contain "
                "field: no"
            ),
        ),
        (
            PrimaryKeyMode.RECORD_KEY,
            Schema.INT64,
            ROW,
            ("a", "b"),
            (
                "Need exactly one PK column defined since the key schema for records is a primitive type, defined columns are: "
                "[a, b]"
            ),
        ),
        (
            PrimaryKeyMode.RECORD_KEY,
            SchemaBuilder.array(Schema.INT32).build(),
            ROW,
            ("a",),
            "Key schema must be primitive type or Struct, but is of type: ARRAY",
        ),
        (
            PrimaryKeyMode.RECORD_VALUE,
            None,
            None,
            (),
            "PK mode for table 't' is RECORD_VALUE, but record value schema is missing",
        ),
        (
            PrimaryKeyMode.RECORD_VALUE,
            None,
            Schema.STRING,
            ("id",),
            "pk.mode record_value is not supported with String value schemas",
        ),
        (
            PrimaryKeyMode.RECORD_VALUE,
            None,
            ROW,
            ("no",),
            (
                "PK mode for table 't' is RECORD_VALUE with configured PK fields [no], but record value schema does not contain "
                "field: no"
            ),
        ),
        (
            PrimaryKeyMode.NONE,
            None,
            SchemaBuilder.struct().build(),
            (),
            "No fields found using key and value schemas for table: t",
        ),
        (PrimaryKeyMode.NONE, None, Schema.INT32, (), "Value schema must be of type Struct, but is of type: INT32"),
        (
            PrimaryKeyMode.RECORD_KEY,
            Schema.STRING,
            Schema.STRING,
            ("record_value",),
            (
                "The column 'record_value' for String values (string.output.value.column.name) is also a column of the key; choose "
                "another name for one of them"
            ),
        ),
    ],
)
def test_errors(
    mode: PrimaryKeyMode, key: Schema | None, value: Schema | None, pk_fields: tuple[str, ...], message: str
) -> None:
    with pytest.raises(ConnectException) as raised:
        columns(mode, key, value, pk_fields=pk_fields)
    assert str(raised.value) == message
