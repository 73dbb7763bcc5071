"""JSON values to values of a schema, as connect-utils' parsers do, less their faults.

A text field takes numbers, booleans and whole objects as their JSON text, where Java puts null; fractions and numbers out of
range are refused where Java cuts them off.
"""

from __future__ import annotations

import datetime as dt
import decimal
import json
from collections.abc import Callable, Mapping
from typing import Final

from penstock.api import DataException, Date, Decimal, Schema, Struct, Time, Timestamp, Type
from penstock_file.spooldir.cells import CellReader, cell_reader, clock_of, day_of, scaled, single
from penstock_file.spooldir.dates import DateReader
from penstock_file.spooldir.timestamps import moment_of

NodeReader = Callable[[object], object]
"""Raises DataException for a node that does not fit."""


def has_decimals(schema: Schema) -> bool:
    """Whether there is a Decimal anywhere in a schema."""
    match schema.type:
        case Type.STRUCT:
            return any(has_decimals(field.schema) for field in schema.fields)
        case Type.ARRAY | Type.MAP:
            return schema.value_schema is not None and has_decimals(schema.value_schema)
        case _:
            return schema.name == Decimal.LOGICAL_NAME


def node_reader(schema: Schema, dates: DateReader, zone: dt.tzinfo) -> NodeReader:
    """Raises DataException for a type that JSON cannot hold."""
    match schema.type:
        case Type.STRUCT:
            read = _struct(schema, dates, zone)
        case Type.ARRAY:
            read = _array(schema, dates, zone)
        case Type.MAP:
            read = _map(schema, dates, zone)
        case _:
            read = _plain(schema, dates, zone)

    def checked(node: object) -> object:
        if node is not None:
            return read(node)
        if schema.optional:
            return None
        raise DataException("schema is not optional so input cannot be null.")

    return checked


def _struct(schema: Schema, dates: DateReader, zone: dt.tzinfo) -> NodeReader:
    fields = [(field.name, node_reader(field.schema, dates, zone)) for field in schema.fields]

    def read(node: object) -> object:
        if not isinstance(node, dict):
            raise DataException("struct schemas require a ObjectNode to be supplied for input.")
        values: list[object] = []
        for name, reader in fields:
            try:
                values.append(reader(node.get(name)))
            except DataException as error:
                raise DataException(f"Exception thrown while processing {schema.name}:{name}: {error}") from error
        return Struct.of(schema, values)

    return read


def _array(schema: Schema, dates: DateReader, zone: dt.tzinfo) -> NodeReader:
    assert schema.value_schema is not None
    item = node_reader(schema.value_schema, dates, zone)

    def read(node: object) -> object:
        if not isinstance(node, list):
            raise DataException("array schemas require a ArrayNode to be supplied for input.")
        values: list[object] = []
        for index, inner in enumerate(node):
            try:
                values.append(item(inner))
            except DataException as error:
                raise DataException(f"Exception thrown while processing index {index}: {error}") from error
        return values

    return read


def _map(schema: Schema, dates: DateReader, zone: dt.tzinfo) -> NodeReader:
    assert schema.key_schema is not None
    assert schema.value_schema is not None
    keys = cell_reader(schema.key_schema, dates, zone)
    values = node_reader(schema.value_schema, dates, zone)

    def read(node: object) -> object:
        if not isinstance(node, dict):
            raise DataException("map schemas require a ObjectNode to be supplied for input.")
        found: dict[object, object] = {}
        for name, inner in node.items():
            try:
                found[keys.one(name)] = values(inner)
            except DataException as error:
                raise DataException(f"Exception thrown while parsing value. Key='{name}': {error}") from error
        return found

    return read


def _plain(schema: Schema, dates: DateReader, zone: dt.tzinfo) -> NodeReader:
    texts = cell_reader(schema, dates, zone)
    other = _LOGICAL.get(schema.name or "") or _PLAIN[schema.type]

    def read(node: object) -> object:
        if isinstance(node, str):
            return texts.one(node)
        try:
            return other(node, texts, zone)
        except (ValueError, ArithmeticError) as error:
            raise DataException(f"Could not parse '{_shown(node)}' to {texts.java_class}") from error

    return read


def _shown(node: object) -> str:
    if isinstance(node, decimal.Decimal):
        return str(node)
    return json.dumps(node, ensure_ascii=False, separators=(",", ":"), default=_number)


def _number(value: object) -> object:
    assert isinstance(value, decimal.Decimal)
    return float(value)


def _whole(node: object, reader: CellReader, _zone: dt.tzinfo) -> object:
    return reader.cell(str(_whole_number(node)))


def _double(node: object, _reader: CellReader, _zone: dt.tzinfo) -> object:
    if isinstance(node, bool) or not isinstance(node, (int, float, decimal.Decimal)):
        raise ValueError(node)  # noqa: TRY004  # one exception for all that does not fit
    return float(node)


def _single(node: object, reader: CellReader, zone: dt.tzinfo) -> object:
    found = _double(node, reader, zone)
    assert isinstance(found, float)
    return single(found)


def _boolean(node: object, _reader: CellReader, _zone: dt.tzinfo) -> object:
    if not isinstance(node, bool):
        raise ValueError(node)  # noqa: TRY004  # as above
    return node


def _text(node: object, _reader: CellReader, _zone: dt.tzinfo) -> object:
    return _shown(node)


def _decimal(node: object, reader: CellReader, _zone: dt.tzinfo) -> object:
    if isinstance(node, bool) or not isinstance(node, (int, float, decimal.Decimal)):
        raise ValueError(node)  # noqa: TRY004  # as above
    scale = -int((reader.schema.parameters or {})["scale"])
    number = decimal.Decimal(repr(node) if isinstance(node, float) else node)
    return scaled(number, decimal.Decimal(1).scaleb(scale))


def _timestamp(node: object, reader: CellReader, zone: dt.tzinfo) -> object:
    milliseconds = _whole_number(node)
    del reader, zone
    return moment_of(milliseconds)


def _date(node: object, reader: CellReader, zone: dt.tzinfo) -> object:
    del reader
    return day_of(moment_of(_whole_number(node)), zone)


def _time(node: object, reader: CellReader, zone: dt.tzinfo) -> object:
    del reader
    return clock_of(moment_of(_whole_number(node)), zone)


_BEYOND: Final = 1 << 64


def _whole_number(node: object) -> int:
    if isinstance(node, bool) or not isinstance(node, (int, float, decimal.Decimal)):
        raise ValueError(node)  # noqa: TRY004  # as above
    if not -_BEYOND < node < _BEYOND or node != int(node):
        raise ValueError(node)
    return int(node)


_LOGICAL: Mapping[str, Callable[[object, CellReader, dt.tzinfo], object]] = {
    Decimal.LOGICAL_NAME: _decimal,
    Timestamp.LOGICAL_NAME: _timestamp,
    Date.LOGICAL_NAME: _date,
    Time.LOGICAL_NAME: _time,
}
_PLAIN: Mapping[Type, Callable[[object, CellReader, dt.tzinfo], object]] = {
    Type.INT8: _whole,
    Type.INT16: _whole,
    Type.INT32: _whole,
    Type.INT64: _whole,
    Type.FLOAT32: _single,
    Type.FLOAT64: _double,
    Type.BOOLEAN: _boolean,
    Type.STRING: _text,
}
