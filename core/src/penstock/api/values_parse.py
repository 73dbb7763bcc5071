"""Reading a text in the notation of Connect's values: literals, numbers, dates, lists, maps, else a string (spec 5.6)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal as PythonDecimal

from penstock.api.converter import SchemaAndValue
from penstock.api.exceptions import DataException
from penstock.api.keys import as_key
from penstock.api.logical import Decimal, scale_of, temporal_of
from penstock.api.numerics import Float32, Int8, Int16, Int32, Int64
from penstock.api.schema import Schema, Type
from penstock.api.schema_builder import SchemaBuilder
from penstock.api.values_dates import parse_temporal
from penstock.api.values_numbers import parse_number
from penstock.api.values_tokens import JAVA_BLANKS, Tokens

Convert = Callable[[Schema, object], object]
"""Converts an element to the schema that all elements share."""

_WIDENING = (Type.INT8, Type.INT16, Type.INT32, Type.INT64, Type.FLOAT32, Type.FLOAT64)
_SCHEMA_OF_NUMBER = {
    Int8: Schema.INT8,
    Int16: Schema.INT16,
    Int32: Schema.INT32,
    Int64: Schema.INT64,
    Float32: Schema.FLOAT32,
    float: Schema.FLOAT64,
}
_LITERALS = {"null": None, "true": SchemaAndValue(Schema.BOOLEAN, True), "false": SchemaAndValue(Schema.BOOLEAN, False)}


_DEEPEST = 100
"""Lists and maps inside one another; a text that nests deeper is a string. Java's depth is that of its stack, which ends a task."""


class ValueParser:
    """Reads one text. Numbers keep their width (Int8 and so on), as elements of a list may differ from its schema."""

    __slots__ = ("_convert", "_depth", "_tokens")

    def __init__(self, text: str, convert: Convert) -> None:
        self._depth = 0
        self._tokens = Tokens(text)
        self._convert = convert

    def parse(self, *, embedded: bool = False) -> SchemaAndValue | None:
        """The value, or None for a null. ``embedded``: inside a list or map, where a DataException tells that it is none."""
        tokens = self._tokens
        if not tokens.has_next:
            return None
        if embedded and tokens.skip('"'):
            return self._quoted()
        for literal, meaning in _LITERALS.items():
            start = tokens.mark()
            if tokens.skip(literal) and (embedded or not tokens.has_next):
                return meaning
            tokens.rewind_to(start)
        start = tokens.mark()
        try:
            if tokens.skip("["):
                return self._nested(self._list)
            if tokens.skip("{"):
                return self._nested(self._map)
        except DataException:  # no list and no map, so it is read on as something else, in the end as a string
            tokens.rewind_to(start)
        token = tokens.next()
        if not token.strip(JAVA_BLANKS):
            return SchemaAndValue(Schema.STRING, token)
        return self._word(token.strip(JAVA_BLANKS), embedded=embedded)

    def _nested(self, read: Callable[[], SchemaAndValue]) -> SchemaAndValue:
        if self._depth == _DEEPEST:
            raise DataException(f"More than {_DEEPEST} lists and maps are nested")
        self._depth += 1
        try:
            return read()
        finally:
            self._depth -= 1

    def _word(self, token: str, *, embedded: bool) -> SchemaAndValue:
        is_digit = token[0].isdecimal() and token[0] <= "\uffff"
        if is_digit:
            temporal = self._temporal(token)
            if temporal is not None:
                return temporal
        if is_digit or token[0] in "+-":
            number = parse_number(token)
            if isinstance(number, PythonDecimal):
                return SchemaAndValue(Decimal.schema(scale_of(number)), number)
            if number is not None:
                return SchemaAndValue(_SCHEMA_OF_NUMBER[type(number)], number)
        if embedded:
            raise DataException("Failed to parse embedded value")
        return SchemaAndValue(Schema.STRING, self._tokens.text)

    def _temporal(self, token: str) -> SchemaAndValue | None:
        # A time has colons, so it comes as five tokens.
        start = self._tokens.mark()
        rest = self._tokens.next_few(4)
        if rest is not None:
            glued = _as_temporal(token + rest)
            if glued is not None:
                return glued
        self._tokens.rewind_to(start)
        return _as_temporal(token)

    def _quoted(self) -> SchemaAndValue:
        parts = []
        while self._tokens.has_next and not self._tokens.skip('"'):
            parts.append(self._tokens.next())
        text = "".join(parts)
        return _as_temporal(text) or SchemaAndValue(Schema.STRING, text)

    def _list(self) -> SchemaAndValue:
        tokens, items, common = self._tokens, list[object](), _CommonSchema()
        while tokens.has_next:
            if tokens.skip("]"):
                if common.schema is None:
                    return SchemaAndValue(SchemaBuilder.array_of_null().build(), items)
                converted = [self._convert(common.schema, item) for item in items]
                return SchemaAndValue(SchemaBuilder.array(common.schema).build(), converted)
            if tokens.skip(","):
                raise DataException(f"Unable to parse an empty array element: {tokens.text}")
            element = self.parse(embedded=True)
            common.merge(element)
            items.append(None if element is None else element.value)
            after = tokens.mark()
            if tokens.skip("]"):
                tokens.rewind_to(after)
            elif not tokens.skip(","):
                raise DataException("Array elements missing ',' delimiter")
        raise DataException(f"Array is missing terminating ']': {tokens.text}")

    def _map(self) -> SchemaAndValue:
        tokens, entries = self._tokens, dict[object, object]()
        keys, values = _CommonSchema(), _CommonSchema()
        while tokens.has_next:
            if tokens.skip("}"):
                return self._finished_map(entries, keys.schema, values.schema)
            if tokens.skip(","):
                raise DataException(f"Unable to parse a map entry with no key or value: {tokens.text}")
            key = self.parse(embedded=True)
            if key is None or key.value is None:
                raise DataException(f"Map entry may not have a null key: {tokens.text}")
            if not tokens.skip(":"):
                raise DataException(f"Map entry is missing ':' at {tokens.mark()} in {tokens.text}")
            value = self.parse(embedded=True)
            entries[as_key(key.value)] = None if value is None else value.value
            tokens.skip(",")
            keys.merge(key)
            values.merge(value)
        raise DataException(f"Map is missing terminating '}}': {tokens.text}")

    def _finished_map(
        self, entries: dict[object, object], keys: Schema | None, values: Schema | None
    ) -> SchemaAndValue:
        if keys is None:
            return SchemaAndValue(SchemaBuilder.map_of_null().build(), entries)
        if values is None:
            found = {as_key(self._convert(keys, key)): item for key, item in entries.items()}
            return SchemaAndValue(SchemaBuilder.map_with_null_values(keys).build(), found)
        found = {as_key(self._convert(keys, key)): self._convert(values, item) for key, item in entries.items()}
        return SchemaAndValue(SchemaBuilder.map(keys, values).build(), found)


def _as_temporal(text: str) -> SchemaAndValue | None:
    found = parse_temporal(text)
    if found is None:
        return None
    schema, ms = found
    return SchemaAndValue(schema, temporal_of(schema, ms))


class _CommonSchema:
    """The schema that the elements so far share; None at first and, from then on, once there is none."""

    __slots__ = ("_is_possible", "schema")

    def __init__(self) -> None:
        self.schema: Schema | None = None
        self._is_possible = True

    def merge(self, element: SchemaAndValue | None) -> None:
        if element is None or element.schema is None or not self._is_possible:
            return
        self.schema = element.schema if self.schema is None else _merged(self.schema, element.schema)
        self._is_possible = self.schema is not None


def _merged(first: Schema, second: Schema) -> Schema | None:
    if first.type is second.type:
        return second
    if first.type in _WIDENING and second.type in _WIDENING:
        return max(first, second, key=lambda schema: _WIDENING.index(schema.type))
    return None
