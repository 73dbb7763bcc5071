"""Schemas as the JSON text that ``key.schema`` and ``value.schema`` hold, and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from penstock.api import DataException, Schema, SchemaBuilder, SchemaBuilderException, Type

_NUMBERS: Mapping[Type, Callable[[object], object]] = {
    Type.INT8: int,  # type: ignore[dict-item]  # a number, checked before
    Type.INT16: int,  # type: ignore[dict-item]
    Type.INT32: int,  # type: ignore[dict-item]
    Type.INT64: int,  # type: ignore[dict-item]
    Type.FLOAT32: float,  # type: ignore[dict-item]
    Type.FLOAT64: float,  # type: ignore[dict-item]
}


def read_schema(key: str, text: str) -> Schema:
    """The schema that configuration ``key`` holds. Raises DataException, which names the key and what is wrong."""
    try:
        return _schema(json.loads(text), "the schema")
    except (ValueError, RecursionError, DataException, SchemaBuilderException) as error:
        raise DataException(f"Could not read schema from '{key}': {error}") from error


def write_schema(schema: Schema) -> str:
    """The text for a schema."""
    return json.dumps(_node(schema), separators=(",", ":"), ensure_ascii=False)


def _schema(node: object, where: str) -> Schema:
    if not isinstance(node, dict):
        raise DataException(f'{where} must be an object such as {{"type":"STRING"}}, but it is {json.dumps(node)}')
    kind = node.get("type")
    if not isinstance(kind, str) or kind not in Type.__members__:
        raise DataException(
            f"{where} needs a 'type' out of {', '.join(Type.__members__)}, but it has {json.dumps(kind)}"
        )
    builder = _builder(Type[kind], node, where)
    _describe(builder, Type[kind], node, where)
    return builder.build()


def _builder(kind: Type, node: Mapping[str, object], where: str) -> SchemaBuilder:
    match kind:
        case Type.MAP:
            return SchemaBuilder.map(
                _schema(node.get("keySchema"), f"keySchema of {where}"),
                _schema(node.get("valueSchema"), f"valueSchema of {where}"),
            )
        case Type.ARRAY:
            return SchemaBuilder.array(_schema(node.get("valueSchema"), f"valueSchema of {where}"))
        case Type.STRUCT:
            fields = node.get("fieldSchemas")
            if not isinstance(fields, dict):
                raise DataException(f"{where} is a STRUCT and needs 'fieldSchemas', an object of schemas by field")
            builder = SchemaBuilder.struct()
            for name, inner in fields.items():
                builder.field(name, _schema(inner, f"field '{name}'"))
            return builder
        case _:
            return SchemaBuilder(kind)


def _describe(builder: SchemaBuilder, kind: Type, node: Mapping[str, object], where: str) -> None:
    if node.get("name"):
        builder.name(str(node["name"]))
    if node.get("doc"):
        builder.doc(str(node["doc"]))
    parameters = node.get("parameters")
    if isinstance(parameters, dict):
        builder.parameters({str(name): str(value) for name, value in parameters.items()})
    if node.get("isOptional") is True:
        builder.optional()
    version = node.get("version")
    if isinstance(version, int):
        builder.version(version)
    default = node.get("defaultValue")
    if default is not None:
        if kind in _NUMBERS:
            if isinstance(default, bool) or not isinstance(default, (int, float)):
                raise DataException(f"the defaultValue of {where} must be a number, but it is {json.dumps(default)}")
            default = _NUMBERS[kind](default)
        builder.default(default)


def _node(schema: Schema) -> dict[str, object]:
    node: dict[str, object] = {"type": schema.type.name, "isOptional": schema.optional}
    optional = {"name": schema.name, "doc": schema.doc, "version": schema.version, "defaultValue": schema.default}
    node.update({name: value for name, value in optional.items() if value is not None})
    if schema.parameters is not None:
        node["parameters"] = dict(schema.parameters)
    match schema.type:
        case Type.MAP:
            assert schema.key_schema is not None
            node["keySchema"] = _node(schema.key_schema)
        case Type.STRUCT:
            node["fieldSchemas"] = {field.name: _node(field.schema) for field in schema.fields}
        case _:
            pass
    if schema.type in {Type.MAP, Type.ARRAY}:
        assert schema.value_schema is not None
        node["valueSchema"] = _node(schema.value_schema)
    return node
