"""Writing JSON for one schema, one value or a column at a time (spec 5.3; design section 9)."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Sequence
from itertools import chain
from types import NoneType
from typing import Any

import msgspec

from penstock.api.exceptions import DataException
from penstock.api.schema import Schema
from penstock.converters.json_column import JsonColumn
from penstock.converters.json_config import JsonSettings
from penstock.converters.json_doubles import in_java_form, may_have_small
from penstock.converters.json_encode import Encode, encoder_of
from penstock.converters.json_schema import schema_tree
from penstock.converters.json_write_plan import Column, write_plan
from penstock.converters.unsure import Unsure
from penstock.jackson import dumps, escaped

_encode_lines: Callable[[Any], bytes] = msgspec.json.Encoder().encode_lines


class SchemaWriter:
    """Writes the values of one schema; None is for schemaless ones. What never changes in the envelope is made once."""

    __slots__ = ("_encode", "_head", "_plan", "_schema", "_settings", "_tail")

    def __init__(self, schema: Schema | None, settings: JsonSettings) -> None:
        """Raises DataException for a schema that cannot be written."""
        self._schema = schema
        self._settings = settings
        self._head, self._tail = b"", b""
        if settings.schemas_enable:
            self._head, self._tail = b'{"schema":%b,"payload":' % dumps(schema_tree(schema, settings)), b"}"
        self._encode: Encode = encoder_of(schema, settings)
        self._plan: Callable[[Column], Column] | None = None

    def write(self, value: object) -> bytes | None:
        """One value; None for a null that has no schema. Raises DataException."""
        if value is None and self._schema is None:
            return None
        with contextlib.suppress(
            ValueError, RecursionError, DataException
        ):  # the careful way converts, or says what is wrong
            return self.write_column([value])[0]
        try:
            return self._head + dumps(self._encode(value)) + self._tail
        except RecursionError as error:
            raise DataException(
                "Converting Kafka Connect data to byte[] failed due to serialization error: "
            ) from error

    def write_column(self, values: Sequence[object]) -> list[bytes | None]:
        """All values. Raises ValueError or RecursionError when they are left to :meth:`write`."""
        if self._schema is None and NoneType in set(map(type, values)):
            return self._write_with_nulls(values)
        lines = self._text(values).splitlines()
        if len(lines) != len(values):
            raise Unsure
        head, tail = self._head, self._tail
        return [head + line + tail for line in lines] if head else [*lines]

    def write_lines(self, values: Sequence[object]) -> bytes:
        """The texts of all values, a line feed behind each; nulls are ``null``. Raises as above, and for envelopes.
        A :class:`JsonColumn` is written as it is, and what came of it is looked at."""
        if self._head:
            raise Unsure
        if self._schema is None and isinstance(values, JsonColumn):
            text = _encode_lines(values)
            return escaped(in_java_form(text) if may_have_small(text) else text)
        return self._text(values)

    def _text(self, values: Sequence[object]) -> bytes:
        if self._schema is None:
            other_form = _check(values, _MOST_LEVELS)
            text = _encode_lines(values)
            return escaped(in_java_form(text) if other_form else text)
        if self._plan is None:
            self._plan = _made_plan(self._schema, self._settings)
        return escaped(_encode_lines(self._plan(values)))

    def _write_with_nulls(self, values: Sequence[object]) -> list[bytes | None]:
        present = [value for value in values if value is not None]
        written = iter(self.write_column(present) if present else ())
        return [None if value is None else next(written) for value in values]


def _made_plan(schema: Schema, settings: JsonSettings) -> Callable[[Column], Column]:
    try:
        return write_plan(schema, settings)
    except (TypeError, ValueError):  # a field with a name that msgspec cannot write
        return _unsure


def _unsure(_: Column) -> Column:
    raise Unsure


_MOST_LEVELS = 100
_LONG_MIN, _LONG_MAX = -(1 << 63), (1 << 63) - 1
_PLAIN = frozenset({str, bool, NoneType})
_JSON = frozenset({str, bool, NoneType, int, float, dict, list})


def _check(column: Sequence[Any], levels: int) -> bool:
    """Raise :class:`Unsure` unless msgspec writes all these values as Jackson does; True when it does so but for the form of
    some doubles. What lies side by side in maps of the same shape, or in lists, is looked at together."""
    kinds = set(map(type, column))
    if kinds <= _PLAIN:
        return False
    if not kinds <= _JSON or levels == 0:
        raise Unsure
    other_form = False
    if int in kinds:
        numbers: Any = column if len(kinds) == 1 else [item for item in column if type(item) is int]
        if min(numbers) < _LONG_MIN or max(numbers) > _LONG_MAX:
            raise Unsure
    if float in kinds:
        other_form = _have_other_form(column if len(kinds) == 1 else [item for item in column if type(item) is float])
    if list in kinds:
        other_form |= _check(list(chain.from_iterable(item for item in column if type(item) is list)), levels - 1)
    if dict in kinds:
        other_form |= _check_maps([item for item in column if type(item) is dict], levels - 1)
    return other_form


def _have_other_form(numbers: Sequence[float]) -> bool:
    if not all(map(math.isfinite, numbers)):
        raise Unsure
    if min(numbers) >= 1e-3 and max(numbers) < 1e7:
        return False
    return any(item != 0 and not 1e-3 <= abs(item) < 1e7 for item in numbers)


def _check_maps(maps: list[dict[object, object]], levels: int) -> bool:
    shapes = set(map(tuple, maps))
    if any(type(key) is not str for key in chain.from_iterable(shapes)):
        raise Unsure
    if len(shapes) == 1:
        found = [_check(values, levels) for values in zip(*map(dict.values, maps), strict=True)]
        return any(found)
    return _check(list(chain.from_iterable(map(dict.values, maps))), levels)
