"""Writing columns of values as JSON: one plan per schema, made once (design section 9).

A plan turns a column into one whose items msgspec writes as Jackson would, and checks whole columns instead of values. What
is not plainly right it leaves to ``json_encode`` by raising :class:`Unsure`: that converts, or says what is wrong.
"""

from __future__ import annotations

import datetime as dt
import math
import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import repeat
from types import NoneType
from typing import Any

import msgspec

from penstock.api.exceptions import DataException
from penstock.api.javatime import EPOCH
from penstock.api.logical_names import DATE, TIMESTAMP
from penstock.api.schema import Schema, Type
from penstock.api.struct import Struct
from penstock.api.struct_column import StructColumn
from penstock.api.validation import LOGICAL_CLASSES
from penstock.converters.json_config import JsonSettings
from penstock.converters.json_encode import encoder_of
from penstock.converters.unsure import Unsure
from penstock.jackson import dumps
from penstock.javafloat import double_text

Column = Sequence[Any]
Convert = Callable[[Column], Column]


def write_plan(schema: Schema, settings: JsonSettings) -> Convert:
    """How columns of this schema are made ready. The function raises :class:`Unsure`."""
    convert = _present(schema, settings)
    if schema.default is not None and settings.replace_null:
        default = schema.default
        return lambda column: convert(
            column if isinstance(column, StructColumn) else [default if item is None else item for item in column]
        )
    return _with_nulls(convert) if schema.optional else convert


def _present(schema: Schema, settings: JsonSettings) -> Convert:
    if schema.name in LOGICAL_CLASSES:
        return _TEMPORAL.get((schema.name, schema.type)) or _one_by_one(schema, settings)
    if schema.type is Type.STRUCT:
        return _struct(schema, settings)
    return _PRIMITIVE.get(schema.type) or _one_by_one(schema, settings)


def _with_nulls(convert: Convert) -> Convert:
    def convert_all(column: Column) -> Column:
        if isinstance(column, StructColumn) or NoneType not in set(map(type, column)):
            return convert(column)
        present = [item for item in column if item is not None]
        converted: Iterator[Any] = iter(convert(present) if present else ())
        return [None if item is None else next(converted) for item in column]

    return convert_all


def only(*kinds: type) -> Callable[[Column], None]:
    """A check that a column holds instances of nothing but these very classes. A null is none of them."""
    allowed = frozenset(kinds)

    def check(column: Column) -> None:
        if not allowed.issuperset(map(type, column)):
            raise Unsure

    return check


# --- primitive types ------------------------------------------------------------------------------------------------


def _as_it_is(*kinds: type) -> Convert:
    check = only(*kinds)

    def convert(column: Column) -> Column:
        check(column)
        return column

    return convert


def _integers(bits: int) -> Convert:
    check, half = only(int), 1 << (bits - 1)

    def convert(column: Column) -> Column:
        check(column)
        if column and (min(column) < -half or max(column) >= half):
            raise Unsure
        return column

    return convert


def doubles(column: Column) -> Column:
    """Floats as msgspec and Java both write them; where they differ, Java's text."""
    if min(column) >= 1e-3 and max(column) < 1e7 and math.isfinite(sum(column)):  # a NaN hides from min and max
        return column
    return [item if 1e-3 <= abs(item) < 1e7 or item == 0 else _raw(item) for item in column]


def _raw(number: float) -> msgspec.Raw:
    text = double_text(number)
    return msgspec.Raw((text if math.isfinite(number) else f'"{text}"').encode())


_only_floats = only(float)


def _checked_doubles(column: Column) -> Column:
    _only_floats(column)
    return doubles(column) if column else column


_PRIMITIVE: dict[Type, Convert] = {
    Type.INT8: _integers(8),
    Type.INT16: _integers(16),
    Type.INT32: _integers(32),
    Type.INT64: _integers(64),
    Type.FLOAT64: _checked_doubles,
    Type.BOOLEAN: _as_it_is(bool),
    Type.STRING: _as_it_is(str),
    Type.BYTES: _as_it_is(bytes, bytearray),  # msgspec writes Base64 too
}


# --- logical types --------------------------------------------------------------------------------------------------

_only_dates = only(dt.date)
_only_datetimes = only(dt.datetime)
_EPOCH_ORDINAL = dt.date(1970, 1, 1).toordinal()
_MILLISECOND = dt.timedelta(milliseconds=1)


def _dates(column: Column) -> Column:
    _only_dates(column)
    return [day.toordinal() - _EPOCH_ORDINAL for day in column]


def _timestamps(column: Column) -> Column:
    _only_datetimes(column)
    try:
        return [(moment - EPOCH) // _MILLISECOND for moment in column]
    except TypeError as error:  # one without a time zone
        raise Unsure from error


_TEMPORAL: dict[tuple[str | None, Type], Convert] = {
    (DATE, Type.INT32): _dates,
    (TIMESTAMP, Type.INT64): _timestamps,
}


# --- nested types ---------------------------------------------------------------------------------------------------

_only_structs = only(Struct)
_schema_of: Callable[[Any], Schema] = operator.attrgetter("schema")
_values_of: Callable[[Any], list[Any]] = operator.attrgetter("values")


def _struct(schema: Schema, settings: JsonSettings) -> Convert:
    names = [f"f{place}" for place in range(len(schema.fields))]
    plans = [write_plan(field.schema, settings) for field in schema.fields]
    row = msgspec.defstruct(
        "Row", names, rename={name: field.name for name, field in zip(names, schema.fields, strict=True)}, gc=False
    )

    def convert(column: Column) -> Column:
        if not column:
            return column
        if isinstance(column, StructColumn):
            if column.schema is not schema and column.schema != schema:
                raise Unsure
            columns: Iterable[Column] = column.columns
        else:
            _only_structs(column)
            if not all(map(operator.is_, map(_schema_of, column), repeat(schema))):
                _check_equal(schema, column)
            columns = zip(*map(_values_of, column), strict=True)
        ready = [plan(values) for plan, values in zip(plans, columns, strict=True)]
        return list(map(row, *ready)) if ready else [row() for _ in column]

    return convert


def _check_equal(schema: Schema, structs: Column) -> None:
    for theirs in {id(theirs): theirs for theirs in map(_schema_of, structs)}.values():
        if theirs != schema:
            raise Unsure


def _one_by_one(schema: Schema, settings: JsonSettings) -> Convert:
    """For what has a form of its own, such as decimals: the careful way for each, but for nothing around it."""
    encode = encoder_of(schema, settings)

    def convert(column: Column) -> Column:
        try:
            return [msgspec.Raw(dumps(encode(item))) for item in column]
        except DataException as error:
            raise Unsure from error

    return convert
