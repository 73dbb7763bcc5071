"""What PostgreSQL's columns are, by the server's own description of a result (spec jdbc 11).

Results come in the binary format, in which the driver is told to hand out dates and times as whole numbers: that is fast, and
nothing lies outside of what Python's own types can hold.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from penstock.api import DataException
from penstock_jdbc.database.jdbc_type import JdbcType
from penstock_jdbc.source.columns import Column, Convert
from penstock_jdbc.source.facts import ColumnFacts
from penstock_jdbc.source.sqlite_values import NOT_MIDNIGHT
from penstock_jdbc.source.temporal import NEGATIVE_INFINITY_US, POSITIVE_INFINITY_US

BOOL, BYTEA, CHAR, NAME, INT8, INT2, INT4, TEXT, OID, JSON, XML = 16, 17, 18, 19, 20, 21, 23, 25, 26, 114, 142
FLOAT4, FLOAT8, MONEY, BPCHAR, VARCHAR, DATE, TIME, TIMESTAMP, TIMESTAMPTZ = (
    700,
    701,
    790,
    1042,
    1043,
    1082,
    1083,
    1114,
    1184,
)
TIMETZ, BIT, NUMERIC, UUID, JSONB = 1266, 1560, 1700, 2950, 3802
"""Object ids of built-in types, the same on every server."""

_DAYS_TO_2000 = 10_957
_US_TO_2000 = 946_684_800_000_000
_DATE_INFINITIES = frozenset({(1 << 31) - 1, -(1 << 31)})
_LONG_MIN, _LONG_MAX = -(1 << 63), (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class ServerColumn:
    """A column as the server describes it. ``enum`` is whether its type is one."""

    name: str
    oid: int
    modifier: int
    type_name: str
    enum: bool
    not_null: bool


def column_facts(column: ServerColumn) -> ColumnFacts:
    """What a column is."""
    nullable = None if not column.not_null else False
    code, normal = _TYPES.get(column.oid, (JdbcType.OTHER, None))
    precision = scale = 0
    any_scale = False
    if column.enum:
        code, normal = JdbcType.VARCHAR, _utf8
    elif column.oid == BIT:
        code, normal = _bits(column.modifier)
        precision = column.modifier
    elif column.oid == NUMERIC:
        any_scale = column.modifier < 0
        if not any_scale:
            precision, scale = (column.modifier - 4) >> 16 & 0xFFFF, column.modifier - 4 & 0xFFFF
    return ColumnFacts(
        column.name, code, column.type_name, precision, scale, nullable, normal=normal, any_scale=any_scale
    )


def _utf8(column: Column) -> Column:
    return [item.decode() for item in column]


def _jsonb(column: Column) -> Column:
    return [item[1:].decode() for item in column]  # a version number comes first


def _uuids(column: Column) -> Column:
    return [str(uuid.UUID(bytes=item)) for item in column]


def _money(column: Column) -> Column:
    return [item / 100 for item in column]


def _days(column: Column) -> Column:
    if not _DATE_INFINITIES.isdisjoint(column):
        raise DataException(NOT_MIDNIGHT)  # what Java makes of an infinite date is no whole day
    return [item + _DAYS_TO_2000 for item in column]


def _timestamps(column: Column) -> Column:
    if max(column) == _LONG_MAX or min(column) == _LONG_MIN:
        return [_with_infinity(item) for item in column]
    return [item + _US_TO_2000 for item in column]


def _with_infinity(item: int) -> int:
    if item == _LONG_MAX:
        return POSITIVE_INFINITY_US
    return NEGATIVE_INFINITY_US if item == _LONG_MIN else item + _US_TO_2000


def _times_with_zone(column: Column) -> Column:
    # Microseconds of the day, and seconds to be added to come to UTC.
    big = int.from_bytes
    return [big(item[:8], "big", signed=True) + big(item[8:], "big", signed=True) * 1_000_000 for item in column]


def _bits(length: int) -> tuple[JdbcType, Convert]:
    """bit(1) is a boolean; up to 8 bits pgjdbc reads the digits as a decimal number, and of more their characters."""
    if length == 1:
        return JdbcType.BOOLEAN, lambda column: [text == "1" for text in _bit_texts(column)]
    if length <= 8:
        return JdbcType.TINYINT, lambda column: [int(text) for text in _bit_texts(column)]
    return JdbcType.BINARY, lambda column: [text.encode() for text in _bit_texts(column)]


def _bit_texts(column: Column) -> list[str]:
    found = []
    for item in column:
        length = int.from_bytes(item[:4], "big")
        found.append("".join(f"{byte:08b}" for byte in item[4:])[:length])
    return found


_TYPES: Mapping[int, tuple[JdbcType, Callable[[Column], Column] | None]] = {
    BOOL: (JdbcType.BOOLEAN, None),
    INT2: (JdbcType.SMALLINT, None),
    INT4: (JdbcType.INTEGER, None),
    INT8: (JdbcType.BIGINT, None),
    OID: (JdbcType.BIGINT, None),
    FLOAT4: (JdbcType.REAL, None),
    FLOAT8: (JdbcType.DOUBLE, None),
    MONEY: (JdbcType.DOUBLE, _money),
    NUMERIC: (JdbcType.NUMERIC, None),
    CHAR: (JdbcType.CHAR, _utf8),
    BPCHAR: (JdbcType.CHAR, None),
    VARCHAR: (JdbcType.VARCHAR, None),
    TEXT: (JdbcType.VARCHAR, None),
    NAME: (JdbcType.VARCHAR, None),
    BYTEA: (JdbcType.BINARY, None),
    DATE: (JdbcType.DATE, _days),
    TIME: (JdbcType.TIME, None),
    TIMETZ: (JdbcType.TIME_WITH_TIMEZONE, _times_with_zone),
    TIMESTAMP: (JdbcType.TIMESTAMP, _timestamps),
    TIMESTAMPTZ: (JdbcType.TIMESTAMP_WITH_TIMEZONE, _timestamps),
    JSON: (JdbcType.VARCHAR, _utf8),
    JSONB: (JdbcType.VARCHAR, _jsonb),
    UUID: (JdbcType.VARCHAR, _uuids),
    XML: (JdbcType.SQLXML, _utf8),
}
"""By object id; other types are OTHER, which records have no place for."""
