"""BooleanConverter: one byte, 1 or 0 (spec 5.4)."""

from __future__ import annotations

from typing import ClassVar

from penstock.api.converter import SchemaAndValue
from penstock.api.exceptions import DataException
from penstock.api.javaclass import java_class_name
from penstock.api.schema import Schema, Type
from penstock.converters.base import DataAndHeaderConverter, SerializationException

_BYTES = {True: b"\x01", False: b"\x00"}
_VALUES = {data: value for value, data in _BYTES.items()}


class BooleanConverter(DataAndHeaderConverter):
    """Writes booleans as one byte; reads optional booleans. Raises DataException for anything else."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.converters.BooleanConverter"

    def encode(self, schema: Schema | None, value: object) -> bytes | None:
        """One byte. A schema of another type is an error even for a null."""
        if schema is not None and schema.type is not Type.BOOLEAN:
            raise DataException(f"Invalid schema type for BooleanConverter: {schema.type.name}")
        if value is None:
            return None
        if not isinstance(value, bool):
            raise DataException(
                f"BooleanConverter is not compatible with objects of type class {java_class_name(value)}"
            )
        return _BYTES[value]

    def decode(self, data: bytes | None) -> SchemaAndValue:
        """The boolean behind one byte."""
        if data is None:
            return SchemaAndValue(Schema.OPTIONAL_BOOLEAN, None)
        found = _VALUES.get(data)
        if found is None:
            raise DataException("Failed to deserialize boolean: ") from _reason(data)
        return SchemaAndValue(Schema.OPTIONAL_BOOLEAN, found)


def _reason(data: bytes) -> SerializationException:
    if len(data) == 1:
        return SerializationException(
            f"Unexpected byte received by BooleanDeserializer: {int.from_bytes(data, signed=True)}"
        )
    return SerializationException("Size of data received by BooleanDeserializer is not 1")
