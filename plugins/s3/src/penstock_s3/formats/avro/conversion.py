"""One conversion of a Connect schema to an Avro schema, as the Avro converter's ``AvroData`` does it (spec 10).

What Avro cannot say is kept in properties (``connect.name``, ``connect.version`` ...), unless ``connect.meta.data`` is off.
Structs without a name become ``ConnectDefault``, ``ConnectDefault2`` ...; maps whose keys are no required strings become arrays
of ``MapEntry``; the struct ``io.confluent.connect.avro.Union`` becomes a union of its fields.
"""

from __future__ import annotations

from collections.abc import Sequence

from penstock.api import DataException, Schema, Type
from penstock_s3.config.settings import AvroSettings
from penstock_s3.formats.avro.anything import ANYTHING
from penstock_s3.formats.avro.defaults import default_tree, fits, widened
from penstock_s3.formats.avro.names import (
    DECIMAL,
    DEFAULT_NAME,
    DEFAULT_PRECISION,
    ENUM,
    ENUM_DEFAULT,
    ENUM_DOC,
    FIELD_DEFAULT_FLAG,
    FIELD_DOC,
    FIXED_SIZE,
    LOGICAL_TYPES,
    NAMESPACE,
    PRECISION,
    RECORD_DOC,
    is_fixed,
    is_union,
    split,
    text_keyed,
)
from penstock_s3.formats.avro.optional import required
from penstock_s3.formats.avro.schema import (
    NO_DEFAULT,
    NULL_NODE,
    AvroField,
    AvroNode,
    check_name,
    same_fields,
    union,
)

_KINDS = {
    Type.INT8: "int",
    Type.INT16: "int",
    Type.INT32: "int",
    Type.INT64: "long",
    Type.FLOAT32: "float",
    Type.FLOAT64: "double",
    Type.BOOLEAN: "boolean",
    Type.STRING: "string",
    Type.BYTES: "bytes",
}
_CONNECT_TYPES = {Type.INT8: "int8", Type.INT16: "int16"}


class SchemaConversion:
    """One conversion: what was made so far, so that a type is declared once."""

    def __init__(self, settings: AvroSettings) -> None:
        self._settings = settings
        self._made: dict[Schema, AvroNode] = {}
        self._structs: dict[str, AvroNode] = {}
        self._seen_names: set[str] = set()
        self._entries: list[AvroNode] = []
        self._unnamed = 0

    def node(self, schema: Schema) -> AvroNode:
        """The Avro schema, a union with null where the Connect schema is optional."""
        known = None if schema.optional or is_union(schema) else self._made.get(schema)
        if known is not None:
            return known
        if schema.type is Type.STRUCT and is_union(schema):
            made = self._union(schema)
        elif schema.type is Type.STRUCT and schema.optional:
            made = union([NULL_NODE, self._inner(required(schema))])
        else:
            base = self._base(schema)
            self._annotate(base, schema)
            made = _optional(schema, base)
        if not schema.optional:
            self._made[schema] = made
        return made

    def _inner(self, schema: Schema | None) -> AvroNode:
        """The schema inside another. A struct whose name was seen is that struct, whatever its fields are now."""
        if schema is None:
            return ANYTHING
        known = self._structs.get(schema.name) if schema.name is not None else None
        return self.node(schema) if known is None else _optional(schema, known)

    def _union(self, schema: Schema) -> AvroNode:
        members = [self._inner(required(field.schema)) for field in schema.fields]
        return union([NULL_NODE, *members] if schema.optional else members)

    def _base(self, schema: Schema) -> AvroNode:
        match schema.type:
            case Type.STRING if self._is_enum(schema):
                return self._enum(schema)
            case Type.BYTES:
                return self._bytes(schema)
            case Type.ARRAY:
                return AvroNode("array", items=self._inner(schema.value_schema))
            case Type.MAP:
                return self._map(schema)
            case Type.STRUCT:
                return self._struct(schema)
        return AvroNode(_KINDS[schema.type])

    def _is_enum(self, schema: Schema) -> bool:
        return self._settings.enhanced and any(name in (schema.parameters or {}) for name in ENUM)

    def _enum(self, schema: Schema) -> AvroNode:
        parameters = schema.parameters or {}
        _, name = self._name(schema)
        declared = parameters.get(ENUM[0])
        if declared is None:
            raise DataException(
                f"Type must have a name: the enum schema {schema} has the parameter {ENUM[1]} but not {ENUM[0]}, which "
                "names the Avro type. Set enhanced.avro.schema.support=false to write plain strings."
            )
        namespace, simple = split(declared)
        prefix = f"{ENUM[0]}."
        symbols = [check_name(key.removeprefix(prefix)) for key in parameters if key.startswith(prefix)]
        return AvroNode(
            "enum",
            name=check_name(simple),
            namespace=namespace,
            doc=parameters.get(ENUM_DOC + name),
            symbols=symbols,
            default_symbol=parameters.get(ENUM_DEFAULT + name),
        )

    def _bytes(self, schema: Schema) -> AvroNode:
        parameters = schema.parameters or {}
        if is_fixed(schema):
            namespace, name = self._name(schema)
            size = _integer(parameters[FIXED_SIZE], FIXED_SIZE, schema)
            node = AvroNode("fixed", name=check_name(name), namespace=namespace, size=size)
        else:
            node = AvroNode("bytes")
        if schema.name == DECIMAL:
            node.props["scale"] = _integer(parameters.get("scale"), "scale", schema)
            node.props["precision"] = _integer(parameters.get(PRECISION, str(DEFAULT_PRECISION)), PRECISION, schema)
        return node

    def _map(self, schema: Schema) -> AvroNode:
        if text_keyed(schema, self._settings):
            return AvroNode("map", items=self._inner(schema.value_schema))
        fields = [self._field("key", schema.key_schema, None), self._field("value", schema.value_schema, None)]
        if schema.name is None:
            return AvroNode("array", items=self._entry(fields))
        namespace, name = self._name(schema)
        entry = AvroNode("record", name=check_name(name), namespace=namespace, fields=fields)
        entry.props["connect.internal.type"] = "MapEntry"
        return AvroNode("array", items=entry)

    def _entry(self, fields: Sequence[AvroField]) -> AvroNode:
        """Java calls all of them MapEntry and fails when two of a schema differ; here others than the first get a number, and
        are marked in the way in which Java marks those with a name."""
        entry = AvroNode("record", name="MapEntry", namespace=NAMESPACE, fields=fields)
        for number, known in enumerate(self._entries, 2):
            if same_fields(known.fields, fields):
                return known
            entry = AvroNode("record", name=f"MapEntry{number}", namespace=NAMESPACE, fields=fields)
            entry.props["connect.internal.type"] = "MapEntry"
        self._entries.append(entry)
        return entry

    def _struct(self, schema: Schema) -> AvroNode:
        parameters = schema.parameters or {}
        namespace, name = self._name(schema)
        node = AvroNode("record", name=check_name(name), namespace=namespace, doc=parameters.get(RECORD_DOC))
        if schema.name is not None:
            self._structs[schema.name] = node
        node.fields = [
            self._field(check_name(field.name), field.schema, parameters.get(FIELD_DOC + field.name))
            for field in schema.fields
        ]
        return node

    def _field(self, name: str, schema: Schema | None, doc: str | None) -> AvroField:
        if schema is None:
            return AvroField(name, ANYTHING, doc)
        seen = schema.name in self._seen_names
        if schema.name is not None:
            self._seen_names.add(schema.name)
        node = self.node(schema)
        default: object = NO_DEFAULT
        if schema.default is not None:
            default = widened(default_tree(schema, schema.default, self._settings))
        elif schema.optional:
            default = None
        field = AvroField(name, node, doc, default if fits(node, default) else NO_DEFAULT)
        if seen and self._settings.connect_meta_data and schema.parameters and _has_named(node):
            field.props["connect.parameters"] = _told(schema)
        return field

    def _name(self, schema: Schema) -> tuple[str | None, str]:
        if schema.name is not None:
            return split(schema.name)
        self._unnamed += 1
        return NAMESPACE, DEFAULT_NAME if self._unnamed == 1 else f"{DEFAULT_NAME}{self._unnamed}"

    def _annotate(self, node: AvroNode, schema: Schema) -> None:
        """The properties, in the order in which Java adds them."""
        props = node.props
        if self._settings.connect_meta_data:
            if schema.doc is not None:
                props["connect.doc"] = schema.doc
            if schema.version is not None:
                props["connect.version"] = schema.version
            if schema.parameters and _told(schema):
                props["connect.parameters"] = _told(schema)
            if schema.default is not None and FIELD_DEFAULT_FLAG not in (schema.parameters or {}):
                props["connect.default"] = default_tree(schema, schema.default, self._settings)
            if schema.name is not None:
                props["connect.name"] = schema.name
            if schema.type in _CONNECT_TYPES:
                props["connect.type"] = _CONNECT_TYPES[schema.type]
        if schema.name in LOGICAL_TYPES:
            props["logicalType"] = LOGICAL_TYPES[schema.name]
        props.update((key, text) for key, text in (schema.parameters or {}).items() if key.startswith("avro"))


def _optional(schema: Schema, base: AvroNode) -> AvroNode:
    if not schema.optional:
        return base
    members: Sequence[AvroNode] = [NULL_NODE, base] if schema.default is None else [base, NULL_NODE]
    return union(members)


def _told(schema: Schema) -> dict[str, object]:
    return {key: text for key, text in (schema.parameters or {}).items() if key != FIELD_DEFAULT_FLAG}


def _has_named(node: AvroNode) -> bool:
    return node.is_named or any(member.is_named for member in node.members)


def _integer(text: str | None, name: str, schema: Schema) -> int:
    try:
        return int(text or "")
    except ValueError as error:
        raise DataException(f"The parameter {name} of schema {schema} must be an integer, not {text!r}") from error
