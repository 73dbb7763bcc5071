"""Schemas that are derived from others, and the structs that go with them."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Generic, TypeVar

from penstock.api import Schema, SchemaBuilder, Struct, Type, validate_value

T = TypeVar("T")

Reader = Callable[[Struct], list[object]]
"""The values of a struct in the order of its fields. The list may be the struct's own: do not change it."""


class SchemaCache(Generic[T]):
    """What is derived from a schema, derived once: the last schema is known by identity, others by equality.

    ``derive`` may raise; then nothing is kept. Used by one thread.
    """

    __slots__ = ("_derive", "_known", "_last", "_latest")

    LIMIT = 64
    """Schemas that are remembered; a topic whose schema changes with every record must not fill the memory."""

    def __init__(self, derive: Callable[[Schema], T]) -> None:
        self._derive = derive
        self._known: dict[Schema, T] = {}
        self._last: Schema | None = None
        self._latest: T

    def get(self, schema: Schema) -> T:
        """What belongs to ``schema``."""
        if schema is self._last:
            return self._latest
        found = self._known.get(schema)
        if found is None:
            found = self._derive(schema)
            if len(self._known) >= self.LIMIT:
                self._known.clear()
            self._known[schema] = found
        self._last, self._latest = schema, found
        return found


def like(source: Schema, builder: SchemaBuilder) -> SchemaBuilder:
    """The builder with the name, version, doc and parameters of ``source``, but not its optional flag and default."""
    builder.name(source.name).version(source.version).doc(source.doc)
    return builder if source.parameters is None else builder.parameters(source.parameters)


def like_of_same_type(source: Schema) -> SchemaBuilder:
    """A builder of the type of ``source``, otherwise as :func:`like`."""
    if source.type is Type.ARRAY:
        # Some Connect code makes arrays without a schema of their elements; Connect's builder refuses them here.
        return like(source, SchemaBuilder.array(source.value_schema))  # type: ignore[arg-type]
    return like(source, SchemaBuilder(source.type))


def reader(schema: Schema, *, defaults: bool) -> Reader:
    """Reads structs of this schema. With ``defaults`` a null is replaced by its field's default (the configuration key
    ``replace.null.with.default``)."""
    by_index = [default_of(field.schema) for field in schema.fields]
    if not defaults or all(default is None for default in by_index):
        return _stored

    def read(struct: Struct) -> list[object]:
        values = struct.values
        if None not in values:
            return values
        return [default if value is None else value for value, default in zip(values, by_index, strict=True)]

    return read


def default_of(schema: Schema) -> object:
    """What stands for a null in a field of this schema."""
    default = schema.default
    # The default of a struct is of the schema as it was before it had one, and would not fit. Connect fails there.
    return Struct.of(schema, default.values) if isinstance(default, Struct) else default


def _stored(struct: Struct) -> list[object]:
    return struct.values


def conforming(struct: Struct, schema: Schema) -> Struct:
    """The struct, or one of ``schema`` with its values by name: a record may say another schema than its struct has.
    Raises DataException for a field that the struct has not."""
    if struct.schema is schema or struct.schema == schema:
        return struct
    return Struct.of(schema, [struct.get_without_default(field.name) for field in schema.fields])


class StructMaker:
    """Makes structs of one schema from values that fit, except that one may be null that is required: then it raises
    DataException, as putting the null would."""

    __slots__ = ("_new", "_required", "schema")

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        required = [field.index for field in schema.fields if not field.schema.optional]
        # One index alone would give the value and not a tuple of one.
        self._required = itemgetter(*required, required[0]) if required else None
        self._new = Struct.__new__

    def check(self, values: list[object]) -> None:
        """Raise DataException for the first null in a required field."""
        if self._required is not None and None in self._required(values):
            check_nulls(self.schema, values)

    def __call__(self, values: list[object]) -> Struct:
        """A struct that keeps this very list."""
        if self._required is not None and None in self._required(values):
            check_nulls(self.schema, values)
        struct = self._new(Struct)
        struct.schema = self.schema
        struct.values = values
        return struct


def check_nulls(schema: Schema, values: list[object]) -> None:
    """Raise DataException, in Connect's words, for the first null in a required field. There may be fewer values than
    fields."""
    for field, value in zip(schema.fields, values, strict=False):
        if value is None and not field.schema.optional:
            validate_value(field.schema, None, field.name)


def check_struct(struct: Struct) -> None:
    """Raise DataException when a value is missing that is required and has no default. The others were checked when they
    were put."""
    values = struct.values
    if None in values:
        for field, value in zip(struct.schema.fields, values, strict=True):
            if value is None and not field.schema.optional and field.schema.default is None:
                validate_value(field.schema, None, field.name)


def put_all(schema: Schema, values: list[object]) -> Struct:
    """A struct around values that may not fit. Raises DataException."""
    struct = Struct(schema)
    for field, value in zip(schema.fields, values, strict=True):
        struct.put(field, value)
    return struct
