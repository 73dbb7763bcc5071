"""Reading columns of JSON texts: one plan per schema, made once (design section 9).

msgspec checks and parses a text into the types of a plan, in C; what is left to do is done for whole columns. A plan accepts
only texts whose meaning is beyond doubt: an integer where the schema has one, in range, a number for a float, and so on. For
anything else it raises ValueError, and the text goes to ``json_text`` and ``json_decode``, which bend it as Jackson would.
"""

from __future__ import annotations

import array
import binascii
import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from itertools import repeat
from types import NoneType
from typing import Annotated, Any, NamedTuple

import msgspec

from penstock.api.exceptions import DataException
from penstock.api.javatime import datetime_of, time_of
from penstock.api.logical_names import DATE, TIME, TIMESTAMP
from penstock.api.schema import Schema, Type
from penstock.api.struct import Struct
from penstock.api.struct_column import StructColumn
from penstock.api.validation import LOGICAL_CLASSES, validate_value
from penstock.converters.json_config import JsonSettings
from penstock.converters.json_decode import decoder_of
from penstock.converters.json_text import read
from penstock.converters.unsure import Unsure

Column = Sequence[Any]
Convert = Callable[[Column], Column]


class ReadPlan(NamedTuple):
    """``kind`` is a type that msgspec reads; ``convert`` makes Connect's values of a column of what it read, None for
    those that are the same. ``missing`` is what a struct's member that is not there counts as."""

    kind: Any
    convert: Convert | None = None
    missing: Any = msgspec.NODEFAULT


def read_plan(schema: Schema, settings: JsonSettings) -> ReadPlan:
    """How columns of this schema are read. Raises ValueError or TypeError for a schema that msgspec cannot describe."""
    plan = _present(schema, settings)
    if plan.kind is msgspec.Raw:
        return plan  # looks after nulls itself
    if schema.default is not None and settings.replace_null:
        return ReadPlan(plan.kind | None, _with_nulls(plan.convert, schema.default), None)
    if schema.optional:
        return ReadPlan(plan.kind | None, _with_nulls(plan.convert, None) if plan.convert else None, None)
    return plan


def _present(schema: Schema, settings: JsonSettings) -> ReadPlan:
    """The plan for values that are not null."""
    temporal = _TEMPORAL.get((schema.name, schema.type))
    if temporal is not None:
        return temporal
    if schema.name in LOGICAL_CLASSES:
        return _one_by_one(schema, settings)
    match schema.type:
        case Type.STRUCT:
            return _struct(schema, settings)
        case Type.ARRAY if schema.value_schema is not None:
            return _array(read_plan(schema.value_schema, settings))
        case Type.MAP if schema.key_schema is not None and schema.value_schema is not None:
            if schema.key_schema.type is Type.STRING:
                return _map(read_plan(schema.value_schema, settings))
    return _PRIMITIVE.get(schema.type) or _one_by_one(schema, settings)


def _with_nulls(convert: Convert | None, instead: object) -> Convert:
    def convert_all(column: Column) -> Column:
        if NoneType not in set(map(type, column)):
            return convert(column) if convert else column
        if convert is None:
            return [instead if item is None else item for item in column]
        converted: Iterator[Any] = iter(convert([item for item in column if item is not None]))
        return [instead if item is None else next(converted) for item in column]

    return convert_all


# --- primitive types ------------------------------------------------------------------------------------------------


def _integer(bits: int) -> Any:
    half = 1 << (bits - 1)
    return Annotated[int, msgspec.Meta(ge=-half, le=half - 1)]


def _without_negative_zero(column: Column) -> Column:
    # Jackson reads "-0.0" as a decimal, which knows no negative zero; adding a zero takes the sign away.
    return [item + 0.0 for item in column] if 0.0 in column else column


_SMALLEST_NORMAL_FLOAT32 = 2.0**-126
_DROPPED_BITS = (1 << 29) - 1
_HALFWAY = 1 << 28


def _single_precision(column: Column) -> Column:
    """Rounded twice, from the text to a double and then on, which matters only where the double is halfway between two."""
    doubles = array.array("d", column)
    for number, bits in zip(doubles, array.array("q", doubles.tobytes()), strict=True):
        if bits & _DROPPED_BITS == _HALFWAY or 0 < abs(number) < _SMALLEST_NORMAL_FLOAT32:
            raise Unsure
    return _without_negative_zero(array.array("f", column).tolist())


def _bytes(column: Column) -> Column:
    try:
        return [binascii.a2b_base64(text, strict_mode=True) for text in column]
    except ValueError as error:  # Jackson takes blanks, and more behind the padding
        raise Unsure from error


_PRIMITIVE: dict[Type, ReadPlan] = {
    Type.INT8: ReadPlan(_integer(8)),
    Type.INT16: ReadPlan(_integer(16)),
    Type.INT32: ReadPlan(_integer(32)),
    Type.INT64: ReadPlan(_integer(64)),
    Type.FLOAT32: ReadPlan(float, _single_precision),
    Type.FLOAT64: ReadPlan(float, _without_negative_zero),
    Type.BOOLEAN: ReadPlan(bool),
    Type.STRING: ReadPlan(str),
    Type.BYTES: ReadPlan(str, _bytes),
}


# --- logical types --------------------------------------------------------------------------------------------------

_EPOCH_ORDINAL = dt.date(1970, 1, 1).toordinal()
_EXACT_BELOW = 4_000_000_000_000
"""Milliseconds that, as seconds in a double, are still exact to the microsecond: until the year 2096."""


def _dates(column: Column) -> Column:
    of = dt.date.fromordinal
    return [of(days + _EPOCH_ORDINAL) for days in column]


def _times(column: Column) -> Column:
    return [time_of(ms) for ms in column]


def _timestamps(column: Column) -> Column:
    of, utc = dt.datetime.fromtimestamp, dt.UTC
    if min(column, default=0) >= 0 and max(column, default=0) < _EXACT_BELOW:
        return list(map(of, [ms / 1000 for ms in column], repeat(utc)))
    return [of(ms / 1000, utc) if 0 <= ms < _EXACT_BELOW else datetime_of(ms) for ms in column]


_FIRST_DAY, _LAST_DAY = (day.toordinal() - _EPOCH_ORDINAL for day in (dt.date.min, dt.date.max))

_TEMPORAL: dict[tuple[str | None, Type], ReadPlan] = {
    (DATE, Type.INT32): ReadPlan(Annotated[int, msgspec.Meta(ge=_FIRST_DAY, le=_LAST_DAY)], _dates),
    (TIME, Type.INT32): ReadPlan(Annotated[int, msgspec.Meta(ge=0, le=86_399_999)], _times),
    (TIMESTAMP, Type.INT64): ReadPlan(_integer(64), _timestamps),
}


# --- nested types ---------------------------------------------------------------------------------------------------


def _array(element: ReadPlan) -> ReadPlan:
    convert = element.convert
    if convert is None:
        return ReadPlan(list[element.kind])  # type: ignore[name-defined]  # a type made at run time
    return ReadPlan(list[element.kind], lambda column: [list(convert(items)) for items in column])  # type: ignore[name-defined]


def _map(values: ReadPlan) -> ReadPlan:
    convert = values.convert
    kind = dict[str, values.kind]  # type: ignore[name-defined]  # a type made at run time
    if convert is None:
        return ReadPlan(kind)

    def convert_all(column: Column) -> Column:
        return [dict(zip(items, convert(list(items.values())), strict=True)) for items in column]

    return ReadPlan(kind, convert_all)


def _struct(schema: Schema, settings: JsonSettings) -> ReadPlan:
    plans = [read_plan(field.schema, settings) for field in schema.fields]
    row = msgspec.defstruct(
        "Row",
        [(f"f{place}", plan.kind, msgspec.field(default=plan.missing)) for place, plan in enumerate(plans)],
        rename={f"f{place}": field.name for place, field in enumerate(schema.fields)},
        kw_only=True,
        gc=False,
    )
    conversions = [(place, plan.convert) for place, plan in enumerate(plans) if plan.convert]
    to_tuple = msgspec.structs.astuple

    def convert(column: Column) -> Column:
        if not column or not plans:
            return [Struct.of(schema, ()) for _ in column]
        columns: list[Column] = list(zip(*map(to_tuple, column), strict=True))
        for place, convert in conversions:
            columns[place] = convert(columns[place])
        return StructColumn(schema, columns)

    return ReadPlan(row, convert)


def _one_by_one(schema: Schema, settings: JsonSettings) -> ReadPlan:
    """For what has a form of its own, such as decimals: the careful way for each, but for nothing around it."""
    decode = decoder_of(schema, settings)

    def convert(column: Column) -> Column:
        try:
            values = [decode(read(bytes(raw))) for raw in column]
            for value in values:
                validate_value(schema, value)
        except DataException as error:
            raise Unsure from error
        return values

    return ReadPlan(msgspec.Raw, convert, msgspec.Raw(b"null"))
