"""The recordings of formats without a task: inputs through the recorded converter and transformations into a format's writer."""

from __future__ import annotations

import base64
import io
import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import penstock.converters
import penstock.transforms
from penstock.api import Converter, PartialBatch, Schema, SinkRecord, Transformation
from penstock_s3.config.choices import Compression, DecimalFormat, FormatKind
from penstock_s3.config.settings import AvroSettings, FormatSettings
from penstock_s3.formats.factory import make_formats

Json = Any
_COPY = Path(__file__).parents[3] / "compat" / "s3" / "vectors"
_KINDS = {
    "Avro": FormatKind.AVRO,
    "Json": FormatKind.JSON,
    "ByteArray": FormatKind.BYTES,
    "Parquet": FormatKind.PARQUET,
}


def directory() -> Path:
    """Where the recordings are: the project's copy, unless PENSTOCK_S3_VECTORS names another place."""
    return Path(os.environ.get("PENSTOCK_S3_VECTORS") or _COPY)


def lines(name: str, folder: Path | None = None) -> Iterator[Json]:
    """The vectors of one file; none where there is no such file."""
    path = (folder or directory()) / name
    if path.exists():
        with path.open(encoding="utf-8") as file:
            yield from map(json.loads, file)


@cache
def inputs() -> dict[str, Json]:
    """The inputs by name; those that other recordings do not bring along are the project's."""
    return {found["name"]: found for folder in (_COPY, directory()) for found in lines("inputs.jsonl", folder)}


def data_of(value: Json) -> bytes | None:
    """The bytes of a key or value as the recordings write them."""
    match value:
        case None:
            return None
        case str():
            return value.encode()
        case {"b64": text}:
            return base64.b64decode(text)
        case {"parts": parts}:
            return "".join(
                part if isinstance(part, str) else part["repeat"][0] * part["repeat"][1] for part in parts
            ).encode()
    raise AssertionError(value)


def settings_of(config: dict[str, str]) -> FormatSettings:
    """The format's part of a recorded configuration."""

    def flag(name: str, default: str) -> bool:
        return config.get(name, default).lower() == "true"

    def kind(name: str) -> FormatKind:
        simple = config.get(name, "AvroFormat").rpartition(".")[2]
        return _KINDS[simple.removesuffix("Format")]

    return FormatSettings(
        kind=kind("format.class"),
        compression=Compression(config.get("s3.compression.type", "none")),
        compression_level=int(config.get("s3.compression.level", "-1")),
        avro=AvroSettings(
            codec=config.get("avro.codec", "null"),
            connect_meta_data=flag("connect.meta.data", "true"),
            enhanced=flag("enhanced.avro.schema.support", "true"),
            optional_map_keys=flag("allow.optional.map.keys", "false"),
            schemas_cached=1000,
        ),
        parquet_codec=config.get("parquet.codec", "snappy"),
        decimals=DecimalFormat(config.get("json.decimal.format", "BASE64").upper()),
        bytes_extension=config.get("format.bytearray.extension", ".bin"),
        bytes_separator=config.get("format.bytearray.separator", os.linesep).encode(),
        keys=kind("keys.format.class") if flag("store.kafka.keys", "false") else None,
        headers=kind("headers.format.class") if flag("store.kafka.headers", "false") else None,
    )


def _by_connect_name(face: Any, wanted: str) -> Any:
    for name in face.__all__:
        found = getattr(face, name)
        for one in (found, *(item for item in vars(found).values() if isinstance(item, type))):
            if getattr(one, "connect_name", None) == wanted:
                return one
    raise AssertionError(f"{wanted} is not there")


def _prefixed(config: dict[str, str], prefix: str) -> dict[str, str]:
    return {key.removeprefix(prefix): value for key, value in config.items() if key.startswith(prefix)}


def converter(config: dict[str, str], prefix: str, default: str, is_key: bool) -> Converter:
    """The converter that a configuration names."""
    made: Converter = _by_connect_name(penstock.converters, config.get(prefix, default))()
    made.configure({"schemas.enable": "false", **_prefixed(config, f"{prefix}.")}, is_key=is_key)
    return made


def transformations(config: dict[str, str]) -> list[Transformation[SinkRecord]]:
    """The chain that a configuration names."""
    chain = []
    for alias in filter(None, config.get("transforms", "").split(",")):
        made = _by_connect_name(penstock.transforms, config[f"transforms.{alias}.type"])()
        made.use_config(_prefixed(config, f"transforms.{alias}."))
        made.configure(_prefixed(config, f"transforms.{alias}."))
        chain.append(made)
    return chain


def records(vector: Json) -> dict[tuple[str, int], list[SinkRecord]]:
    """The records as the task would see them, by topic partition."""
    config = vector["config"]
    values = converter(config, "value.converter", "org.apache.kafka.connect.json.JsonConverter", is_key=False)
    chain = transformations(config)
    found: dict[tuple[str, int], list[SinkRecord]] = {}
    for given in inputs()[vector["input"]]["records"]:
        place = found.setdefault((given["topic"], given["partition"]), [])
        schema, value = values.to_connect_data(given["topic"], None, data_of(given["value"]))
        record: SinkRecord | None = SinkRecord(
            given["topic"], given["partition"], len(place), value, value_schema=schema, timestamp=given["timestamp"]
        )
        for step in chain:
            assert record is not None
            record = step.apply(record)
        assert record is not None
        place.append(record)
    return found


def written(settings: FormatSettings, schema: Schema | None, values: list[object]) -> bytes:
    """One file of these values. Raises what the format raises."""
    out = io.BytesIO()
    writer = make_formats(settings).values.open(out, schema)
    try:
        writer.write(values)
    except PartialBatch as partial:
        raise partial.error from partial
    writer.finish()
    return out.getvalue()
