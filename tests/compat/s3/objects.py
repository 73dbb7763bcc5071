"""What an object of the bucket holds, told as the recordings tell it (their README), and how two such tellings compare."""

from __future__ import annotations

import base64
import datetime as dt
import decimal
import gzip
import hashlib
import io
import json
import math
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq

Json = Any
_BIG = 20_000
_INFORMATION = {"created_by", "encodings", "format_version"}


def told(key: str, data: bytes) -> Json:
    """The object's content in the recordings' form, without ``size`` for Avro and Parquet."""
    if data[:4] == b"Obj\x01":
        return {"key": key, "avro": told_avro(data)}
    if data[:4] == b"PAR1":
        return {"key": key, "parquet": told_parquet(data)}
    found: dict[str, Json] = {"key": key}
    if data[:2] == b"\x1f\x8b":
        found["gzip"] = {"members": 1, "header": data[:10].hex()}
        data = gzip.decompress(data)
    else:
        found["size"] = len(data)
    try:
        found["text"] = data.decode()
    except UnicodeDecodeError:
        found["b64"] = base64.b64encode(data).decode()
    return found | {"sha256": hashlib.sha256(data).hexdigest(), "lines": data.count(b"\n")}


def told_avro(data: bytes) -> Json:
    """Schema, codec, blocks and raw records of a container file."""
    plain = _without_logical_types(data)  # which are not applied
    reader = fastavro.block_reader(io.BytesIO(plain))
    schema = json.loads(reader.metadata["avro.schema"].replace("logicalTypo", "logicalType"))
    blocks = [block.num_records for block in reader]
    return {
        "schema": schema,
        "codec": reader.metadata.get("avro.codec", "null"),
        "meta_keys": sorted(reader.metadata),
        "blocks": blocks,
        "records": [_raw(record) for record in fastavro.reader(io.BytesIO(plain))],
    }


def _without_logical_types(data: bytes) -> bytes:
    """The file with ``logicalType`` spelled otherwise, which readers do not know: the lengths stay the same."""
    return data.replace(b'"logicalType"', b'"logicalTypo"')


def told_parquet(data: bytes) -> Json:
    """Schema, columns, metadata and rows of a Parquet file."""
    file = pq.ParquetFile(io.BytesIO(data))
    metadata = file.metadata
    first = metadata.row_group(0) if metadata.num_row_groups else None
    columns = [file.schema.column(index) for index in range(metadata.num_columns)]
    found = {
        "schema_text": str(file.schema).splitlines()[1:],
        "columns": [_column(column) for column in columns],
        "compression": sorted({first.column(index).compression for index in range(first.num_columns)}) if first else [],
        "row_groups": metadata.num_row_groups,
        "num_rows": metadata.num_rows,
        "meta": {key.decode(): text.decode() for key, text in (metadata.metadata or {}).items()},
    }
    try:
        found["rows"] = [_cell(row) for row in file.read().to_pylist()]
    except (pa.ArrowException, OSError) as error:
        found["rows"] = {"unreadable": str(error)}
    return found


def _column(column: Any) -> Json:
    found = {
        "path": column.path,
        "physical": column.physical_type,
        "logical": json.loads(column.logical_type.to_json()),
        "converted": column.converted_type,
        "max_def": column.max_definition_level,
        "max_rep": column.max_repetition_level,
    }
    if column.converted_type == "DECIMAL":
        found |= {"precision": column.precision, "scale": column.scale}
    if column.physical_type == "FIXED_LEN_BYTE_ARRAY":
        found["length"] = column.length
    return found


def _raw(value: Any) -> Json:
    match value:
        case bytes():
            return {"b64": base64.b64encode(value).decode()}
        case dict():
            return {key: _raw(item) for key, item in value.items()}
        case list():
            return [_raw(item) for item in value]
        case float() if not math.isfinite(value):
            return {"float": {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]}
    return value


def _cell(value: Any) -> Json:
    match value:
        case tuple():
            return {"pair": [_cell(item) for item in value]}
        case decimal.Decimal():
            return {"decimal": str(value)}
        case dt.datetime():
            return {"timestamp": value.isoformat()}
        case dt.date():
            return {"date": value.isoformat()}
        case dt.time():
            return {"time": value.isoformat()}
        case dict():
            return {key: _cell(item) for key, item in value.items()}
        case list():
            return [_cell(item) for item in value]
    return _raw(value)


def differences(expected: Json, found: Json, *, schemaless: bool) -> list[str]:
    """Where ``found`` is not as recorded; empty when it is. Lines of schemaless values compare without the order of keys."""
    wrong: list[str] = []
    for name, value in expected.items():
        if name in ("avro", "parquet"):
            there = found.get(name) or {}
            wrong += [
                f"{name}.{part}: recorded {recorded!r}, found {there.get(part)!r}"
                for part, recorded in value.items()
                if part not in _INFORMATION and not _same(recorded, there.get(part))
            ]
        elif name == "text" and schemaless and "text" in found:
            if _lines(value) != _lines(found["text"]):
                wrong.append(f"text: recorded {value!r}, found {found['text']!r}")
        elif name != "tags" and (name != "sha256" or not schemaless) and found.get(name) != value:
            wrong.append(f"{name}: recorded {value!r}, found {found.get(name)!r}")
    return wrong


def _same(recorded: Json, found: Json) -> bool:
    if isinstance(recorded, dict) and "unreadable" in recorded:
        return isinstance(found, dict) and "unreadable" in found
    return bool(recorded == found) and _types(recorded) == _types(found)


def _types(value: Json) -> Json:
    """True is not 1, and 1 is not 1.0."""
    if isinstance(value, dict):
        return {key: _types(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_types(item) for item in value]
    return type(value).__name__ if not isinstance(value, float) else (type(value).__name__, math.copysign(1, value))


def _lines(text: str) -> Json:
    def parsed(line: str) -> Json:
        try:
            tree = json.loads(line)
        except ValueError:
            return line
        return (_types(tree), tree)

    return [parsed(line) for line in text.split("\n")]
