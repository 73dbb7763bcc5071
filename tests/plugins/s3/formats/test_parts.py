"""The parts that formats are made of, each by itself."""

from __future__ import annotations

import datetime as dt
import decimal
import gzip
import io
import json
from typing import Any

import fastavro
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.api import (
    Date,
    Decimal,
    Float32,
    Schema,
    SchemaBuilder,
    Struct,
    Time,
    Timestamp,
    Type,
    same_value,
)
from penstock_s3.config.choices import DecimalFormat, FormatKind
from penstock_s3.config.settings import AvroSettings
from penstock_s3.formats.avro.connect import connect_schema
from penstock_s3.formats.avro.data import AvroData
from penstock_s3.formats.avro.parse import parse
from penstock_s3.formats.avro.varints import text_bytes, varint, varints_between
from penstock_s3.formats.gzip_stream import GzipWriter
from penstock_s3.formats.java_order import entries
from penstock_s3.formats.parquet.thrift import BINARY, BYTE, DOUBLE, I32, I64, LIST, STRUCT, TRUE, Reader, written
from tests.plugins.s3.formats.files import content, options, read

LONGS = st.integers(-(1 << 63), (1 << 63) - 1)


@given(
    st.lists(LONGS | st.integers(-20_000, 20_000) | st.integers(-(1 << 29), 1 << 42), max_size=20)
    | st.integers(0, 1 << 62).map(lambda first: [first + n * n * 77 for n in range(30)])
    | st.lists(st.integers(0, (1 << 63) - 1), max_size=20)
)
def test_varints_are_avros(numbers: list[int]) -> None:
    def reference(number: int) -> bytes:
        out = io.BytesIO()
        fastavro.schemaless_writer(out, "long", number)
        return out.getvalue()

    wanted = list(map(reference, numbers))
    assert list(map(varint, numbers)) == wanted
    assert not numbers or varints_between(min(numbers), max(numbers), numbers) == wanted


@pytest.mark.parametrize(
    ("text", "data"),
    [("ü", "ü".encode()), ("a\ud800b", b"a?b"), ("\ud83d\ude00", "😀".encode()), ("\ufffd\udfff", "\ufffd?".encode())],
)
def test_halves_of_surrogate_pairs_become_question_marks(text: str, data: bytes) -> None:
    assert text_bytes(text) == data


@pytest.mark.parametrize(
    ("keys", "ordered"),
    [
        (["b", "a"], ["a", "b"]),
        (["name", "x", "id", "ok"], ["name", "x", "id", "ok"]),  # as recorded: topics/orders
        (["big", "f", "t"], ["big", "t", "f"]),
        ([16, 1, 17, 0], [16, 0, 1, 17]),
        ([3, -1], [-1, 3]),
        ([1, 1 << 40], [1 << 40, 1]),
        ([True, False], [False, True]),
        ([1.5, 0.5], [1.5, 0.5]),
    ],
)
def test_maps_are_ordered_as_by_javas_hash_map(keys: list[Any], ordered: list[Any]) -> None:
    found = [key for key, _ in entries(dict.fromkeys(keys))]
    assert found == ordered


def test_thrift_goes_both_ways() -> None:
    tree = {
        1: (I32, -5),
        2: (TRUE, True),
        3: (TRUE, False),
        20: (I64, 1 << 40),
        21: (BINARY, b"text"),
        22: (LIST, (I32, list(range(20)))),
        23: (LIST, (TRUE, [True, False])),
        24: (STRUCT, {1: (BYTE, 7), 2: (DOUBLE, 1.5)}),
        400: (LIST, (STRUCT, [{}, {5: (BINARY, b"")}])),
    }
    found = Reader(written(tree)).struct()
    assert written(found) == written(tree)
    assert {number: value for number, (_, value) in found.items()} == {
        number: value for number, (_, value) in tree.items()
    }


@pytest.mark.parametrize("level", [-1, 0, 1, 5, 9])
def test_gzip_as_java_writes_it(level: int) -> None:
    out = io.BytesIO()
    writer = GzipWriter(out, level)
    text = b"".join(b"%d," % n for n in range(60_000))
    writer.write(text[:5])
    writer.write(memoryview(text)[5:300_000])
    writer.write(bytearray(text[300_000:]))
    writer.close()
    assert out.getvalue()[:10].hex() == "1f8b08000000000000ff"
    assert gzip.decompress(out.getvalue()) == text
    if level == 0:
        assert len(out.getvalue()) > len(text)
    else:
        assert len(out.getvalue()) < len(text) // 2


# --- schemas ------------------------------------------------------------------------------------------------------------

INNER = SchemaBuilder.struct().name("com.example.Inner").field("x", Schema.INT32).build()
COLOR = (
    SchemaBuilder.string()
    .name("com.example.Color")
    .parameter("io.confluent.connect.avro.enum.doc.Color", "all colors")
    .parameter("io.confluent.connect.avro.enum.default.Color", "RED")
    .parameter("io.confluent.connect.avro.Enum", "com.example.Color")
    .parameter("io.confluent.connect.avro.Enum.RED", "RED")
    .parameter("io.confluent.connect.avro.Enum.BLUE", "BLUE")
    .build()
)
UNION = (
    SchemaBuilder.struct()
    .name("io.confluent.connect.avro.Union")
    .field("int", Schema.OPTIONAL_INT32)
    .field(
        "com.example.Inner2",
        SchemaBuilder.struct().name("com.example.Inner2").field("y", Schema.STRING).optional().build(),
    )
    .optional()
    .build()
)
EVERYTHING = (
    SchemaBuilder.struct()
    .name("com.example.Everything")
    .version(7)
    .doc("what there is")
    .parameter("io.confluent.connect.avro.record.doc", "a record")
    .parameter("io.confluent.connect.avro.field.doc.i8", "a small number")
    .parameter("own", "parameter")
    .field("i8", SchemaBuilder.int8().default(3).build())
    .field("i64", SchemaBuilder.int64().optional().default(5).build())
    .field("f", SchemaBuilder.float32().default(1.5).build())
    .field("s", SchemaBuilder.string().doc("text").default("x").build())
    .field("raw", SchemaBuilder.bytes().default(b"\x00\xff").build())
    .field("day", Date.builder().default(dt.date(2024, 2, 29)).build())
    .field("time", Time.builder().default(dt.time(1, 2, 3, 4000)).build())
    .field("at", Timestamp.builder().default(dt.datetime(2024, 2, 29, 1, tzinfo=dt.UTC)).build())
    .field("price", Decimal.builder(2).default(decimal.Decimal("-1.50")).build())
    .field(
        "exact",
        Decimal.builder(1).parameter("connect.fixed.size", "6").parameter("connect.decimal.precision", "12").build(),
    )
    .field("list", SchemaBuilder.array(Schema.INT32).default([1, 2]).build())
    .field("map", SchemaBuilder.map(Schema.STRING, Schema.BOOLEAN).default({"a": True}).build())
    .field("numbers", SchemaBuilder.map(Schema.INT32, Schema.OPTIONAL_STRING).build())
    .field("other", SchemaBuilder.map(Schema.INT64, Schema.STRING).optional().build())
    .field("named", SchemaBuilder.map(Schema.INT64, Schema.STRING).name("com.example.Named").build())
    .field("inner", INNER)
    .field("again", SchemaBuilder.struct().name("com.example.Inner").field("x", Schema.INT32).optional().build())
    .field("color", COLOR)
    .field("union", UNION)
    .field("fixed", SchemaBuilder.bytes().name("com.example.Four").parameter("connect.fixed.size", "4").build())
    .build()
)


def everything() -> Struct:
    inner2 = UNION.fields[1].schema
    return Struct(
        EVERYTHING,
        {
            "exact": decimal.Decimal("-12345678901.5"),
            "numbers": {1: "a", -2: None},
            "other": {1 << 40: "b"},
            "named": {3: "c"},
            "inner": Struct(INNER, {"x": 1}),
            "color": "BLUE",
            "union": Struct(UNION, {"com.example.Inner2": Struct(inner2, {"y": "z"})}),
            "fixed": b"abcd",
        },
    )


def test_every_attribute_of_a_schema_comes_back() -> None:
    made = AvroData(AvroSettings("null", True, True, False, 10)).schema(EVERYTHING)
    fastavro.parse_schema(json.loads(made.text))
    found = connect_schema(parse(made.text))
    for wanted, field in zip(EVERYTHING.fields, found.fields, strict=True):
        assert field.schema == wanted.schema, field.name
    assert found.fields == EVERYTHING.fields
    assert (found.name, found.version, found.doc, found.optional) == (
        "com.example.Everything",
        7,
        "what there is",
        False,
    )
    assert found == EVERYTHING


@pytest.mark.parametrize("kind", [FormatKind.AVRO, FormatKind.PARQUET])
def test_defaults_stand_in_for_nulls(kind: FormatKind) -> None:
    schema, (found,) = read(kind, content(options(kind), EVERYTHING, [everything()]))
    assert schema == EVERYTHING
    assert isinstance(found, Struct)
    for field in EVERYTHING.fields:
        assert same_value(found.get(field.name), everything().get(field.name)), field.name
    assert found.values[0] == 3


def test_unions_of_numbers() -> None:
    builder = SchemaBuilder.struct().name("io.confluent.connect.avro.Union")
    union = builder.field("int", Schema.OPTIONAL_INT32).field("long", Schema.OPTIONAL_INT64).build()
    values = [Struct(union, {"int": 5}), Struct(union, {"long": 1 << 40})]
    assert read(FormatKind.AVRO, content(options(FormatKind.AVRO), union, values)) == (union, values)


HOLDER = SchemaBuilder.struct().name("I").field("x", Schema.OPTIONAL_INT32).build()


@pytest.mark.parametrize(
    "refused",
    [
        SchemaBuilder.map(Schema.INT32, Schema.INT32).default({1: 2}).build(),
        SchemaBuilder.array(Schema.OPTIONAL_INT32).default([1, 2]).build(),
        SchemaBuilder.array(Schema.OPTIONAL_INT32).default([None, 1]).build(),
        SchemaBuilder.map(Schema.STRING, Schema.OPTIONAL_INT32).default({"a": 1}).build(),
        SchemaBuilder.array(Schema.OPTIONAL_INT32).optional().default([1]).build(),
        Schema(Type.STRUCT, name="I", fields=HOLDER.fields, default=Struct(HOLDER, {"x": 1})),
    ],
)
def test_a_default_that_avro_refuses_is_left_out(refused: Schema) -> None:
    """What is of a union must be of its first member, which null is."""
    schema = SchemaBuilder.struct().field("m", refused).build()
    text = AvroData(AvroSettings("null", False, True, False, 10)).schema(schema).text
    assert '"default"' not in text.replace('"default":null', "")


@pytest.mark.parametrize(
    ("schema", "texts"),
    [
        (SchemaBuilder.float32().default(Float32(1.1)).build(), ("1.1", "1.100000023841858")),
        (
            SchemaBuilder.array(Schema.FLOAT32).default([Float32(0.1)]).build(),
            ("[0.1]", "[0.10000000149011612]"),
        ),
        (
            SchemaBuilder.map(Schema.STRING, Schema.FLOAT32).default({"k": Float32(0.1)}).build(),
            ('{"k":0.1}', '{"k":0.10000000149011612}'),
        ),
    ],
)
def test_defaults_of_floats_are_written_as_java_writes_them(schema: Schema, texts: tuple[str, str]) -> None:
    """Among Connect's properties as floats; as the default of the field, which has been a double in between, as doubles."""
    holder = SchemaBuilder.struct().field("f", schema).build()
    text = AvroData(AvroSettings("null", True, True, False, 10)).schema(holder).text
    assert f'"connect.default":{texts[0]}}},"default":{texts[1]}}}' in text


@pytest.mark.parametrize(("optional", "path"), [(True, "u"), (False, "u.member0")])
def test_a_union_of_one_member_is_a_group_unless_it_has_a_null(optional: bool, path: str) -> None:
    builder = SchemaBuilder.struct().name("io.confluent.connect.avro.Union").field("int", Schema.OPTIONAL_INT32)
    union = builder.optional().build() if optional else builder.build()
    schema = SchemaBuilder.struct().name("R").field("u", union).build()
    data = content(options(FormatKind.PARQUET), schema, [Struct(schema, {"u": Struct(union, {"int": 5})})])
    assert pq.ParquetFile(io.BytesIO(data)).schema.column(0).path == path
    (value,) = read(FormatKind.PARQUET, data)[1]
    assert isinstance(value, Struct)
    assert value.values[0] == (5 if optional else Struct(union, {"int": 5}))


def test_what_is_escaped_in_a_schema() -> None:
    field = SchemaBuilder.string().default('\\uD83D\\uDE00 \\😀 ü"\n\u0001').build()
    schema = SchemaBuilder.struct().field("s", field).build()
    text = AvroData(AvroSettings("null", False, True, False, 10)).schema(schema).text
    assert text.endswith(r""""default":"\\uD83D\\uDE00 \\😀 ü\"\n\u0001"}]}""")


def test_unions_that_are_told_by_a_parameter() -> None:
    parameter = "org.apache.kafka.connect.data.Union"
    builder = SchemaBuilder.struct().name("connect_union").parameter(parameter, "connect_union")
    union = builder.field("a", Schema.OPTIONAL_INT32).field("b", Schema.OPTIONAL_STRING).build()
    assert AvroData(AvroSettings("null", True, True, False, 10)).schema(union).text == '["int","string"]'


# --- JSON -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "value", "text"),
    [
        (Decimal.schema(1), decimal.Decimal("1.0"), b"1.0\n"),
        (Date.SCHEMA, dt.date(1970, 1, 2), b"86400000\n"),
        (Time.SCHEMA, dt.time(0, 0, 1), b"1000\n"),
        (Timestamp.SCHEMA, dt.datetime(1970, 1, 1, 0, 0, 0, 5000, tzinfo=dt.UTC), b"5\n"),
        (Schema.FLOAT32, 0.10000000149011612, b"0.1\n"),
        (Schema.FLOAT32, float("nan"), b'"NaN"\n'),
        (Schema.FLOAT64, 0.1, b"0.1\n"),
        (Schema.FLOAT64, 0.10000000149011612, b"0.10000000149011612\n"),
        (SchemaBuilder.array(Schema.OPTIONAL_FLOAT32).build(), [0.10000000149011612, None], b"[0.1,null]\n"),
        (SchemaBuilder.map(Schema.STRING, Schema.FLOAT32).build(), {"a": 0.10000000149011612}, b'{"a":0.1}\n'),
        (SchemaBuilder.map(Schema.INT32, Schema.STRING).build(), {1: "a"}, b'{"1":"a"}\n'),
        (SchemaBuilder.map(Schema.BOOLEAN, Schema.STRING).build(), {True: "a"}, b'{"true":"a"}\n'),
        (SchemaBuilder.array(Decimal.schema(1)).build(), [decimal.Decimal("0.5")], b"[0.5]\n"),
        (SchemaBuilder.array(INNER).build(), [Struct(INNER, {"x": 1})], b'[{"x":1}]\n'),
        (Schema.OPTIONAL_STRING, None, b"null\n"),
        (Schema.BOOLEAN, True, b"true\n"),
        (Schema.BYTES, b"ab", b'"YWI="\n'),
    ],
)
def test_json_of_what_is_no_struct(schema: Schema, value: object, text: bytes) -> None:
    assert content(options(FormatKind.JSON), schema, [value]) == text


def test_decimals_in_structs() -> None:
    schema = SchemaBuilder.struct().field("d", Decimal.schema(2)).build()
    value = Struct(schema, {"d": decimal.Decimal("1.50")})
    assert content(options(FormatKind.JSON), schema, [value]) == b'{"d":"AJY="}\n'
    assert content(options(FormatKind.JSON, decimals=DecimalFormat.NUMERIC), schema, [value]) == b'{"d":1.50}\n'
