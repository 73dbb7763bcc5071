"""Connect's logical types: what they are called, and the way between a Python value and what is stored (spec 5.1).

============  =============================================  ====================================================
Type          Python value                                   stored as
============  =============================================  ====================================================
Decimal       ``decimal.Decimal`` of the schema's scale      BYTES, the unscaled integer in two's complement
Date          ``datetime.date``                              INT32, days since 1970-01-01
Time          ``datetime.time``                              INT32, milliseconds since midnight
Timestamp     aware ``datetime.datetime``, read as UTC       INT64, milliseconds since the epoch
============  =============================================  ====================================================

What lies outside the years 1 to 9999 is an :class:`penstock.api.Instant`. All functions raise DataException.
"""

from __future__ import annotations

import datetime as dt
import decimal
import re
from functools import lru_cache
from typing import ClassVar

from penstock.api import logical_names
from penstock.api.exceptions import DataException
from penstock.api.instant import Instant
from penstock.api.javatime import MS_PER_DAY, Temporal, date_of, datetime_of, epoch_ms, time_of
from penstock.api.schema import Schema
from penstock.api.schema_builder import SchemaBuilder

_EXACT = decimal.Context(prec=decimal.MAX_PREC, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)
_INTEGER = re.compile(r"[+-]?\d+").fullmatch


class Decimal:
    """Numbers with a fixed count of digits after the point (the schema's parameter ``scale``)."""

    LOGICAL_NAME: ClassVar[str] = logical_names.DECIMAL
    SCALE_FIELD: ClassVar[str] = "scale"

    @staticmethod
    def builder(scale: int) -> SchemaBuilder:
        """A builder, for a schema that is optional, has a default, or the like."""
        return SchemaBuilder.bytes().name(logical_names.DECIMAL).parameter("scale", str(scale)).version(1)

    @staticmethod
    @lru_cache(maxsize=256)
    def schema(scale: int) -> Schema:
        """The required schema of this scale, always the same object."""
        return Decimal.builder(scale).build()

    @staticmethod
    def from_logical(schema: Schema, value: decimal.Decimal) -> bytes:
        """The bytes that are stored. The value's scale must be the schema's."""
        scale = decimal_scale(schema)
        given = scale_of(value)
        if given != scale:
            raise DataException(
                f"Decimal value has mismatching scale for given Decimal schema. Schema has scale {scale}, "
                f"value has scale {given}."
            )
        return signed_bytes(unscaled_of(value))

    @staticmethod
    def to_logical(schema: Schema, value: bytes) -> decimal.Decimal:
        """The number behind stored bytes. Raises DataException also for no bytes at all."""
        if not value:
            raise DataException("Zero length BigInteger")
        return decimal_of(int.from_bytes(value, "big", signed=True), decimal_scale(schema))


def decimal_scale(schema: Schema) -> int:
    """The scale that a Decimal schema declares."""
    text = None if schema.parameters is None else schema.parameters.get("scale")
    if text is None:
        raise DataException("Invalid Decimal schema: scale parameter not found.")
    if not _INTEGER(text) or not -(1 << 31) <= int(text) < 1 << 31:
        raise DataException("Invalid scale parameter found in Decimal schema: ")
    return int(text)


def scale_of(value: decimal.Decimal) -> int:
    """How many digits stand after the point; negative for trailing zeros before it. NaN and infinities have none."""
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):
        raise DataException(f"A Decimal field cannot hold {value}")
    return -exponent


def unscaled_of(value: decimal.Decimal) -> int:
    """The digits of a decimal as one integer."""
    sign, digits, _ = value.as_tuple()
    magnitude = int(value.copy_abs().scaleb(scale_of(value), _EXACT)) if digits else 0
    return -magnitude if sign else magnitude


def decimal_of(unscaled: int, scale: int) -> decimal.Decimal:
    """The decimal of this unscaled integer and scale, exactly."""
    return decimal.Decimal(unscaled) if scale == 0 else decimal.Decimal(unscaled).scaleb(-scale, _EXACT)


def signed_bytes(number: int) -> bytes:
    """The shortest two's complement, big-endian form, as Java's BigInteger gives it."""
    length = (number if number >= 0 else ~number).bit_length() // 8 + 1
    return number.to_bytes(length, "big", signed=True)


class Date:
    """Days, without a time and a zone."""

    LOGICAL_NAME: ClassVar[str] = logical_names.DATE
    SCHEMA: ClassVar[Schema]

    @staticmethod
    def builder() -> SchemaBuilder:
        """A builder, for a schema that is optional, has a default, or the like."""
        return SchemaBuilder.int32().name(logical_names.DATE).version(1)

    @staticmethod
    def from_logical(schema: Schema, value: dt.date | Instant) -> int:
        """Days since the epoch. A datetime will do when it is midnight in UTC."""
        _check_name(schema, logical_names.DATE, "Date")
        days, rest = divmod(epoch_ms(value), MS_PER_DAY)
        if rest:
            raise DataException("Kafka Connect Date type should not have any time fields set to non-zero values.")
        return _as_int32(days)

    @staticmethod
    def to_logical(schema: Schema, value: int) -> dt.date | Instant:
        """The day so many days after the epoch."""
        _check_name(schema, logical_names.DATE, "Date")
        return date_of(value)


class Time:
    """Times of the day, to the millisecond, without a zone."""

    LOGICAL_NAME: ClassVar[str] = logical_names.TIME
    SCHEMA: ClassVar[Schema]

    @staticmethod
    def builder() -> SchemaBuilder:
        """A builder, for a schema that is optional, has a default, or the like."""
        return SchemaBuilder.int32().name(logical_names.TIME).version(1)

    @staticmethod
    def from_logical(schema: Schema, value: dt.time | dt.datetime | Instant) -> int:
        """Milliseconds since midnight. A datetime will do when it is of 1970-01-01 in UTC, or the midnight after."""
        _check_name(schema, logical_names.TIME, "Time")
        ms = epoch_ms(value)
        if not 0 <= ms <= MS_PER_DAY:
            raise DataException("Kafka Connect Time type should not have any date fields set to non-zero values.")
        return ms

    @staticmethod
    def to_logical(schema: Schema, value: int) -> dt.time | dt.datetime | Instant:
        """The time so many milliseconds after midnight; 86 400 000 is allowed and gives a datetime."""
        # "Date" is Connect's own slip, and its text.
        _check_name(schema, logical_names.TIME, "Date")
        if not 0 <= value <= MS_PER_DAY:
            raise DataException("Time values must use number of milliseconds greater than 0 and less than 86400000")
        return time_of(value)


class Timestamp:
    """Points in time, to the millisecond."""

    LOGICAL_NAME: ClassVar[str] = logical_names.TIMESTAMP
    SCHEMA: ClassVar[Schema]

    @staticmethod
    def builder() -> SchemaBuilder:
        """A builder, for a schema that is optional, has a default, or the like."""
        return SchemaBuilder.int64().name(logical_names.TIMESTAMP).version(1)

    @staticmethod
    def from_logical(schema: Schema, value: dt.datetime | Instant) -> int:
        """Milliseconds since the epoch; what is finer is dropped."""
        _check_name(schema, logical_names.TIMESTAMP, "Timestamp")
        return epoch_ms(value)

    @staticmethod
    def to_logical(schema: Schema, value: int) -> dt.datetime | Instant:
        """The point in time, in UTC."""
        _check_name(schema, logical_names.TIMESTAMP, "Timestamp")
        return datetime_of(value)


Date.SCHEMA = Date.builder().build()
Time.SCHEMA = Time.builder().build()
Timestamp.SCHEMA = Timestamp.builder().build()


def _check_name(schema: Schema, name: str, called: str) -> None:
    if schema.name != name:
        raise DataException(f"Requested conversion of {called} object but the schema does not match.")


def _as_int32(number: int) -> int:
    # Java casts, which keeps the low 32 bits.
    return (number + (1 << 31)) % (1 << 32) - (1 << 31)


def temporal_of(schema: Schema, ms: int) -> Temporal:
    """The value of a Date, Time or Timestamp schema for a point in time; a datetime where it is no whole day or time."""
    if schema.name == logical_names.DATE and ms % MS_PER_DAY == 0:
        return date_of(ms // MS_PER_DAY)
    return time_of(ms) if schema.name == logical_names.TIME else datetime_of(ms)
