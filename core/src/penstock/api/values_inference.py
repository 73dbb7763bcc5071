"""What schema a schemaless value has (Connect's ``Values.inferSchema``), and the plain numbers for one that has a schema."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from penstock.api.exceptions import SchemaBuilderException
from penstock.api.keys import as_key
from penstock.api.numerics import Float32, Int8, Int16, Int32, Int64
from penstock.api.schema import Schema, Type
from penstock.api.schema_builder import SchemaBuilder
from penstock.api.struct import Struct
from penstock.api.validation import schema_type

_WIDTHS: dict[type, Type] = {
    Int8: Type.INT8,
    Int16: Type.INT16,
    Int32: Type.INT32,
    Int64: Type.INT64,
    Float32: Type.FLOAT32,
}
_CLASSES: dict[Type, Callable[..., object]] = {kind: width for width, kind in _WIDTHS.items()}


def infer_schema(value: object) -> Schema | None:
    """The schema of a value: INT64 for a plain int, FLOAT64 for a plain float, a struct's own. None where there is none: for
    a null, dates, decimals, empty lists and maps and those of mixed types.

    Raises SchemaBuilderException for a list or map of nothing but nulls.
    """
    if isinstance(value, Struct):
        return value.schema
    kind = schema_type(value)
    if kind is Type.ARRAY and isinstance(value, Sequence):
        element = _common(value)
        return None if element is None else SchemaBuilder.array(element).build()
    if kind is Type.MAP and isinstance(value, Mapping):
        keys = _common(value.keys())
        values = _common(value.values())
        return None if keys is None or values is None else SchemaBuilder.map(keys, values).build()
    return None if kind is None else Schema(kind)


def _common(values: Iterable[object]) -> Schema | None:
    """One schema for all, optional where there are nulls. Of nested values only the type is told."""
    known: Type | None = None
    has_null = False
    for value in values:
        if value is None:
            has_null = True
            continue
        schema = infer_schema(value)
        if schema is None or (known is not None and schema.type is not known):
            return None
        known = schema.type
    if known is None and not has_null:
        return None
    if known is None:
        raise SchemaBuilderException("type cannot be null")
    return Schema(known, optional=has_null)


def with_width(schema: Schema, value: object) -> object:
    """A plain number in the class of its schema; other values as they are."""
    kind = _CLASSES.get(schema.type)
    return value if kind is None or type(value) not in (int, float) else kind(value)


def plain_numbers(schema: Schema | None, value: object) -> object:
    """The same value with plain numbers wherever the schema tells the width of just these."""
    if schema is None or value is None:
        return value
    if schema.type is Type.ARRAY and isinstance(value, list):
        return [plain_numbers(schema.value_schema, item) for item in value]
    if schema.type is Type.MAP and isinstance(value, dict):
        keys, values = schema.key_schema, schema.value_schema
        return {as_key(plain_numbers(keys, key)): plain_numbers(values, item) for key, item in value.items()}
    if _WIDTHS.get(type(value)) is not schema.type:
        return value
    return int(value) if isinstance(value, int) else float(value)  # type: ignore[arg-type]  # one of _WIDTHS
