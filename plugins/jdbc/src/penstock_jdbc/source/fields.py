"""From columns of a result set to fields of a record: schemas, and functions over whole columns (spec jdbc 9, 10)."""

from __future__ import annotations

import decimal
import logging
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from penstock.api import DataException, Date, Decimal, Schema, SchemaBuilder, Time, Type
from penstock_jdbc.database.calendar import CalendarSystem
from penstock_jdbc.database.jdbc_type import BINARIES, TEXTS, JdbcType
from penstock_jdbc.source.columns import Column, Convert, chained, with_nulls
from penstock_jdbc.source.facts import ColumnFacts
from penstock_jdbc.source.numeric import ANY_SCALE, NumericMapping, decimal_scale
from penstock_jdbc.source.temporal import Granularity, WallClock, dates, times

logger = logging.getLogger(__name__)

PRECISION_PARAMETER = "connect.decimal.precision"
_EXACT = decimal.Context(
    prec=decimal.MAX_PREC, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN, rounding=decimal.ROUND_HALF_UP
)


@dataclass(frozen=True, slots=True)
class FieldRules:
    """What the configuration says of types."""

    numeric: NumericMapping = NumericMapping.NONE
    granularity: Granularity = Granularity.CONNECT_LOGICAL
    clock: WallClock = WallClock()  # noqa: RUF009  # frozen


@dataclass(frozen=True, slots=True)
class FieldPlan:
    """One field of a record: which column it comes from, its schema, and what makes its values of the driver's, nulls
    included; None where they are taken as they are."""

    place: int
    name: str
    schema: Schema
    convert: Convert | None


_is_finite = decimal.Decimal.is_finite
_COUNTED = WallClock(calendar=CalendarSystem.PROLEPTIC_GREGORIAN)
_Shape = tuple[Callable[[], SchemaBuilder], Convert | None]


def field_plans(columns: Sequence[ColumnFacts], rules: FieldRules) -> list[FieldPlan]:
    """The fields of records for these columns.

    A column of a type that records have no place for is left out, with a warning; so is a second column of one name, as
    Connect has it.
    """
    plans: dict[str, FieldPlan] = {}
    for place, facts in enumerate(columns):
        shape = _shape(facts, rules)
        if shape is None:
            logger.warning(
                "JDBC type %s (%s) of column %s is not supported: the column is left out of the records",
                facts.code.name,
                facts.type_name,
                facts.name,
            )
        elif facts.name in plans:
            logger.warning(
                "The query has several columns named %s: records hold the first of them. Give the others names with AS",
                facts.name,
            )
        else:
            builder, convert = shape
            schema = (builder().optional() if facts.nullable is not False else builder()).build()
            plans[facts.name] = FieldPlan(place, facts.name, schema, _guarded(facts, chained(facts.normal, convert)))
    return list(plans.values())


def _guarded(facts: ColumnFacts, convert: Convert | None) -> Convert | None:
    """With nulls left alone, and errors that name the column."""
    if convert is None and facts.without is None:
        return None
    inner = chained(facts.without, with_nulls(convert) if convert is not None else None)
    assert inner is not None

    def guarded(column: Column) -> Column:
        try:
            return inner(column)
        except DataException:
            raise
        except (ValueError, TypeError, ArithmeticError) as error:
            raise DataException(
                f"Column {facts.name} of type {facts.type_name or facts.code.name} holds a value that cannot be read as "
                f"JDBC type {facts.code.name}: {error}"
            ) from error

    return guarded


def _shape(facts: ColumnFacts, rules: FieldRules) -> _Shape | None:
    found = _SIMPLE.get(facts.code)
    if found is not None:
        return found
    if facts.code in _INTEGERS:
        return _integer(facts, _INTEGERS[facts.code][0 if facts.signed else 1])
    match facts.code:
        case JdbcType.NUMERIC:
            kind = rules.numeric.type_of(facts.precision, facts.scale)
            return _decimal(facts) if kind is None else _number(facts, kind)
        case JdbcType.DECIMAL:
            return _decimal(facts)
        case JdbcType.DATE:
            return Date.builder, dates(_COUNTED if facts.counted else rules.clock)
        case JdbcType.TIME | JdbcType.TIME_WITH_TIMEZONE:
            return Time.builder, times(rules.clock, zoned=facts.code is JdbcType.TIME_WITH_TIMEZONE)
        case JdbcType.TIMESTAMP:
            convert = chained(rules.clock.instants, rules.granularity.convert(rules.clock))
            return rules.granularity.builder, convert
        case JdbcType.TIMESTAMP_WITH_TIMEZONE:
            clock = _COUNTED if facts.counted else WallClock(calendar=rules.clock.calendar)
            return rules.granularity.builder, chained(clock.instants, rules.granularity.convert(rules.clock))
    return None


def _integer(facts: ColumnFacts, kind: Type) -> _Shape:
    return lambda: SchemaBuilder(kind), _checked_integers(facts.name, kind)


def _checked_integers(name: str, kind: Type) -> Convert:
    half = 1 << (_BITS[kind] - 1)

    def convert(column: Column) -> Column:
        if min(column) < -half or max(column) >= half:
            wrong = next(item for item in column if not -half <= item < half)
            raise DataException(f"Column {name} holds {wrong}, which does not fit {kind.value}, the type of its field")
        return column

    return convert


def _number(facts: ColumnFacts, kind: Type) -> _Shape:
    """A NUMERIC column as an integer, without a fraction, or as a double."""
    builder = lambda: SchemaBuilder(kind)  # noqa: E731
    if kind is Type.FLOAT64:
        return builder, lambda column: list(map(float, column))
    checked = _checked_integers(facts.name, kind)
    if facts.any_scale:  # Java cuts fractions off
        return builder, lambda column: checked(_whole(facts.name, kind, column))
    return builder, lambda column: checked(list(map(int, column)))


def _whole(name: str, kind: Type, column: Column) -> Column:
    """Numbers of any digits as integers. Raises DataException for a fraction."""
    numbers = list(map(int, column))
    if numbers != list(column):
        wrong = next(item for item in column if int(item) != item)
        raise DataException(
            f"Column {name} holds {wrong}, which does not fit {kind.value}, the type of its field. Declare the column's digits "
            "(numeric(10,2)), CAST it in a query, or set 'numeric.mapping' to none"
        )
    return numbers


def _decimal(facts: ColumnFacts) -> _Shape:
    scale = ANY_SCALE if facts.any_scale else decimal_scale(facts.scale)
    unit = decimal.Decimal(1).scaleb(-scale, _EXACT)

    def builder() -> SchemaBuilder:
        return Decimal.builder(scale).parameter(PRECISION_PARAMETER, str(facts.precision))

    def convert(column: Column) -> Column:
        if not all(map(_is_finite, column)):
            raise ValueError("NaN and infinite numbers have no digits")
        quantize = _EXACT.quantize
        return [quantize(item, unit) for item in column]

    return builder, convert


def _float32(column: Column) -> Column:
    return array("f", column).tolist()


_BITS: Mapping[Type, int] = {Type.INT8: 8, Type.INT16: 16, Type.INT32: 32, Type.INT64: 64}

_INTEGERS: Mapping[JdbcType, tuple[Type, Type]] = {
    JdbcType.BIT: (Type.INT8, Type.INT8),
    JdbcType.TINYINT: (Type.INT8, Type.INT16),
    JdbcType.SMALLINT: (Type.INT16, Type.INT32),
    JdbcType.INTEGER: (Type.INT32, Type.INT64),
    JdbcType.BIGINT: (Type.INT64, Type.INT64),
}
"""Signed and unsigned."""

_TEXT: _Shape = (SchemaBuilder.string, None)
_BYTES: _Shape = (SchemaBuilder.bytes, None)

_SIMPLE: Mapping[JdbcType, _Shape] = {
    JdbcType.BOOLEAN: (SchemaBuilder.bool, None),
    JdbcType.REAL: (SchemaBuilder.float32, _float32),
    JdbcType.ORACLE_BINARY_FLOAT: (SchemaBuilder.float32, _float32),
    JdbcType.FLOAT: (SchemaBuilder.float64, None),
    JdbcType.DOUBLE: (SchemaBuilder.float64, None),
    JdbcType.ORACLE_BINARY_DOUBLE: (SchemaBuilder.float64, None),
    **dict.fromkeys(TEXTS, _TEXT),
    **dict.fromkeys(BINARIES, _BYTES),
}
