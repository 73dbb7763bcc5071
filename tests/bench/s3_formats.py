"""What the formats of the S3 sink cost: CPU microseconds per record from Kafka's bytes to those of the object, and of the
format alone; bytes of the object.

``python -m tests.bench.s3_formats [--records N] [--batch N] [--rounds N] [--only WORD]``

The records are orders-10 of ``spec/performance.md`` section 1, plain (208 bytes) or with their schema (868 bytes), in files of
100,000. The sink pays the consumer (1 µs a record), the runtime and the upload besides.
"""

from __future__ import annotations

import argparse
import gc
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from penstock.api import ColumnAndSchema
from penstock.converters import ByteArrayConverter, JsonConverter
from penstock_s3.config.choices import Compression, DecimalFormat, FormatKind
from penstock_s3.config.settings import AvroSettings, FormatSettings
from penstock_s3.formats.factory import make_formats
from tests.bench.orders import texts

FILE = 100_000


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the table."""

    name: str
    kind: FormatKind
    with_schema: bool = False
    compression: Compression = Compression.NONE
    avro_codec: str = "null"
    parquet_codec: str = "snappy"

    def settings(self) -> FormatSettings:
        """The settings of the sink."""
        return FormatSettings(
            kind=self.kind,
            compression=self.compression,
            compression_level=-1,
            avro=AvroSettings(self.avro_codec, True, True, False, 1000),
            parquet_codec=self.parquet_codec,
            decimals=DecimalFormat.BASE64,
            bytes_extension=".bin",
            bytes_separator=b"\n",
            keys=None,
            headers=None,
        )

    def converter(self) -> ByteArrayConverter | JsonConverter:
        """What reads Kafka's bytes."""
        made = ByteArrayConverter() if self.kind is FormatKind.BYTES else JsonConverter()
        made.configure({"schemas.enable": str(self.with_schema).lower()}, is_key=False)
        return made


GZIP = Compression.GZIP
CASES = [
    Case("bytes", FormatKind.BYTES),
    Case("bytes, gzip", FormatKind.BYTES, compression=GZIP),
    Case("JSON, plain", FormatKind.JSON),
    Case("JSON gzip, plain", FormatKind.JSON, compression=GZIP),
    Case("JSON zstd, plain", FormatKind.JSON, compression=Compression.ZSTD),
    Case("JSON, envelope", FormatKind.JSON, True),
    Case("JSON gzip, envelope", FormatKind.JSON, True, compression=GZIP),
    Case("Avro, envelope", FormatKind.AVRO, True),
    Case("Avro deflate, envelope", FormatKind.AVRO, True, avro_codec="deflate"),
    Case("Avro schemaless", FormatKind.AVRO),
    Case("Parquet snappy, envelope", FormatKind.PARQUET, True),
    Case("Parquet zstd, envelope", FormatKind.PARQUET, True, parquet_codec="zstd"),
    Case("Parquet none, envelope", FormatKind.PARQUET, True, parquet_codec="none"),
]


class Counting:
    """An output that counts."""

    def __init__(self) -> None:
        self.size = 0

    def write(self, data: bytes | bytearray | memoryview, /) -> None:
        """Forget the bytes."""
        self.size += len(data)


class Cost(NamedTuple):
    """CPU seconds of reading and of writing, and the bytes written."""

    reading: float
    writing: float
    size: int


def cost(case: Case, records: Sequence[bytes], batch: int) -> Cost:
    """One run over all records."""
    formats, converter, out = make_formats(case.settings()), case.converter(), Counting()
    reading = writing = 0.0
    writer = None
    in_file = 0
    for start in range(0, len(records), batch):
        begun = time.process_time()
        columns: list[ColumnAndSchema] = converter.to_connect_data_batch("orders", records[start : start + batch])
        read = time.process_time()
        for schema, values in columns:
            writer = writer or formats.values.open(out, schema)
            writer.write(values)
            in_file += len(values)
            if in_file >= FILE:
                writer.finish()
                writer, in_file = None, 0
        reading += read - begun
        writing += time.process_time() - read
    if writer is not None:
        begun = time.process_time()
        writer.finish()
        writing += time.process_time() - begun
    return Cost(reading, writing, out.size)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--batch", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)  # as in the runtime's children
    table = Table("format", "reading µs", "writing µs", "together", "MB/s of objects, a core", "bytes a record")
    data = {flag: texts(1, options.records + 1, with_schema=flag) for flag in (False, True)}
    for case in (case for case in CASES if options.only.lower() in case.name.lower()):
        runs = [cost(case, data[case.with_schema], options.batch) for _ in range(options.rounds)]
        best = min(runs, key=lambda run: run.reading + run.writing)
        micro = 1e6 / options.records
        table.add_row(
            case.name,
            f"{best.reading * micro:.2f}",
            f"{best.writing * micro:.2f}",
            f"{(best.reading + best.writing) * micro:.2f}",
            f"{best.size / 1e6 / best.writing:.0f}",
            f"{best.size / options.records:.0f}",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
