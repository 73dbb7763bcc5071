"""Golden files: what other programs read is what was written, in every codec, and the same bytes whenever they are written."""

from __future__ import annotations

import datetime as dt
import decimal
import io
import json
from pathlib import Path
from typing import Any

import duckdb
import fastavro
import pyarrow.parquet as pq
import pytest

from penstock.api import Date, Decimal, Schema, SchemaBuilder, Struct, StructColumn, Time, Timestamp
from penstock_s3.config.choices import Compression, FormatKind
from penstock_s3.config.settings import AvroSettings
from penstock_s3.formats.avro.data import AvroData
from penstock_s3.formats.parquet.format import ParquetFormat
from tests.plugins.s3.formats.files import content, options, read

LINE = SchemaBuilder.struct().name("Line").field("sku", Schema.STRING).field("qty", Schema.INT32).build()
ORDER = (
    SchemaBuilder.struct()
    .name("com.example.Order")
    .version(3)
    .field("id", Schema.INT64)
    .field("note", Schema.OPTIONAL_STRING)
    .field("price", Decimal.builder(2).parameter("connect.decimal.precision", "12").build())
    .field("day", Date.SCHEMA)
    .field("at", Timestamp.SCHEMA)
    .field("time", Time.SCHEMA)
    .field("ok", Schema.BOOLEAN)
    .field("raw", Schema.BYTES)
    .field("rate", Schema.FLOAT32)
    .field("lines", SchemaBuilder.array(LINE).build())
    .field("tags", SchemaBuilder.map(Schema.STRING, Schema.INT32).build())
    .field("first", SchemaBuilder.struct().name("First").field("sku", Schema.OPTIONAL_STRING).optional().build())
    .build()
)
FIRST = ORDER.fields[-1].schema
COUNT = 4500


def order(i: int) -> Struct:
    """Order number ``i``."""
    lines = [Struct(LINE, {"sku": f"S{n}", "qty": n}) for n in range(i % 4)]
    values: list[Any] = [
        i,
        None if i % 3 else f"nöte {i}",
        decimal.Decimal(i - 4000).scaleb(-2),
        dt.date(1969, 12, 30) + dt.timedelta(days=i % 900),
        dt.datetime(2024, 2, 29, 23, 59, 59, 999000, tzinfo=dt.UTC) + dt.timedelta(seconds=i),
        dt.time(i % 24, 59, 1, 5000),
        i % 2 == 0,
        bytes([i % 256]) * (i % 5),
        i / 4,
        lines,
        {f"k{i % 7}": i % 100},
        Struct(FIRST, {"sku": f"S{i}" if i % 4 else None}) if i % 5 else None,
    ]
    return Struct.of(ORDER, values)


ORDERS = [order(i) for i in range(COUNT)]


def rows(query: str) -> list[Any]:
    """What duckdb answers."""
    duckdb.execute("set timezone to 'UTC'")
    found = duckdb.sql(query)
    assert found is not None
    return found.fetchall()


def plain(value: Any) -> Any:
    """A value as other readers give it."""
    if isinstance(value, Struct):
        return {field.name: plain(item) for field, item in zip(value.schema.fields, value.values, strict=True)}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


EXPECTED = [plain(value) for value in ORDERS]


@pytest.mark.parametrize("codec", ["null", "deflate", "snappy", "bzip2"])
def test_avro_by_fastavro(codec: str) -> None:
    data = content(options(FormatKind.AVRO, avro=AvroSettings(codec, True, True, False, 1000)), ORDER, ORDERS)
    reader = fastavro.reader(io.BytesIO(data))
    assert list(reader) == EXPECTED
    assert reader.metadata["avro.codec"] == codec


@pytest.mark.parametrize("codec", ["null", "deflate", "snappy", "bzip2", "zstandard"])
def test_avro_by_ourselves(codec: str) -> None:
    data = content(options(FormatKind.AVRO, avro=AvroSettings(codec, True, True, False, 1000)), ORDER, ORDERS)
    assert read(FormatKind.AVRO, data) == (ORDER, ORDERS)


@pytest.mark.parametrize("codec", ["null", "deflate", "bzip2", "xz", "snappy"])
def test_avro_of_others_is_read(codec: str) -> None:
    schema = {"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}]}
    out = io.BytesIO()
    fastavro.writer(out, schema, [{"a": n} for n in range(5000)], codec=codec, sync_interval=1000)
    _, found = read(FormatKind.AVRO, out.getvalue())
    assert [plain(value) for value in found] == [{"a": n} for n in range(5000)]


CODECS = ["none", "snappy", "gzip", "brotli", "zstd", "lz4_raw", "lz4"]


@pytest.mark.parametrize("codec", CODECS)
def test_parquet_by_pyarrow(codec: str) -> None:
    data = content(options(FormatKind.PARQUET, parquet_codec=codec), ORDER, ORDERS)
    assert pq.read_table(io.BytesIO(data)).to_pylist(maps_as_pydicts="strict") == EXPECTED


@pytest.mark.parametrize("codec", CODECS)
def test_parquet_by_duckdb(codec: str, tmp_path: Path) -> None:
    path = tmp_path / "orders.parquet"
    path.write_bytes(content(options(FormatKind.PARQUET, parquet_codec=codec), ORDER, ORDERS))
    found = rows(f"select * from read_parquet('{path}') order by id")
    names = [field.name for field in ORDER.fields]
    assert len(found) == COUNT
    for row, wanted in zip(found, EXPECTED, strict=True):
        by_name = dict(zip(names, row, strict=True))
        by_name["at"] = by_name["at"].astimezone(dt.UTC)
        by_name["time"] = by_name["time"].replace(tzinfo=None)
        assert by_name == wanted


def test_columns_are_found_by_their_statistics(tmp_path: Path) -> None:
    """A wrong least or greatest value would hide rows from who filters: duckdb skips row groups by them."""
    settings = AvroSettings("null", True, True, False, 1000)
    out = io.BytesIO()
    writer = ParquetFormat(AvroData(settings), "zstd", row_group_bytes=50_000).open(out, ORDER)
    writer.write(ORDERS)
    writer.finish()
    path = tmp_path / "orders.parquet"
    path.write_bytes(out.getvalue())
    assert pq.ParquetFile(path).num_row_groups > 1
    for i in (0, 17, 4100, COUNT - 1):
        for condition in (f"id = {i}", f"price = {(i - 4000) / 100} and id = {i}", f"first.sku = 'S{i}'"):
            if "first" in condition and EXPECTED[i]["first"] in (None, {"sku": None}):
                continue
            assert rows(f"select id from read_parquet('{path}') where {condition}") == [(i,)]


@pytest.mark.parametrize("compression", [Compression.NONE, Compression.GZIP, Compression.ZSTD])
def test_json_by_duckdb(compression: Compression, tmp_path: Path) -> None:
    suffix = {Compression.NONE: "", Compression.GZIP: ".gz", Compression.ZSTD: ".zst"}[compression]
    path = tmp_path / f"orders.json{suffix}"
    path.write_bytes(content(options(FormatKind.JSON, compression=compression), ORDER, ORDERS))
    found = rows(f"select count(*), sum(id), count(note) from read_json('{path}')")
    assert found == [(COUNT, sum(range(COUNT)), sum(1 for i in range(COUNT) if i % 3 == 0))]


def test_json_by_json() -> None:
    lines = content(options(FormatKind.JSON), ORDER, ORDERS[:50]).splitlines()
    for line, wanted in zip(map(json.loads, lines), EXPECTED, strict=False):
        assert list(line) == [field.name for field in ORDER.fields]
        assert (line["id"], line["note"], line["lines"], line["first"]) == (
            wanted["id"],
            wanted["note"],
            wanted["lines"],
            wanted["first"],
        )


@pytest.mark.parametrize(
    ("kind", "codec"), [(FormatKind.AVRO, "snappy"), (FormatKind.PARQUET, "snappy"), (FormatKind.PARQUET, "lz4")]
)
def test_batches_leave_no_trace(kind: FormatKind, codec: str) -> None:
    """Records that are read again, in other batches, make the same object (spec 6)."""
    settings = options(kind, parquet_codec=codec, avro=AvroSettings("deflate", True, True, False, 1000))
    whole = content(settings, ORDER, ORDERS)
    assert content(settings, ORDER, ORDERS, cuts=list(range(1, COUNT, 997))) == whole
    assert content(settings, ORDER, ORDERS, cuts=[1, 2, 4200, 4201]) == whole


def test_row_groups_are_cut_by_the_data_alone() -> None:
    def written(cuts: list[int]) -> bytes:
        out = io.BytesIO()
        made = ParquetFormat(AvroData(AvroSettings("null", True, True, False, 1000)), "none", row_group_bytes=100_000)
        writer = made.open(out, ORDER)
        for start, end in zip([0, *cuts], [*cuts, COUNT], strict=True):
            writer.write(ORDERS[start:end])
        writer.finish()
        return out.getvalue()

    whole = written([])
    assert pq.ParquetFile(io.BytesIO(whole)).num_row_groups > 1
    assert written([3, 4095, 4096, 4097]) == whole


@pytest.mark.parametrize("kind", [FormatKind.AVRO, FormatKind.PARQUET, FormatKind.JSON])
def test_columns_and_structs_make_the_same_file(kind: FormatKind) -> None:
    columns = StructColumn.of(ORDER, ORDERS)
    assert columns is not None
    as_columns = StructColumn(ORDER, columns.columns)
    assert content(options(kind), ORDER, as_columns) == content(options(kind), ORDER, ORDERS)
