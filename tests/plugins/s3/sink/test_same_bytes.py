"""Objects depend on records and settings, not on batches, in every format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from penstock.api import Schema, SchemaBuilder, Struct
from penstock_s3.config.choices import Compression, FormatKind
from tests.plugins.s3.sink.rig import Rig, Row, bucket, sink_settings
from tests.plugins.s3.sink.test_kills import replace_part

SCHEMA: Schema = (
    SchemaBuilder.struct()
    .name("row")
    .field("id", SchemaBuilder.int64().build())
    .field("note", SchemaBuilder.string().optional().build())
    .build()
)


def records(count: int) -> list[Row]:
    return [
        Row(Struct(SCHEMA).put("id", number).put("note", None if number % 7 == 0 else f"n{number}"), schema=SCHEMA)
        for number in range(count)
    ]


@pytest.mark.parametrize(
    "format_",
    [
        {"kind": FormatKind.JSON},
        {"kind": FormatKind.JSON, "compression": Compression.GZIP},
        {"kind": FormatKind.AVRO},
        {"kind": FormatKind.PARQUET},
        {"kind": FormatKind.PARQUET, "parquet_codec": "zstd"},
    ],
    ids=["json", "json.gz", "avro", "parquet", "parquet.zstd"],
)
def test_batches_leave_no_trace(format_: dict[str, Any], tmp_path: Path) -> None:
    settings = replace_part(sink_settings(flush_size=5_000), "format", **format_)
    found = []
    for batch in (37, 1_000, 20_000):
        folder = tmp_path / str(batch)
        folder.mkdir()
        rig = Rig(records(12_000), settings, bucket(folder), batch=batch)
        rig.run()
        assert rig.committed == 10_000
        found.append(rig.objects())
    assert found[0].keys() == found[1].keys()
    assert found[0] == found[1] == found[2]


def test_nor_does_a_shortage_of_memory(tmp_path: Path) -> None:
    """Rows that wait for their Parquet row group on disk make the same file as those that wait in memory."""
    found = []
    for memory in (1 << 30, 40_000):
        folder = tmp_path / str(memory)
        folder.mkdir()
        settings = replace_part(
            sink_settings(flush_size=10_000, buffer_memory=memory), "format", kind=FormatKind.PARQUET
        )
        rig = Rig(records(12_000), settings, bucket(folder), batch=700)
        rig.run()
        found.append(rig.objects())
    assert found[0] == found[1]
    assert len(found[0]) == 1
