"""Files of the formats, as tests need them."""

from __future__ import annotations

import io
from collections.abc import Sequence

from penstock.api import Schema
from penstock_s3.config.choices import Compression, DecimalFormat, FormatKind
from penstock_s3.config.settings import AvroSettings, FormatSettings
from penstock_s3.formats.factory import make_format


def options(
    kind: FormatKind,
    *,
    compression: Compression = Compression.NONE,
    avro: AvroSettings | None = None,
    parquet_codec: str = "snappy",
    decimals: DecimalFormat = DecimalFormat.BASE64,
    keys: FormatKind | None = None,
    headers: FormatKind | None = None,
) -> FormatSettings:
    """Settings with the connector's defaults."""
    return FormatSettings(
        kind=kind,
        compression=compression,
        compression_level=-1,
        avro=avro or AvroSettings("null", True, True, False, 1000),
        parquet_codec=parquet_codec,
        decimals=decimals,
        bytes_extension=".bin",
        bytes_separator=b"\n",
        keys=keys,
        headers=headers,
    )


def content(
    settings: FormatSettings, schema: Schema | None, values: Sequence[object], cuts: Sequence[int] = ()
) -> bytes:
    """A file of these values, written in several calls where ``cuts`` says so."""
    out = io.BytesIO()
    writer = make_format(settings.kind, settings).open(out, schema)
    for start, end in zip([0, *cuts], [*cuts, len(values)], strict=True):
        writer.write(values[start:end])
    writer.finish()
    return out.getvalue()


def read(kind: FormatKind, data: bytes) -> tuple[Schema | None, list[object]]:
    """The schema of a file and all its values."""
    batches = list(make_format(kind, options(kind)).read(io.BytesIO(data)))
    return (batches[0].schema if batches else None), [value for batch in batches for value in batch.values]
