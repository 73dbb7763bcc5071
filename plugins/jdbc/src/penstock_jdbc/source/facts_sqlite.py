"""What SQLite's columns are: the declared type, and what the first row holds (spec jdbc 11, 21.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from penstock_jdbc.database.jdbc_type import JdbcType
from penstock_jdbc.database.tables_sqlite import SIGNED, TYPE_CODES, declared_type
from penstock_jdbc.source.columns import Column, Convert, chained
from penstock_jdbc.source.facts import ColumnFacts
from penstock_jdbc.source.sqlite_values import (
    DateOptions,
    blobs,
    booleans,
    cut_to,
    days,
    decimals,
    floats,
    instants,
    integers,
    texts,
    without_empty,
)
from penstock_jdbc.source.temporal import WallClock

_TIMES = {JdbcType.DATE, JdbcType.TIMESTAMP}
_DATES = {"DATE", "DATETIME", "TIMESTAMP"}
_WHOLE = {"BOOLEAN", "TINYINT", "SMALLINT", "INT2", "BIGINT", "INT8", "UNSIGNED BIG INT"} | _DATES
_WHOLE_OF_NULL = {"INT", "INTEGER", "MEDIUMINT"}
_FRACTIONS = {"DECIMAL", "DOUBLE", "DOUBLE PRECISION", "NUMERIC", "REAL"}
_TEXTS = {"CHARACTER", "NCHAR", "NATIVE CHARACTER", "CHAR", "CLOB"} | _DATES
_TEXTS_OF_NULL = {"VARCHAR", "VARYING CHARACTER", "NVARCHAR", "TEXT"}
_INT_MIN, _INT_MAX = -(1 << 31), (1 << 31) - 1


@dataclass(frozen=True, slots=True)
class Declared:
    """A column as it was declared; ``text`` is empty for one without a type, and for an expression."""

    name: str
    text: str
    not_null: bool


@dataclass(frozen=True, slots=True)
class SqliteRules:
    """What the configuration says of values."""

    clock: WallClock
    dates: DateOptions
    numbers_mapped: bool
    """Whether ``numeric.mapping`` makes something else than decimals of NUMERIC."""


def column_facts(declared: Declared, first: Any, rules: SqliteRules) -> ColumnFacts:
    """What a column is whose value in the first row is ``first``.

    xerial has no getter for decimals. Where digits are declared they are read all the same; where none are, nobody knows how
    many a record should have, and the column is refused as it is there. What has no type, an expression for one, is called
    NUMERIC, but a fraction in it is a double.
    """
    _, name, precision, scale = declared_type(declared.text or "NUMERIC")
    code = _code(name if declared.text else "", first)
    refused = precision == 0 and (code is JdbcType.DECIMAL or (code is JdbcType.NUMERIC and not rules.numbers_mapped))
    return ColumnFacts(
        declared.name,
        JdbcType.TIMESTAMP_WITH_TIMEZONE if code is JdbcType.TIMESTAMP else code,
        name,
        precision,
        scale,
        nullable=not declared.not_null,
        signed=name in SIGNED,
        normal=_normal(code, declared.name, precision, rules),
        without=_refuse_digits(name) if refused else without_empty if code in _TIMES else None,
        counted=True,
    )


def _refuse_digits(name: str) -> Convert:
    def refuse(_: Column) -> Column:
        raise ValueError(
            f"{name} is declared without digits, and the first row holds no whole number. Declare them ({name}(10,2)), or "
            "another type (REAL, TEXT), or read it with a query that has CAST(... AS TEXT)"
        )

    return refuse


def _code(name: str, value: Any) -> JdbcType:
    null = value is None
    if null or isinstance(value, int):
        if name in _WHOLE:
            return TYPE_CODES[name]
        if not null:
            return JdbcType.INTEGER if _INT_MIN <= value <= _INT_MAX else JdbcType.BIGINT
        if name in _WHOLE_OF_NULL:
            return JdbcType.INTEGER
    if null or isinstance(value, float):
        if name in _FRACTIONS:
            return TYPE_CODES[name]
        if not null or name == "FLOAT":
            return JdbcType.FLOAT
    if null or isinstance(value, str):
        if name in _TEXTS:
            return TYPE_CODES[name]
        if not null or name in _TEXTS_OF_NULL:
            return JdbcType.VARCHAR
    if name == "BINARY":
        return JdbcType.BINARY
    return JdbcType.BLOB if not null or name == "BLOB" else JdbcType.NUMERIC


def _normal(code: JdbcType, name: str, precision: int, rules: SqliteRules) -> Convert | None:
    match code:
        case JdbcType.BOOLEAN:
            return booleans
        case JdbcType.TINYINT | JdbcType.SMALLINT | JdbcType.INTEGER | JdbcType.BIGINT:
            return integers(name)
        case JdbcType.NUMERIC | JdbcType.DECIMAL:
            return decimals if precision else chained(integers(name), cut_to(8))
        case JdbcType.DOUBLE | JdbcType.REAL | JdbcType.FLOAT:
            return floats
        case JdbcType.DATE:
            return days(rules.clock, rules.dates)
        case JdbcType.TIMESTAMP:
            return instants(rules.clock, rules.dates)
        case JdbcType.BINARY | JdbcType.BLOB:
            return blobs
    return texts
