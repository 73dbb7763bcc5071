"""Reading JSON, one value or a column at a time (spec 5.3; design section 9)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import Any

import msgspec

from penstock.api.converter import NULL_SCHEMA_AND_VALUE, ColumnAndSchema, PartialBatch, SchemaAndValue
from penstock.api.exceptions import DataException
from penstock.api.schema import Schema
from penstock.converters.json_column import JsonColumn
from penstock.converters.json_config import JsonSettings
from penstock.converters.json_decode import Decode, decode_schemaless, decoder_of
from penstock.converters.json_numbers import (
    joined,
    may_exceed_int_exponent,
    may_exceed_limit,
    may_exceed_long,
    may_have_negative_zero,
    shape_of,
)
from penstock.converters.json_parsers import Parse, parse_anything, parser_of_longs, parser_of_ordinary_numbers
from penstock.converters.json_read_plan import Convert, read_plan
from penstock.converters.json_text import read, read_strict
from penstock.converters.unsure import Unsure

_RESTARTS = 8
"""How often reading a column goes on behind a text that needs care, before all the rest is read with care."""


class ValueReader:
    """Reads the values of one schema; None is for schemaless ones."""

    __slots__ = ("_column", "_settings", "decode", "schema")

    schema: Schema | None
    decode: Decode
    """A node, as ``json_text.read`` gives it, to its value. Raises DataException."""

    def __init__(self, schema: Schema | None, settings: JsonSettings) -> None:
        self.schema = schema
        self.decode = decoder_of(schema, settings)
        self._settings = settings
        self._column: Callable[[list[bytes]], Sequence[object]] | None = None

    def read_column(self, texts: list[bytes]) -> Sequence[object]:
        """The values of the leading texts that are beyond doubt. Raises :class:`Unsure` when there is no telling which."""
        if self._column is None:
            self._column = _column_reader(self.schema, self._settings)
        return self._column(texts)

    def read(self, text: bytes) -> object:
        """One value. Raises DataException."""
        values = self.read_if_plain(text)
        return values[0] if values else self.decode(read(text))

    def read_if_plain(self, text: bytes) -> Sequence[object]:
        """One value, if it is beyond doubt, else none."""
        with contextlib.suppress(Unsure):
            return self.read_column([text])
        return []


def _column_reader(schema: Schema | None, settings: JsonSettings) -> Callable[[list[bytes]], Sequence[object]]:
    if schema is None:
        return _read_schemaless
    try:
        plan = read_plan(schema, settings)
        parse: Parse = msgspec.json.Decoder(plan.kind).decode
    except (TypeError, ValueError):  # such as a field with a name that msgspec refuses
        return _unsure
    convert: Convert = plan.convert or list

    def read_all(texts: list[bytes]) -> Sequence[object]:
        sure = list(takewhile(lambda text: not _beyond_msgspec([text]), texts)) if _beyond_msgspec(texts) else texts
        return convert(_parsed(sure, parse))

    return read_all


def _beyond_msgspec(texts: list[bytes]) -> bool:
    """Whether there might be a number that msgspec takes and Jackson refuses."""
    return _beyond_limits(shape_of(joined(texts)))


def _beyond_limits(shape: bytes) -> bool:
    return may_exceed_limit(shape) or may_exceed_int_exponent(shape)


def _unsure(_: list[bytes]) -> Sequence[object]:
    raise Unsure


def _read_schemaless(texts: list[bytes]) -> list[object]:
    """msgspec's own values are right, except for zeros with a sign, integers that a long cannot hold and endless exponents."""
    together = joined(texts)
    shape = shape_of(together)
    if may_have_negative_zero(together) or _beyond_limits(shape):
        return _parsed(texts, _read_with_care)
    ordinary = JsonColumn()
    if _parse_on(texts, parser_of_ordinary_numbers(), ordinary):
        return ordinary
    values = [*ordinary]
    if not _parse_on(texts, parser_of_longs(), values):  # also when they are nested deeper than the types
        _parse_on(texts, _read_with_care if may_exceed_long(shape) else parse_anything, values)
    return values


def _read_with_care(text: bytes) -> object:
    """One text. Strictly: it is part of a record, and nothing may stand behind it there."""
    together = joined([text])
    shape = shape_of(together)
    if may_have_negative_zero(together) or may_exceed_long(shape) or _beyond_limits(shape):
        return decode_schemaless(read_strict(text))
    return parse_anything(text)


def _parsed(texts: list[bytes], parse: Parse) -> list[Any]:
    parsed: list[Any] = []
    _parse_on(texts, parse, parsed)
    return parsed


def _parse_on(texts: list[bytes], parse: Parse, parsed: list[Any]) -> bool:
    """Parse what is not parsed yet. False: not all, because the next text has what this parser refuses. Text that is no JSON
    at all ends it too, as no other parser would take it."""
    append = parsed.append
    try:
        for text in texts[len(parsed) :] if parsed else texts:
            append(parse(text))
    except msgspec.ValidationError:  # not what the types say
        return False
    except (ValueError, RecursionError, DataException):  # no JSON: the careful way tells
        return True
    return True


class Runs:
    """Values read so far, in runs that share a schema."""

    __slots__ = ("_values", "count", "done")

    def __init__(self) -> None:
        self.done: list[ColumnAndSchema] = []
        self.count = 0
        self._values: list[object] | None = None
        """Those of the last run, once it has grown."""

    def add(self, schema: Schema | None, values: Sequence[object]) -> None:
        """Append values; they go on in the last run if they have its schema."""
        if not values:
            return
        self.count += len(values)
        if not self.done or (self.done[-1].schema is not schema and self.done[-1].schema != schema):
            self._values = None
            self.done.append(ColumnAndSchema(schema, values))
            return
        if self._values is None:  # a column that was handed over as it was stays so unless there is more
            self._values = list(self.done[-1].values)
            self.done[-1] = ColumnAndSchema(self.done[-1].schema, self._values)
        self._values.extend(values)

    def add_one(self, read: Callable[[bytes], SchemaAndValue], data: bytes | None) -> None:
        """Append one value, the careful way. Raises PartialBatch, with what was read before, for one that fails."""
        try:
            schema, value = NULL_SCHEMA_AND_VALUE if data is None else read(data)
        except Exception as error:
            raise PartialBatch(self.count, self.done, error) from error
        self.add(schema, [value])

    def add_texts(
        self,
        reader: ValueReader,
        texts: list[bytes],
        records: Sequence[bytes | None],
        read: Callable[[bytes], SchemaAndValue],
    ) -> None:
        """Append the values of JSON texts of one schema. Each is (part of) one of ``records``, which ``read`` reads the
        careful way. Raises PartialBatch as above."""
        at = 0
        for _ in range(_RESTARTS):
            try:
                values = reader.read_column(texts[at:]) if at < len(texts) else []
            except Unsure:
                break
            self.add(reader.schema, values)
            at += len(values)
            if at >= len(texts):
                return
            self.add_one(read, records[at])
            at += 1
        for record in records[at:]:
            self.add_one(read, record)


def read_texts(
    reader: ValueReader,
    records: Sequence[bytes | None],
    read: Callable[[bytes], SchemaAndValue],
    runs: Runs,
) -> None:
    """All records, of one schema and without envelopes, into ``runs``. Raises PartialBatch."""
    at = 0
    while at < len(records):
        end = next((place for place in range(at, len(records)) if records[place] is None), len(records))
        runs.add_texts(reader, [record for record in records[at:end] if record is not None], records[at:end], read)
        if end < len(records):
            runs.add_one(read, None)
        at = end + 1
