"""From Avro schemas back to Connect schemas: what :mod:`penstock_s3.formats.avro.data` wrote comes back as it was."""

from __future__ import annotations

from typing import Any, cast

from penstock.api import (
    DataException,
    Date,
    Decimal,
    Field,
    Schema,
    Struct,
    Time,
    Timestamp,
    Type,
)
from penstock_s3.formats.avro.anything import ANYTHING
from penstock_s3.formats.avro.names import (
    DECIMAL,
    DEFAULT_NAME,
    DEFAULT_PRECISION,
    ENUM,
    ENUM_DEFAULT,
    ENUM_DOC,
    FIELD_DOC,
    FIXED_SIZE,
    NAMESPACE,
    PRECISION,
    RECORD_DOC,
    UNION,
)
from penstock_s3.formats.avro.schema import NO_DEFAULT, AvroNode

_TYPES = {
    "boolean": Type.BOOLEAN,
    "int": Type.INT32,
    "long": Type.INT64,
    "float": Type.FLOAT32,
    "double": Type.FLOAT64,
    "string": Type.STRING,
    "enum": Type.STRING,
    "bytes": Type.BYTES,
    "fixed": Type.BYTES,
    "record": Type.STRUCT,
}
_TEMPORAL = {
    ("int", "date"): Date.SCHEMA,
    ("int", "time-millis"): Time.SCHEMA,
    ("long", "timestamp-millis"): Timestamp.SCHEMA,
}


def is_entry(node: AvroNode) -> bool:
    """Whether an array of these records is a map whose keys are no required strings."""
    return node.kind == "record" and (
        node.full_name == f"{NAMESPACE}.MapEntry" or node.props.get("connect.internal.type") == "MapEntry"
    )


def is_anything(node: AvroNode) -> bool:
    """Whether these records are schemaless values."""
    return node.kind == "record" and node.full_name == ANYTHING.full_name


def connect_schema(
    node: AvroNode, *, optional: bool = False, default: object = NO_DEFAULT, outer: tuple[AvroNode, ...] = ()
) -> Schema:
    """The Connect schema. Raises DataException for what Connect cannot hold: bare nulls, types inside themselves."""
    if node in outer:
        raise DataException(f"The Avro type {node.full_name} contains itself; such schemas cannot be read")
    if node.kind == "null":
        raise DataException("Standalone null schemas are not supported by this converter")
    if node.nullable and node.present is not node:
        return connect_schema(node.present, optional=True, default=default, outer=outer)
    inner = (*outer, node)
    parts = _Parts(node)
    keys, values = _inner(node, inner)
    fields = _fields(node, inner, parts)
    schema = Schema(
        _type(node),
        optional=optional or (node.kind == "union" and node.nullable),
        name=parts.name,
        version=parts.version,
        doc=cast(str | None, node.props.get("connect.doc")),
        parameters=parts.parameters or None,
        fields=fields,
        key_schema=keys,
        value_schema=values,
    )
    if default is NO_DEFAULT or default is None:
        default = node.props.get("connect.default", NO_DEFAULT)
    return schema if default is NO_DEFAULT or default is None else _with_default(schema, default)


class _Parts:
    """Name, version and parameters of a schema, from Avro's own attributes and from Connect's properties."""

    def __init__(self, node: AvroNode) -> None:
        self.parameters: dict[str, str] = {}
        self.name: str | None = None
        self.version: int | None = None
        self._logical(node)
        match node.kind:
            case "union":
                self.name = UNION
            case "fixed":
                self.parameters[FIXED_SIZE] = str(node.size)
            case "enum":
                self._enum(node)
            case "record" if node.doc is not None:
                self.parameters[RECORD_DOC] = node.doc
        told = node.props.get("connect.parameters")
        if isinstance(told, dict):
            self.parameters.update({key: str(text) for key, text in told.items()})
        self.parameters.update({key: str(text) for key, text in node.props.items() if key.startswith("avro")})
        version = node.props.get("connect.version")
        self.version = version if isinstance(version, int) else self.version
        self._named(node)

    def _logical(self, node: AvroNode) -> None:
        logical = node.props.get("logicalType")
        if logical == "decimal" and _TYPES.get(node.kind) is Type.BYTES:
            self.name, self.version = DECIMAL, 1
            self.parameters["scale"] = str(node.props.get("scale", 0))
            precision = node.props.get("precision")
            if precision is not None and precision != DEFAULT_PRECISION:
                self.parameters[PRECISION] = str(precision)
        elif (node.kind, logical) in _TEMPORAL:
            known = _TEMPORAL[node.kind, cast(str, logical)]
            self.name, self.version = known.name, known.version

    def _enum(self, node: AvroNode) -> None:
        if node.doc is not None:
            self.parameters[f"{ENUM_DOC}{node.name}"] = node.doc
        if node.default_symbol is not None:
            self.parameters[f"{ENUM_DEFAULT}{node.name}"] = node.default_symbol
        self.parameters[ENUM[0]] = node.full_name
        self.parameters.update({f"{ENUM[0]}.{symbol}": symbol for symbol in node.symbols})

    def _named(self, node: AvroNode) -> None:
        name = node.props.get("connect.name")
        if not isinstance(name, str):
            name = node.full_name if node.is_named and self.name is None else None
        if name is not None and not name.startswith(f"{NAMESPACE}.{DEFAULT_NAME}"):
            self.name = name


def _type(node: AvroNode) -> Type:
    if node.kind == "array":
        return Type.MAP if is_entry(cast(AvroNode, node.items)) else Type.ARRAY
    if node.kind == "union":
        return Type.STRUCT
    if node.kind == "int" and node.props.get("connect.type") in ("int8", "int16") and "logicalType" not in node.props:
        return Type(node.props["connect.type"])
    return Type.MAP if node.kind == "map" else _TYPES[node.kind]


def _inner(node: AvroNode, outer: tuple[AvroNode, ...]) -> tuple[Schema | None, Schema | None]:
    if node.items is None:
        return None, None
    if node.kind == "map":
        return Schema.STRING, connect_schema(node.items, outer=outer)
    if is_entry(node.items):
        keys, values = (connect_schema(field.schema, outer=outer) for field in node.items.fields)
        return keys, values
    return None, connect_schema(node.items, outer=outer)


def _fields(node: AvroNode, outer: tuple[AvroNode, ...], parts: _Parts) -> list[Field]:
    if node.kind == "union":
        members = [member for member in node.members if member.kind != "null"]
        return [
            Field(member.full_name, place, connect_schema(member, optional=True, outer=outer))
            for place, member in enumerate(members)
        ]
    made: list[Field] = []
    for place, field in enumerate(node.fields):
        if field.doc is not None:
            parts.parameters[FIELD_DOC + field.name] = field.doc
        made.append(Field(field.name, place, connect_schema(field.schema, default=field.default, outer=outer)))
    return made


def _with_default(schema: Schema, default: object) -> Schema:
    try:
        value = _default(schema, default)
    except (DataException, TypeError, ValueError, AttributeError):
        return schema  # as Java does: one that does not fit is left out
    kind = schema.type
    return Schema(
        kind,
        optional=schema.optional,
        name=schema.name,
        version=schema.version,
        doc=schema.doc,
        parameters=schema.parameters,
        default=value,
        fields=schema.fields if kind is Type.STRUCT else (),
        key_schema=schema.key_schema if kind is Type.MAP else None,
        value_schema=schema.value_schema if kind in (Type.MAP, Type.ARRAY) else None,
    )


def _default(schema: Schema, tree: Any) -> object:
    if tree is None:
        return None
    match schema.name, schema.type:
        case Decimal.LOGICAL_NAME, Type.BYTES:
            return Decimal.to_logical(schema, tree.encode("iso-8859-1"))
        case Date.LOGICAL_NAME, Type.INT32:
            return Date.to_logical(schema, tree)
        case Time.LOGICAL_NAME, Type.INT32:
            return Time.to_logical(schema, tree)
        case Timestamp.LOGICAL_NAME, Type.INT64:
            return Timestamp.to_logical(schema, tree)
        case _, Type.BYTES:
            return tree.encode("iso-8859-1")
        case _, Type.FLOAT32 | Type.FLOAT64:
            return float(tree)
        case _, Type.ARRAY:
            return [_default(cast(Schema, schema.value_schema), item) for item in tree]
        case _, Type.MAP if isinstance(tree, dict):
            return {key: _default(cast(Schema, schema.value_schema), item) for key, item in tree.items()}
        case _, Type.MAP:
            keys, values = cast(Schema, schema.key_schema), cast(Schema, schema.value_schema)
            return {_default(keys, key): _default(values, item) for key, item in tree}
        case _, Type.STRUCT:
            return Struct.of(schema, [_default(field.schema, tree.get(field.name)) for field in schema.fields])
    return tree
