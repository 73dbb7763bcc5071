"""Projecting a value from the schema it was written with to the one a reader wants (spec 5.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from penstock.api.exceptions import SchemaProjectorException
from penstock.api.javacast import to_double, to_integer
from penstock.api.javatext import java_str
from penstock.api.numerics import round_to_float32
from penstock.api.schema import Schema, Type
from penstock.api.struct import Struct

_WIDENING = (Type.INT8, Type.INT16, Type.INT32, Type.INT64, Type.FLOAT32, Type.FLOAT64)
_BITS = {Type.INT8: 8, Type.INT16: 16, Type.INT32: 32, Type.INT64: 64}


def project(source: Schema, value: object, target: Schema) -> object:
    """The value as ``target`` has it: numbers widened, fields added with their defaults, unknown fields left out.

    Raises SchemaProjectorException when the schemas do not allow it.
    """
    _check_compatible(source, target)
    if value is not None and not (source.optional and not target.optional and target.default is None):
        return _project_present(source, value, target)
    if source.optional and not target.optional:
        if target.default is None:
            raise SchemaProjectorException(
                "Writer schema is optional, however, target schema does not provide a default value."
            )
        return target.default
    return None


def _check_compatible(source: Schema, target: Schema) -> None:
    if source.type is not target.type and not _is_promotable(source.type, target.type):
        raise SchemaProjectorException(
            f"Schema type mismatch. source type: {source.type.name} and target type: {target.type.name}"
        )
    if source.name != target.name:
        raise SchemaProjectorException(
            f"Schema name mismatch. source name: {java_str(source.name)} and target name: {java_str(target.name)}"
        )
    if source.parameters != target.parameters:
        raise SchemaProjectorException(
            f"Schema parameters not equal. source parameters: {java_str(source.parameters)} and target parameters: "
            f"{java_str(target.parameters)}"
        )


def _project_present(source: Schema, value: object, target: Schema) -> object:
    if target.type is Type.STRUCT:
        return _project_struct(source, value, target)
    if target.type is Type.ARRAY:
        return _project_array(source, value, target)
    if target.type is Type.MAP:
        return _project_map(source, value, target)
    if _is_promotable(source.type, target.type) and isinstance(value, (int, float, Decimal)):
        return _widened(value, target.type)
    return value


def _project_struct(source: Schema, value: object, target: Schema) -> Struct:
    if not isinstance(value, Struct):
        raise TypeError(f"a Struct was to be projected, but the value is of {type(value)}")
    projected = Struct(target)
    for field in target.fields:
        known = source.field(field.name)
        if known is not None:
            try:
                projected.put(field.name, project(known.schema, value.get(field.name), field.schema))
            except SchemaProjectorException as error:
                raise SchemaProjectorException(f"Error projecting {known.name}") from error
        elif field.schema.default is not None and not field.schema.optional:
            projected.put(field.name, field.schema.default)
        elif not field.schema.optional:
            raise SchemaProjectorException(
                f"Required field `{field.name}` is missing from source schema: {java_str(source)}"
            )
    return projected


def _project_array(source: Schema, value: object, target: Schema) -> list[object]:
    known, wanted = source.value_schema, target.value_schema
    if not isinstance(value, Sequence) or known is None or wanted is None:
        raise TypeError(f"a list with element schemas was to be projected, but the value is of {type(value)}")
    return [project(known, item, wanted) for item in value]


def _project_map(source: Schema, value: object, target: Schema) -> dict[object, object]:
    keys, values = (source.key_schema, target.key_schema), (source.value_schema, target.value_schema)
    if not isinstance(value, Mapping) or None in keys or None in values:
        raise TypeError(f"a map with key and value schemas was to be projected, but the value is of {type(value)}")
    return {_entry(keys, key): _entry(values, item) for key, item in value.items()}


def _entry(schemas: tuple[Schema | None, Schema | None], value: object) -> object:
    source, target = schemas
    assert source is not None
    assert target is not None
    return project(source, value, target)


def _is_promotable(source: Type, target: Type) -> bool:
    if source not in _WIDENING or target not in _WIDENING:
        return False
    return _WIDENING.index(source) <= _WIDENING.index(target)


def _widened(value: float | Decimal, target: Type) -> object:
    if target in _BITS:
        return to_integer(value, _BITS[target])
    number = to_double(value)
    return round_to_float32(number) if target is Type.FLOAT32 else number
