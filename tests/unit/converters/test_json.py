"""JsonConverter, by example (spec 5.3 and 14.6)."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Any

import pytest

from penstock.api import logical
from penstock.api.converter import ColumnAndSchema, PartialBatch, SchemaAndValue
from penstock.api.exceptions import ConfigException, DataException
from penstock.api.numerics import Float32, Int16
from penstock.api.schema import Schema
from penstock.api.schema_builder import SchemaBuilder
from penstock.api.struct import Struct
from penstock.converters import JsonConverter

POINT = SchemaBuilder.struct().name("p").field("x", Schema.INT32).field("y", Schema.OPTIONAL_STRING).build()
POINT_JSON = (
    b'{"type":"struct","fields":[{"type":"int32","optional":false,"field":"x"},'
    b'{"type":"string","optional":true,"field":"y"}],"optional":false,"name":"p"}'
)


def converter(**config: str) -> JsonConverter:
    made = JsonConverter()
    made.configure({key.replace("_", "."): value for key, value in config.items()}, False)
    return made


def record(payload: bytes, schema: bytes = POINT_JSON) -> bytes:
    return b'{"schema":%b,"payload":%b}' % (schema, payload)


def written(schema: Schema | None, value: object, **config: str) -> bytes | None:
    return converter(**config).from_connect_data("t", None, schema, value)


def read(data: bytes | None, **config: str) -> SchemaAndValue:
    return converter(**config).to_connect_data("t", None, data)


# --- writing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "value", "text"),
    [
        (Schema.OPTIONAL_INT32, 12, b'{"schema":{"type":"int32","optional":true},"payload":12}'),
        (
            logical.Decimal.schema(2),
            Decimal("1.56"),
            (
                b'{"schema":{"type":"bytes","optional":false,"name":"org.apache.kafka.connect.data.Decimal","version":1,'
                b'"parameters":{"scale":"2"}},"payload":"AJw="}'
            ),
        ),
        (
            logical.Date.SCHEMA,
            dt.date(1997, 5, 19),
            (
                b'{"schema":{"type":"int32","optional":false,"name":"org.apache.kafka.connect.data.Date","version":1},'
                b'"payload":10000}'
            ),
        ),
        (
            SchemaBuilder.map(Schema.INT32, Schema.INT32).build(),
            {1: 12},
            (
                b'{"schema":{"type":"map","keys":{"type":"int32","optional":false},"values":{"type":"int32",'
                b'"optional":false},"optional":false},"payload":[[1,12]]}'
            ),
        ),
        (POINT, Struct(POINT, {"x": 1}), record(b'{"x":1,"y":null}')),
        (None, {"k": 1}, b'{"schema":null,"payload":{"k":1}}'),
        (None, None, None),
    ],
)
def test_written_with_schemas(schema: Schema | None, value: object, text: bytes | None) -> None:
    assert written(schema, value) == text
    assert list(converter().from_connect_data_batch("t", schema, [value, value])) == [text, text]


@pytest.mark.parametrize(
    ("schema", "value", "text"),
    [
        (Schema.OPTIONAL_STRING, None, b"null"),
        (None, None, None),
        (logical.Decimal.schema(2), Decimal("1.56"), b'"AJw="'),
        (Schema.FLOAT64, math.nan, b'"NaN"'),
        (Schema.FLOAT32, -math.inf, b'"-Infinity"'),
        (Schema.FLOAT64, 1e10, b"1.0E10"),
        (Schema.FLOAT32, 0.1, b"0.1"),
        (None, Float32(0.1), b"0.1"),
        (None, Int16(7), b"7"),
        (Schema.STRING, 'é😀"\\\n\x0b\x7f', b'"\xc3\xa9\\uD83D\\uDE00\\"\\\\\\n\\u000B\x7f"'),
        (Schema.STRING, "\ud83d", b'"\\uD83D"'),
        (Schema.BYTES, memoryview(b"\x01\x02"), b'"AQI="'),
        (None, b"\x01\x02", b'"AQI="'),
        (None, {"a": (1, None)}, b'{"a":[1,null]}'),
        (None, {1: True, "b": 1.5}, b'[[1,true],["b",1.5]]'),
    ],
)
def test_written_without_schemas(schema: Schema | None, value: object, text: bytes | None) -> None:
    assert written(schema, value, schemas_enable="false") == text
    column = converter(schemas_enable="false").from_connect_data_batch("t", schema, [value, value])
    assert list(column) == [text, text]


def test_decimals_are_written_as_numbers_if_asked() -> None:
    schema = logical.Decimal.schema(3)
    assert written(schema, Decimal("1.500"), schemas_enable="false", decimal_format="numeric") == b"1.500"
    with pytest.raises(DataException, match="A Decimal field cannot hold NaN"):
        written(schema, Decimal("NaN"), decimal_format="NUMERIC")


def test_a_default_stands_for_a_null_unless_told_otherwise() -> None:
    schema = SchemaBuilder.int32().optional().default(42).build()
    assert written(schema, None, schemas_enable="false") == b"42"
    assert written(schema, None, schemas_enable="false", replace_null_with_default="false") == b"null"
    required = SchemaBuilder.int32().default(42).build()
    with pytest.raises(
        DataException, match=r"^Conversion error: null value for field that is required and has no default"
    ):
        written(required, None, replace_null_with_default="false")


@pytest.mark.parametrize(
    ("schema", "value", "text"),
    [
        (Schema.INT32, None, "Conversion error: null value for field that is required and has no default value"),
        (Schema.INT32, "a", "Invalid type for INT32: class java.lang.String"),
        (Schema.INT8, 128, "Invalid type for INT8: class java.lang.Long"),
        (Schema.INT32, True, "Invalid type for INT32: class java.lang.Boolean"),
        (Schema.FLOAT32, 1, "Invalid type for FLOAT32: class java.lang.Long"),
        (Schema.FLOAT64, "x", "Invalid type for FLOAT64: class java.lang.String"),
        (Schema.BOOLEAN, 1, "Invalid type for BOOLEAN: class java.lang.Long"),
        (Schema.STRING, b"x", "Invalid type for STRING: class [B"),
        (Schema.BYTES, "x", "Invalid type for bytes type: class java.lang.String"),
        (SchemaBuilder.array(Schema.INT8).build(), {}, "Invalid type for ARRAY: class java.util.LinkedHashMap"),
        (SchemaBuilder.map(Schema.INT8, Schema.INT8).build(), [], "Invalid type for MAP: class java.util.ArrayList"),
        (POINT, {}, "Invalid type for STRUCT: class java.util.LinkedHashMap"),
        (POINT, Struct(SchemaBuilder.struct().build()), "Mismatching schema."),
        (None, Struct(POINT), "Mismatching schema."),
        (None, Decimal(1), "Java class class java.math.BigDecimal does not have corresponding schema type."),
        (None, [1 << 63], "Java class class java.math.BigInteger does not have corresponding schema type."),
        (logical.Date.SCHEMA, 5, "Invalid type for Date, expected Date but was class java.lang.Long"),
        (logical.Time.SCHEMA, 5, "Invalid type for Time, expected Date but was class java.lang.Long"),
        (logical.Timestamp.SCHEMA, 5, "Invalid type for Timestamp, expected Date but was class java.lang.Long"),
        (logical.Decimal.schema(2), 5, "Invalid type for Decimal, expected BigDecimal but was class java.lang.Long"),
        (
            SchemaBuilder.map_of_null().build(),
            {},
            "A map without a schema for its keys cannot be written as JSON",
        ),
    ],
)
def test_what_does_not_fit_is_told(schema: Schema | None, value: object, text: str) -> None:
    with pytest.raises(DataException) as raised:
        written(schema, value)
    assert str(raised.value) == text
    with pytest.raises(PartialBatch) as stopped:
        converter().from_connect_data_batch("t", schema, [value])
    assert (stopped.value.index, stopped.value.done, str(stopped.value.error)) == (0, [], text)


def test_a_column_stops_at_what_does_not_fit() -> None:
    with pytest.raises(PartialBatch) as stopped:
        converter(schemas_enable="false").from_connect_data_batch("t", Schema.INT8, [1, 2, 300, 4])
    assert stopped.value.index == 2
    assert stopped.value.done == [b"1", b"2"]
    assert str(stopped.value.error) == "Invalid type for INT8: class java.lang.Long"


def test_an_equal_schema_is_as_good_as_the_same() -> None:
    twin = SchemaBuilder.struct().name("p").field("x", Schema.INT32).field("y", Schema.OPTIONAL_STRING).build()
    values = [Struct(POINT, {"x": 1}), Struct(twin, {"x": 2})]
    assert list(converter().from_connect_data_batch("t", POINT, values)) == [
        record(b'{"x":1,"y":null}'),
        record(b'{"x":2,"y":null}'),
    ]


def test_fields_may_have_any_names() -> None:
    names = ["f1", "f0", 'q"uote', "class", "é😀", "\\", "\n"]
    builder = SchemaBuilder.struct()
    for name in names:
        builder.field(name, Schema.INT32)
    schema = builder.build()
    value = Struct.of(schema, range(len(names)))
    (data,) = converter().from_connect_data_batch("t", schema, [value])
    assert data == written(schema, value)
    made = converter()
    for _ in range(2):
        assert made.to_connect_data_batch("t", [data]) == [ColumnAndSchema(schema, [value])]


# --- reading --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "payload", "value"),
    [
        (b'{"type":"int8"}', b"300", 44),
        (b'{"type":"int32"}', b"1.9", 1),
        (b'{"type":"int32"}', b'"abc"', 0),
        (b'{"type":"int64"}', b"1e19", 10**19 - (1 << 64)),
        (b'{"type":"boolean"}', b"1", False),
        (b'{"type":"string"}', b"5", None),
        (b'{"type":"float"}', b"1.00000005960464477540", 1.0000001192092896),
        (b'{"type":"double"}', b"1e400", math.inf),
        (b'{"type":"double"}', b"-0.0", 0.0),
        (b'{"type":"bytes"}', b'" AQI=\\nAQI= "', b"\x01\x02\x01\x02"),
        (b'{"type":"array","items":{"type":"int8"}}', b'{"a":1,"b":2}', [1, 2]),
        (b'{"type":"array","items":{"type":"int8"}}', b"5", []),
        (b'{"type":"map","keys":{"type":"int8"},"values":{"type":"string"}}', b'[[1,"a"],[257,"b"]]', {1: "b"}),
        (b'{"type":"int8","default":1000}', b"null", -24),
        (b"null", b'[1,2.5,"x",null,12345678901234567890]', [1, 2.5, "x", None, 12345678901234567890 - (1 << 64)]),
    ],
)
def test_values_are_bent_as_jackson_bends_them(schema: bytes, payload: bytes, value: object) -> None:
    data, made = record(payload, schema), converter()
    found = [made.to_connect_data("t", None, data).value for _ in range(2)]
    (run,) = made.to_connect_data_batch("t", [data, data])
    assert [repr(item) for item in (*found, *run.values)] == [repr(value)] * 4


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"{", "Converting byte[] to Kafka Connect data failed due to serialization error: "),
        (record(b"null"), "Invalid null value for required STRUCT field"),
        (record(b"{}"), "Invalid null value for required INT32 field"),
        (record(b"[]"), "Structs should be encoded as JSON objects, but found ARRAY"),
        (record(b"1", b"5"), "Schema must contain 'type' field"),
        (record(b"1", b'{"type":"x"}'), "Unknown schema type: x"),
        (record(b"1", b'{"type":"array"}'), "Array schema did not specify the element type"),
        (record(b"1", b'{"type":"map"}'), "Map schema did not specify the key type"),
        (record(b"1", b'{"type":"map","keys":{"type":"int8"}}'), "Map schema did not specify the value type"),
        (record(b"1", b'{"type":"struct"}'), 'Struct schema\'s "fields" argument is not an array.'),
        (record(b"1", b'{"type":"struct","fields":[1]}'), "Struct schema's field name not specified properly"),
        (record(b"1", b'{"type":"int8","parameters":{"a":1}}'), "Schema parameters must have string values."),
        (record(b"1", b'{"type":"string","default":1}'), "Invalid default value"),
        (record(b'"!"', b'{"type":"bytes"}'), "Invalid bytes field"),
        (
            record(b"1", b'{"type":"map","keys":{"type":"string"},"values":{"type":"int8"}}'),
            "Maps with string fields should be encoded as JSON objects, but found NUMBER",
        ),
        (
            record(b"{}", b'{"type":"map","keys":{"type":"int8"},"values":{"type":"int8"}}'),
            "Maps with non-string fields should be encoded as JSON array of tuples, but found OBJECT",
        ),
        (
            record(b"[true]", b'{"type":"map","keys":{"type":"int8"},"values":{"type":"int8"}}'),
            "Found invalid map entry instead of array tuple: BOOLEAN",
        ),
        (
            record(b"[[1]]", b'{"type":"map","keys":{"type":"int8"},"values":{"type":"int8"}}'),
            "Found invalid map entry, expected length 2 but found :1",
        ),
        (
            record(b'"x"', b'{"type":"int32","name":"org.apache.kafka.connect.data.Date"}'),
            "Invalid type for Date, underlying representation should be integer but was STRING",
        ),
        (
            record(b"1.5", b'{"type":"int64","name":"org.apache.kafka.connect.data.Timestamp"}'),
            "Invalid type for Timestamp, underlying representation should be integral but was NUMBER",
        ),
        (
            record(b"true", b'{"type":"bytes","name":"org.apache.kafka.connect.data.Decimal"}'),
            "Invalid type for Decimal, underlying representation should be numeric or bytes but was BOOLEAN",
        ),
        (
            record(b'"AQI="', b'{"type":"bytes","name":"org.apache.kafka.connect.data.Decimal"}'),
            "Invalid bytes for Decimal field",
        ),
        (
            b'{"a":1}',
            (
                'JsonConverter with schemas.enable requires "schema" and "payload" fields and may not contain additional '
                "fields. If you are trying to deserialize plain JSON data, set schemas.enable=false in your converter "
                "configuration."
            ),
        ),
    ],
)
def test_what_cannot_be_read_is_told(data: bytes, text: str) -> None:
    made = converter()
    with pytest.raises(DataException) as raised:
        made.to_connect_data("t", None, data)
    assert str(raised.value) == text
    good = record(b'{"x":1}')
    with pytest.raises(PartialBatch) as stopped:
        made.to_connect_data_batch("t", [good, good, data, good])
    assert (stopped.value.index, str(stopped.value.error)) == (2, text)
    (run,) = stopped.value.done
    assert list(run.values) == [Struct(POINT, {"x": 1})] * 2  # type: ignore[attr-defined]


def test_runs_share_a_schema() -> None:
    other = b'{"type":"int64","optional":false}'
    runs = converter().to_connect_data_batch(
        "t",
        [record(b'{"x":1}'), record(b'{"x":2}'), None, record(b"7", other), record(b"8", other), record(b'{"x":3}')],
    )
    assert [(run.schema, len(run.values)) for run in runs] == [(POINT, 2), (None, 1), (Schema.INT64, 2), (POINT, 1)]
    assert runs[0].schema is runs[3].schema, "an unchanged schema is the same object"


def test_the_same_schema_written_otherwise_is_the_same_object() -> None:
    made = converter()
    first, second = (
        made.to_connect_data("t", None, record(b"1", schema)).schema
        for schema in (b'{"type":"int32","name":"n"}', b'{"name": "n", "type": "int32", "optional": false}')
    )
    assert first is second


@pytest.mark.parametrize("data", [b"", b" \n", None])
def test_no_text_at_all_is_a_null_where_schemas_are_off(data: bytes | None) -> None:
    assert read(data, schemas_enable="false") == (None, None)
    assert converter(schemas_enable="false").to_connect_data_batch("t", [data, data]) == [(None, [None, None])]


def test_timestamps_are_read_beyond_what_datetime_holds() -> None:
    schema = b'{"type":"int64","name":"org.apache.kafka.connect.data.Timestamp","version":1}'
    moments = [0, 1_735_689_600_123, -1, 4_000_000_000_001, -62_135_596_800_000, 253_402_300_800_000]
    made = converter()
    for some in (moments, moments[:2], [3_999_999_999_999 - 7 * number for number in range(1000)]):
        records: list[bytes | None] = [record(b"%d" % ms, schema) for ms in some]
        (run,) = made.to_connect_data_batch("t", records)
        assert [logical.Timestamp.from_logical(logical.Timestamp.SCHEMA, item) for item in run.values] == some  # type: ignore[arg-type]
        assert all(type(item) is not dt.datetime or item.microsecond % 1000 == 0 for item in run.values)
    (run,) = made.to_connect_data_batch("t", [record(b"0", schema)])
    assert next(iter(made.from_connect_data_batch("t", run.schema, run.values))) == (
        b'{"schema":{"type":"int64","optional":false,"name":"org.apache.kafka.connect.data.Timestamp","version":1},"payload":0}'
    )


# --- configuration --------------------------------------------------------------------------------------------------


def test_schema_content_is_the_schema_of_all_values() -> None:
    made = converter(schema_content=POINT_JSON.decode())
    assert made.to_connect_data("t", None, b'{"x":1,"y":"a"}') == (POINT, Struct(POINT, {"x": 1, "y": "a"}))
    (run,) = made.to_connect_data_batch("t", [b'{"x":1}', b'{"x":2.0}', b'{"x":3}'])
    assert [item.values[0] for item in run.values] == [1, 2, 3]  # type: ignore[attr-defined]
    assert converter(schema_content="").to_connect_data("t", None, record(b'{"x":1}')).schema == POINT


@pytest.mark.parametrize("enabled", ["true", "false"])
def test_a_malformed_schema_content_is_told_even_where_it_is_not_used(enabled: str) -> None:
    with pytest.raises(
        DataException, match=r"^Failed to parse schema in converter config due to serialization error: $"
    ):
        converter(schema_content="{", schemas_enable=enabled)


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("schemas.enable", "yes", "Expected value to be either true or false"),
        ("schemas.cache.size", "1.0", "Not a number of type INT"),
        ("decimal.format", "x", "String must be one of (case insensitive): NUMERIC, BASE64"),
    ],
)
def test_a_wrong_configuration_is_told(key: str, value: str, text: str) -> None:
    with pytest.raises(ConfigException) as raised:
        JsonConverter().configure({key: value}, True)
    assert str(raised.value) == f"Invalid value {value} for configuration {key}: {text}"


def test_a_header_converter_is_told_its_type() -> None:
    made = JsonConverter()
    made.configure({"converter.type": "header", "schemas.enable": "false"})
    assert made.from_connect_header("t", "h", Schema.INT32, 5) == b"5"
    assert made.to_connect_header("t", "h", b"5") == (None, 5)
    with pytest.raises(ConfigException, match="Missing required configuration"):
        JsonConverter().configure({})


def test_other_peoples_objects_are_left_alone() -> None:
    value: Any = {"a": [1, {"b": 2.5}], "c": None}
    copy = {"a": [1, {"b": 2.5}], "c": None}
    converter().from_connect_data_batch("t", None, [value])
    assert value == copy


def test_plain_lines_are_the_texts_of_a_column() -> None:
    made = converter(schemas_enable="false")
    values: list[object] = [{"a": 1}, None, "x", [1.5, -2.5, 0.0, -0.0, 1e-7], True, 1 << 40]
    texts = [made.from_connect_data("t", None, None, value) for value in values]
    assert made.plain_lines(None, values) == b"".join(b"null\n" if text is None else text + b"\n" for text in texts)
    assert made.plain_lines(None, []) == b""
    assert made.plain_lines(POINT, [Struct(POINT, {"x": 1})]) == b'{"x":1,"y":null}\n'


@pytest.mark.parametrize("value", [math.nan, 1 << 70, object(), Decimal("1.5"), {1: 2}])
def test_what_needs_care_makes_no_plain_lines(value: object) -> None:
    assert converter(schemas_enable="false").plain_lines(None, [1, value]) is None


def test_envelopes_make_no_plain_lines() -> None:
    assert converter().plain_lines(Schema.INT32, [5]) is None
