"""Columns of primitive values as Avro's bytes, checked as a whole, and what all encoders share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import NoneType
from typing import Any

from penstock.api import (
    DataException,
    Float32,
    Float64,
    Int8,
    Int16,
    Int32,
    Int64,
    Schema,
    Struct,
    StructColumn,
    Type,
    java_str,
)
from penstock_s3.formats.avro.names import FIXED_SIZE
from penstock_s3.formats.avro.schema import AvroNode
from penstock_s3.formats.avro.varints import pack_double, pack_float, text_bytes, varint, varints_between

Column = Sequence[Any]
Strands = list[Sequence[bytes]]
Encode = Callable[[Column], Strands]

_BITS = {Type.INT8: 8, Type.INT16: 16, Type.INT32: 32, Type.INT64: 64}
_CLASSES: dict[Type, frozenset[type]] = {
    Type.INT8: frozenset({int, Int8}),
    Type.INT16: frozenset({int, Int16}),
    Type.INT32: frozenset({int, Int32}),
    Type.INT64: frozenset({int, Int64}),
    Type.FLOAT32: frozenset({float, Float32}),
    Type.FLOAT64: frozenset({float, Float64}),
    Type.BOOLEAN: frozenset({bool}),
    Type.STRING: frozenset({str}),
    Type.BYTES: frozenset({bytes, bytearray, memoryview}),
    Type.ARRAY: frozenset({list, tuple}),
    Type.STRUCT: frozenset({Struct}),
}
_SHORT = 8191
_LENGTHS = [varint(length) for length in range(_SHORT + 1)]


def has_null(column: Column) -> bool:
    """Whether there is a null. By class: ``in`` would compare, which structs do slowly."""
    return not isinstance(column, StructColumn) and NoneType in set(map(type, column))


def rows(strands: Strands) -> Sequence[bytes]:
    """The strands joined row by row."""
    return strands[0] if len(strands) == 1 else list(map(b"".join, zip(*strands, strict=True)))


def null_error(where: str) -> DataException:
    """The error for a null where none may be; Connect's words, and the field."""
    place = f": field {where}" if where else ""
    return DataException(f"Found null value for non-optional schema{place}")


def check_classes(kind: Type, column: Column, where: str) -> None:
    """Raise DataException unless the column holds instances of the type's classes only."""
    if not isinstance(column, StructColumn) and not _CLASSES[kind].issuperset(map(type, column)):
        for value in column:
            if value is None:
                raise null_error(where)
            if type(value) not in _CLASSES[kind]:
                place = f" in field {where}" if where else ""
                raise DataException(
                    f"Invalid type for {kind.name}{place}: {type(value).__qualname__} {java_str(value)[:100]}"
                )


def primitive(kind: Type, where: str) -> Encode:
    """The encoder of a primitive type."""
    if kind in _BITS:
        return _integers(kind, where)
    encode = _PRIMITIVE[kind]

    def encode_all(column: Column) -> Strands:
        check_classes(kind, column, where)
        return [encode(column)]

    return encode_all


def _integers(kind: Type, where: str) -> Encode:
    half = 1 << _BITS[kind] - 1

    def encode_all(column: Column) -> Strands:
        check_classes(kind, column, where)
        if not column:
            return [[]]
        least, most = min(column), max(column)
        if least < -half or most >= half:
            wrong = next(number for number in column if not -half <= number < half)
            place = f" of field {where}" if where else ""
            raise DataException(f"The integer {wrong} does not fit in {kind.name}{place}")
        return [varints_between(least, most, column)]

    return encode_all


def _texts(column: Column) -> list[bytes]:
    try:
        return sized(list(map(str.encode, column)))
    except UnicodeEncodeError:
        return sized(list(map(text_bytes, column)))


def sized(column: Sequence[bytes]) -> list[bytes]:
    """Each with its length before it."""
    lengths = _LENGTHS
    return [(lengths[size] if (size := len(data)) <= _SHORT else varint(size)) + data for data in column]


_BOOLEANS = (b"\x00", b"\x01")
_PRIMITIVE: dict[Type, Callable[[Column], list[bytes]]] = {
    Type.FLOAT32: lambda column: list(map(pack_float, column)),
    Type.FLOAT64: lambda column: list(map(pack_double, column)),
    Type.BOOLEAN: lambda column: [_BOOLEANS[item] for item in column],
    Type.STRING: _texts,
    Type.BYTES: lambda column: sized(list(map(bytes, column))),
}


def enum(node: AvroNode, where: str) -> Encode:
    """The encoder of an enum's symbols."""
    places = {symbol: varint(place) for place, symbol in enumerate(node.symbols)}

    def encode_all(column: Column) -> Strands:
        check_classes(Type.STRING, column, where)
        try:
            return [[places[symbol] for symbol in column]]
        except KeyError as error:
            known = ", ".join(node.symbols)
            raise DataException(f"{error.args[0]!r} is no symbol of the enum {node.full_name}: {known}") from error

    return encode_all


def fixed(schema: Schema, where: str) -> Encode:
    """The encoder of bytes of one size."""
    size = int((schema.parameters or {})[FIXED_SIZE])

    def encode_all(column: Column) -> Strands:
        check_classes(Type.BYTES, column, where)
        if any(len(data) != size for data in column):
            wrong = next(len(data) for data in column if len(data) != size)
            raise DataException(
                f"The schema {schema.name} is of {size} bytes, but the value of {where or 'it'} has {wrong}"
            )
        return [list(map(bytes, column))]

    return encode_all
