"""Flatten: brings nested fields to the top, under joined names (spec 6.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from penstock.api import (
    ConfigDef,
    ConfigType,
    DataException,
    Importance,
    RecordColumns,
    Schema,
    SchemaBuilder,
    Struct,
    StructColumn,
    Type,
    validate_value,
)
from penstock.api.validation import schema_type
from penstock.transforms.columns import Column, maps_of
from penstock.transforms.operand import Changed, ChangedColumn, OnKey, OnValue, OperandTransformation, Record
from penstock.transforms.requirements import class_text, require_map, require_struct
from penstock.transforms.schemas import SchemaCache, conforming, like, like_of_same_type

DELIMITER_CONFIG = "delimiter"

_PURPOSE = "flattening"
_PLAIN = frozenset({str, bool, float, bytes, list, type(None)})
"""Classes whose values are leaves, without a closer look."""


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A field that is taken as it is. ``default`` is its own; ``name`` and ``schema`` are those of the flat field."""

    name: str
    schema: Schema
    default: object


@dataclass(frozen=True, slots=True)
class _Branch:
    """A nested struct: its schema, what its fields become, and how many leaves it has altogether."""

    schema: Schema
    parts: tuple[_Leaf | _Branch, ...]
    width: int


@dataclass(frozen=True, slots=True)
class _Above:
    """What a nested struct inherits: whether it may be missing, and what stands for it then."""

    optional: bool
    default: Struct | None


class Flatten(OperandTransformation):
    """Joins the names on the way to each field. Arrays stay as they are; maps have no fields under a schema."""

    CONFIG: ClassVar[ConfigDef] = ConfigDef().define(
        DELIMITER_CONFIG,
        ConfigType.STRING,
        default=".",
        importance=Importance.MEDIUM,
        doc="What stands between the joined names.",
    )

    def configure(self, configs: Mapping[str, object]) -> None:  # noqa: ARG002
        self._delimiter = self.config.get_string(DELIMITER_CONFIG, "null")  # as Java joins a null
        self._plans = SchemaCache(self._plan)

    def change(self, record: Record, schema: Schema | None, value: object) -> Changed | None:  # noqa: ARG002
        if value is None:
            return None
        if schema is None:
            flat: dict[object, object] = {}
            self._flatten_map(require_map(value, _PURPOSE), "", flat)
            return None, flat
        struct = require_struct(value, _PURPOSE, schema)
        flat_schema, root = self._plans.get(schema)
        row: list[object] = []
        _collect(conforming(struct, schema).values, root, row)
        return flat_schema, Struct.of(flat_schema, row)

    def change_columns(self, batch: RecordColumns, schema: Schema | None, values: Column) -> ChangedColumn | None:  # noqa: ARG002
        if schema is None:
            maps = maps_of(values)
            if maps is None:
                return None
            flat: list[dict[object, object]] = [{} for _ in maps]
            for value, into in zip(maps, flat, strict=True):
                self._flatten_map(value, "", into)
            return None, flat
        flat_schema, root = self._plans.get(schema)
        columns: list[Column] = []
        if not _collect_columns(values, root, columns):
            return None
        return flat_schema, StructColumn(flat_schema, columns, len(values))

    def _joined(self, prefix: str, name: str) -> str:
        return f"{prefix}{self._delimiter}{name}" if prefix else name

    def _flatten_map(self, value: Mapping[object, object], prefix: str, flat: dict[object, object]) -> None:
        joint = f"{prefix}{self._delimiter}" if prefix else ""
        for key, item in value.items():
            if key.__class__ is str:
                name: object = f"{joint}{key}" if prefix else key
            else:
                name = _odd_name(joint, key)
            if item.__class__ in _PLAIN or self._is_leaf(item, name):
                flat[name] = item
            else:
                self._flatten_map(require_map(item, _PURPOSE), str(name), flat)

    def _is_leaf(self, item: object, name: object) -> bool:
        """False for a map. Raises DataException for what Connect doesn't know, and for structs."""
        if isinstance(item, Mapping):
            return False
        kind = schema_type(item)
        if kind is None:
            raise DataException(
                f"Flatten transformation was passed a value of type {class_text(item)} which is not supported by "
                "Connect's data API"
            )
        if kind is Type.STRUCT:
            raise DataException(
                f"Flatten transformation does not support {class_text(item)} for record without schemas (for field {name})."
            )
        return True

    def _plan(self, schema: Schema) -> tuple[Schema, _Branch]:
        flat = like(schema, SchemaBuilder.struct())
        default = schema.default if isinstance(schema.default, Struct) else None
        root = self._branch(flat, schema, "", _Above(schema.optional, default))
        return flat.build(), root

    def _branch(self, flat: SchemaBuilder, schema: Schema, prefix: str, above: _Above) -> _Branch:
        """The plan of a struct's fields; those of the flat schema are added to ``flat``."""
        parts: list[_Leaf | _Branch] = []
        for field in schema.fields:
            name, own = self._joined(prefix, field.name), field.schema
            optional = above.optional or own.optional
            default = own.default
            if default is None and above.default is not None:
                default = above.default.get(field)
            if own.type is Type.STRUCT:
                inherited = default if isinstance(default, Struct) else None
                parts.append(self._branch(flat, own, name, _Above(optional, inherited)))
            elif own.type is Type.MAP:
                raise DataException(
                    f"Flatten transformation does not support {own.type.name} for record with schemas (for field {name})."
                )
            else:
                leaf = _Leaf(name, _leaf_schema(own, optional, default), own.default)
                flat.field(name, leaf.schema)
                parts.append(leaf)
        return _Branch(schema, tuple(parts), sum(1 if isinstance(part, _Leaf) else part.width for part in parts))


def _odd_name(joint: str, key: object) -> object:
    """The name of a field whose key is no text: null is one in Java, others are not."""
    if key is not None and not isinstance(key, str):
        raise DataException(f"Flatten joins names of fields, which must be texts; found a key of {class_text(key)}")
    return f"{joint}{'null' if key is None else key}" if joint else key


def _leaf_schema(schema: Schema, optional: bool, default: object) -> Schema:
    builder = like_of_same_type(schema)
    if optional:
        builder.optional()
    return (builder if default is None else builder.default(default)).build()


def _collect(values: list[object], branch: _Branch, row: list[object]) -> None:
    """Add the leaves' values to ``row``. The leaves of a nested struct that is null are not set."""
    for value, part in zip(values, branch.parts, strict=True):
        if isinstance(part, _Branch):
            if isinstance(value, Struct):
                _collect(value.values, part, row)
            else:
                row.extend([None] * part.width)
        elif value is not None:
            row.append(value)
        else:
            if part.default is None and not part.schema.optional:
                validate_value(part.schema, None, part.name)
            row.append(part.default)


def _collect_columns(values: Column, branch: _Branch, columns: list[Column]) -> bool:
    """Add the leaves' columns to ``columns``. False when there is a null that takes more care."""
    structs = StructColumn.of(branch.schema, values)
    if structs is None:
        return False
    for column, part in zip(structs.columns, branch.parts, strict=True):
        if isinstance(part, _Branch):
            if not _collect_columns(column, part, columns):
                return False
        elif None not in column:
            columns.append(column)
        elif part.default is None and not part.schema.optional:
            return False
        else:
            columns.append([part.default if value is None else value for value in column])
    return True


class FlattenKey(OnKey, Flatten):
    """Flattens the key."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.transforms.Flatten$Key"


class FlattenValue(OnValue, Flatten):
    """Flattens the value."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.transforms.Flatten$Value"
