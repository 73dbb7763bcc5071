"""What is said of schemas, values, files and installations that will not do, wherever in a format it comes up."""

from __future__ import annotations

import io
import sys

import pytest

from penstock.api import ConfigException, DataException, PartialBatch, Schema, SchemaBuilder, Struct
from penstock_s3.config.choices import FormatKind
from penstock_s3.config.settings import AvroSettings
from penstock_s3.formats.factory import make_format
from penstock_s3.formats.libraries import library
from penstock_s3.formats.parquet.thrift import Reader
from tests.plugins.s3.formats.files import content, options, read


def nested(depth: int) -> Schema:
    """Structs in structs."""
    schema = Schema.INT32
    for level in range(depth):
        schema = SchemaBuilder.struct().name(f"S{level}").field("a", schema).build()
    return schema


@pytest.mark.parametrize("depth", [250, 5000], ids=["while it is converted", "when it is looked up"])
@pytest.mark.parametrize(("kind", "name"), [(FormatKind.AVRO, "Avro"), (FormatKind.PARQUET, "Parquet")])
def test_a_schema_nested_too_deeply_is_the_records_fault(kind: FormatKind, name: str, depth: int) -> None:
    """So that it may go to the dead letter queue."""
    with pytest.raises(DataException, match=rf"^The schema is nested too deeply for {name}$"):
        make_format(kind, options(kind)).open(io.BytesIO(), nested(depth))


def test_a_value_that_its_parquet_column_does_not_hold() -> None:
    schema = (
        SchemaBuilder.struct().name("R").field("n", SchemaBuilder.struct().field("i", Schema.INT32).build()).build()
    )
    inner = schema.fields[0].schema
    values = [Struct.of(schema, [Struct.of(inner, [number])]) for number in (1, 1 << 40)]
    writer = make_format(FormatKind.PARQUET, options(FormatKind.PARQUET)).open(io.BytesIO(), schema)
    with pytest.raises(PartialBatch) as told:
        writer.prepare(values)
    assert told.value.index == 1
    assert str(told.value.error).startswith("A value of n.i cannot be stored: Value 1099511627776 too large")


@pytest.mark.parametrize(
    ("codec", "at_the_end", "told"),
    [
        ("snappy", True, "a block's checksum is wrong"),
        ("snappy", False, "a block is not packed by snappy: "),
        ("zstandard", False, "a block is not packed by zstandard: "),
    ],
)
def test_a_damaged_block(codec: str, at_the_end: bool, told: str) -> None:
    settings = options(FormatKind.AVRO, avro=AvroSettings(codec, True, True, False, 1))
    whole = bytearray(content(settings, Schema.STRING, [f"text {number}" for number in range(200)]))
    mark = whole[-16:]  # in front of the last one are the last bytes of the block
    begin = whole.index(mark) + 16 + 4  # the numbers of records and of bytes take two bytes each
    whole[-17 if at_the_end else begin] ^= 255
    with pytest.raises(DataException) as raised:
        read(FormatKind.AVRO, bytes(whole))
    assert str(raised.value).startswith(f"The object is not a whole Avro container file: ValueError: {told}")


def test_an_object_that_holds_no_array() -> None:
    with pytest.raises(DataException, match=r"^The object holds no JSON array$"):
        read(FormatKind.JSON_ARRAY, b'{"a":1}')


def test_a_part_of_a_footer_that_parquet_has_not() -> None:
    with pytest.raises(ValueError, match=r"^Thrift type 11 is not expected in Parquet$"):
        Reader(b"\x1b\x00").struct()


def test_libraries_that_are_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cramjam", None)
    with pytest.raises(
        ConfigException,
        match=r"^Compressing by snappy needs the package cramjam: install penstock-s3\[snappy\]$",
    ):
        library("cramjam", "snappy")
    monkeypatch.setitem(sys.modules, "penstock_s3.formats.parquet.format", None)
    with pytest.raises(
        ConfigException, match=r"^ParquetFormat needs the package pyarrow: install penstock-s3\[parquet\]$"
    ):
        make_format(FormatKind.PARQUET, options(FormatKind.PARQUET))
