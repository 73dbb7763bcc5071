"""Putting schemas together, one-to-one with Connect's builder (spec 5.1).

::

    schema = (
        SchemaBuilder.struct().name("com.example.Order").version(1)
        .field("id", Schema.INT64)
        .field("note", SchemaBuilder.string().optional().default("none").build())
        .build()
    )

Each setter may be used once (saying ``optional`` or a version again is no harm). A default is checked against the schema as it is then, so say ``optional`` before a default.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from penstock.api.exceptions import DataException, SchemaBuilderException
from penstock.api.schema import Field, Schema, Type
from penstock.api.struct import Struct
from penstock.api.validation import validate_value


class SchemaBuilder:
    """Collects the attributes of a schema. Every setter returns the builder; ``build`` gives the schema.

    Wherever a schema is asked for, a builder may be given and is built. Raises SchemaBuilderException for a call that
    Connect refuses.
    """

    __slots__ = (
        "_default",
        "_doc",
        "_fields",
        "_key_schema",
        "_name",
        "_optional",
        "_parameters",
        "_type",
        "_value_schema",
        "_version",
    )

    def __init__(
        self,
        type: Type | None,  # noqa: A002  # Connect's name
        *,
        key_schema: Schema | SchemaBuilder | None = None,
        value_schema: Schema | SchemaBuilder | None = None,
    ) -> None:
        if type is None:
            raise SchemaBuilderException("type cannot be null")
        self._type = type
        self._optional: bool | None = None
        self._default: object = None
        self._name: str | None = None
        self._version: int | None = None
        self._doc: str | None = None
        self._parameters: dict[str, str] | None = None
        self._fields: dict[str, Field] = {}
        self._key_schema = built(key_schema)
        self._value_schema = built(value_schema)

    @classmethod
    def int8(cls) -> Self:
        """A builder of an INT8 schema."""
        return cls(Type.INT8)

    @classmethod
    def int16(cls) -> Self:
        """A builder of an INT16 schema."""
        return cls(Type.INT16)

    @classmethod
    def int32(cls) -> Self:
        """A builder of an INT32 schema."""
        return cls(Type.INT32)

    @classmethod
    def int64(cls) -> Self:
        """A builder of an INT64 schema."""
        return cls(Type.INT64)

    @classmethod
    def float32(cls) -> Self:
        """A builder of a FLOAT32 schema."""
        return cls(Type.FLOAT32)

    @classmethod
    def float64(cls) -> Self:
        """A builder of a FLOAT64 schema."""
        return cls(Type.FLOAT64)

    @classmethod
    def bool(cls) -> Self:
        """A builder of a BOOLEAN schema."""
        return cls(Type.BOOLEAN)

    @classmethod
    def string(cls) -> Self:
        """A builder of a STRING schema."""
        return cls(Type.STRING)

    @classmethod
    def bytes(cls) -> Self:
        """A builder of a BYTES schema."""
        return cls(Type.BYTES)

    @classmethod
    def struct(cls) -> Self:
        """A builder of a STRUCT schema; add its fields with :meth:`field`."""
        return cls(Type.STRUCT)

    @classmethod
    def array(cls, value_schema: Schema | SchemaBuilder) -> Self:
        """A builder of an ARRAY schema."""
        if value_schema is None:
            raise SchemaBuilderException("valueSchema cannot be null.")
        return cls(Type.ARRAY, value_schema=value_schema)

    @classmethod
    def map(cls, key_schema: Schema | SchemaBuilder, value_schema: Schema | SchemaBuilder) -> Self:
        """A builder of a MAP schema."""
        if key_schema is None:
            raise SchemaBuilderException("keySchema cannot be null.")
        if value_schema is None:
            raise SchemaBuilderException("valueSchema cannot be null.")
        return cls(Type.MAP, key_schema=key_schema, value_schema=value_schema)

    @classmethod
    def array_of_null(cls) -> Self:
        """A builder of an ARRAY schema that knows no schema of its elements."""
        return cls(Type.ARRAY)

    @classmethod
    def map_of_null(cls) -> Self:
        """A builder of a MAP schema that knows no schemas of its keys and values."""
        return cls(Type.MAP)

    @classmethod
    def map_with_null_values(cls, key_schema: Schema | SchemaBuilder) -> Self:
        """A builder of a MAP schema that knows no schema of its values."""
        return cls(Type.MAP, key_schema=key_schema)

    @property
    def type(self) -> Type:
        """The type that is being built."""
        return self._type

    @property
    def key_schema(self) -> Schema | None:
        """The schema of a map's keys."""
        return self._key_schema

    @property
    def value_schema(self) -> Schema | None:
        """The schema of a map's values or an array's elements."""
        return self._value_schema

    @property
    def fields(self) -> list[Field]:
        """The fields so far. Raises DataException for another type than a struct."""
        if self._type is not Type.STRUCT:
            raise DataException("Cannot list fields on non-struct type")
        return list(self._fields.values())

    def find_field(self, name: str) -> Field | None:
        """The field of this name so far (Java's one-argument ``field``). Raises DataException for no struct."""
        if self._type is not Type.STRUCT:
            raise DataException("Cannot look up fields on non-struct type")
        return self._fields.get(name)

    def optional(self) -> Self:
        """Allow null."""
        if self._optional is False:
            raise _already_set("optional")
        self._optional = True
        return self

    def required(self) -> Self:
        """Refuse null, which is also what holds when nothing is said."""
        if self._optional:
            raise _already_set("optional")
        self._optional = False
        return self

    def default(self, value: object) -> Self:
        """The value that stands for a null; checked against what was said so far."""
        if self._default is not None:
            raise _already_set("default")
        try:
            self._check_default(value)
        except DataException as error:
            raise SchemaBuilderException("Invalid default value") from error
        self._default = value
        return self

    def _check_default(self, value: object) -> None:
        if self._type is Type.STRUCT and isinstance(value, Struct):
            # Its schema was built and this one was not yet: never equal to Connect.
            raise DataException("Struct schemas do not match.")
        validate_value(self.build(), value)

    def name(self, name: str | None) -> Self:
        """The schema's name, such as ``com.example.Order``."""
        if self._name is not None:
            raise _already_set("name")
        self._name = name
        return self

    def version(self, version: int | None) -> Self:
        """The schema's version."""
        if self._version is not None and self._version != version:
            raise _already_set("version")
        self._version = version
        return self

    def doc(self, doc: str | None) -> Self:
        """A text for people."""
        if self._doc is not None:
            raise _already_set("doc")
        self._doc = doc
        return self

    def parameter(self, name: str, value: str) -> Self:
        """One parameter; the same name again replaces it."""
        if self._parameters is None:
            self._parameters = {}
        self._parameters[name] = value
        return self

    def parameters(self, parameters: Mapping[str, str]) -> Self:
        """Several parameters; none at all leaves the schema without."""
        for name, value in parameters.items():
            self.parameter(name, value)
        return self

    def field(self, name: str, schema: Schema | SchemaBuilder) -> Self:
        """Add a field at the end of a struct."""
        if self._type is not Type.STRUCT:
            raise SchemaBuilderException(f"Cannot create fields on type {self._type.name}")
        if not name:
            raise SchemaBuilderException("fieldName cannot be null.")
        field_schema = built(schema)
        if field_schema is None:
            raise SchemaBuilderException(f"fieldSchema for field {name} cannot be null.")
        if name in self._fields:
            raise SchemaBuilderException(f"Cannot create field because of field name duplication {name}")
        self._fields[name] = Field(name, len(self._fields), field_schema)
        return self

    def build(self) -> Schema:
        """The schema as it stands; the builder may be used further."""
        return Schema(
            self._type,
            optional=self._optional is True,
            name=self._name,
            version=self._version,
            doc=self._doc,
            parameters=self._parameters,
            default=self._default,
            fields=tuple(self._fields.values()),
            key_schema=self._key_schema,
            value_schema=self._value_schema,
        )


def built(schema: Schema | SchemaBuilder | None) -> Schema | None:
    """The schema itself, or what a builder builds."""
    return schema.build() if isinstance(schema, SchemaBuilder) else schema


def _already_set(attribute: str) -> SchemaBuilderException:
    return SchemaBuilderException(f"Invalid SchemaBuilder call: {attribute} has already been set.")
