"""Schemas as JSON, in both directions (spec 5.3)."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.api.exceptions import DataException
from penstock.api.javacast import to_integer
from penstock.api.schema import Schema, Type
from penstock.api.schema_builder import SchemaBuilder
from penstock.converters.json_config import JsonSettings
from penstock.converters.json_decode import decoder_of
from penstock.converters.json_encode import encoder_of

_NAMES: dict[Type, str] = {kind: kind.value for kind in Type} | {Type.FLOAT32: "float", Type.FLOAT64: "double"}
_TYPES: dict[str, Type] = {name: kind for kind, name in _NAMES.items()}


def schema_tree(schema: Schema | None, settings: JsonSettings) -> dict[str, object] | None:
    """The tree of a schema. Raises DataException when its default does not fit it."""
    if schema is None:
        return None
    tree: dict[str, object] = {"type": _NAMES[schema.type]}
    match schema.type:
        case Type.ARRAY:
            tree["items"] = schema_tree(schema.value_schema, settings)
        case Type.MAP:
            tree["keys"] = schema_tree(schema.key_schema, settings)
            tree["values"] = schema_tree(schema.value_schema, settings)
        case Type.STRUCT:
            tree["fields"] = [
                {**(schema_tree(field.schema, settings) or {}), "field": field.name} for field in schema.fields
            ]
    tree["optional"] = schema.optional
    attributes = {"name": schema.name, "version": schema.version, "doc": schema.doc}
    tree.update((key, value) for key, value in attributes.items() if value is not None)
    if schema.parameters is not None:
        tree["parameters"] = dict(schema.parameters)
    if schema.default is not None:
        tree["default"] = encoder_of(schema, settings)(schema.default)
    return tree


def schema_of(node: object, settings: JsonSettings) -> Schema | None:
    """The schema that a JSON node describes; None for a null. Raises DataException, SchemaBuilderException."""
    if node is None:
        return None
    members = node if isinstance(node, dict) else {}
    builder = _builder(members, settings)
    if members.get("optional") is True:
        builder.optional()
    else:
        builder.required()
    for attribute in ("name", "doc"):
        if isinstance(text := members.get(attribute), str):
            getattr(builder, attribute)(text)
    version = members.get("version")
    if isinstance(version, int) and not isinstance(version, bool):
        builder.version(to_integer(version, 32))
    _add_parameters(builder, members.get("parameters"))
    if "default" in members:
        _add_default(builder, members["default"], settings)
    return builder.build()


def _builder(members: Mapping[str, object], settings: JsonSettings) -> SchemaBuilder:
    name = members.get("type")
    if not isinstance(name, str):
        raise DataException("Schema must contain 'type' field")
    kind = _TYPES.get(name)
    match kind:
        case None:
            raise DataException(f"Unknown schema type: {name}")
        case Type.ARRAY:
            if members.get("items") is None:
                raise DataException("Array schema did not specify the element type")
            return SchemaBuilder.array(_part(members["items"], settings))
        case Type.MAP:
            for key, told in (("keys", "key"), ("values", "value")):
                if key not in members:
                    raise DataException(f"Map schema did not specify the {told} type")
            return SchemaBuilder.map(_part(members["keys"], settings), _part(members["values"], settings))
        case Type.STRUCT:
            return _struct_builder(members.get("fields"), settings)
    return SchemaBuilder(kind)


def _struct_builder(fields: object, settings: JsonSettings) -> SchemaBuilder:
    if not isinstance(fields, list):
        raise DataException('Struct schema\'s "fields" argument is not an array.')
    builder = SchemaBuilder.struct()
    for field in fields:
        name = field.get("field") if isinstance(field, dict) else None
        if not isinstance(name, str):
            raise DataException("Struct schema's field name not specified properly")
        builder.field(name, _part(field, settings))
    return builder


def _part(node: object, settings: JsonSettings) -> Schema:
    # A null is no schema, which the builder refuses with Connect's words.
    return schema_of(node, settings)  # type: ignore[return-value]


def _add_parameters(builder: SchemaBuilder, parameters: object) -> None:
    if not isinstance(parameters, dict):
        return
    for name, value in parameters.items():
        if not isinstance(value, str):
            raise DataException("Schema parameters must have string values.")
        builder.parameter(name, value)


def _add_default(builder: SchemaBuilder, node: object, settings: JsonSettings) -> None:
    builder.default(decoder_of(builder.build(), settings)(node))
