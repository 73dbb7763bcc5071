"""The data set "orders-10" (``spec/performance.md`` section 1): ten fields, as JSON with its schema and without."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

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
_SCHEMA = json.dumps(
    {"type": "struct", "fields": _FIELDS, "optional": False, "name": "orders"}, separators=(",", ":")
).encode()
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


def envelope(payload: bytes) -> bytes:
    """A payload with its schema before it."""
    return b'{"schema":%b,"payload":%b}' % (_SCHEMA, payload)


def texts(start: int, end: int, *, with_schema: bool) -> list[bytes]:
    """The JSON of orders ``start``…``end``−1."""
    payloads = (orjson.dumps(order(i)) for i in range(start, end))
    return [envelope(payload) for payload in payloads] if with_schema else list(payloads)


def fill(address: LogAddress, topic: str, count: int, *, with_schema: bool) -> None:
    """A topic of one partition with so many orders."""
    log = address.open()
    admin = log.admin({})
    outcome = admin.create_topics([NewTopic(topic, 1, 1)], 30)[topic]
    admin.close()
    assert outcome is None, outcome
    producer = log.producer({"linger.ms": "20", "batch.size": "1000000", "acks": "1"})
    for start, end in _spans(count):
        producer.send_batch(OutgoingBatch(topic=topic, values=texts(start, end, with_schema=with_schema)))
    assert producer.flush(120)
    producer.close(30)


def _spans(count: int) -> Iterator[tuple[int, int]]:
    for start in range(1, count + 1, _CHUNK):
        yield start, min(count + 1, start + _CHUNK)
