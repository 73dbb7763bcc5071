"""The data sets "orders-10" and "orders-8" (``spec/performance.md`` section 1): ten fields or the first eight of them, as JSON
with their schema and without."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterator
from itertools import islice

import orjson

from penstock.log.address import LogAddress
from penstock.log.base import NewTopic, OutgoingBatch

_TIMESTAMP = {"name": "org.apache.kafka.connect.data.Timestamp", "version": 1}
_FIELDS: list[dict[str, object]] = [
    {"type": "int64", "optional": False, "field": "id"},
    {"type": "int32", "optional": False, "field": "customer_id"},
    {"type": "string", "optional": False, "field": "sku"},
    {"type": "int32", "optional": False, "field": "qty"},
    {"type": "double", "optional": False, "field": "price"},
    {"type": "boolean", "optional": False, "field": "active"},
    {"type": "string", "optional": True, "field": "note"},
    {"type": "int64", "optional": False, **_TIMESTAMP, "field": "created"},
    {"type": "int64", "optional": False, "field": "updated_ms"},
    {"type": "string", "optional": False, "field": "country"},
]
ALL_FIELDS = len(_FIELDS)
FIRST_MS = 1_735_689_600_000
_CHUNK = 5_000


def order(i: int) -> dict[str, object]:
    """Order number ``i``, from 1."""
    return {
        "id": i,
        "customer_id": i * 7919 % 100_000,
        "sku": f"SKU-{i * 31 % 99_991:08d}",
        "qty": i % 97 + 1,
        "price": (i * 17 % 100_000) / 100,
        "active": i % 3 == 0,
        "note": f"{hashlib.md5(str(i).encode()).hexdigest()}{i:08x}",
        "created": FIRST_MS + 1000 * i,
        "updated_ms": FIRST_MS + 1000 * i + 5,
        "country": "DE" if i % 2 == 0 else "FR",
    }


def envelope(payload: bytes, fields: int = ALL_FIELDS) -> bytes:
    """A payload with the schema of its first ``fields`` fields before it."""
    return b'{"schema":%b,"payload":%b}' % (_schema(fields), payload)


@functools.cache
def _schema(fields: int) -> bytes:
    schema = {"type": "struct", "fields": _FIELDS[:fields], "optional": False, "name": "orders"}
    return json.dumps(schema, separators=(",", ":")).encode()


def texts(start: int, end: int, *, with_schema: bool, step: int = 1, fields: int = ALL_FIELDS) -> list[bytes]:
    """The JSON of orders ``start``, ``start + step``… below ``end``."""
    orders = (order(i) for i in range(start, end, step))
    whole = fields == ALL_FIELDS
    payloads = (orjson.dumps(o if whole else dict(islice(o.items(), fields))) for o in orders)
    return [envelope(payload, fields) for payload in payloads] if with_schema else list(payloads)


def fill(
    address: LogAddress, topic: str, count: int, *, with_schema: bool, partitions: int = 1, fields: int = ALL_FIELDS
) -> None:
    """A topic with so many orders, dealt out over its partitions by number."""
    log = address.open()
    admin = log.admin({})
    outcome = admin.create_topics([NewTopic(topic, partitions, 1)], 30)[topic]
    admin.close()
    assert outcome is None, outcome
    producer = log.producer({"linger.ms": "20", "batch.size": "1000000", "acks": "1"})
    for start, end in _spans(count):
        for number in range(partitions):
            values = texts(start + number, end, with_schema=with_schema, step=partitions, fields=fields)
            batch = OutgoingBatch(topic=topic, values=values, partitions=[number] * len(values))
            producer.send_batch(batch)
    assert producer.flush(120)
    producer.close(30)


def _spans(count: int) -> Iterator[tuple[int, int]]:
    for start in range(1, count + 1, _CHUNK):
        yield start, min(count + 1, start + _CHUNK)
