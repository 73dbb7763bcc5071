"""Headers of a record: an ordered list of named values; a name may come more than once (spec 5.1)."""

from __future__ import annotations

import datetime as dt
import decimal
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Self

from penstock.api.equality import same_value
from penstock.api.exceptions import DataException
from penstock.api.instant import Instant
from penstock.api.javatext import java_str
from penstock.api.logical import Date, Decimal, Time, Timestamp, scale_of
from penstock.api.schema import Schema, Type
from penstock.api.struct import Struct
from penstock.api.validation import LOGICAL_CLASSES, is_of_type


class Header(NamedTuple):
    """One header. ``schema`` is None for a value without one."""

    key: str
    schema: Schema | None
    value: object

    def with_value(self, schema: Schema | None, value: object) -> Header:
        """The same name with another value."""
        return Header(self.key, schema, value)

    def rename(self, key: str) -> Header:
        """The same value under another name."""
        return Header(_checked_key(key), self.schema, self.value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Header):
            return NotImplemented
        return self.key == other.key and self.schema == other.schema and same_value(self.value, other.value)

    def __ne__(self, other: object) -> bool:  # a tuple has its own
        return not self == other

    def __hash__(self) -> int:
        return hash((self.key, self.schema))

    def __str__(self) -> str:
        return (
            f"ConnectHeader(key={self.key}, value={java_str(self.value, self.schema)}, schema={java_str(self.schema)})"
        )


HeaderTransform = Callable[[Header], Header | None]
"""Given a header, the one that takes its place, or None to drop it."""


class Headers:
    """The headers of one record, in order. Adders and removers return the headers, so that calls can be chained.

    One-to-one with Connect's ConnectHeaders. Raises TypeError where a name is None, DataException for a value that does
    not fit its schema.
    """

    __slots__ = ("_items",)

    def __init__(self, headers: Iterable[Header] = ()) -> None:
        self._items: list[Header] = list(headers)

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Header]:
        return iter(self._items)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Headers):
            return NotImplemented
        return self._items == other._items

    __hash__ = None  # type: ignore[assignment]  # headers change

    def __str__(self) -> str:
        inside = f"[{', '.join(map(str, self._items))}]" if self._items else ""
        return f"ConnectHeaders(headers={inside})"

    __repr__ = __str__

    def duplicate(self) -> Headers:
        """Other headers with the same content; changing one leaves the other."""
        return Headers(self._items)

    def clear(self) -> Self:
        """Remove all headers."""
        self._items.clear()
        return self

    def add_header(self, header: Header) -> Self:
        """Add a header that exists."""
        if header is None:
            raise TypeError("Unable to add a null header.")
        self._items.append(header)
        return self

    def add(self, key: str, value: object, schema: Schema | None = None) -> Self:
        """Add a value. It must be of its schema's type; what is inside a list, map or struct is not looked at."""
        if schema is not None:
            _check_fits(schema, value)
        return self._append(key, value, schema)

    def add_string(self, key: str, value: str | None) -> Self:
        """Add a STRING."""
        return self._append(key, value, Schema.OPTIONAL_STRING if value is None else Schema.STRING)

    def add_bytes(self, key: str, value: bytes | None) -> Self:
        """Add a BYTES."""
        return self._append(key, value, Schema.OPTIONAL_BYTES if value is None else Schema.BYTES)

    def add_boolean(self, key: str, value: bool) -> Self:
        """Add a BOOLEAN."""
        return self._append(key, value, Schema.BOOLEAN)

    def add_byte(self, key: str, value: int) -> Self:
        """Add an INT8."""
        return self.add(key, value, Schema.INT8)

    def add_short(self, key: str, value: int) -> Self:
        """Add an INT16."""
        return self.add(key, value, Schema.INT16)

    def add_int(self, key: str, value: int) -> Self:
        """Add an INT32."""
        return self.add(key, value, Schema.INT32)

    def add_long(self, key: str, value: int) -> Self:
        """Add an INT64."""
        return self.add(key, value, Schema.INT64)

    def add_float(self, key: str, value: float) -> Self:
        """Add a FLOAT32."""
        return self.add(key, value, Schema.FLOAT32)

    def add_double(self, key: str, value: float) -> Self:
        """Add a FLOAT64."""
        return self.add(key, value, Schema.FLOAT64)

    def add_list(self, key: str, value: Sequence[object] | None, schema: Schema) -> Self:
        """Add an ARRAY; None is added without a schema."""
        return self._add_nested(key, value, schema, Type.ARRAY)

    def add_map(self, key: str, value: Mapping[object, object] | None, schema: Schema) -> Self:
        """Add a MAP; None is added without a schema."""
        return self._add_nested(key, value, schema, Type.MAP)

    def add_struct(self, key: str, value: Struct | None) -> Self:
        """Add a STRUCT with its own schema."""
        return self._append(key, value, None if value is None else value.schema)

    def add_decimal(self, key: str, value: decimal.Decimal | None) -> Self:
        """Add a Decimal of the value's own scale."""
        return self._append(key, value, None if value is None else Decimal.schema(scale_of(value)))

    def add_date(self, key: str, value: dt.date | Instant | None) -> Self:
        """Add a Date."""
        if value is not None:
            Date.from_logical(Date.SCHEMA, value)
        return self._append(key, value, Date.SCHEMA)

    def add_time(self, key: str, value: dt.time | dt.datetime | Instant | None) -> Self:
        """Add a Time."""
        if value is not None:
            Time.from_logical(Time.SCHEMA, value)
        return self._append(key, value, Time.SCHEMA)

    def add_timestamp(self, key: str, value: dt.datetime | Instant | None) -> Self:
        """Add a Timestamp."""
        if value is not None:
            Timestamp.from_logical(Timestamp.SCHEMA, value)
        return self._append(key, value, Timestamp.SCHEMA)

    def last_with_name(self, key: str) -> Header | None:
        """The last header of this name."""
        _check_name(key)
        return next((header for header in reversed(self._items) if header.key == key), None)

    def all_with_name(self, key: str) -> Iterator[Header]:
        """The headers of this name, in order."""
        return (header for header in self._items if header.key == key)

    def remove(self, key: str) -> Self:
        """Remove all headers of this name."""
        _check_name(key)
        self._items = [header for header in self._items if header.key != key]
        return self

    def retain_latest(self, key: str) -> Self:
        """Of this name keep the last header only."""
        _check_name(key)
        last = self.last_with_name(key)
        self._items = [header for header in self._items if header.key != key or header is last]
        return self

    def retain_latest_of_each(self) -> Self:
        """Of every name keep the last header only (Java's ``retainLatest()``)."""
        last = {header.key: index for index, header in enumerate(self._items)}
        self._items = [header for index, header in enumerate(self._items) if last[header.key] == index]
        return self

    def apply(self, key: str, transform: HeaderTransform) -> Self:
        """Replace or drop every header of this name."""
        _check_name(key)
        return self._replace(lambda header: transform(header) if header.key == key else header)

    def apply_to_all(self, transform: HeaderTransform) -> Self:
        """Replace or drop every header (Java's ``apply`` without a name)."""
        return self._replace(transform)

    def _replace(self, transform: HeaderTransform) -> Self:
        self._items = [new for header in self._items if (new := transform(header)) is not None]
        return self

    def _append(self, key: str, value: object, schema: Schema | None) -> Self:
        if schema is None and isinstance(value, Struct):
            schema = value.schema
        self._items.append(Header(_checked_key(key), schema, value))
        return self

    def _add_nested(self, key: str, value: object, schema: Schema, kind: Type) -> Self:
        if value is None:
            return self._append(key, None, None)
        if schema.type is not kind:
            raise DataException(f"Expecting {kind.name} but instead found {schema.type.name}")
        return self._append(key, value, schema)


def _checked_key(key: str | None) -> str:
    if key is None:
        raise TypeError("Null header keys are not permitted")
    return key


def _check_name(key: str | None) -> None:
    if key is None:
        raise TypeError("Header key cannot be null")


def _check_fits(schema: Schema, value: object) -> None:
    if value is None:
        if not schema.optional:
            raise DataException(f"A null value requires an optional schema but was {schema}")
        return
    logical = None if schema.name is None else LOGICAL_CLASSES.get(schema.name)
    if not is_of_type(schema.type, value) and (logical is None or not isinstance(value, logical)):
        raise DataException(f"The value {java_str(value)} is not compatible with the schema {schema}")
