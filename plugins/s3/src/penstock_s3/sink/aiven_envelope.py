"""What Aiven's sink writes of a record: some of its parts, in an envelope or bare (spec 13).

Structs in columns are made of the columns of a slice, so that formats which take columns get them; without schemas it is a
plain map a record.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from penstock.api import (
    DataException,
    Headers,
    Schema,
    SchemaBuilder,
    SinkSlice,
    Struct,
    StructColumn,
    Type,
    java_str,
    values,
)
from penstock_s3.config.choices import Field, FormatKind, ValueEncoding
from penstock_s3.config.settings import EnvelopeSettings

_NAMES: Final = {
    FormatKind.AVRO: "io.aiven.avro.output.schema.connector_records",
    FormatKind.PARQUET: "io.aiven.parquet.output.schema.connector_records",
}
_ISO: Final = SchemaBuilder.string().optional().build()
_HEADER: Final = SchemaBuilder.struct().field("key", Schema.STRING).field("value", Schema.OPTIONAL_STRING).build()
_HEADER_LIST: Final = SchemaBuilder.array(_HEADER).optional().build()
_HEADER_MAP: Final = SchemaBuilder.map(Schema.STRING, Schema.OPTIONAL_STRING).optional().build()


@dataclass(frozen=True, slots=True)
class _Column:
    """One part of the records, with its schema; None where it has none."""

    schema: Schema | None
    items: Sequence[object]


@dataclass(frozen=True, slots=True)
class Enveloped:
    """A slice whose values are what is to be written; the errors of records of which nothing can be, by place. Their values
    are left as they were."""

    part: SinkSlice
    errors: Mapping[int, Exception]


class Envelope:
    """Put around the values of slices. On the task's thread."""

    def __init__(self, settings: EnvelopeSettings, kind: FormatKind) -> None:
        self._settings = settings
        self._kind = kind
        self._columnar = kind in (FormatKind.AVRO, FormatKind.PARQUET)
        self._schemas: dict[tuple[Schema | None, ...], Schema] = {}

    def around(self, part: SinkSlice) -> Enveloped:
        """The slice with the envelope for its values."""
        if self._kind is FormatKind.CSV:
            return self._lines(part)
        columns = [self._column(field, part) for field in self._settings.fields]
        if not self._settings.enveloped:
            (only,) = columns
            return Enveloped(replace(part, values=only.items, value_schema=only.schema), {})
        if all(column.schema is not None for column in columns):
            schema = self._schema(columns)
            return Enveloped(
                replace(
                    part,
                    values=StructColumn(schema, [column.items for column in columns], len(part)),
                    value_schema=schema,
                ),
                {},
            )
        if self._columnar:
            error = DataException(f"{self._kind.value} needs records with schemas; use another format.output.type")
            return Enveloped(part, dict.fromkeys(range(len(part)), error))
        names = [field.value for field in self._settings.fields]
        rows = zip(*(column.items for column in columns), strict=True)
        return Enveloped(
            replace(part, values=[dict(zip(names, row, strict=True)) for row in rows], value_schema=None), {}
        )

    def _column(self, field: Field, part: SinkSlice) -> _Column:
        match field:
            case Field.VALUE:
                return self._bytes(part.value_schema, part.values)
            case Field.KEY:
                keys = part.keys if part.keys is not None else [None] * len(part)
                if part.key_schema is None and keys.count(None) == len(part):
                    return _Column(Schema.OPTIONAL_STRING, keys)
                return self._bytes(part.key_schema, keys)
            case Field.OFFSET:
                return _Column(Schema.INT64, list(part.offsets))
            case Field.TIMESTAMP:
                times = part.timestamps if part.timestamps is not None else [None] * len(part)
                if self._columnar:
                    return _Column(Schema.OPTIONAL_INT64 if None in times else Schema.INT64, list(times))
                return _Column(_ISO, [None if ms is None else iso_instant(ms) for ms in times])
            case Field.HEADERS:
                headers = part.headers if part.headers is not None else [None] * len(part)
                if self._columnar:
                    return _Column(_HEADER_MAP, [_as_map(each) for each in headers])
                return _Column(_HEADER_LIST, [_as_list(each) for each in headers])

    def _bytes(self, schema: Schema | None, items: Sequence[object]) -> _Column:
        """Bytes stand in JSON as base64 unless they are to be text."""
        plain = self._settings.value_encoding is ValueEncoding.NONE and not self._columnar
        if plain and schema is not None and schema.type is Type.BYTES and schema.name is None:
            return _Column(Schema.OPTIONAL_STRING, [None if item is None else _text(item) for item in items])
        return _Column(schema, items)

    def _schema(self, columns: Sequence[_Column]) -> Schema:
        of = tuple(column.schema for column in columns)
        found = self._schemas.get(of)
        if found is None:
            builder = SchemaBuilder.struct().name(_NAMES.get(self._kind, "connector_records"))
            for field, schema in zip(self._settings.fields, of, strict=True):
                assert schema is not None
                builder = builder.field(field.value, schema)
            found = self._schemas[of] = builder.build()
        return found

    def _lines(self, part: SinkSlice) -> Enveloped:
        """A line of CSV for each record, as bytes without their end."""
        lines: list[object] = []
        errors: dict[int, Exception] = {}
        for place in range(len(part)):
            try:
                lines.append(b",".join([self._cell(field, part, place) for field in self._settings.fields]))
            except DataException as error:
                lines.append(b"")
                errors[place] = error
        return Enveloped(replace(part, values=lines, value_schema=Schema.BYTES), errors)

    def _cell(self, field: Field, part: SinkSlice, place: int) -> bytes:
        match field:
            case Field.VALUE:
                return self._value_cell(part.values[place])
            case Field.KEY:
                key = None if part.keys is None else part.keys[place]
                data = bytes(key) if isinstance(key, (bytes, bytearray, memoryview)) else java_str(key).encode()
                return b"" if key is None else base64.b64encode(data)
            case Field.OFFSET:
                return str(part.offsets[place]).encode()
            case Field.TIMESTAMP:
                ms = None if part.timestamps is None else part.timestamps[place]
                return b"" if ms is None else str(ms).encode()
            case Field.HEADERS:
                headers = None if part.headers is None else part.headers[place]
                return b"".join(
                    base64.b64encode(header.key.encode())
                    + b":"
                    + base64.b64encode((values.convert_to_string(header.schema, header.value) or "").encode())
                    + b";"
                    for header in headers or ()
                )

    def _value_cell(self, value: object) -> bytes:
        if value is None:
            return b""
        if isinstance(value, str):
            data = value.encode()
        elif isinstance(value, (bytes, bytearray, memoryview)):
            data = bytes(value)
        else:
            raise DataException(
                f"csv takes bytes and strings as values, not {type(value).__name__}; use another format.output.type"
            )
        return data if self._settings.value_encoding is ValueEncoding.NONE else base64.b64encode(data)


def iso_instant(ms: int) -> str:
    """A point in time as Java prints an Instant."""
    moment = _moment(ms)
    fraction = f".{moment.microsecond // 1000:03}" if moment.microsecond else ""
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}Z"


def _moment(ms: int) -> dt.datetime:
    return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(milliseconds=ms)


def _text(item: object) -> str:
    return bytes(item).decode("utf-8", "replace") if isinstance(item, (bytes, bytearray, memoryview)) else str(item)


def _as_list(headers: Headers | None) -> list[Struct] | None:
    if not headers:
        return None
    return [Struct.of(_HEADER, [each.key, values.convert_to_string(each.schema, each.value)]) for each in headers]


def _as_map(headers: Headers | None) -> dict[str, str | None] | None:
    if not headers:
        return None
    return {each.key: values.convert_to_string(each.schema, each.value) for each in headers}
