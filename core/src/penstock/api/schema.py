"""Schemas: what a value may be (spec 5.1).

A schema is immutable and compares by structure; comparing takes the short way when both are the same object, so keep one
and share it. Build one with :class:`penstock.api.SchemaBuilder`, or use a constant such as ``Schema.OPTIONAL_STRING``.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, NoReturn, Self

from penstock.api.equality import same_value
from penstock.api.exceptions import DataException


class Type(enum.Enum):
    """The types of schemas; the values are Connect's names in lower case."""

    INT8 = "int8"
    INT16 = "int16"
    INT32 = "int32"
    INT64 = "int64"
    FLOAT32 = "float32"
    FLOAT64 = "float64"
    BOOLEAN = "boolean"
    STRING = "string"
    BYTES = "bytes"
    ARRAY = "array"
    MAP = "map"
    STRUCT = "struct"

    @property
    def is_primitive(self) -> bool:
        """Whether values of this type hold no other values."""
        return self not in _NESTED

    __hash__ = object.__hash__  # members are singletons; enum's own hash is a Python-level call


_NESTED = frozenset({Type.ARRAY, Type.MAP, Type.STRUCT})


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a struct schema: its name, its place (from 0) and its schema."""

    name: str
    index: int
    schema: Schema

    def __str__(self) -> str:
        return f"Field{{name={self.name}, index={self.index}, schema={self.schema}}}"


class Schema:
    """A type with its attributes. Immutable, hashable, ``==`` by structure.

    ``parameters`` is a read-only mapping of strings to strings, or None. ``default`` is a value that fits the schema, or
    None for "no default". The constructor checks nothing: it is for converters; authors use the builder.
    """

    __slots__ = (
        "_field_by_name",
        "_fields",
        "_hash",
        "_key_schema",
        "_value_schema",
        "default",
        "doc",
        "index_by_name",
        "name",
        "optional",
        "parameters",
        "type",
        "version",
    )

    connect_name: ClassVar[str] = "org.apache.kafka.connect.data.ConnectSchema"

    INT8: ClassVar[Schema]
    INT16: ClassVar[Schema]
    INT32: ClassVar[Schema]
    INT64: ClassVar[Schema]
    FLOAT32: ClassVar[Schema]
    FLOAT64: ClassVar[Schema]
    BOOLEAN: ClassVar[Schema]
    STRING: ClassVar[Schema]
    BYTES: ClassVar[Schema]
    OPTIONAL_INT8: ClassVar[Schema]
    OPTIONAL_INT16: ClassVar[Schema]
    OPTIONAL_INT32: ClassVar[Schema]
    OPTIONAL_INT64: ClassVar[Schema]
    OPTIONAL_FLOAT32: ClassVar[Schema]
    OPTIONAL_FLOAT64: ClassVar[Schema]
    OPTIONAL_BOOLEAN: ClassVar[Schema]
    OPTIONAL_STRING: ClassVar[Schema]
    OPTIONAL_BYTES: ClassVar[Schema]

    type: Type
    optional: bool
    name: str | None
    version: int | None
    doc: str | None
    parameters: Mapping[str, str] | None
    default: object
    _fields: tuple[Field, ...]
    _field_by_name: dict[str, Field]
    _key_schema: Schema | None
    _value_schema: Schema | None
    _hash: int | None
    index_by_name: Mapping[str, int]
    """Of a struct schema: the place of each field's value in a Struct. Empty otherwise. For code in a hot loop."""

    def __init__(
        self,
        type: Type,  # noqa: A002  # Connect's name
        *,
        optional: bool = False,
        name: str | None = None,
        version: int | None = None,
        doc: str | None = None,
        parameters: Mapping[str, str] | None = None,
        default: object = None,
        fields: Sequence[Field] = (),
        key_schema: Schema | None = None,
        value_schema: Schema | None = None,
    ) -> None:
        put = object.__setattr__
        put(self, "type", type)
        put(self, "optional", optional)
        put(self, "name", name)
        put(self, "version", version)
        put(self, "doc", doc)
        put(self, "parameters", None if parameters is None else MappingProxyType(dict(parameters)))
        put(self, "default", default)
        put(self, "_fields", tuple(fields))
        put(self, "_field_by_name", {field.name: field for field in fields})
        put(self, "index_by_name", {field.name: field.index for field in fields})
        put(self, "_key_schema", key_schema)
        put(self, "_value_schema", value_schema)
        put(self, "_hash", None)

    def __setattr__(self, attribute: str, value: object) -> NoReturn:
        raise AttributeError(f"a Schema is immutable; build another one to change {attribute!r}")

    def __delattr__(self, attribute: str) -> NoReturn:
        raise AttributeError(f"a Schema is immutable; {attribute!r} cannot be deleted")

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields of a struct schema, in order. Raises DataException for another type."""
        if self.type is not Type.STRUCT:
            raise DataException("Cannot list fields on non-struct type")
        return self._fields

    def field(self, name: str) -> Field | None:
        """The field of this name, or None. Raises DataException for another type than a struct."""
        if self.type is not Type.STRUCT:
            raise DataException("Cannot look up fields on non-struct type")
        return self._field_by_name.get(name)

    @property
    def key_schema(self) -> Schema | None:
        """The schema of a map's keys; None where some Connect code made a map without. Raises DataException for others."""
        if self.type is not Type.MAP:
            raise DataException("Cannot look up key schema on non-map type")
        return self._key_schema

    @property
    def value_schema(self) -> Schema | None:
        """The schema of a map's values or an array's elements; may be None, as above. Raises DataException for others."""
        if self.type is not Type.MAP and self.type is not Type.ARRAY:
            raise DataException("Cannot look up value schema on non-array and non-map type")
        return self._value_schema

    def validate_value(self, value: object) -> None:
        """Raise DataException when ``value`` does not fit this schema."""
        from penstock.api.validation import validate_value  # validation needs structs, and structs need schemas

        validate_value(self, value)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Schema):
            return NotImplemented
        return (
            self.type is other.type
            and hash(self) == hash(other)
            and self.optional == other.optional
            and self.name == other.name
            and self.version == other.version
            and self.doc == other.doc
            and self.parameters == other.parameters
            and self._key_schema == other._key_schema
            and self._value_schema == other._value_schema
            and self._fields == other._fields
            and same_value(self.default, other.default)
        )

    def __hash__(self) -> int:
        known = self._hash
        if known is None:
            # Without the default: it may be a value that has no hash, and equal schemas need equal hashes only.
            parameters = None if self.parameters is None else frozenset(self.parameters.items())
            known = hash(
                (
                    self.type,
                    self.optional,
                    self.name,
                    self.version,
                    self.doc,
                    parameters,
                    self._fields,
                    self._key_schema,
                    self._value_schema,
                )
            )
            object.__setattr__(self, "_hash", known)
        return known

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __str__(self) -> str:
        kind = self.type.name
        return f"Schema{{{kind}}}" if self.name is None else f"Schema{{{self.name}:{kind}}}"

    __repr__ = __str__


for _type in Type:
    if _type.is_primitive:
        setattr(Schema, _type.name, Schema(_type))
        setattr(Schema, f"OPTIONAL_{_type.name}", Schema(_type, optional=True))
