"""The recordings of the S3 sink: vectors, what was in their topics, and where we differ on purpose."""

from __future__ import annotations

import base64
import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from penstock.log.base import NewTopic, OutgoingBatch
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
    """Vectors whose outcome is another on purpose: a pattern of ids and why. ``foreseen``: none of the project's copy is such,
    but the specification tells that Java does so and that we don't."""

    ids: str
    reason: str
    foreseen: bool = False


def deviations() -> list[Deviation]:
    """The table ``s3`` of ``deviations.toml``."""
    text = (_HERE.parent / "deviations.toml").read_text(encoding="utf-8")
    return [Deviation(**entry) for entry in tomllib.loads(text).get("s3", [])]


def explaining(vector: Json, known: list[Deviation]) -> list[Deviation]:
    """Those that speak of this vector."""
    return [deviation for deviation in known if fnmatchcase(vector["id"], deviation.ids)]


@cache
def inputs() -> Mapping[str, Json]:
    """By name, those of other recordings falling back on the project's copy."""
    found = {entry["name"]: entry for entry in lines(_HERE / "vectors" / "inputs.jsonl")}
    own = directory() / "inputs.jsonl"
    return found | ({entry["name"]: entry for entry in lines(own)} if own.exists() else {})


def topics_of(vector: Json) -> set[str]:
    """The topics that the connector of a vector reads: those of its input, and of others if it asks for them."""
    config = vector["config"]
    there = {topic for given in inputs().values() for topic in given["topics"]}
    if "topics.regex" in config:
        return {topic for topic in there if re.fullmatch(config["topics.regex"], topic)}
    return there.intersection(map(str.strip, config.get("topics", "").split(",")))


def records_of(vector: Json) -> list[Json]:
    """What is in these topics, in the order in which it was produced."""
    topics = topics_of(vector)
    return [record for given in inputs().values() for record in given["records"] if record["topic"] in topics]


def filled_log(vector: Json) -> MemoryLog:
    """A log with these topics."""
    log, topics = MemoryLog(), topics_of(vector)
    counts = {
        topic: count for given in inputs().values() for topic, count in given["topics"].items() if topic in topics
    }
    admin = log.admin({})
    admin.create_topics([NewTopic(topic, count, 1) for topic, count in counts.items()], 10)
    admin.close()
    producer = log.producer({})
    for record in records_of(vector):
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
