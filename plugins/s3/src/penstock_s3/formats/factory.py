"""From configured kinds to formats. Heavy libraries are imported at first need: pyarrow for Parquet alone."""

from __future__ import annotations

from penstock_s3.formats.base import Format
from penstock_s3.formats.bytes_format import BytesFormat
from penstock_s3.formats.json_format import JsonFormat
from penstock_s3.formats.options import FormatKind, FormatOptions


def value_format(kind: FormatKind, options: FormatOptions) -> Format:
    """The format of value files. Raises ConfigException where a codec cannot be had."""
    match kind:
        case FormatKind.JSON:
            return JsonFormat(options.json, options.gzip)
        case FormatKind.BYTES:
            return BytesFormat(options.bytes, options.gzip)
    raise NotImplementedError(kind)
