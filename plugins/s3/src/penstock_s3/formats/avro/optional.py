"""The same Connect schema, optional or not."""

from __future__ import annotations

from penstock.api import Schema, Type


def required(schema: Schema) -> Schema:
    """The same schema, not optional."""
    return with_optional(schema, optional=False) if schema.optional else schema


def with_optional(schema: Schema, *, optional: bool) -> Schema:
    """The same schema, optional or not."""
    kind = schema.type
    return Schema(
        kind,
        optional=optional,
        name=schema.name,
        version=schema.version,
        doc=schema.doc,
        parameters=schema.parameters,
        default=schema.default,
        fields=schema.fields if kind is Type.STRUCT else (),
        key_schema=schema.key_schema if kind is Type.MAP else None,
        value_schema=schema.value_schema if kind in (Type.MAP, Type.ARRAY) else None,
    )
