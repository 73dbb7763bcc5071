"""Columns of any other database: by the table's own description, or by the values of a query's first rows."""

from __future__ import annotations

import datetime as dt
import decimal
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from penstock_jdbc.database.jdbc_type import BINARIES, TEXTS, JdbcType
from penstock_jdbc.database.table import Column as TableColumn
from penstock_jdbc.source.columns import Convert, each
from penstock_jdbc.source.facts import ColumnFacts
from penstock_jdbc.source.temporal import days_since_epoch, microseconds, microseconds_of_day

_EXACT = decimal.Context(prec=60)
_ZONED = {
    JdbcType.SQLSERVER_DATETIMEOFFSET,
    JdbcType.ORACLE_TIMESTAMPTZ,
    JdbcType.ORACLE_TIMESTAMPLTZ,
    JdbcType.TIMESTAMP_WITH_TIMEZONE,
}


def of_table(name: str, column: TableColumn) -> ColumnFacts:
    """A column of a table."""
    code = JdbcType.TIMESTAMP_WITH_TIMEZONE if column.code in _ZONED else column.code
    return ColumnFacts(
        name,
        code,
        column.type_name,
        column.precision,
        column.scale,
        column.nullable,
        column.signed,
        normal=_NORMALS.get(code),
    )


def of_values(name: str, values: Sequence[Any], nullable: bool | None) -> ColumnFacts:  # PEP 249's null_ok
    """A column of a query, by the values in its first rows; texts where all of them are null."""
    given = [value for value in values if value is not None]
    kind = type(given[0]) if given else str
    code = next((code for known, code in _BY_CLASS if issubclass(kind, known)), JdbcType.OTHER)
    precision = scale = 0
    if code is JdbcType.TIMESTAMP and given[0].tzinfo is not None:
        code = JdbcType.TIMESTAMP_WITH_TIMEZONE
    if code is JdbcType.DECIMAL:
        scale = max(max(0, -int(value.as_tuple().exponent)) for value in given)
        precision = max(len(value.as_tuple().digits) for value in given)
    return ColumnFacts(name, code, kind.__name__, precision, scale, nullable, normal=_NORMALS.get(code))


def _decimal(value: Any) -> decimal.Decimal:
    return value if isinstance(value, decimal.Decimal) else _EXACT.create_decimal(str(value))


def _content(value: Any) -> Any:
    """A large object's content; anything else is its own."""
    read: Callable[[], Any] | None = getattr(value, "read", None)
    return value if read is None else read()


def _text(value: Any) -> str:
    return str(_content(value))


def _bytes(value: Any) -> bytes:
    return bytes(_content(value))


def _days(column: Sequence[Any]) -> Sequence[int]:
    return [int(day) for day in days_since_epoch(column)]


_NORMALS: Mapping[JdbcType, Convert] = {
    JdbcType.BOOLEAN: each(bool),
    **dict.fromkeys((JdbcType.BIT, JdbcType.TINYINT, JdbcType.SMALLINT, JdbcType.INTEGER, JdbcType.BIGINT), each(int)),
    **dict.fromkeys(
        (
            JdbcType.REAL,
            JdbcType.FLOAT,
            JdbcType.DOUBLE,
            JdbcType.ORACLE_BINARY_FLOAT,
            JdbcType.ORACLE_BINARY_DOUBLE,
        ),
        each(float),
    ),
    JdbcType.NUMERIC: each(_decimal),
    JdbcType.DECIMAL: each(_decimal),
    **dict.fromkeys(TEXTS, each(_text)),
    **dict.fromkeys(BINARIES, each(_bytes)),
    JdbcType.DATE: _days,
    JdbcType.TIME: microseconds_of_day,
    JdbcType.TIMESTAMP: microseconds,
    JdbcType.TIMESTAMP_WITH_TIMEZONE: microseconds,
}

_BY_CLASS: Sequence[tuple[type, JdbcType]] = (
    (bool, JdbcType.BOOLEAN),
    (int, JdbcType.BIGINT),
    (float, JdbcType.DOUBLE),
    (decimal.Decimal, JdbcType.DECIMAL),
    (str, JdbcType.VARCHAR),
    (bytes, JdbcType.BINARY),
    (bytearray, JdbcType.BINARY),
    (memoryview, JdbcType.BINARY),
    (dt.datetime, JdbcType.TIMESTAMP),
    (dt.date, JdbcType.DATE),
    (dt.time, JdbcType.TIME),
)
