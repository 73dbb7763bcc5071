"""Values, schemas, settings and files that are refused: which one, why, and what to do."""

from __future__ import annotations

import datetime as dt
import decimal
import io
import random
import re
import sys
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from penstock.api import (
    ConfigException,
    ConnectException,
    DataException,
    Decimal,
    Headers,
    PartialBatch,
    Schema,
    SchemaBuilder,
    Struct,
    StructColumn,
    Timestamp,
    Type,
)
from penstock_s3.config.choices import Compression, FormatKind
from penstock_s3.config.settings import AvroSettings
from penstock_s3.formats.avro.schema import AvroField, AvroNode
from penstock_s3.formats.factory import make_format, make_formats
from penstock_s3.formats.parquet.schema import message
from tests.plugins.s3.formats.files import content, options, read
from tests.plugins.s3.formats.test_other_readers import ORDER, ORDERS

BINARY = [FormatKind.AVRO, FormatKind.PARQUET]


def struct(**fields: Schema) -> Schema:
    """A struct of these fields."""
    builder = SchemaBuilder.struct().name("S")
    for name, schema in fields.items():
        builder.field(name, schema)
    return builder.build()


def refusal(kind: FormatKind, schema: Schema | None, values: list[Any]) -> tuple[int, str]:
    """Which value is refused, and how."""
    writer = make_format(kind, options(kind)).open(io.BytesIO(), schema)
    with pytest.raises(PartialBatch) as raised:
        writer.prepare(values)
    assert isinstance(raised.value.error, DataException)
    return raised.value.index, str(raised.value.error)


A = struct(a=Schema.INT32)
NESTED = struct(n=SchemaBuilder.struct().field("x", Schema.STRING).build())
UNION = SchemaBuilder.struct().name("io.confluent.connect.avro.Union").field("string", Schema.OPTIONAL_STRING).build()
FIXED = SchemaBuilder.bytes().name("Fx").parameter("connect.fixed.size", "4").build()


@pytest.mark.parametrize("kind", BINARY)
@pytest.mark.parametrize(
    ("schema", "good", "bad", "told"),
    [
        (A, [1], [None], "Found null value for non-optional schema: field a"),
        (A, [1], ["x"], "Invalid type for INT32 in field a: str x"),
        (A, [1], [True], "Invalid type for INT32 in field a: bool true"),
        (A, [1], [1.5], "Invalid type for INT32 in field a: float 1.5"),
        (struct(a=Schema.STRING), ["x"], [b"x"], "Invalid type for STRING in field a: bytes "),
        (struct(a=Schema.FLOAT64), [1.0], [1], "Invalid type for FLOAT64 in field a: int 1"),
        (
            struct(d=Timestamp.SCHEMA),
            [dt.datetime(2024, 1, 1, tzinfo=dt.UTC)],
            [5],
            "Invalid type for org.apache.kafka",
        ),
        (
            struct(d=Decimal.schema(2)),
            [decimal.Decimal("1.00")],
            [decimal.Decimal(1)],
            "Decimal value has mismatching scale",
        ),
        (
            struct(m=SchemaBuilder.map(Schema.STRING, Schema.INT32).build()),
            [{"a": 1}],
            [[1]],
            "Invalid type for MAP in fi",
        ),
        (
            struct(m=SchemaBuilder.map(Schema.STRING, Schema.INT32).build()),
            [{"a": 1}],
            [{"a": None}],
            "Found null value for non-optional schema: field m (values)",
        ),
        (
            struct(m=SchemaBuilder.map(Schema.STRING, Schema.INT32).build()),
            [{}],
            [None],
            "Found null value for non-opt",
        ),
        (
            struct(m=SchemaBuilder.array(Schema.INT32).build()),
            [[1]],
            [[None]],
            "Found null value for non-optional schema: field m[]",
        ),
        (
            struct(u=UNION),
            [Struct(UNION, {"string": "x"})],
            [Struct(UNION)],
            "Found null value for non-optional schema",
        ),
        (
            NESTED,
            [Struct(NESTED.fields[0].schema, {"x": "x"})],
            [Struct(A, {"a": 1})],
            "Mismatching struct schema: field n",
        ),
    ],
)
def test_a_value_is_refused_alone(kind: FormatKind, schema: Schema, good: list[Any], bad: list[Any], told: str) -> None:
    values = [Struct.of(schema, good), Struct.of(schema, good), Struct.of(schema, bad), Struct.of(schema, good)]
    index, text = refusal(kind, schema, values)
    assert index == 2
    assert text.startswith(told)
    out = io.BytesIO()
    writer = make_format(kind, options(kind)).open(out, schema)
    with pytest.raises(PartialBatch):
        writer.write(values)
    writer.write(values[3:])
    writer.finish()
    assert read(kind, out.getvalue())[1] == [values[0], values[1], values[3]]


@pytest.mark.parametrize("kind", BINARY)
def test_columns_are_refused_like_structs(kind: FormatKind) -> None:
    assert refusal(kind, A, StructColumn(A, [[1, 2, "x"]])) == (2, "Invalid type for INT32 in field a: str x")  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", BINARY)
def test_no_value_for_a_record(kind: FormatKind) -> None:
    assert refusal(kind, A, [None]) == (0, "Found null value for non-optional schema")


def test_avro_alone() -> None:
    color = SchemaBuilder.string().name("C").parameter("io.confluent.connect.avro.Enum", "C")
    enum = color.parameter("io.confluent.connect.avro.Enum.RED", "RED").build()
    assert refusal(FormatKind.AVRO, enum, ["RED", "BLUE"]) == (1, "'BLUE' is no symbol of the enum C: RED")
    assert refusal(FormatKind.AVRO, Schema.INT8, [1, 200]) == (1, "The integer 200 does not fit in INT8")
    assert refusal(FormatKind.AVRO, struct(b=Schema.INT16), [Struct.of(struct(b=Schema.INT16), [1 << 20])]) == (
        0,
        "The integer 1048576 does not fit in INT16 of field b",
    )
    fixed = struct(x=FIXED)
    assert refusal(FormatKind.AVRO, fixed, [Struct.of(fixed, [b"abc"])]) == (
        0,
        "The schema Fx is of 4 bytes, but the value of x has 3",
    )
    number = Decimal.builder(0).parameter("connect.fixed.size", "1").build()
    assert refusal(FormatKind.AVRO, number, [decimal.Decimal(1), decimal.Decimal(1000)]) == (
        1,
        "Unscaled value byte array length 2 is greater than fixed size 1",
    )


def test_schemaless_avro() -> None:
    assert (
        refusal(FormatKind.AVRO, None, [1, 1 << 70])[1] == "The integer 1180591620717411303424 does not fit in 64 bits"
    )
    index, text = refusal(FormatKind.AVRO, None, [{"a": [decimal.Decimal("1.5")]}])
    assert (index, text) == (0, "Unknown type for schemaless data: Decimal (1.5)")


def test_json() -> None:
    assert refusal(FormatKind.JSON, None, [1, {None: 1}]) == (
        1,
        "Null key for a Map not allowed in JSON (use a converting NullKeySerializer?)",
    )
    assert refusal(FormatKind.JSON, None, [decimal.Decimal("NaN")]) == (0, "A decimal NaN cannot be written as JSON")
    deep: list[Any] = []
    for _ in range(sys.getrecursionlimit() * 2):
        deep = [deep]
    assert refusal(FormatKind.JSON, None, [1, deep]) == (1, "The value is nested too deeply for JSON")


def test_deep_values_in_avro() -> None:
    deep: list[Any] = []
    for _ in range(sys.getrecursionlimit() * 2):
        deep = [deep]
    assert refusal(FormatKind.AVRO, None, [1, deep]) == (1, "The value is nested too deeply")


def test_bytes() -> None:
    told = "A null cannot be stored by ByteArrayFormat: an empty value could not be told from it"
    assert refusal(FormatKind.BYTES, Schema.OPTIONAL_BYTES, [b"x", None]) == (1, told)
    assert refusal(FormatKind.BYTES, Schema.STRING, ["x"])[1] == "Invalid schema type for ByteArrayConverter: STRING"


def _enum_of_connect() -> Schema:
    return SchemaBuilder.string().parameter("org.apache.kafka.connect.data.Enum", "C").build()


def _twice() -> Schema:
    other = SchemaBuilder.struct().name("T").field("y", Schema.STRING).build()
    same = SchemaBuilder.struct().name("T").field("x", Schema.INT32).build()
    return struct(a=same, b=other)


@pytest.mark.parametrize("kind", BINARY)
@pytest.mark.parametrize(
    ("schema", "told"),
    [
        (struct(**{"x y": Schema.INT32}), "Illegal character in: x y"),
        (struct(**{"1a": Schema.INT32}), "Illegal initial character: 1a"),
        (struct(n=SchemaBuilder.struct().name("com.example.").field("x", Schema.INT32).build()), "Empty name"),
        (_twice(), "Can't redefine: T"),
        (struct(e=_enum_of_connect()), "Type must have a name: the enum schema Schema{STRING} has the parameter"),
        (
            struct(d=SchemaBuilder.bytes().name(Decimal.LOGICAL_NAME).parameter("scale", "x").build()),
            "The parameter scale of schema Schema{org.apache.kafka.connect.data.Decimal:BYTES} must be an integer, not 'x'",
        ),
        (
            struct(
                u=SchemaBuilder.struct()
                .name("io.confluent.connect.avro.Union")
                .field("a", Schema.INT8)
                .field("b", Schema.INT32)
                .build()
            ),
            "Duplicate in union:int",
        ),
        (
            struct(
                u=SchemaBuilder.struct().name("io.confluent.connect.avro.Union").field("a", UNION).build(),
            ),
            "Nested union in the Avro schema: a union cannot hold another union",
        ),
    ],
)
def test_a_schema_is_refused(kind: FormatKind, schema: Schema, told: str) -> None:
    with pytest.raises(DataException, match=f"^{re.escape(told)}"):
        make_format(kind, options(kind)).open(io.BytesIO(), schema)


def test_parquet_needs_records() -> None:
    made = make_format(FormatKind.PARQUET, options(FormatKind.PARQUET))
    with pytest.raises(ConnectException, match=r"^ParquetFormat needs records with a schema, and these have none\."):
        made.open(io.BytesIO(), None)
    with pytest.raises(ConnectException, match=r"^Avro schema must be a record\."):
        made.open(io.BytesIO(), Schema.INT32)
    with pytest.raises(ConnectException, match=r"^Avro schema must be a record\."):
        made.open(io.BytesIO(), UNION)
    with pytest.raises(DataException, match=r"^Cannot write a schema with an empty group: S$"):
        made.open(io.BytesIO(), struct())


def test_parquet_refuses_endless_records() -> None:
    node = AvroNode("record", name="Loop")
    node.fields = [AvroField("again", node)]
    with pytest.raises(DataException, match=r"^The schema Loop is nested too deeply for Parquet, or contains itself$"):
        message(node, A)


def test_keys_and_headers() -> None:
    formats = make_formats(options(FormatKind.JSON, keys=FormatKind.PARQUET, headers=FormatKind.JSON))
    assert formats.keys is not None
    assert formats.headers is not None
    with pytest.raises(DataException, match=r"^fieldSchema for field key cannot be null\.$"):
        formats.keys.open(io.BytesIO(), None)
    writer = formats.headers.open(io.BytesIO(), None)
    some = Headers().add_string("a", "x")
    for headers, told in [
        (None, "Headers cannot be null: store.kafka.headers needs records that have headers"),
        (Headers(), "Headers cannot be null: store.kafka.headers needs records that have headers"),
        (
            Headers().add_string("a", None),
            'Invalid value: null used for required field: "value", schema type: STRING',
        ),
    ]:
        with pytest.raises(PartialBatch) as raised:
            writer.prepare([some, headers])
        assert (raised.value.index, str(raised.value.error)) == (1, told)


def test_side_files_that_are_none() -> None:
    formats = make_formats(options(FormatKind.JSON, headers=FormatKind.JSON))
    assert formats.headers is not None
    with pytest.raises(DataException, match=r"^A side file was expected, but it holds int instead of records$"):
        list(formats.headers.read(io.BytesIO(b"5\n")))


@pytest.mark.parametrize(
    ("kind", "how", "told"),
    [
        (
            FormatKind.PARQUET,
            {"parquet_codec": "lzo"},
            "Invalid value lzo for configuration parquet.codec: LZO cannot be",
        ),
        (
            FormatKind.PARQUET,
            {"parquet_codec": "x"},
            "Invalid value x for configuration parquet.codec: must be one of none",
        ),
        (
            FormatKind.AVRO,
            {"avro": AvroSettings("lz4", True, True, False, 1)},
            "Invalid value lz4 for configuration avro.codec: must be one of null, deflate, snappy, bzip2, zstandard",
        ),
    ],
)
def test_codecs_that_cannot_be_had(kind: FormatKind, how: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigException, match=f"^{re.escape(told)}"):
        make_format(kind, options(kind, **how))


@pytest.mark.parametrize(
    ("module", "kind", "how", "told"),
    [
        ("cramjam", FormatKind.AVRO, {"avro": AvroSettings("snappy", True, True, False, 1)}, "penstock-s3[snappy]"),
        ("cramjam", FormatKind.JSON, {"compression": Compression.SNAPPY}, "penstock-s3[snappy]"),
        ("zstandard", FormatKind.AVRO, {"avro": AvroSettings("zstandard", True, True, False, 1)}, "penstock-s3[zstd]"),
        ("zstandard", FormatKind.JSON, {"compression": Compression.ZSTD}, "penstock-s3[zstd]"),
        ("penstock_s3.formats.parquet.format", FormatKind.PARQUET, {}, "penstock-s3[parquet]"),
    ],
)
def test_missing_libraries_are_named(
    module: str, kind: FormatKind, how: dict[str, Any], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigException, match=re.escape(f"install {told}")):
        make_format(kind, options(kind, **how))


# --- files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "data", "told"),
    [
        (FormatKind.AVRO, b"", "The object is not an Avro container file: it does not begin with 'Obj' and 1"),
        (FormatKind.AVRO, b"Obj\x01", "The object is not a whole Avro container file: EOFError: the file is cut short"),
        (
            FormatKind.AVRO,
            content(options(FormatKind.AVRO), Schema.INT32, [5]).replace(b"avro.codec\x08null", b"avro.codec\x04lz"),
            "The Avro codec 'lz' is not known; null, deflate, bzip2, xz, snappy and zstandard are",
        ),
        (
            FormatKind.AVRO,
            content(options(FormatKind.AVRO), Schema.INT32, [5])[:-1] + b"x",
            "The object is not a whole Avro container file: ValueError: a block does not end with the file's mark",
        ),
        (FormatKind.PARQUET, b"PAR1", "The object is not a readable Parquet file: "),
        (FormatKind.JSON, b'{"a":1}\n{"a":\n', "Line 2 of the object is not JSON: "),
        (FormatKind.JSON, b"\x1f\x8b\x08\x00\x00\x00", "The object is not whole gzip data: "),
    ],
)
def test_files_of_something_else(kind: FormatKind, data: bytes, told: str) -> None:
    with pytest.raises(DataException, match=f"^{re.escape(told)}"):
        read(kind, data)


@pytest.mark.parametrize(
    ("kind", "codec"),
    [
        *((FormatKind.AVRO, codec) for codec in ("null", "deflate", "snappy", "bzip2", "zstandard")),
        *((FormatKind.PARQUET, codec) for codec in ("none", "zstd")),
        (FormatKind.JSON, "gzip"),
    ],
)
def test_damaged_files_are_told_as_such(kind: FormatKind, codec: str) -> None:
    """Cut anywhere, or with bits turned: a DataException, or values; nothing else."""
    how = options(
        kind,
        compression=Compression.GZIP,
        avro=AvroSettings(codec, True, True, False, 1) if kind is FormatKind.AVRO else None,
        parquet_codec=codec,
    )
    whole = content(how, ORDER, ORDERS[:40])
    chance = random.Random(5)
    for _ in range(150):
        damaged = bytearray(whole)
        if chance.random() < 0.4:
            del damaged[chance.randrange(len(damaged)) :]
        else:
            damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
        try:
            read(kind, bytes(damaged))
        except DataException:
            continue


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ('"null"', "Standalone null schemas are not supported by this converter"),
        ('{"type":"record","name":"R","fields":[{"name":"a","type":["null","R"]}]}', "The Avro type R contains itself"),
        (
            '{"type":"record","name":"R","fields":[{"name":"a","type":"T"}]}',
            "The Avro schema names the type T, which it",
        ),
        ('{"type":"record"', "The Avro schema is not valid: JSONDecodeError: "),
    ],
)
def test_avro_schemas_that_connect_has_not(schema: str, told: str) -> None:
    head = content(options(FormatKind.AVRO), Schema.INT32, [])
    data = head.replace(b'\x0a"int"', bytes([len(schema) * 2 & 127 | 128, len(schema) >> 6]) + schema.encode())
    assert data != head
    with pytest.raises(DataException, match=f"^{re.escape(told)}"):
        read(FormatKind.AVRO, data)


def test_parquet_types_that_connect_has_not() -> None:
    out = io.BytesIO()
    pq.write_table(pa.table({"d": pa.array([1], pa.duration("ns"))}), out)
    with pytest.raises(
        DataException, match=r"^The column d is of the Arrow type duration\[ns\], which Connect has not$"
    ):
        read(FormatKind.PARQUET, out.getvalue())


def test_parquet_of_others() -> None:
    table = pa.table(
        {
            "i": pa.array([1, None], pa.int16()),
            "s": pa.array(["x", "y"], pa.string()),
            "l": pa.array([[1], None], pa.list_(pa.int64())),
            "m": pa.array([[("a", 1)], []], pa.map_(pa.string(), pa.int32())),
            "t": pa.array([dt.datetime(2024, 1, 1, tzinfo=dt.UTC), None], pa.timestamp("ms")),
            "d": pa.array([decimal.Decimal("1.50"), None], pa.decimal128(9, 2)),
            "n": pa.array([{"x": 1.5}, None], pa.struct([("x", pa.float64())])),
        }
    )
    out = io.BytesIO()
    pq.write_table(table, out)
    schema, values = read(FormatKind.PARQUET, out.getvalue())
    assert schema is not None
    assert [field.schema.type for field in schema.fields] == [
        Type.INT16,
        Type.STRING,
        Type.ARRAY,
        Type.MAP,
        Type.INT64,
        Type.BYTES,
        Type.STRUCT,
    ]
    first = values[0]
    assert isinstance(first, Struct)
    first.validate()
    assert first["d"] == decimal.Decimal("1.50")
    assert first["t"] == dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    assert first["m"] == {"a": 1}
