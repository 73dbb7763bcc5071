"""Columns of Connect's logical types as what is stored: bytes for decimals, integers for times."""

from __future__ import annotations

import datetime as dt
import decimal
from collections.abc import Callable, Sequence
from typing import Any

from penstock.api import DataException, Date, Decimal, Instant, Schema, Time, Timestamp, Type, java_str
from penstock_s3.formats.avro.names import FIXED_SIZE, is_fixed

Column = Sequence[Any]
ToStored = Callable[[Column, str], Column]

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_EPOCH_ORDINAL = dt.date(1970, 1, 1).toordinal()
_MS = dt.timedelta(milliseconds=1)


def logical_column(schema: Schema) -> ToStored | None:
    """The function for columns without nulls, or None where values are stored as they are. It raises DataException."""
    match schema.name, schema.type:
        case Decimal.LOGICAL_NAME, Type.BYTES:
            return _decimals(schema)
        case Date.LOGICAL_NAME, Type.INT32:
            return lambda column, where: _temporal(schema, column, where, dt.date, _days)
        case Time.LOGICAL_NAME, Type.INT32:
            return lambda column, where: _temporal(schema, column, where, None, _days)
        case Timestamp.LOGICAL_NAME, Type.INT64:
            return lambda column, where: _temporal(schema, column, where, dt.datetime, _milliseconds)
    return None


def _days(column: Column) -> Column:
    return [day.toordinal() - _EPOCH_ORDINAL for day in column]


def _milliseconds(column: Column) -> Column:
    return [(moment - _EPOCH) // _MS for moment in column]


_FROM_LOGICAL: dict[str | None, Callable[[Schema, Any], int]] = {
    Date.LOGICAL_NAME: Date.from_logical,
    Time.LOGICAL_NAME: Time.from_logical,
    Timestamp.LOGICAL_NAME: Timestamp.from_logical,
}


def _temporal(
    schema: Schema, column: Column, where: str, kind: type | None, quick: Callable[[Column], Column]
) -> Column:
    """The quick way where all values are of the one class; the general one for others and what it refuses."""
    if kind is not None and {kind}.issuperset(map(type, column)):
        try:
            return quick(column)
        except TypeError:  # a moment without a time zone
            pass
    convert = _FROM_LOGICAL[schema.name]
    return [convert(schema, _checked(value, where, (dt.date, dt.time, Instant), schema)) for value in column]


def _decimals(schema: Schema) -> ToStored:
    size = int((schema.parameters or {})[FIXED_SIZE]) if is_fixed(schema) else None

    def convert(column: Column, where: str) -> Column:
        stored = [Decimal.from_logical(schema, _checked(value, where, (decimal.Decimal,), schema)) for value in column]
        return stored if size is None else [_padded(data, size) for data in stored]

    return convert


def _padded(data: bytes, size: int) -> bytes:
    if len(data) > size:
        raise DataException(f"Unscaled value byte array length {len(data)} is greater than fixed size {size}")
    return (b"\xff" if data[0] & 0x80 else b"\x00") * (size - len(data)) + data


def _checked(value: Any, where: str, kinds: tuple[type, ...], schema: Schema) -> Any:
    if isinstance(value, kinds):
        return value
    place = f" in field {where}" if where else ""
    raise DataException(f"Invalid type for {schema.name}{place}: {type(value).__qualname__} {java_str(value)[:100]}")
