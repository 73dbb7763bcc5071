"""Messages as a source task polls them, and what its chain hands to the log."""

from __future__ import annotations

from penstock.api.converter import NULL_SCHEMA_AND_VALUE, Encoded, SchemaAndValue
from penstock.api.header import Headers
from penstock.api.record import SourceRecord
from penstock.chains.message import Message, Part
from penstock.log.base import OutgoingBatch


def polled(message: Message) -> SourceRecord:
    """The record of a message whose parts are data."""
    key, value = _data(message.key), _data(message.value)
    headers = Headers()
    for name, part in message.headers:
        header = _data(part)
        headers.add(name, header.value, header.schema)
    return SourceRecord(
        message.topic,
        value.value,
        value_schema=value.schema,
        key=key.value,
        key_schema=key.schema,
        kafka_partition=message.partition,
        timestamp=message.timestamp,
        headers=headers if message.headers else None,
    )


def sent(outgoing: OutgoingBatch, place: int, raw: frozenset[str]) -> Message:
    """Record ``place`` of what is sent. ``raw`` are the converter keys of the parts that are bytes."""
    headers = outgoing.headers[place] if outgoing.headers is not None else None
    return Message(
        topic=outgoing.topic,
        value=_part(outgoing.values[place], is_raw="value.converter" in raw),
        key=_part(None if outgoing.keys is None else outgoing.keys[place], is_raw="key.converter" in raw),
        headers=tuple((name, _part(value, is_raw="header.converter" in raw)) for name, value in headers or ()),
        timestamp=None if outgoing.timestamps is None else outgoing.timestamps[place],
        partition=None if outgoing.partitions is None else outgoing.partitions[place],
    )


def _data(part: Part) -> SchemaAndValue:
    assert isinstance(part, SchemaAndValue), "checked before the run"
    return part


def _part(encoded: Encoded, *, is_raw: bool) -> Part:
    if encoded is None and not is_raw:
        return NULL_SCHEMA_AND_VALUE
    return encoded.encode() if isinstance(encoded, str) else encoded
