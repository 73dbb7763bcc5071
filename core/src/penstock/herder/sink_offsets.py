"""What a client may say about a sink's offsets, with Connect's refusals (spec 1.9; Java: SinkUtils)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from penstock.api.javatext import java_str
from penstock.herder.results import ConnectorOffset, RequestRefused

TOPIC, PARTITION, OFFSET = "kafka_topic", "kafka_partition", "kafka_offset"
_INTEGER = re.compile(r"[+-]?[0-9]+")
_INT32 = range(-(2**31), 2**31)
_INT64 = range(-(2**63), 2**63)


def parse_sink_offsets(offsets: Sequence[ConnectorOffset]) -> list[list[object]]:
    """(topic, partition, offset) for each entry, the last of each partition winning; an offset of None means reset.

    Raises :class:`RequestRefused` with status 400.
    """
    parsed: dict[tuple[str, int], int | None] = {}
    for entry in offsets:
        topic, partition = _partition(entry.partition)
        parsed[topic, partition] = None if entry.offset is None else _offset(entry.offset)
    return [[topic, partition, offset] for (topic, partition), offset in parsed.items()]


def _partition(given: Mapping[str, object] | None) -> tuple[str, int]:
    if given is None:
        raise RequestRefused(400, "The partition for a sink connector offset cannot be null or missing")
    if TOPIC not in given or PARTITION not in given:
        raise RequestRefused(
            400, f"The partition for a sink connector offset must contain the keys '{TOPIC}' and '{PARTITION}'"
        )
    if given[TOPIC] is None:
        raise RequestRefused(400, "Kafka topic names must be valid strings and may not be null")
    if given[PARTITION] is None:
        raise RequestRefused(400, "Kafka partitions must be valid numbers and may not be null")
    return java_str(given[TOPIC]), _integer(given[PARTITION], _INT32, "partition", "Partition")


def _offset(given: Mapping[str, object]) -> int:
    if OFFSET not in given:
        raise RequestRefused(
            400, f"The offset for a sink connector should either be null or contain the key '{OFFSET}'"
        )
    return _integer(given[OFFSET], _INT64, "offset", "Offset")


def _integer(value: object, allowed: range, noun: str, title: str) -> int:
    text = java_str(value)
    if _INTEGER.fullmatch(text) is None or int(text) not in allowed:
        raise RequestRefused(
            400,
            f"Failed to parse the following Kafka {noun} value in the provided offsets: '{text}'. {title} values for sink "
            "connectors need to be integers.",
        )
    return int(text)
