"""What columns of MySQL and MariaDB are, by the server's description of a result (spec jdbc 11, 21.3).

The two Java drivers differ; which one a connector was written for shows in its URL: ``jdbc:mysql:`` or ``jdbc:mariadb:``.
Values come as texts, but for whole numbers and floats.
"""

from __future__ import annotations

import datetime as dt
import decimal
import re
from collections.abc import Mapping
from dataclasses import dataclass

from penstock_jdbc.database.jdbc_type import JdbcType
from penstock_jdbc.source.civil import US_PER_S
from penstock_jdbc.source.columns import Column, Convert, each
from penstock_jdbc.source.facts import ColumnFacts
from penstock_jdbc.source.temporal import days_since_epoch, microseconds

TINY, SHORT, LONG, FLOAT, DOUBLE, NULL, TIMESTAMP, LONGLONG, INT24, DATE, TIME, DATETIME, YEAR, NEWDATE = (
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    10,
    11,
    12,
    13,
    14,
)
VARCHAR, BIT, VECTOR, JSON, NEWDECIMAL, ENUM, SET, TINY_BLOB, MEDIUM_BLOB, LONG_BLOB, BLOB = (
    15,
    16,
    242,
    245,
    246,
    247,
    248,
    249,
    250,
    251,
    252,
)
VAR_STRING, STRING, GEOMETRY = 253, 254, 255
"""The types of the protocol."""

NOT_NULL_FLAG, UNSIGNED_FLAG = 1, 32
BLOBS = frozenset({TINY_BLOB, MEDIUM_BLOB, LONG_BLOB, BLOB})
CHARACTERS = frozenset({VARCHAR, VAR_STRING, STRING, *BLOBS})

_TIME = re.compile(r"(-?)(\d+):(\d\d):(\d\d)(?:\.(\d+))?")
_ZERO = re.compile(r"(0000-00-00)|(\d{4}-00-|\d{4}-\d\d-00)")


@dataclass(frozen=True, slots=True)
class MysqlField:
    """A column as the server describes it. ``binary`` is whether characters are bytes; ``type_name`` is known of columns of
    tables only."""

    name: str
    type: int
    length: int
    decimals: int
    flags: int
    binary: bool
    type_name: str = ""

    @property
    def unsigned(self) -> bool:
        """Whether numbers have no sign."""
        return bool(self.flags & UNSIGNED_FLAG)


@dataclass(frozen=True, slots=True)
class MysqlRules:
    """What a Java driver, and options of its URL, make of some types."""

    mariadb: bool
    """Whether it is MariaDB's driver, not Connector/J."""
    tiny_1_is_bit: bool = True
    year_is_date: bool = True
    zero_dates: str = "EXCEPTION"
    """EXCEPTION, CONVERT_TO_NULL or ROUND."""

    @classmethod
    def of(cls, *, mariadb: bool, options: Mapping[str, str]) -> MysqlRules:
        """The rules of a URL's options."""

        def flag(name: str) -> bool:
            return options.get(name, "true").lower() not in {"false", "0", "no"}

        zero = options.get("zeroDateTimeBehavior", "CONVERT_TO_NULL" if mariadb else "EXCEPTION")
        zero = {"CONVERTTONULL": "CONVERT_TO_NULL"}.get(zero.upper(), zero.upper())
        return cls(mariadb, flag("tinyInt1isBit"), flag("yearIsDateType"), zero)


def column_facts(field: MysqlField, rules: MysqlRules) -> ColumnFacts:
    """What a column is."""
    code, normal = _type(field, rules)
    precision = field.length
    if field.type == NEWDECIMAL:
        precision = field.length - (field.decimals > 0) - (not field.unsigned)
    zeroes = _without_zeroes if rules.zero_dates == "CONVERT_TO_NULL" else None
    return ColumnFacts(
        field.name,
        code,
        field.type_name or _NAMES.get(field.type, str(field.type)),
        precision,
        field.decimals if field.type == NEWDECIMAL else 0,
        nullable=not field.flags & NOT_NULL_FLAG,
        signed=not field.unsigned,
        normal=normal,
        without=zeroes if field.type in (DATE, DATETIME, TIMESTAMP, NEWDATE) else None,
    )


def _type(field: MysqlField, rules: MysqlRules) -> tuple[JdbcType, Convert | None]:
    if field.type in _SIMPLE:
        return _SIMPLE[field.type]
    if field.type in CHARACTERS or field.type in (ENUM, SET, JSON):
        return _characters(field, rules)
    match field.type:
        case _ if field.type == TINY:
            return _tiny(field, rules)
        case _ if field.type == BIT:
            return _bit(field, rules)
        case _ if field.type == YEAR:
            return (JdbcType.DATE, _year_days(rules)) if rules.year_is_date else (JdbcType.SMALLINT, each(int))
        case _ if field.type in (DATE, NEWDATE):
            return JdbcType.DATE, _days(rules)
        case _ if field.type in (DATETIME, TIMESTAMP):
            return JdbcType.TIMESTAMP, _walls(rules)
    return JdbcType.OTHER, None


def _characters(field: MysqlField, rules: MysqlRules) -> tuple[JdbcType, Convert | None]:
    if rules.mariadb and field.type_name == "UUID":
        return JdbcType.OTHER, None
    if field.binary:
        return JdbcType.LONGVARBINARY if field.type in BLOBS else JdbcType.VARBINARY, None
    return JdbcType.LONGVARCHAR if field.type in BLOBS else JdbcType.VARCHAR, None


def _tiny(field: MysqlField, rules: MysqlRules) -> tuple[JdbcType, Convert | None]:
    if rules.mariadb and rules.tiny_1_is_bit and field.length == 1:
        return JdbcType.BOOLEAN, each(bool)
    return JdbcType.TINYINT, None


def _bit(field: MysqlField, rules: MysqlRules) -> tuple[JdbcType, Convert]:
    """MariaDB's driver takes one bit for a boolean, and of several the first byte; Connector/J takes the number."""
    if rules.mariadb:
        if field.length == 1:
            return JdbcType.BOOLEAN, lambda column: [any(item) for item in column]
        return JdbcType.BIT, lambda column: [int.from_bytes(item[:1], "big", signed=True) for item in column]
    one_byte = field.length <= 8
    return JdbcType.BIT, lambda column: [int.from_bytes(item, "big", signed=one_byte) for item in column]


def _without_zeroes(column: Column) -> Column:
    return [None if item is not None and _ZERO.match(item) else item for item in column]


def _dated(text: str, rules: MysqlRules) -> dt.datetime:
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        found = _ZERO.match(text)
        if found is None:
            raise
        if found[1] and rules.zero_dates == "ROUND":
            return dt.datetime(1, 1, 1)  # noqa: DTZ001  # digits of a column without a zone
        raise ValueError(
            f"'{text}' is no date. Add zeroDateTimeBehavior=CONVERT_TO_NULL to the options of 'connection.url' to read null"
        ) from None


def _walls(rules: MysqlRules) -> Convert:
    def convert(column: Column) -> Column:
        try:
            return microseconds(list(map(dt.datetime.fromisoformat, column)))
        except ValueError:
            return microseconds([_dated(item, rules) for item in column])

    return convert


def _days(rules: MysqlRules) -> Convert:
    def convert(column: Column) -> Column:
        try:
            return days_since_epoch(list(map(dt.date.fromisoformat, column)))
        except ValueError:
            return days_since_epoch([_dated(item, rules).date() for item in column])

    return convert


def _year_days(rules: MysqlRules) -> Convert:
    def day(text: str) -> int:
        year = int(text)
        if year == 0:
            if rules.mariadb:
                raise ValueError("the year 0 is no date")
            year = 2000  # Connector/J's reading of two digits
        return int(days_since_epoch([dt.date(year, 1, 1)])[0])

    return each(day)


def _time_of_day(text: str) -> int:
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError(f"'{text}' is no time")
    seconds = (int(found[2]) * 60 + int(found[3])) * 60 + int(found[4])
    whole = seconds * US_PER_S + int((found[5] or "0").ljust(6, "0")[:6])
    return -whole if found[1] else whole


_SIMPLE: Mapping[int, tuple[JdbcType, Convert | None]] = {
    SHORT: (JdbcType.SMALLINT, None),
    LONG: (JdbcType.INTEGER, None),
    INT24: (JdbcType.INTEGER, None),
    LONGLONG: (JdbcType.BIGINT, None),
    FLOAT: (JdbcType.REAL, None),
    DOUBLE: (JdbcType.DOUBLE, None),
    NEWDECIMAL: (JdbcType.DECIMAL, each(decimal.Decimal)),
    TIME: (JdbcType.TIME, each(_time_of_day)),
    GEOMETRY: (JdbcType.BINARY, None),
    VECTOR: (JdbcType.LONGVARBINARY, None),
    NULL: (JdbcType.NULL, None),
}

_NAMES = {
    TINY: "TINYINT",
    SHORT: "SMALLINT",
    LONG: "INT",
    INT24: "MEDIUMINT",
    LONGLONG: "BIGINT",
    FLOAT: "FLOAT",
    DOUBLE: "DOUBLE",
    NEWDECIMAL: "DECIMAL",
    DATE: "DATE",
    TIME: "TIME",
    DATETIME: "DATETIME",
    TIMESTAMP: "TIMESTAMP",
    YEAR: "YEAR",
    BIT: "BIT",
    NULL: "NULL",
}
