"""Structs: values with named fields (spec 5.1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar, Self

from penstock.api.equality import same_sequence
from penstock.api.exceptions import DataException
from penstock.api.keys import as_key
from penstock.api.numerics import round_to_float32
from penstock.api.schema import Field, Schema, Type
from penstock.api.validation import is_of_type, validate_value


class Struct:
    """Values beside their schema. ``struct["a"]`` is ``struct.get("a")``.

    A value is checked when it is put; whether the required ones are all there, when somebody calls :meth:`validate`
    (converters do). Equal structs have equal hashes, so do not change one that is a key of a map. Raises DataException for an unknown field, a value that does not fit, or a schema of another type.
    """

    __slots__ = ("schema", "values")

    connect_name: ClassVar[str] = "org.apache.kafka.connect.data.Struct"

    schema: Schema
    values: list[object]
    """The stored values in the order of the fields; None where nothing was put. For converters and other hot loops."""

    def __init__(self, schema: Schema, values: Mapping[str, object] | None = None) -> None:
        if schema.type is not Type.STRUCT:
            raise DataException(f"Not a struct schema: {schema}")
        self.schema = schema
        self.values = [None] * len(schema.fields)
        if values is not None:
            for name, value in values.items():
                self.put(name, value)

    @classmethod
    def of(cls, schema: Schema, values: Iterable[object]) -> Self:
        """A struct around stored values, one a field in order. Nothing is checked: for converters, whose values fit."""
        self = cls.__new__(cls)
        self.schema = schema
        self.values = list(values)
        return self

    def put(self, field: str | Field, value: object) -> Self:
        """Store a value, or None for nothing. Returns the struct, so that calls can be chained."""
        index = self._index(field)
        declared = self.schema.fields[index]
        validate_value(declared.schema, value, declared.name)
        if value.__class__ is float and declared.schema.type is Type.FLOAT32:
            value = round_to_float32(value)
        self.values[index] = value
        return self

    def get(self, field: str | Field) -> object:
        """The value; where it is None, the default of the field's schema."""
        index = self._index(field)
        value = self.values[index]
        return self.schema.fields[index].schema.default if value is None else value

    __getitem__ = get

    def get_without_default(self, field: str | Field) -> object:
        """The value as it was put, None if it was not."""
        return self.values[self._index(field)]

    def get_int8(self, field: str) -> int | None:
        """The stored value of an INT8 field."""
        return self._typed(field, Type.INT8)  # type: ignore[return-value]  # checked against the schema when put

    def get_int16(self, field: str) -> int | None:
        """The stored value of an INT16 field."""
        return self._typed(field, Type.INT16)  # type: ignore[return-value]

    def get_int32(self, field: str) -> int | None:
        """The stored value of an INT32 field."""
        return self._typed(field, Type.INT32)  # type: ignore[return-value]

    def get_int64(self, field: str) -> int | None:
        """The stored value of an INT64 field."""
        return self._typed(field, Type.INT64)  # type: ignore[return-value]

    def get_float32(self, field: str) -> float | None:
        """The stored value of a FLOAT32 field."""
        return self._typed(field, Type.FLOAT32)  # type: ignore[return-value]

    def get_float64(self, field: str) -> float | None:
        """The stored value of a FLOAT64 field."""
        return self._typed(field, Type.FLOAT64)  # type: ignore[return-value]

    def get_boolean(self, field: str) -> bool | None:
        """The stored value of a BOOLEAN field."""
        return self._typed(field, Type.BOOLEAN)  # type: ignore[return-value]

    def get_string(self, field: str) -> str | None:
        """The stored value of a STRING field."""
        return self._typed(field, Type.STRING)  # type: ignore[return-value]

    def get_bytes(self, field: str) -> bytes | None:
        """The stored value of a BYTES field."""
        value = self._typed(field, Type.BYTES)
        return bytes(value) if isinstance(value, (memoryview, bytearray)) else value  # type: ignore[return-value]

    def get_array(self, field: str) -> list[object] | None:
        """The stored value of an ARRAY field."""
        return self._typed(field, Type.ARRAY)  # type: ignore[return-value]

    def get_map(self, field: str) -> dict[object, object] | None:
        """The stored value of a MAP field."""
        return self._typed(field, Type.MAP)  # type: ignore[return-value]

    def get_struct(self, field: str) -> Struct | None:
        """The stored value of a STRUCT field."""
        return self._typed(field, Type.STRUCT)  # type: ignore[return-value]

    def validate(self) -> None:
        """Check every field. Raises DataException, above all for a required field that is missing."""
        for field, value in zip(self.schema.fields, self.values, strict=True):
            if value is None and (field.schema.optional or field.schema.default is not None):
                continue
            validate_value(field.schema, value, field.name)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Struct):
            return NotImplemented
        return self.schema == other.schema and same_sequence(self.values, other.values)

    def __hash__(self) -> int:
        return hash((self.schema, as_key(self.values)))

    def __str__(self) -> str:
        from penstock.api.javatext import java_str  # text needs structs

        return java_str(self)

    __repr__ = __str__

    def _typed(self, field: str, wanted: Type) -> object:
        index = self._index(field)
        if self.schema.fields[index].schema.type is not wanted:
            raise DataException(f"Field '{field}' is not of type {wanted.name}")
        value = self.values[index]
        if value is not None and not is_of_type(wanted, value):
            raise TypeError(
                f"Field '{field}' holds a logical value of {type(value)}, which is no {wanted.name}; use get()"
            )
        return value

    def _index(self, field: str | Field) -> int:
        if isinstance(field, str):
            index = self.schema.index_by_name.get(field)
            if index is None:
                raise DataException(f"{field} is not a valid field name")
            return index
        if field is None:
            raise DataException("null is not a valid field name")
        return field.index
