"""From settings to formats. Heavy libraries are imported at first need: pyarrow for Parquet alone."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.api import ConfigException
from penstock_s3.config.choices import DecimalFormat, FormatKind
from penstock_s3.config.settings import FormatSettings
from penstock_s3.formats.avro.data import AvroData
from penstock_s3.formats.avro.format import AvroFormat
from penstock_s3.formats.base import Format
from penstock_s3.formats.compression import compressor
from penstock_s3.formats.side import HeadersFormat, KeysFormat
from penstock_s3.formats.text.bytes_format import BytesFormat
from penstock_s3.formats.text.json_array import JsonArrayFormat
from penstock_s3.formats.text.json_format import JsonFormat
from penstock_s3.formats.text.json_text import JsonLines


@dataclass(frozen=True, slots=True)
class Formats:
    """The formats of a task; ``keys`` and ``headers`` are None where these are not stored.

    ``keys`` takes key values and their schema; ``headers`` takes the records' headers and None for the schema."""

    values: Format
    keys: Format | None = None
    headers: Format | None = None


def make_formats(settings: FormatSettings) -> Formats:
    """What a task writes. Raises ConfigException where a format or codec cannot be had, telling what to install."""
    return Formats(
        values=make_format(settings.kind, settings),
        keys=None if settings.keys is None else KeysFormat(settings.keys, make_format(settings.keys, settings)),
        headers=None
        if settings.headers is None
        else HeadersFormat(settings.headers, make_format(settings.headers, settings)),
    )


def make_format(kind: FormatKind, settings: FormatSettings) -> Format:
    """The format of one kind of value file. Raises ConfigException as above."""
    match kind:
        case FormatKind.JSON:
            lines = JsonLines(numeric_decimals=settings.decimals is DecimalFormat.NUMERIC)
            return JsonFormat(lines, compressor(settings.compression, settings.compression_level))
        case FormatKind.BYTES:
            return BytesFormat(settings.bytes_separator, compressor(settings.compression, settings.compression_level))
        case FormatKind.AVRO:
            return AvroFormat(AvroData(settings.avro), settings.avro.codec)
        case FormatKind.PARQUET:
            return _parquet(settings)
        case FormatKind.CSV:  # lines that the envelope made
            return BytesFormat(b"\n", compressor(settings.compression, settings.compression_level))
        case FormatKind.JSON_ARRAY:
            lines = JsonLines(numeric_decimals=settings.decimals is DecimalFormat.NUMERIC)
            return JsonArrayFormat(lines, compressor(settings.compression, settings.compression_level))


def _parquet(settings: FormatSettings) -> Format:
    try:
        from penstock_s3.formats.parquet.format import ParquetFormat
    except ImportError as error:
        raise ConfigException("ParquetFormat needs the package pyarrow: install penstock-s3[parquet]") from error
    return ParquetFormat(AvroData(settings.avro), settings.parquet_codec)
