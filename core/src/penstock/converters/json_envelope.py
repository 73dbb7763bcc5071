"""The envelope ``{"schema":…,"payload":…}``, recognised by its bytes (design section 9).

What stands before the payload is the same in all records of one schema, so it is remembered as it is, and an unchanged schema
is not parsed again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from penstock.api.converter import SchemaAndValue
from penstock.api.exceptions import DataException
from penstock.api.schema import Schema
from penstock.converters.json_config import JsonSettings
from penstock.converters.json_reading import Runs, ValueReader
from penstock.converters.json_schema import schema_of
from penstock.converters.json_text import read
from penstock.converters.lru import Lru

_MOST_HEADS = 16
_CLOSE = b"}"[0]


class _Parts(msgspec.Struct, forbid_unknown_fields=True):
    schema: msgspec.Raw
    payload: msgspec.Raw


_split: Any = msgspec.json.Decoder(_Parts).decode


class _Head(NamedTuple):
    """The bytes of a record up to its payload, behind which only the closing brace follows, and who reads the payload."""

    text: bytes
    reader: ValueReader


class EnvelopeReader:
    """Reads records with envelopes."""

    def __init__(self, settings: JsonSettings) -> None:
        self._settings = settings
        self._by_text: Lru[bytes, ValueReader] = Lru(settings.cache_size, self._reader_of_text)
        self._by_schema: Lru[Schema, ValueReader] = Lru(
            settings.cache_size, lambda schema: ValueReader(schema, settings)
        )
        self._schemaless = ValueReader(None, settings)
        self._heads: list[_Head] = []

    def read(self, data: bytes) -> SchemaAndValue:
        """One record. Raises DataException, or SchemaBuilderException, which is one."""
        head = self._head_of(data)
        if head is not None:
            values = head.reader.read_if_plain(data[len(head.text) : -1])
            if values:
                return SchemaAndValue(head.reader.schema, values[0])
        try:
            parts = _split(data)
        except (ValueError, RecursionError):
            return self._read_unusual(data)
        payload = bytes(parts.payload)
        node = read(payload)
        reader = self._by_text.get(bytes(parts.schema))
        self._remember(data, payload, reader)
        return SchemaAndValue(reader.schema, reader.decode(node))

    def read_column(self, records: Sequence[bytes | None], runs: Runs) -> None:
        """All records, into ``runs``. Raises PartialBatch."""
        at = 0
        while at < len(records):
            head = self._head_of(records[at])
            if head is None:
                runs.add_one(self.read, records[at])
                at += 1
                continue
            payloads = _payloads(head.text, records, at)
            runs.add_texts(head.reader, payloads, records[at : at + len(payloads)], self.read)
            at += len(payloads)

    def _read_unusual(self, data: bytes) -> SchemaAndValue:
        """A record that is no envelope, or is written as only Jackson reads it."""
        node = read(data)
        if not isinstance(node, dict) or node.keys() != {"schema", "payload"}:
            raise DataException(
                'JsonConverter with schemas.enable requires "schema" and "payload" fields and may not contain additional '
                "fields. If you are trying to deserialize plain JSON data, set schemas.enable=false in your converter "
                "configuration."
            )
        reader = self._reader_of(schema_of(node["schema"], self._settings))
        return SchemaAndValue(reader.schema, reader.decode(node["payload"]))

    def _reader_of_text(self, text: bytes) -> ValueReader:
        return self._reader_of(schema_of(read(text), self._settings))

    def _reader_of(self, schema: Schema | None) -> ValueReader:
        return self._schemaless if schema is None else self._by_schema.get(schema)

    def _remember(self, data: bytes, payload: bytes, reader: ValueReader) -> None:
        if not data.endswith(payload + b"}"):
            return
        text = data[: -len(payload) - 1]
        before_colon = text.rstrip(b" \t\r\n")[:-1]
        if before_colon.rstrip(b" \t\r\n").endswith(b'"payload"'):  # and not the schema, at the end
            self._heads = [_Head(text, reader), *(head for head in self._heads if head.text != text)][:_MOST_HEADS]

    def _head_of(self, record: bytes | None) -> _Head | None:
        if record is None:
            return None
        return next((head for head in self._heads if record.startswith(head.text) and record[-1] == _CLOSE), None)


def _payloads(head: bytes, records: Sequence[bytes | None], start: int) -> list[bytes]:
    """The payloads of the records from ``start`` on that begin with this head."""
    size = len(head)
    payloads = []
    for at in range(start, len(records)):
        record = records[at]
        if record is None or record[-1:] != b"}" or not record.startswith(head):
            break
        payloads.append(record[size:-1])
    return payloads
