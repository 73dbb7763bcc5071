"""The recordings of the S3 sink: vectors, what was in their topics, and where we differ on purpose."""

from __future__ import annotations

import base64
import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from penstock.log.base import OutgoingBatch
from penstock.log.memory import MemoryLog

Json = Any
_HERE = Path(__file__).parent


def directory() -> Path:
    """The project's copy unless PENSTOCK_S3_VECTORS names another directory."""
    return Path(os.environ.get("PENSTOCK_S3_VECTORS") or _HERE / "vectors")


def lines(path: Path) -> Iterator[Json]:
    """The JSON values of a file."""
    with path.open(encoding="utf-8") as stream:
        yield from map(json.loads, stream)


@dataclass(frozen=True, slots=True)
class Deviation:
    """Vectors whose outcome is another on purpose: a pattern of ids and why."""

    ids: str
    reason: str


def deviations() -> list[Deviation]:
    """The table ``s3`` of ``deviations.toml``."""
    text = (_HERE.parent / "deviations.toml").read_text(encoding="utf-8")
    return [Deviation(entry["ids"], entry["reason"]) for entry in tomllib.loads(text).get("s3", [])]


def explaining(vector: Json, known: list[Deviation]) -> list[Deviation]:
    """Those that speak of this vector."""
    return [deviation for deviation in known if fnmatchcase(vector["id"], deviation.ids)]


@cache
def inputs() -> Mapping[str, Json]:
    """By name, those of other recordings falling back on the project's copy."""
    found = {entry["name"]: entry for entry in lines(_HERE / "vectors" / "inputs.jsonl")}
    own = directory() / "inputs.jsonl"
    return found | ({entry["name"]: entry for entry in lines(own)} if own.exists() else {})


def filled_log(name: str) -> MemoryLog:
    """A log whose topics hold an input."""
    log = MemoryLog()
    given = inputs()[name]
    admin = log.admin({})
    from penstock.log.base import NewTopic

    admin.create_topics([NewTopic(topic, count, 1) for topic, count in given["topics"].items()], 10)
    admin.close()
    producer = log.producer({})
    for record in given["records"]:
        producer.send_batch(
            OutgoingBatch(
                topic=record["topic"],
                values=[raw(record["value"])],
                keys=[raw(record["key"])],
                partitions=[record["partition"]],
                timestamps=[record["timestamp"]],
                headers=[[(header, raw(value)) for header, value in record["headers"]]] if record["headers"] else None,
            )
        )
    assert producer.flush(10)
    producer.close(10)
    return log


def raw(value: Json) -> bytes | None:
    """What was produced: text, bytes, or parts of a long text."""
    if value is None or isinstance(value, str):
        return None if value is None else value.encode()
    if "b64" in value:
        return base64.b64decode(value["b64"])
    return "".join(
        part if isinstance(part, str) else part["repeat"][0] * part["repeat"][1] for part in value["parts"]
    ).encode()


def end_of(name: str, topics: set[str]) -> int:
    """How many records of an input are in these topics."""
    return sum(record["topic"] in topics for record in inputs()[name]["records"])
