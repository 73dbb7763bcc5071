"""The recorded vectors: one JSON object a line, ``{"id", "kind", "config", "steps", "expect"}``.

``${dir}`` stands for an empty directory and ``${topic}`` for an empty topic with one partition.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from pathlib import Path
from typing import Any

Json = dict[str, Any]
_LONG_VALUE = 3000
_MANY_RECORDS = 100


def vectors() -> list[Json]:
    """The vectors of PENSTOCK_FILESTREAM_VECTORS, or those in the directory PENSTOCK_S3_VECTORS, by default the project's
    copy; and ``live.jsonl``, where recordings of sources and sinks with several converters were brought into the same form."""
    here = Path(__file__).parent
    told = Path(os.environ.get("PENSTOCK_FILESTREAM_VECTORS") or here / "vectors.jsonl")
    beside_s3 = Path(os.environ.get("PENSTOCK_S3_VECTORS") or here) / "filestream.jsonl"
    if "PENSTOCK_FILESTREAM_VECTORS" not in os.environ and beside_s3.exists():
        told = beside_s3
    return [json.loads(line) for path in (told, here / "live.jsonl") for line in path.read_bytes().splitlines()]


def in_place(value: Any, places: dict[str, str]) -> Any:
    """``value`` with its variables replaced."""
    if isinstance(value, str):
        for name, place in places.items():
            value = value.replace(name, place)
        return value
    if isinstance(value, list):
        return [in_place(item, places) for item in value]
    if isinstance(value, dict):
        return {key: in_place(item, places) for key, item in value.items()}
    return value


def content(told: Any) -> bytes:
    """Bytes as the vectors tell them: a text, ``{"b64"}``, ``{"repeat": [text, n]}`` or a list of these."""
    if isinstance(told, str):
        return told.encode()
    if isinstance(told, list):
        return b"".join(map(content, told))
    if "b64" in told:
        return base64.b64decode(told["b64"])
    text, times = told["repeat"]
    return str(text).encode() * int(times)


def shown(data: bytes | None) -> Any:
    """A value as the vectors show it."""
    if data is None:
        return None
    if len(data) > _LONG_VALUE:
        return {"sha256": hashlib.sha256(data).hexdigest(), "length": len(data)}
    return data.decode(errors="replace")


def shown_records(values: list[bytes | None]) -> Json:
    """New records as the vectors show them. No file connector gives a key."""
    records = [{"key": None, "value": shown(value)} for value in values]
    if len(values) <= _MANY_RECORDS:
        return {"records": records}
    digest = hashlib.sha256(b"\n".join(value or b"" for value in values)).hexdigest()
    return {
        "records_digest": {
            "count": len(values),
            "first": records[0],
            "last": records[-1],
            "sha256_of_values_joined_by_lf": digest,
        }
    }


def source_offsets(file: str, position: int | None) -> Json:
    """``GET /connectors/{name}/offsets`` of a file source."""
    if position is None:
        return {"offsets": []}
    return {"offsets": [{"partition": {"filename": file}, "offset": {"position": position}}]}


def change(path: Path, step: Json) -> bool:
    """Do a step that concerns files of the folder ``path``; False when it concerns something else."""
    operation = step["op"]
    if operation in {"write", "append"}:
        with (path / step["file"]).open("wb" if operation == "write" else "ab") as file:
            file.write(content(step["content"]))
    elif operation == "truncate":
        os.truncate(path / step["file"], step["size"])
    elif operation == "delete":
        (path / step["file"]).unlink()
    elif operation == "rename":
        (path / step["from"]).replace(path / step["to"])
    else:
        return False
    return True
