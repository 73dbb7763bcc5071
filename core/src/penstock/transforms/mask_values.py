"""What stands for a masked value (spec 6.2, MaskField)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal

from penstock.api import DataException, Instant, Schema, values
from penstock.api.javaclass import java_class_name
from penstock.api.javatime import EPOCH
from penstock.api.logical import temporal_of
from penstock.api.values_numbers import java_decimal
from penstock.transforms.requirements import class_text

_ZERO = Decimal(0)

_CONVERSIONS: Mapping[str, Callable[[Schema | None, object], object]] = {
    "java.lang.Byte": values.convert_to_byte,
    "java.lang.Short": values.convert_to_short,
    "java.lang.Integer": values.convert_to_integer,
    "java.lang.Long": values.convert_to_long,
    "java.lang.Float": values.convert_to_float,
    "java.lang.Double": values.convert_to_double,
}


def null_value(value: object, schema: Schema | None) -> object:
    """The null of a value's class: zero, false, an empty text, list or map, the epoch. Raises DataException for bytes and
    structs, which have none."""
    match value:
        case bool():
            return False
        case int():
            return _of_width(value, 0)
        case float():
            return _of_width(value, 0.0)
        case Decimal():
            return _ZERO
        case str():
            return ""
        case dt.date() | dt.time() | Instant():
            return _epoch(value) if schema is None else temporal_of(schema, 0)
        case list() | tuple():
            return []
        case Mapping():
            return {}
    raise DataException(f"Cannot mask value of type: {class_text(value, schema)}")


def replaced(value: object, schema: Schema | None, replacement: str) -> object:
    """The replacement as a value of the same class. Raises DataException for what is neither a number nor a text, and when
    the replacement spells no number that is asked for."""
    if isinstance(value, str):
        return replacement
    name = java_class_name(value, schema)
    convert = _CONVERSIONS.get(name)
    if convert is not None:
        return _of_width(value, convert(None, replacement))
    if isinstance(value, Decimal):
        return _number(java_decimal(replacement), replacement)
    if name == "java.math.BigInteger":
        return _of_width(value, _number(_integer(replacement), replacement))
    raise DataException(f"Cannot mask value of type {class_text(value, schema)} with custom replacement.")


def _of_width(value: object, number: object) -> object:
    kind = type(value)
    return kind(number) if hasattr(kind, "connect_name") else number  # type: ignore[call-arg]  # numbers all


def _number(found: object, replacement: str) -> object:
    if found is None:
        raise DataException(f"Unable to convert {replacement} (class java.lang.String) to number")
    return found


def _integer(text: str) -> int | None:
    try:
        return int(text) if "_" not in text and text == text.strip() else None
    except ValueError:
        return None


def _epoch(value: dt.date | dt.time | Instant) -> object:
    match value:
        case dt.datetime() | Instant():
            return EPOCH
        case dt.date():
            return EPOCH.date()
    return dt.time()
