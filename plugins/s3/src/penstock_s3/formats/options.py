"""What formats are configured with, in typed form (spec 2)."""

from __future__ import annotations

import enum
import os
from dataclasses import dataclass, field


class FormatKind(enum.Enum):
    """The formats, by the Java classes that configurations name."""

    AVRO = "io.confluent.connect.s3.format.avro.AvroFormat"
    JSON = "io.confluent.connect.s3.format.json.JsonFormat"
    BYTES = "io.confluent.connect.s3.format.bytearray.ByteArrayFormat"
    PARQUET = "io.confluent.connect.s3.format.parquet.ParquetFormat"


@dataclass(frozen=True, slots=True, kw_only=True)
class GzipOptions:
    """``s3.compression.type=gzip`` and ``s3.compression.level`` (-1 to 9)."""

    level: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonOptions:
    """``json.decimal.format`` and ``schemas.cache.config``."""

    numeric_decimals: bool = False
    cache_size: int = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class BytesOptions:
    """``format.bytearray.extension`` and ``format.bytearray.separator``."""

    extension: str = ".bin"
    separator: bytes = field(default=os.linesep.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class AvroDataOptions:
    """How Connect schemas become Avro schemas: ``enhanced.avro.schema.support``, ``connect.meta.data``,
    ``allow.optional.map.keys`` and ``schemas.cache.config``."""

    enhanced: bool = True
    meta_data: bool = True
    optional_map_keys: bool = False
    cache_size: int = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ParquetOptions:
    """``parquet.codec``, and the size of a row group: it ends when either limit is reached.

    ``row_group_memory`` is in bytes of values in memory; Java's writer holds up to 128 MiB of them."""

    codec: str = "snappy"
    row_group_rows: int = 1 << 20
    row_group_memory: int = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatOptions:
    """All of the above. ``avro_codec`` is ``null``, ``deflate``, ``snappy`` or ``bzip2``; ``gzip`` is None for none."""

    gzip: GzipOptions | None = None
    json: JsonOptions = JsonOptions()
    bytes: BytesOptions = BytesOptions()
    avro_data: AvroDataOptions = AvroDataOptions()
    avro_codec: str = "null"
    parquet: ParquetOptions = ParquetOptions()
