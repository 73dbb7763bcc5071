"""Side files: the keys and the headers of the records of a value file, one entry a record, in the same order (spec 10)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO

from penstock.api import (
    ConnectException,
    DataException,
    Headers,
    PartialBatch,
    Schema,
    SchemaBuilder,
    SchemaBuilderException,
    Struct,
    values,
)
from penstock_s3.config.choices import FormatKind
from penstock_s3.formats.base import Batch, BinaryWriter, Format, RecordWriter

_ENTRY = SchemaBuilder.struct().field("key", Schema.STRING).field("value", Schema.STRING).build()
_ENTRIES = SchemaBuilder.array(_ENTRY).build()
_RECORD_HEADERS = SchemaBuilder.struct().name("RecordHeaders").field("headers", _ENTRIES).build()

Convert = Callable[[Any], object]


class KeysFormat(Format):
    """Keys: as they are, but in Parquet, whose files hold records only, as the field ``key`` of a ``RecordKey``."""

    def __init__(self, kind: FormatKind, inner: Format) -> None:
        self._wrapped = kind is FormatKind.PARQUET
        self._inner = inner
        self.content_type = inner.content_type

    def open(self, out: BinaryWriter, schema: Schema | None) -> RecordWriter[Any]:
        """Begin a file of keys of a schema."""
        if not self._wrapped:
            return self._inner.open(out, schema)
        if schema is None:
            raise SchemaBuilderException("fieldSchema for field key cannot be null.")
        record = SchemaBuilder.struct().name("RecordKey").field("key", schema).build()
        return _Converting(self._inner.open(out, record), lambda key: Struct.of(record, [key]))

    def read(self, stream: BinaryIO) -> Iterator[Batch]:
        """The keys."""
        for schema, records in self._inner.read(stream):
            field = None if schema is None or not self._wrapped else schema.field("key")
            if field is None:
                yield Batch(schema, records)
            else:
                yield Batch(field.schema, [_stored(record)[0] for record in records])


class HeadersFormat(Format):
    """Headers: in Avro a list of entries, else such a list as the field ``headers`` of a ``RecordHeaders``.

    Values are the records' :class:`Headers`; a header's value becomes the text that Connect makes of it."""

    def __init__(self, kind: FormatKind, inner: Format) -> None:
        self._bare = kind in (FormatKind.AVRO, FormatKind.BYTES)
        self._inner = inner
        self.content_type = inner.content_type

    def open(self, out: BinaryWriter, schema: Schema | None = None) -> RecordWriter[Any]:  # noqa: ARG002
        """Begin a file of headers; they have one schema always."""
        convert: Convert = entries if self._bare else lambda headers: Struct.of(_RECORD_HEADERS, [entries(headers)])
        return _Converting(self._inner.open(out, _ENTRIES if self._bare else _RECORD_HEADERS), convert)

    def read(self, stream: BinaryIO) -> Iterator[Batch]:
        """Headers whose values are strings."""
        for _, records in self._inner.read(stream):
            yield Batch(None, [_headers(record) for record in records])


def entries(headers: Headers | None) -> list[Struct]:
    """The headers of one record. Raises DataException for none at all, and for a null value."""
    if headers is None or not len(headers):
        raise DataException("Headers cannot be null: store.kafka.headers needs records that have headers")
    return [_entry(header.key, values.convert_to_string(header.schema, header.value)) for header in headers]


def _entry(key: str, text: str | None) -> Struct:
    return Struct.of(_ENTRY, [key, text]) if text is not None else Struct(_ENTRY).put("key", key).put("value", text)


def _headers(record: object) -> Headers:
    """What was read of one record: structs, or in JSON plain maps."""
    if isinstance(record, dict):
        found = [(entry["key"], entry["value"]) for entry in record["headers"]]
    else:
        structs: Any = record if isinstance(record, list) else _stored(record)[0]
        found = [(entry.values[0], entry.values[1]) for entry in structs]
    headers = Headers()
    for key, text in found:
        headers.add_string(key, text)
    return headers


def _stored(record: object) -> list[object]:
    if not isinstance(record, Struct):
        raise DataException(f"A side file was expected, but it holds {type(record).__qualname__} instead of records")
    return record.values


class _Converting(RecordWriter[Any]):
    """A writer of what a function makes of each value."""

    def __init__(self, inner: RecordWriter[Any], convert: Convert) -> None:
        self._inner = inner
        self._convert = convert

    def prepare(self, values: Sequence[object]) -> Any:
        """Convert, then as the inner writer."""
        converted: list[object] = []
        try:
            for value in values:
                converted.append(self._convert(value))
        except ConnectException as error:
            self._inner.prepare(converted)  # a fault of an earlier one comes first
            raise PartialBatch(len(converted), (), error) from error
        return self._inner.prepare(converted)

    def add(self, prepared: Any) -> None:
        self._inner.add(prepared)

    @property
    def pending(self) -> int:
        return self._inner.pending

    def relieve(self) -> None:
        self._inner.relieve()

    def finish(self) -> None:
        self._inner.finish()
