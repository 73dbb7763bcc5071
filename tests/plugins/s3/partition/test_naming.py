"""Golden object keys (spec 19.1): partitioners, formats, codecs, widths, delimiters, side files, affixes; and back again."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from penstock.api import SchemaBuilder, Struct
from penstock_s3.config.choices import Compression, DecimalFormat, Extractor, FormatKind, Partitioning, SchemaAffix
from penstock_s3.config.settings import AvroSettings, FormatSettings, NamingSettings
from penstock_s3.partition.making import make_partitioner
from penstock_s3.partition.naming import ObjectNaming, Parsed, extension
from tests.plugins.s3.partition.parts import NOON, run, settings

FORMAT = FormatSettings(
    kind=FormatKind.JSON,
    compression=Compression.NONE,
    compression_level=-1,
    avro=AvroSettings("null", connect_meta_data=True, enhanced=True, optional_map_keys=False, schemas_cached=1000),
    parquet_codec="snappy",
    decimals=DecimalFormat.BASE64,
    bytes_extension=".bin",
    bytes_separator=b"\n",
    keys=None,
    headers=None,
)
NAMING = NamingSettings("topics", "/", "+", 10)
SCHEMA = SchemaBuilder.struct().name("Order").field("country", SchemaBuilder.string().build()).build()

DIRECTORIES = {
    Partitioning.DEFAULT: "partition=7",
    Partitioning.FIELD: "country=de",
    Partitioning.TIME: "2023-11-15-12",
    Partitioning.HOURLY: "year=2023{0}month=11{0}day=15{0}hour=12",
    Partitioning.DAILY: "year=2023{0}month=11{0}day=15",
}
GZIP = Compression.GZIP
EXTENSIONS = [
    (replace(FORMAT, kind=FormatKind.AVRO), ".avro"),
    (FORMAT, ".json"),
    (replace(FORMAT, compression=GZIP), ".json.gz"),
    (replace(FORMAT, kind=FormatKind.BYTES), ".bin"),
    (replace(FORMAT, kind=FormatKind.BYTES, compression=GZIP, bytes_extension="txt"), "txt.gz"),
    (replace(FORMAT, kind=FormatKind.PARQUET), ".snappy.parquet"),
]
CODECS = {
    "none": ".parquet",
    "snappy": ".snappy.parquet",
    "gzip": ".gz.parquet",
    "lzo": ".lzo.parquet",
    "brotli": ".br.parquet",
    "lz4": ".lz4hadoop.parquet",
    "zstd": ".zstd.parquet",
    "lz4_raw": ".lz4raw.parquet",
}


@pytest.mark.parametrize("codec", CODECS)
def test_parquet_tells_its_codec(codec: str) -> None:
    assert extension(FormatKind.PARQUET, replace(FORMAT, parquet_codec=codec)) == CODECS[codec]


@pytest.mark.parametrize("kind", DIRECTORIES)
@pytest.mark.parametrize("affix", SchemaAffix)
def test_golden_keys(kind: Partitioning, affix: SchemaAffix) -> None:
    for (formats, ending), width, delim, between, top in product(
        EXTENSIONS, (1, 3, 10), ("/", "-", "//"), ("+", "_", ""), ("topics", "", " ", "a/b")
    ):
        asked = settings(
            kind=kind,
            affix=affix,
            delim=delim,
            fields=("country",),
            extractor=Extractor.RECORD,
            path_format="yyyy-MM-dd-HH",
        )
        part = run([Struct(SCHEMA, {"country": "de"})], SCHEMA, times=[NOON])
        found = make_partitioner(asked).encode(part, 0).only
        assert found is not None
        plain = DIRECTORIES[kind].format(delim)
        named = {
            SchemaAffix.NONE: plain,
            SchemaAffix.PREFIX: f"schema_name=Order{delim}{plain}",
            SchemaAffix.SUFFIX: f"{plain}{delim}schema_name=Order",
        }[affix]
        root = f"{top}{delim}" if top.strip() else ""
        naming = ObjectNaming(NamingSettings(top, delim, between, width), formats)
        expected = f"{root}orders{delim}{named}{delim}orders{between}7{between}{str(42).zfill(width)}{ending}"
        assert naming.file("orders", found, 7, 42).values == expected


def test_side_files_stand_beside_the_values() -> None:
    formats = replace(FORMAT, compression=GZIP, keys=FormatKind.BYTES, headers=FormatKind.PARQUET)
    keys = ObjectNaming(NAMING, formats).file("t", "partition=0", 0, 5)
    assert keys.values == "topics/t/partition=0/t+0+0000000005.json.gz"
    assert keys.keys == "topics/t/partition=0/t+0+0000000005.keys.bin.gz"
    assert keys.headers == "topics/t/partition=0/t+0+0000000005.headers.snappy.parquet"


def test_tombstones_have_no_values() -> None:
    formats = replace(FORMAT, keys=FormatKind.AVRO)
    keys = ObjectNaming(NAMING, formats).file("t", "tombstone", 0, 5, tombstones=True)
    assert keys.values is None
    assert keys.keys == "topics/t/tombstone/t+0+0000000005.keys.avro"


def test_offsets_wider_than_the_padding() -> None:
    naming = ObjectNaming(replace(NAMING, pad_width=2), FORMAT)
    assert naming.file("t", "p", 0, 12345).values == "topics/t/p/t+0+12345.json"


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("topics/t/partition=0/t+0+0000000005.json", Parsed("t", "partition=0", 0, 5, None, ".json")),
        ("topics/a.b/x=1/y=a/b/a.b+12+0000000005.keys.avro", Parsed("a.b", "x=1/y=a/b", 12, 5, "keys", ".avro")),
        ("topics/t/p/t+0+12345678901.headers.json.gz", Parsed("t", "p", 0, 12345678901, "headers", ".json.gz")),
        ("topics/t/p/t+0+0000000005", Parsed("t", "p", 0, 5, None, "")),
        ("topics/t//1970/t+0+0000000005.bin", Parsed("t", "/1970", 0, 5, None, ".bin")),
        ("topics/t/p/u+0+0000000005.json", None),
        ("topics/t/p/t+0+5.json", None),
        ("other/t/p/t+0+0000000005.json", None),
        ("topics/.state/c/t/0.json", None),
    ],
)
def test_keys_are_read_back(key: str, expected: Parsed | None) -> None:
    assert ObjectNaming(NAMING, FORMAT).parse(key) == expected


@pytest.mark.parametrize(("between", "width"), [("+", 1), ("+", 10), ("_", 10), ("", 10), (".", 5)])
def test_what_was_named_is_read_back(between: str, width: int) -> None:
    naming = ObjectNaming(NamingSettings("topics", "/", between, width), replace(FORMAT, keys=FormatKind.AVRO))
    keys = naming.file("orders_eu", "year=2023/month=11", 3, 777)
    assert naming.parse(keys.values or "") == Parsed("orders_eu", "year=2023/month=11", 3, 777, None, ".json")
    assert naming.parse(keys.keys or "") == Parsed("orders_eu", "year=2023/month=11", 3, 777, "keys", ".avro")


def test_half_a_surrogate_pair_is_a_question_mark() -> None:
    """As Java encodes it; no store takes such a key otherwise."""
    naming = ObjectNaming(NAMING, replace(FORMAT, keys=FormatKind.JSON))
    found = naming.file("t", "s=a\ud800b", 0, 3)
    assert found.values == "topics/t/s=a?b/t+0+0000000003.json"
    assert found.keys == "topics/t/s=a?b/t+0+0000000003.keys.json"
    assert naming.file("t", "s=\U0001f600ü", 0, 3).values == "topics/t/s=\U0001f600ü/t+0+0000000003.json"
